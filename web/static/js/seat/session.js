/** The conversation as a party sees it: the pictures, the own microphone and camera, what the line does. */

import { $, all, drawIcon, say, show } from "../lib/dom.js";
import { Call, SWITCHES } from "../lib/call.js";
import { noteOf } from "../lib/line.js";
import { passingOfConsent } from "../lib/recording-words.js";
import { inside, talking } from "../lib/screens.js";
import { ShareControl } from "../lib/share-control.js";
import { passingOfScreen, passingOfShare } from "../lib/share-words.js";
import { SharedScreen } from "../lib/shared-screen.js";
import { text } from "../lib/texts.js";
import { shownOf } from "../lib/tile-words.js";
import { Tiles } from "../lib/tiles.js";

/**
 * @typedef {import("../lib/devices.js").Devices} Devices
 * @typedef {import("../lib/call.js").Switch} Switch
 */

export class Session {
  /** @type {any} */ #view = null;

  /**
   * @param {HTMLElement} root the screen
   * @param {import("../lib/socket.js").RoomSocket} socket
   * @param {(words: string) => void} toast
   * @param {() => void} changed the own microphone or camera is on or off by now, or the line is another
   */
  constructor(root, socket, toast, changed) {
    this.root = root;
    this.socket = socket;
    this.toast = toast;
    this.tiles = new Tiles($("#tiles", root));
    this.shared = new SharedScreen($(".shared", root));
    this.call = new Call({
      request: (message) => socket.request(message),
      reached: () => socket.retry(),
      changed: () => {
        this.draw();
        changed();
      },
      slots: (slots, screen) => {
        this.tiles.setSlots(slots);
        this.shared.setStream(screen);
      },
      speaking: (seats) => this.#speaking(seats),
      blocked: (blocked) => show($("#unblock"), blocked),
      refused: toast,
      unshared: (why) => toast(passingOfShare(why, this.#view, text)),
    });
    this.share = new ShareControl($('[data-do="share"]', root), $("[data-share]", root), this.call.own, () => toast(""));
    for (const name of SWITCHES) {
      $(`[data-switch="${name}"]`, root).addEventListener("click", () => this.#toggle(name));
    }
  }

  /** @param {any} message `welcome` */
  welcome(message) {
    this.call.welcome(message);
  }

  /** @param {Devices | null} devices */
  use(devices) {
    this.call.use(devices);
    this.draw();
  }

  /** Switches the microphone on, if it is off. */
  speak() {
    if (inside(this.#view) && !this.call.isOn("mic")) this.call.ask("mic", true);
  }

  /** @param {any} view */
  show(view) {
    const before = this.#view;
    if (talking(before) && before.truth !== view.truth) this.toast(""); // it spoke of another conversation
    const muted = before?.me.mic && !view.me.mic && !this.call.awaits("mic") && this.call.has.mic && talking(view);
    if (muted) this.toast(text("session.muted-by-mediator"));
    else if (before && !before.me.mic && view.me.mic) this.toast("");
    const passing = passingOfScreen(before, view, text);
    if (passing) this.toast(passing);
    const withdrew = passingOfConsent(before, view, text);
    if (withdrew) this.toast(withdrew);
    this.#view = view;
    this.call.show(view);
    this.draw();
  }

  /** This page is over: nothing is sent or shown any more. */
  stop() {
    this.#view = null;
    this.call.stop();
    this.tiles.render([]);
    this.shared.show(null, "");
  }

  /** Everything but the strip on top. */
  draw() {
    const online = this.socket.line === "online";
    const { state } = this.call.media;
    for (const note of all("[data-media]", this.root)) show(note, online && note.dataset.media === state);
    const words = online && state === "connected" ? noteOf(this.call.condition, text) : "";
    show($("[data-line]", this.root), words !== "");
    say($("[data-line] span", this.root), words);
    const view = this.call.actual(this.#view);
    if (!view) return;
    const { away } = this.socket;
    show($("[data-withdrawn]", this.root), view.truth === "joint" && view.me.withdrawn);
    const stream = this.call.devices?.stream ?? null;
    this.tiles.render(talking(view) ? shownOf(view, stream, this.call.line, away) : []);
    this.shared.show(view, away || (this.call.line.screenPaused ? "paused" : ""));
    this.share.show(view, online, this.call.isOn("mic"));
    for (const name of SWITCHES) this.#control(name, this.call.isOn(name), this.call.has[name]);
  }

  /** @param {Set<string>} seats who speaks now */
  #speaking(seats) {
    for (const { seat } of this.#view?.people ?? []) this.tiles.speaking(seat, !this.socket.away && seats.has(seat));
  }

  /** @param {Switch} name @param {boolean} on @param {boolean} possible */
  #control(name, on, possible) {
    const button = $(`[data-switch="${name}"]`, this.root);
    button.classList.toggle("on", on);
    button.classList.toggle("off", !on);
    button.setAttribute("aria-pressed", String(on));
    button.setAttribute("aria-disabled", String(!possible));
    drawIcon(button, `${name === "mic" ? "mic" : "cam"}${on ? "" : "-off"}`);
    say($("span", button), text(`session.${name}-${possible ? (on ? "on" : "off") : "none"}`));
  }

  /** @param {Switch} name */
  #toggle(name) {
    if (this.call.has[name]) this.call.toggle(name);
    else this.toast(text(`session.${name}-why`));
  }
}
