/** The conversation: media, pictures, voices, and the own microphone and camera. */

import { $, all, drawIcon, say, show } from "../lib/dom.js";
import { Health } from "../lib/health.js";
import { Media } from "../lib/media.js";
import { inside, talking } from "../lib/screens.js";
import { Sounds } from "../lib/sounds.js";
import { text } from "../lib/texts.js";
import { shownOf } from "../lib/tile-words.js";
import { Tiles } from "../lib/tiles.js";

/**
 * @typedef {import("../lib/devices.js").Devices} Devices
 * @typedef {"mic" | "camera"} Switch
 */

/** @type {Switch[]} */
const SWITCHES = ["mic", "camera"];
const HEALTH_EVERY = 1_000;

export class Session {
  /** @type {any} */ #view = null;
  /** @type {Devices | null} */ #devices = null;
  /** @type {import("../lib/media.js").Slot[]} */ #slots = [];
  /** @type {Partial<Record<Switch, boolean>>} */ #wanted = {};
  /** @type {Set<string>} */ #stalled = new Set();
  #health = new Health();

  /**
   * @param {HTMLElement} root the screen
   * @param {import("../lib/socket.js").RoomSocket} socket
   * @param {(words: string) => void} toast
   * @param {() => void} switched the own microphone or camera is on or off by now
   */
  constructor(root, socket, toast, switched) {
    this.root = root;
    this.socket = socket;
    this.toast = toast;
    this.switched = switched;
    this.tiles = new Tiles($("#tiles", root));
    this.sounds = new Sounds($("#sounds"), (blocked) => show($("#unblock"), blocked));
    this.media = new Media({
      request: (message) => socket.request(message),
      slots: (slots) => this.#connectedAnew(slots),
      state: (state, words) => this.#mediaState(state, words),
    });
    $("#unblock").addEventListener("click", () => void this.sounds.unblock());
    for (const name of SWITCHES) {
      $(`[data-switch="${name}"]`, root).addEventListener("click", () => this.#toggle(name));
    }
    setInterval(() => void this.#check(), HEALTH_EVERY);
  }

  /** @param {any} message `welcome`: the line is new, so is the media connection */
  welcome(message) {
    this.media.configure(message);
    if (inside(this.#view)) this.media.connect();
    for (const [name, on] of Object.entries(this.#wanted)) this.#ask(/** @type {Switch} */ (name), on);
  }

  /** @param {Devices | null} devices */
  use(devices) {
    this.#devices = devices;
    this.#draw();
    if (!devices || !inside(this.#view)) return;
    for (const name of SWITCHES) if (this.#view.me[name] && !devices[name]) this.#ask(name, false);
  }

  /**
   * @param {any} view
   * @returns {any} the same, with the microphone and the camera as they are here, before the server knows
   */
  actual(view) {
    if (!inside(view)) return view;
    return { ...view, me: { ...view.me, mic: this.#on("mic", view), camera: this.#on("camera", view) } };
  }

  /** Switches the microphone on, if it is off. */
  speak() {
    if (inside(this.#view) && !this.#on("mic")) this.#ask("mic", true);
  }

  /** @param {any} view */
  show(view) {
    const before = this.#view;
    this.#view = view;
    const muted = before?.me.mic && !view.me.mic && this.#wanted.mic === undefined && this.#devices?.mic && talking(view);
    for (const name of SWITCHES) {
      if (this.#wanted[name] === view.me[name]) delete this.#wanted[name];
    }
    if (muted) this.toast(text("session.muted-by-mediator"));
    else if (before && !before.me.mic && view.me.mic) this.toast("");
    if (inside(view) && this.media.state === "idle") this.media.connect();
    if (!inside(view)) this.media.close();
    this.#draw();
  }

  /** This page is over: nothing is sent or shown any more. */
  stop() {
    this.#view = null;
    this.media.close();
    this.tiles.render([]);
    this.sounds.play(new Map());
  }

  /** @param {import("../lib/media.js").Slot[]} slots */
  #connectedAnew(slots) {
    this.#slots = slots;
    this.tiles.setSlots(slots);
    this.#health.reset();
    this.#stalled.clear();
    this.#draw();
  }

  #draw() {
    const view = this.#view;
    if (!view) return;
    const on = { mic: this.#on("mic"), camera: this.#on("camera") };
    const { mic = null, camera = null, stream = null } = this.#devices ?? {};
    const flows = talking(view);
    if (mic) mic.enabled = view.truth === "checking" || (flows && on.mic);
    if (camera) camera.enabled = !inside(view) || on.camera;
    this.media.send({ mic: flows && on.mic ? mic : null, camera: flows && on.camera ? camera : null });
    const people = flows ? shownOf({ ...view, me: { ...view.me, ...on } }, stream, this.#stalled) : [];
    this.tiles.render(people);
    this.sounds.play(this.#voices(flows ? view.people : []));
    this.#control("mic", on.mic, mic !== null);
    this.#control("camera", on.camera, camera !== null);
  }

  /** @param {any[]} people @returns {Map<number, MediaStream>} */
  #voices(people) {
    return new Map(people.filter((p) => this.#slots[p.slot]).map((p) => [p.slot, this.#slots[p.slot].audio]));
  }

  /**
   * @param {Switch} name
   * @param {any} [view]
   * @returns {boolean} switched on, and there to be switched on
   */
  #on(name, view = this.#view) {
    return (this.#wanted[name] ?? view.me[name]) && (this.#devices?.[name] ?? null) !== null;
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

  /**
   * Off holds at once, whatever the line does; on holds when the server has said so.
   * @param {Switch} name
   */
  #toggle(name) {
    if (!this.#devices?.[name]) return this.toast(text(`session.${name}-why`));
    const on = !this.#on(name);
    if (!on) this.#wanted[name] = false;
    this.#draw();
    this.switched();
    this.#ask(name, on);
  }

  /** @param {Switch} name @param {boolean} on */
  #ask(name, on) {
    this.socket.request({ type: name, on }).catch((refusal) => {
      if (on || refusal.reason !== "offline") delete this.#wanted[name];
      this.toast(refusal.message);
      this.#draw();
      this.switched();
    });
  }

  async #check() {
    if (!talking(this.#view) || this.media.state !== "connected") return;
    const people = this.#view.people;
    const { stalled, speaking, dead } = this.#health.read(people, await this.media.health());
    for (const person of people) this.tiles.speaking(person.seat, speaking.has(person.seat));
    const changed = stalled.size !== this.#stalled.size || [...stalled].some((seat) => !this.#stalled.has(seat));
    this.#stalled = stalled;
    if (dead) this.media.connect();
    else if (changed) this.#draw();
  }

  /** @param {string} state @param {string} [words] */
  #mediaState(state, words) {
    for (const note of all("[data-media]", this.root)) show(note, note.dataset.media === state);
    if (state === "refused" && words) this.toast(words);
  }
}
