/** The mediator's media: own devices, the connection, the voices, and who speaks. */

import { closeDevices, openDevices, watchDevices } from "../lib/devices.js";
import { $ } from "../lib/dom.js";
import { Health } from "../lib/health.js";
import { Media } from "../lib/media.js";
import { inside, over, talking } from "../lib/screens.js";
import { Sounds } from "../lib/sounds.js";

/**
 * @typedef {import("../lib/devices.js").Devices} Devices
 * @typedef {"mic" | "camera"} Switch
 * @typedef {object} CallHandlers
 * @property {(message: {type: string} & Record<string, any>) => Promise<any>} request
 * @property {() => void} changed something that the screen shows
 * @property {(slots: import("../lib/media.js").Slot[]) => void} slots of a new connection
 * @property {(seats: Set<string>) => void} speaking
 * @property {(blocked: boolean) => void} blocked the browser plays no sound before a press
 * @property {(words: string) => void} refused
 */

const HEALTH_EVERY = 1_000;

export class Call {
  /** @type {any} */ #view = null;
  /** @type {Devices | null} */ #devices = null;
  /** @type {import("../lib/media.js").Slot[]} */ #slots = [];
  /** @type {Partial<Record<Switch, boolean>>} */ #wanted = {};
  /** @type {Set<string>} */ #stalled = new Set();
  #health = new Health();

  /** @param {CallHandlers} on */
  constructor(on) {
    this.on = on;
    this.sounds = new Sounds($("#sounds"), on.blocked);
    this.media = new Media({
      request: on.request,
      slots: (slots) => this.#connectedAnew(slots),
      state: (state, words) => (state === "refused" && words ? on.refused(words) : on.changed()),
    });
    setInterval(() => void this.#check(), HEALTH_EVERY);
  }

  get line() {
    return { connected: this.media.state === "connected", stalled: this.#stalled };
  }

  /** @returns {Record<Switch, boolean>} which devices there are */
  get has() {
    return { mic: Boolean(this.#devices?.mic), camera: Boolean(this.#devices?.camera) };
  }

  /** @returns {Devices | null} null while they are not asked for */
  get devices() {
    return this.#devices;
  }

  async open() {
    const devices = await openDevices();
    if (this.#devices) closeDevices(this.#devices);
    this.#devices = devices;
    watchDevices(devices, () => devices === this.#devices && void this.open());
    this.#apply();
    this.on.changed();
  }

  /** @param {any} message `welcome`: the line is new, so is the media connection */
  welcome(message) {
    this.media.configure(message);
    if (inside(this.#view)) this.media.connect();
    for (const kind of /** @type {Switch[]} */ (Object.keys(this.#wanted))) this.#ask(kind, this.#wanted[kind] ?? false);
  }

  /** @param {any} view */
  show(view) {
    this.#view = view;
    for (const kind of /** @type {Switch[]} */ (["mic", "camera"])) {
      if (this.#wanted[kind] === view.me[kind]) delete this.#wanted[kind];
    }
    if (inside(view) && this.media.state === "idle") this.media.connect();
    if (!inside(view)) this.media.close();
    if (over(view)) this.#giveBack();
    this.#apply();
  }

  /** This page is over: nothing is sent or played any more. */
  stop() {
    this.#view = null;
    this.media.close();
    this.sounds.play(new Map());
    this.#giveBack();
  }

  /** @param {Switch} kind @returns {boolean} switched on, and there to be switched on */
  isOn(kind) {
    return this.has[kind] && Boolean(this.#wanted[kind] ?? this.#view?.me[kind]);
  }

  /**
   * Off holds at once, whatever the line does; on holds when the server has said so.
   * @param {Switch} kind
   */
  toggle(kind) {
    const on = !this.isOn(kind);
    if (!on) this.#wanted[kind] = false;
    this.#apply();
    this.on.changed();
    this.#ask(kind, on);
  }

  /** @param {Switch} kind @param {boolean} on */
  #ask(kind, on) {
    this.on.request({ type: kind, on }).catch((refusal) => {
      if (on || refusal.reason !== "offline") delete this.#wanted[kind];
      this.on.refused(refusal.message);
      this.#apply();
    });
  }

  #giveBack() {
    if (this.#devices) closeDevices(this.#devices);
    this.#devices = null;
  }

  /** @param {import("../lib/media.js").Slot[]} slots */
  #connectedAnew(slots) {
    this.#slots = slots;
    this.#health.reset();
    this.#stalled = new Set();
    this.on.slots(slots);
    this.#apply();
    this.on.changed();
  }

  #apply() {
    const { mic = null, camera = null } = this.#devices ?? {};
    const flows = talking(this.#view);
    if (mic) mic.enabled = flows && this.isOn("mic");
    if (camera) camera.enabled = this.isOn("camera");
    this.media.send({ mic: flows && this.isOn("mic") ? mic : null, camera: flows && this.isOn("camera") ? camera : null });
    const people = /** @type {{slot: number}[]} */ (flows ? this.#view.people : []).filter(({ slot }) => this.#slots[slot]);
    this.sounds.play(new Map(people.map(({ slot }) => [slot, this.#slots[slot].audio])));
  }

  async #check() {
    if (!talking(this.#view) || this.media.state !== "connected") return this.on.speaking(new Set());
    const { stalled, speaking, dead } = this.#health.read(this.#view.people, await this.media.health());
    this.on.speaking(speaking);
    const changed = stalled.size !== this.#stalled.size || [...stalled].some((seat) => !this.#stalled.has(seat));
    this.#stalled = stalled;
    if (dead) this.media.connect();
    else if (changed) this.on.changed();
  }
}
