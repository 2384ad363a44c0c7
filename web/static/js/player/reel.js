/**
 * Two video elements, of which one plays a segment of a track while the other has the next one ready: so
 * there is no seam. The former picture stays on the screen until the next one has been painted.
 */

import { IN_STEP_MS, correction } from "./drift.js";
import { reach } from "./reach.js";

/** @typedef {"ready" | "waiting" | "short" | "failed"} State of what was to be followed */

/** An element that ran dry for less is not waited for: the others would stop and go again. */
const DRY_MS = 300;

/** A picture is kept this far from the end, where there still is one. */
const BEFORE_END_S = 0.05;

/** How near the end of a segment nothing more has to be loaded. */
const TAIL_MS = 500;

export class Reel {
  /** @param {HTMLVideoElement} first @param {HTMLVideoElement} second */
  constructor(first, second) {
    this.front = first;
    this.back = second;
    this.#dryFrom = 0;
    for (const element of [first, second]) {
      element.addEventListener("durationchange", () => element === this.front && (this.#endSince = performance.now()));
    }
  }

  #dryFrom;
  #endSince = 0;
  #correcting = false;

  /** @param {string} url of what comes next */
  prepare(url) {
    if (this.back.dataset.url === url || this.front.dataset.url === url || !this.front.hasAttribute("data-shown")) return;
    load(this.back, url);
  }

  /** Stops, and leaves the picture where it is. */
  rest() {
    this.front.pause();
    this.back.pause();
  }

  /** Loads again what failed. */
  again() {
    const { url } = this.front.dataset;
    if (url) load(this.front, url);
  }

  /**
   * @param {{url: string, at: number, length: number}} wanted milliseconds; `length` is the segment's
   * @param {boolean} going
   * @param {number} rate
   * @returns {State}
   */
  follow({ url, at, length }, going, rate) {
    this.#turnTo(url);
    const element = this.front;
    if (element.error) return "failed";
    if (element.readyState < HTMLMediaElement.HAVE_METADATA) return "waiting";
    this.#showWhenPainted();
    switch (reach(at, element.duration * 1000, length, performance.now() - this.#endSince)) {
      case "there":
        return going ? this.#run(at, length, rate) : this.#stand(at, length);
      case "last":
        return this.#standAtEnd() ? "ready" : "waiting";
      case "short":
        this.#standAtEnd();
        return "short";
      default:
        this.#standAtEnd();
        return "waiting";
    }
  }

  /** @param {string} url */
  #turnTo(url) {
    if (this.front.dataset.url === url) return;
    this.front.pause();
    [this.front, this.back] = [this.back, this.front];
    this.#endSince = performance.now();
    this.#dryFrom = 0;
    this.#correcting = false;
    if (this.front.dataset.url !== url) load(this.front, url);
  }

  /** What lies in front hides the other: so only what has a picture, or never has one, comes to the front. */
  #showWhenPainted() {
    const { front, back } = this;
    if (front.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || front.seeking) return;
    if (front.videoWidth > 0 && !front.hasAttribute("data-painted")) return;
    front.toggleAttribute("data-shown", true);
    back.toggleAttribute("data-shown", false);
  }

  /** @param {number} at @param {number} length @param {number} rate @returns {State} */
  #run(at, length, rate) {
    const element = this.front;
    const { jump, factor } = correction(element.currentTime * 1000 - at, this.#correcting);
    if (jump) {
      if (!element.seeking) element.currentTime = at / 1000;
      return "waiting";
    }
    this.#correcting = factor !== 1;
    if (element.playbackRate !== rate * factor) element.playbackRate = rate * factor;
    if (element.paused) element.play().catch(() => {}); // paused again before it began
    return this.#isDry(at, length) ? "waiting" : "ready";
  }

  /** @param {number} at @param {number} length */
  #isDry(at, length) {
    if (hasEnough(this.front, at, length)) this.#dryFrom = 0;
    else this.#dryFrom ||= performance.now();
    return this.#dryFrom > 0 && performance.now() - this.#dryFrom > DRY_MS;
  }

  /** @param {number} at @param {number} length @returns {State} */
  #stand(at, length) {
    const element = this.front;
    element.pause();
    this.#correcting = false;
    this.#dryFrom = 0;
    if (element.seeking) return "waiting";
    if (Math.abs(element.currentTime * 1000 - at) > IN_STEP_MS) {
      element.currentTime = at / 1000;
      return "waiting";
    }
    return hasEnough(element, at, length) ? "ready" : "waiting";
  }

  /** @returns {boolean} whether the last picture is there */
  #standAtEnd() {
    const element = this.front;
    element.pause();
    if (element.seeking) return false;
    if (!(element.currentTime < element.duration - 2 * BEFORE_END_S)) return true;
    element.currentTime = Math.max(0, element.duration - BEFORE_END_S);
    return false;
  }
}

/** @param {HTMLVideoElement} element @param {string} url */
function load(element, url) {
  element.removeAttribute("data-painted");
  element.dataset.url = url;
  element.preload = "auto";
  element.src = url;
  const painted = () => element.dataset.url === url && element.toggleAttribute("data-painted", true);
  if (element.requestVideoFrameCallback) element.requestVideoFrameCallback(painted);
  else element.addEventListener("loadeddata", painted, { once: true });
}

/** @param {HTMLVideoElement} element @param {number} at @param {number} length */
function hasEnough(element, at, length) {
  const wanted = length - at < TAIL_MS ? HTMLMediaElement.HAVE_CURRENT_DATA : HTMLMediaElement.HAVE_FUTURE_DATA;
  return element.readyState >= wanted && !element.seeking;
}
