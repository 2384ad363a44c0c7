/** The button that shares the own screen and stops it, and the sentence that says how that stands. */

import { $, drawIcon, say, show } from "./dom.js";
import { canShare } from "./own-screen.js";
import { noteOfShare } from "./share-words.js";
import { talking } from "./screens.js";
import { text } from "./texts.js";

export class ShareControl {
  #able = canShare();

  /**
   * @param {HTMLElement} button a phone never shows it
   * @param {HTMLElement} note
   * @param {import("./own-screen.js").OwnScreen} own
   * @param {() => void} [anew] it is started: what was said of the one before holds no longer
   */
  constructor(button, note, own, anew = () => {}) {
    this.button = button;
    this.note = note;
    this.own = own;
    this.anew = anew;
    button.addEventListener("click", () => this.#press());
  }

  /**
   * @param {any} view
   * @param {boolean} online
   * @param {boolean} heard the own microphone is on
   */
  show(view, online, heard) {
    const { state, ended, sound } = this.own;
    const told = this.#able && online; // nobody sees it while the own line is gone: the strip says so
    const words = told ? noteOfShare(view, { state, ended, sound: sound !== null, heard }, text) : "";
    show(this.note, words !== "");
    say($("span", this.note), words);
    show(this.button, this.#able && talking(view));
    const on = state === "starting" || state === "shown";
    const taken = view.screen !== null && view.screen !== view.me.seat;
    this.button.classList.toggle("on", on);
    this.button.setAttribute("aria-pressed", String(on));
    this.button.setAttribute("aria-disabled", String(!on && (!online || taken || state === "choosing")));
    drawIcon(this.button, on ? "screen-off" : "screen");
    say($("span", this.button), text(on ? "share.stop" : "share.start"));
  }

  #press() {
    if (this.button.getAttribute("aria-disabled") === "true") return;
    if (this.own.state !== "idle") return this.own.stop();
    this.anew();
    void this.own.start();
  }
}
