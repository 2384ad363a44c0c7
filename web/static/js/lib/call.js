/** One's own part in the conversation: what is sent and played, the two switches, who speaks. It shows nothing. */

import { $ } from "./dom.js";
import { Health } from "./health.js";
import { UNTOLD, conditionOf } from "./line.js";
import { Media } from "./media.js";
import { Mix } from "./mix.js";
import { OwnScreen } from "./own-screen.js";
import { inside, talking } from "./screens.js";
import { Sounds } from "./sounds.js";

/**
 * @typedef {import("./devices.js").Devices} Devices
 * @typedef {import("./connection.js").Slot} Slot
 * @typedef {"mic" | "camera"} Switch
 * @typedef {object} CallHandlers
 * @property {(message: {type: string} & Record<string, any>) => Promise<any>} request
 * @property {() => void} reached the server answers over the media connection
 * @property {() => void} changed something that the screen shows
 * @property {(slots: Slot[], screen: MediaStream) => void} slots of a new connection
 * @property {(seats: Set<string>) => void} speaking
 * @property {(blocked: boolean) => void} blocked the browser plays no sound before a press
 * @property {(words: string) => void} refused
 * @property {(why: import("./own-screen.js").ShareEnd) => void} unshared the own screen is shown no more, or never was
 */

/** @type {Switch[]} */
export const SWITCHES = ["mic", "camera"];
const HEALTH_EVERY = 1_000;
const FLOWS_FOR = 2_000; // ms after something came

export class Call {
  /** @type {any} */ #view = null;
  /** @type {Devices | null} */ #devices = null;
  /** @type {Slot[]} */ #slots = [];
  /** @type {Partial<Record<Switch, boolean>>} */ #wanted = {};
  /** @type {Set<string>} */ #stalled = new Set();
  #health = new Health();
  /** @type {import("./line.js").Condition} */ #condition = UNTOLD;
  #trying = false;
  #cameAt = -Infinity; // when media of anybody were seen to come
  #mix = new Mix(() => this.#apply());

  /** @param {CallHandlers} on */
  constructor(on) {
    this.on = on;
    this.sounds = new Sounds($("#sounds"), on.blocked);
    this.media = new Media({
      request: on.request,
      slots: (slots, screen) => this.#connectedAnew(slots, screen),
      state: (state, words) => {
        if (state === "refused" && words) on.refused(words);
        if (state === "connected") on.reached();
        on.changed();
      },
      flowing: () => this.flowing,
    });
    this.own = new OwnScreen({
      request: on.request,
      changed: () => {
        this.#apply();
        on.changed();
      },
      ended: on.unshared,
      refused: on.refused,
    });
    $("#unblock").addEventListener("click", () => void this.sounds.unblock());
    setInterval(() => void this.#check(), HEALTH_EVERY);
  }

  get line() {
    const { cameras, screen } = this.#condition;
    const connected = this.media.state === "connected";
    return { connected, stalled: this.#stalled, paused: !cameras, screenPaused: !screen };
  }

  /** @returns {import("./line.js").Condition} as the server told it last on this line */
  get condition() {
    return this.#condition;
  }

  get flowing() {
    return performance.now() - this.#cameAt < FLOWS_FOR;
  }

  /** @param {any} [message] `line`; nothing: the line broke, and how the next one is will be told */
  tell(message) {
    this.#condition = message ? conditionOf(message) : UNTOLD;
    this.media.limit(this.#condition);
    this.on.changed();
  }

  /** @returns {Devices | null} null while they are not asked for, or were given back */
  get devices() {
    return this.#devices;
  }

  /** @returns {Record<Switch, boolean>} which devices there are */
  get has() {
    return { mic: Boolean(this.#devices?.mic), camera: Boolean(this.#devices?.camera) };
  }

  /** @param {Devices | null} devices whoever opened them closes them */
  use(devices) {
    this.#devices = devices;
    this.#apply();
    if (!devices || !inside(this.#view)) return;
    for (const kind of SWITCHES) if (this.#view.me[kind] && !devices[kind]) this.ask(kind, false);
  }

  /** @param {boolean} trying the person tries the devices: the microphone is heard on this page alone */
  try(trying) {
    if (trying === this.#trying) return;
    this.#trying = trying;
    this.#apply();
  }

  /** @param {any} message `welcome`: the line is new, so is the media connection */
  welcome(message) {
    this.media.configure(message);
    this.own.configure(message.constraints?.screen);
    if (inside(this.#view)) this.media.connect();
    for (const kind of SWITCHES) if (kind in this.#wanted) this.ask(kind, this.#wanted[kind] ?? false);
  }

  /** @param {any} view */
  show(view) {
    this.#view = view;
    for (const kind of SWITCHES) if (this.#wanted[kind] === view.me[kind]) delete this.#wanted[kind];
    if (inside(view) && this.media.state === "idle") this.media.connect();
    if (!inside(view)) this.media.close();
    this.own.show(view);
    this.#apply();
  }

  /** This page is over: nothing is sent or played any more. */
  stop() {
    this.#view = null;
    this.own.close();
    this.media.close();
    this.sounds.play(new Map());
  }

  /**
   * @param {Switch} kind
   * @param {any} [view]
   * @returns {boolean} switched on, and there to be switched on
   */
  isOn(kind, view = this.#view) {
    return this.has[kind] && Boolean(this.#wanted[kind] ?? view?.me[kind]);
  }

  /**
   * @param {any} view
   * @returns {any} the same as it is here, before the server knows: the two switches, whether the own
   *   screen is sent, and that nobody hears whose line is broken
   */
  actual(view) {
    if (!inside(view)) return view;
    const screen = view.me.screen && this.own.state === "shown";
    const me = { ...view.me, mic: this.isOn("mic", view), camera: this.isOn("camera", view), screen };
    return { ...view, me, hears_me: this.line.connected ? view.hears_me : [] };
  }

  /** @param {Switch} kind @returns {boolean} switched off here, and the server has not said so yet */
  awaits(kind) {
    return kind in this.#wanted;
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
    this.ask(kind, on);
  }

  /** @param {Switch} kind @param {boolean} on */
  ask(kind, on) {
    this.on.request({ type: kind, on }).catch((refusal) => {
      if (on || refusal.reason !== "offline") delete this.#wanted[kind];
      this.on.refused(refusal.message);
      this.#apply();
      this.on.changed();
    });
  }

  #connectAnew() {
    this.#health.reset(); // the next connection has its time
    this.media.connect();
  }

  /** @param {Slot[]} slots @param {MediaStream} screen */
  #connectedAnew(slots, screen) {
    this.#slots = slots;
    this.#health.reset();
    this.#stalled = new Set();
    this.on.slots(slots, screen);
    this.#apply();
    this.on.changed();
  }

  #apply() {
    const { mic = null, camera = null } = this.#devices ?? {};
    const flows = talking(this.#view);
    const on = { mic: this.isOn("mic"), camera: this.isOn("camera") };
    if (mic) mic.enabled = this.#trying || (flows && on.mic);
    if (camera) camera.enabled = !inside(this.#view) || on.camera;
    this.media.send({
      mic: this.#mix.of(flows && on.mic ? mic : null, this.own.sound),
      camera: flows && on.camera ? camera : null,
      screen: flows ? this.own.picture : null,
    });
    const people = /** @type {{slot: number}[]} */ (flows ? this.#view.people : []).filter(({ slot }) => this.#slots[slot]);
    this.sounds.play(new Map(people.map(({ slot }) => [slot, this.#slots[slot].audio])));
  }

  async #check() {
    this.media.adapt();
    if (!talking(this.#view) || this.media.state !== "connected") return this.on.speaking(new Set());
    const { slots, sent } = await this.media.health();
    if (!this.#view) return;
    if (this.own.late(sent)) void this.media.sendScreenAnew();
    const { stalled, speaking, flowing, dead } = this.#health.read(this.#view.people, slots, this.#condition.cameras);
    if (flowing) this.#cameAt = performance.now();
    this.on.speaking(speaking);
    const changed = stalled.size !== this.#stalled.size || [...stalled].some((seat) => !this.#stalled.has(seat));
    this.#stalled = stalled;
    if (dead) this.#connectAnew();
    else if (changed) this.on.changed();
  }
}
