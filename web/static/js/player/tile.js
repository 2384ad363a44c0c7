/** One person, or one screen, that is played: the picture, or the words that stand in its place, and the sound. */

import { $, drawIcon, say, show } from "../lib/dom.js";
import { text } from "../lib/texts.js";
import { comingAt, sightAt } from "./plan.js";
import { Reel } from "./reel.js";
import { look } from "./trouble.js";

/** @typedef {import("./plan.js").Part} Part */

const TRIES = 2; // of one segment, when the network may be to blame

export class Tile {
  /**
   * @param {HTMLElement} figure
   * @param {{name: string, parts: Part[]}} track
   * @param {(trouble: "over" | "signed-out") => void} refused by the server, for good
   */
  constructor(figure, { name, parts }, refused) {
    this.name = name;
    this.parts = parts;
    this.#refused = refused;
    this.#cover = $(".cover", figure);
    this.#why = $(".why", figure);
    const [first, second] = /** @type {HTMLVideoElement[]} */ ([...figure.querySelectorAll("video")]);
    this.reel = new Reel(first, second);
    const sound = /** @type {HTMLElement | null} */ (figure.querySelector(".sound"));
    if (sound) followSound(sound, [first, second]);
    enlarging(figure, $(".enlarge", figure));
  }

  /** Whether the others wait for this one. */
  waiting = false;

  #refused;
  #cover;
  #why;
  #looking = false;
  /** @type {Map<string, number>} */
  #failures = new Map();

  /** @param {number} t @param {boolean} going @param {number} rate */
  follow(t, going, rate) {
    const { part, held, dark } = sightAt(this.parts, t);
    const words = part.kind === "media" ? this.#play(part, t, going, rate, dark) : this.#rest(part, held);
    say(this.#why, words ?? this.#why.textContent ?? "");
    show(this.#cover, words !== null);
    const coming = comingAt(this.parts, t);
    if (coming && !this.waiting) this.reel.prepare(coming.url);
  }

  /** @param {Part} part @param {boolean} held @returns {string | null} */
  #rest(part, held) {
    this.waiting = false;
    this.reel.rest();
    return held ? null : part.words;
  }

  /**
   * @param {Part} part @param {number} t @param {boolean} going @param {number} rate @param {boolean} dark
   * @returns {string | null} what stands in place of the picture
   */
  #play(part, t, going, rate, dark) {
    const failures = this.#failures.get(part.url) ?? 0;
    if (failures > TRIES) return this.#rest({ ...part, words: text("player.broken") }, false);
    const wanted = { url: part.url, at: t - part.at, length: part.till - part.at };
    const state = this.reel.follow(wanted, going, rate);
    this.waiting = state === "waiting" || state === "failed";
    if (state === "failed") this.#ask(part.url, failures);
    if (state === "ready") this.#failures.delete(part.url);
    if (state === "short") return text("player.short");
    if (!part.pictures) return text("player.sound-only");
    return dark ? text("player.camera-off") : null;
  }

  /**
   * Asks the server itself, because an element does not say why it failed.
   * @param {string} url @param {number} failures
   */
  async #ask(url, failures) {
    if (this.#looking) return;
    this.#looking = true;
    const found = await look(url);
    this.#looking = false;
    if (found === "over" || found === "signed-out") return this.#refused(found);
    if (found === "offline") return;
    this.#failures.set(url, found === "gone" ? TRIES + 1 : failures + 1);
    this.reel.again();
  }
}

/**
 * @param {HTMLElement} sound
 * @param {HTMLVideoElement[]} elements
 */
function followSound(sound, elements) {
  const button = $("button", sound);
  const level = /** @type {HTMLInputElement} */ ($("input", sound));
  const tell = () => {
    const muted = button.getAttribute("aria-pressed") === "true";
    for (const element of elements) {
      element.muted = muted;
      element.volume = Number(level.value) / 100;
    }
    drawIcon(button, muted ? "speaker-off" : "speaker");
  };
  button.addEventListener("click", () => {
    toggle(button);
    tell();
  });
  level.addEventListener("input", tell);
  tell();
}

/**
 * One tile at a time is as large as there is room for.
 * @param {HTMLElement} figure
 * @param {HTMLElement} button
 */
function enlarging(figure, button) {
  button.addEventListener("click", () => {
    const large = toggle(button);
    for (const other of figure.parentElement?.children ?? []) {
      if (other === figure) continue;
      other.removeAttribute("data-large");
      other.querySelector(".enlarge")?.setAttribute("aria-pressed", "false");
    }
    figure.toggleAttribute("data-large", large);
  });
}

/** @param {HTMLElement} button @returns {boolean} whether it is pressed now */
function toggle(button) {
  const pressed = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(pressed));
  return pressed;
}
