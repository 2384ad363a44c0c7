/** Step 3 of 4: own picture, level of the voice, a sound; and plain steps when something is in the way. */

import { closeDevices, meter, onDeviceChange, openDevices, playSound } from "../lib/devices.js";
import { $, all, drawIcon, say, show } from "../lib/dom.js";
import { text } from "../lib/texts.js";

/**
 * @typedef {import("../lib/devices.js").Devices} Devices
 * @typedef {"start" | "opening" | "ready" | "trouble"} Stage
 */

const HEARD_AT = 2;

export class Check {
  /** @type {Devices | null} */ #devices = null;
  /** @type {() => void} */ #stopMeter = () => {};
  /** @type {() => void} */ #stopWatching = () => {};
  #active = false;
  #soundOnly = false;

  /**
   * @param {HTMLElement} root the screen
   * @param {(devices: Devices) => void} opened whenever devices were opened; the older ones are closed
   * @param {() => Promise<void>} done go to the waiting room
   */
  constructor(root, opened, done) {
    this.root = root;
    this.opened = opened;
    this.done = done;
    this.#on("open", () => this.open(!this.#soundOnly));
    this.#on("retry", () => this.open(!this.#soundOnly));
    this.#on("sound-only", () => this.open(false));
    this.#on("with-camera", () => this.open(true));
    this.#on("play", () => this.#play());
    this.#on("done", () => this.#finish());
  }

  /**
   * @param {boolean} active the screen is shown
   * @param {Devices | null} devices those already open
   */
  activate(active, devices) {
    if (active === this.#active) return;
    this.#active = active;
    if (!active) return this.#stop();
    this.#stopWatching = onDeviceChange(() => this.#stage() === "trouble" && void this.open(!this.#soundOnly));
    if (devices?.mic) this.#ready(devices);
    else this.#become("start");
  }

  /** @param {boolean} camera */
  async open(camera) {
    if (this.#stage() === "opening") return;
    this.#soundOnly = !camera;
    this.#become("opening");
    this.#stopMeter();
    if (this.#devices) closeDevices(this.#devices);
    const devices = await openDevices({ camera });
    this.opened(devices);
    if (this.#active) this.#ready(devices);
  }

  /** @param {Devices} devices */
  #ready(devices) {
    this.#devices = devices;
    const video = /** @type {HTMLVideoElement} */ ($("video", this.root));
    video.srcObject = devices.camera ? devices.stream : null;
    show($("[data-no-camera]", this.root), !devices.camera);
    if (!devices.mic) return this.#explain(devices.microphoneTrouble ?? "unknown");
    this.#stopMeter = meter(devices.stream, (level) => this.#level(level));
    this.#become("ready");
    const state = devices.camera ? "camera-ok" : (devices.cameraTrouble ? `camera-${devices.cameraTrouble}` : "camera-off");
    say($("[data-camera]", this.root), text(`check.${state}`));
    this.#chip("camera", devices.camera ? "good" : "plain", devices.camera ? "check" : "cam-off", devices.camera ? "fine" : "sound-only");
    this.#chip("mic", "plain", "mic", "speak");
    show($('[data-do="with-camera"]', this.root), !devices.camera);
    show($('[data-do="sound-only"]', this.root), devices.camera !== null);
  }

  /** @param {number} level */
  #level(level) {
    all("[data-level] > i", this.root).forEach((bar, n) => bar.toggleAttribute("data-lit", n < level));
    if (level >= HEARD_AT) this.#chip("mic", "good", "check", "heard");
  }

  /** @param {import("../lib/troubles.js").Trouble} trouble */
  #explain(trouble) {
    this.#become("trouble");
    for (const help of all("[data-trouble]", this.root)) show(help, help.dataset.trouble?.split(" ").includes(trouble) ?? false);
    $("[data-trouble]:not([hidden]) h1", this.root).focus({ preventScroll: true });
  }

  async #play() {
    const button = $('[data-do="play"]', this.root);
    button.setAttribute("aria-busy", "true");
    await playSound().catch(() => {});
    button.removeAttribute("aria-busy");
    say($("[data-played]", this.root), text("check.played"));
  }

  async #finish() {
    const error = $("[data-error]", this.root);
    show(error, false);
    try {
      await this.done();
    } catch (refusal) {
      say($("span", error), /** @type {Error} */ (refusal).message);
      show(error, true);
    }
  }

  #stop() {
    this.#stopMeter();
    this.#stopMeter = () => {};
    this.#stopWatching();
    /** @type {HTMLVideoElement} */ ($("video", this.root)).srcObject = null;
    this.#devices = null;
  }

  /**
   * @param {string} which
   * @param {string} tone
   * @param {string} icon
   * @param {string} key
   */
  #chip(which, tone, icon, key) {
    const chip = $(`[data-chip="${which}"]`, this.root);
    chip.dataset.tone = tone;
    drawIcon(chip, icon);
    say($("span", chip), text(`check.${key}`));
  }

  /** @returns {Stage} */
  #stage() {
    return /** @type {Stage} */ (this.root.dataset.stage);
  }

  /** @param {Stage} stage its parts of the screen are shown, and no others */
  #become(stage) {
    this.root.dataset.stage = stage;
    for (const part of all("[data-at]", this.root)) show(part, part.dataset.at?.split(" ").includes(stage) ?? false);
    for (const button of all('[data-do="open"]', this.root)) button.setAttribute("aria-busy", String(stage === "opening"));
  }

  /** @param {string} name @param {() => unknown} act */
  #on(name, act) {
    for (const button of all(`[data-do="${name}"]`, this.root)) button.addEventListener("click", act);
  }
}
