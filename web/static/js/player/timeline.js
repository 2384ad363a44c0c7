/** The line of time: dragged, pressed, or moved by keys. */

import { $ } from "../lib/dom.js";

const STEP_MS = 5_000;
const LEAP_MS = 60_000;

/** @type {Record<string, number>} */
const KEYS = {
  ArrowLeft: -STEP_MS,
  ArrowDown: -STEP_MS,
  ArrowRight: STEP_MS,
  ArrowUp: STEP_MS,
  PageDown: -LEAP_MS,
  PageUp: LEAP_MS,
};

export class Timeline {
  /**
   * @param {HTMLElement} root
   * @param {number} length
   * @param {{seek: (to: number) => void, words: (at: number) => string}} player
   */
  constructor(root, length, { seek, words }) {
    this.#slider = /** @type {HTMLInputElement} */ ($("#time", root));
    this.#root = root;
    this.#length = length;
    this.#words = words;
    this.#slider.addEventListener("input", () => seek(Number(this.#slider.value)));
    this.#slider.addEventListener("keydown", (event) => {
      const by = KEYS[event.key];
      if (!by || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      seek(Number(this.#slider.value) + by);
    });
    this.#slider.addEventListener("focus", () => this.tell());
    for (const lane of root.querySelectorAll(".lane")) {
      lane.addEventListener("click", (event) => {
        const { left, width } = lane.getBoundingClientRect();
        seek(((/** @type {MouseEvent} */ (event).clientX - left) / width) * length);
      });
    }
  }

  #slider;
  #root;
  #length;
  #words;

  /** @param {number} at */
  show(at) {
    this.#slider.value = String(Math.round(at));
    this.#root.style.setProperty("--at", String(at / this.#length));
  }

  /** Says where it is, to who listens. Not while it goes: a screen reader would speak all the time. */
  tell() {
    this.#slider.setAttribute("aria-valuetext", this.#words(Number(this.#slider.value)));
  }
}
