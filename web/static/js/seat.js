/** A party's page: device check, waiting room, session, signing. One page, so that devices are asked for once. */

import { forget } from "./lib/choices.js";
import { setClock, serverNow } from "./lib/clock.js";
import { closeDevices, openDevices, watchDevices } from "./lib/devices.js";
import { $, all, say, show } from "./lib/dom.js";
import { hourAndMinute } from "./lib/format.js";
import { belongs, inside, over, screenOf, signingOf } from "./lib/screens.js";
import { RoomSocket } from "./lib/socket.js";
import { page, text } from "./lib/texts.js";
import { renderQuality, renderTruth } from "./lib/truth.js";
import { Check } from "./seat/check.js";
import { LineDialog } from "./seat/line-dialog.js";
import { Session } from "./seat/session.js";
import { Signing } from "./seat/signing.js";
import { toast } from "./seat/toast.js";

/** @typedef {import("./lib/devices.js").Devices} Devices */

const CLOCK_EVERY = 5_000;

class SeatPage {
  /** @type {any} */ #view = null;
  /** @type {any} */ #settlement = null;
  /** @type {Devices | null} */ #devices = null;
  /** @type {{reason: string, text: string} | null} */ #bye = null;
  #opening = false;
  #checking = false;
  #cut = false; // the line was gone, and is not back yet
  #screen = "loading";

  constructor() {
    const { base, csrf } = page();
    forget(base);
    this.signing = new Signing($("#settlement"), base);
    this.check = new Check($('#screens [data-screen="check"]'), (devices) => this.#use(devices), () => this.#checked());
    this.line = new LineDialog($("#line-dialog"), base);
    this.socket = new RoomSocket(`${base}/socket`, csrf, {
      welcome: (message) => this.#welcome(message),
      view: (view) => this.#show(view),
      settlement: (settlement) => this.#offer(settlement),
      condition: (message) => this.session.call.tell(message),
      line: (line) => this.#turned(line),
      flowing: () => this.session.call.flowing,
      bye: (bye) => this.#ended(bye),
      offline: text("failed"),
    });
    this.session = new Session($('#screens [data-screen="session"]'), this.socket, toast, () => this.#render());
    this.#wire();
    this.#tick();
    setInterval(() => this.#tick(), CLOCK_EVERY);
  }

  /** @param {any} message */
  #welcome(message) {
    setClock(message.now);
    this.#markAsked(false);
    this.session.welcome(message);
    this.#tick();
  }

  /** @param {any} view */
  #show(view) {
    this.#view = view;
    if (inside(view)) this.#checking = false;
    if (view.truth !== "elsewhere") this.#markAsked(false);
    this.#render();
    this.session.show(view);
    if (belongs(view) && !this.#devices && !this.#opening) void this.#reopen();
    if (over(view)) this.#giveBack();
  }

  /** @param {any} settlement */
  #offer(settlement) {
    this.#settlement = settlement;
    this.#render();
  }

  /** @param {import("./lib/socket.js").Line} line */
  #turned(line) {
    if (line === "offline") this.session.call.tell();
    else this.session.draw();
    if (line === "online" && this.#cut && inside(this.#view)) toast(text("session.back"));
    this.#cut = line === "offline" || (line === "connecting" && this.#cut);
    this.#render();
  }

  /** @param {{reason: string, text: string}} bye */
  #ended(bye) {
    this.#bye = bye;
    this.session.stop();
    this.#giveBack();
    this.#render();
  }

  /** The whole screen at once, from what is known now. */
  #render() {
    const view = this.#bye ? null : this.#view;
    const away = this.#bye !== null || over(view) ? "" : this.socket.away;
    const screen = screenOf({
      view,
      bye: this.#bye?.reason ?? "",
      ready: this.#devices !== null,
      checking: this.#checking,
    });
    renderTruth(this.#bye ? { truth: "out", me: {} } : this.session.call.actual(view), away, text);
    renderQuality(inside(view) && this.socket.line === "online" ? this.session.call.condition.quality : "", text);
    this.#turnTo(screen);
    this.session.call.try(screen === "check");
    this.check.activate(screen === "check", this.#devices);
    this.signing.show(this.#settlement, signingOf(this.#settlement, screen));
    this.#close(view);
  }

  /** @param {any} view how it ended, and where the settlement is */
  #close(view) {
    const settled = view?.ground === "settled";
    for (const part of all("[data-ground]")) show(part, (part.dataset.ground === "settled") === settled);
    for (const link of all("[data-sealed]")) show(link, this.#settlement?.state === "sealed");
    show($('[data-do="reopen"]'), this.#devices !== null && !this.#devices.mic);
  }

  /** @param {import("./lib/screens.js").Screen} screen */
  #turnTo(screen) {
    if (screen === this.#screen) return;
    this.#screen = screen;
    this.line.close();
    document.body.dataset.screen = screen;
    for (const section of all("[data-screen]", $("#screens"))) show(section, section.dataset.screen === screen);
    const section = $(`#screens [data-screen="${screen}"]`);
    document.title = `${section.dataset.title} · ${text("product")}`;
    section.querySelector("h1")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  /** @param {Devices} devices */
  #use(devices) {
    if (this.#devices && this.#devices !== devices) closeDevices(this.#devices);
    this.#devices = devices;
    watchDevices(devices, (kind) => this.#lost(devices, kind));
    this.session.use(devices);
    this.#render();
  }

  /**
   * Coming back after a reload: the same seat, without the device check.
   * @param {boolean} [tapped] the person asked for the microphone, so it is switched on as well
   */
  async #reopen(tapped = false) {
    if (this.#opening) return;
    this.#opening = true;
    const devices = await openDevices({ camera: this.#view.me.camera || !inside(this.#view) });
    this.#opening = false;
    this.#use(devices);
    if (!devices.mic) toast(text(`trouble.${devices.microphoneTrouble ?? "unknown"}`));
    else if (tapped) this.session.speak();
  }

  /** @param {Devices} devices @param {"mic" | "camera"} kind */
  #lost(devices, kind) {
    if (devices !== this.#devices || !belongs(this.#view)) return;
    toast(text(`session.${kind}-lost`));
    void this.#reopen();
  }

  #giveBack() {
    if (this.#devices) closeDevices(this.#devices);
    this.#devices = null;
    this.session.use(null);
  }

  /** The device check is done: knock, or, for who waits already, just go back. */
  async #checked() {
    const camera = this.#devices?.camera !== null;
    if (this.#view.truth === "waiting") await this.socket.request({ type: "camera", on: camera });
    else await this.socket.request({ type: "knock", mic: true, camera });
    this.#checking = false;
    this.#markAsked(this.#view.truth === "elsewhere");
    this.#render();
  }

  /** @param {boolean} asked the mediator knows that this device would take over; a new line knows nothing of it */
  #markAsked(asked) {
    show($("[data-asked]"), asked);
    show($("[data-unasked]"), !asked);
  }

  #wire() {
    for (const button of all('[data-do="check"]')) {
      button.addEventListener("click", () => {
        this.#checking = true;
        this.#render();
      });
    }
    const dialog = /** @type {HTMLDialogElement} */ ($("#leave"));
    for (const button of all('[data-do="leave"]')) button.addEventListener("click", () => dialog.showModal());
    $("form", dialog).addEventListener("submit", () => void this.#leave());
    for (const button of all("dialog [data-close]")) {
      button.addEventListener("click", () => button.closest("dialog")?.close());
    }
    for (const button of all('[data-do="reopen"]')) button.addEventListener("click", () => void this.#reopen(true));
    for (const button of all('[data-do="reload"]')) button.addEventListener("click", () => location.reload());
  }

  async #leave() {
    try {
      await this.socket.request({ type: "leave" });
    } catch {
      this.socket.end(); // leaving needs nobody's word: the server misses this page within seconds
      this.#ended({ reason: "gone", text: "" });
    }
  }

  #tick() {
    say($("[data-now]"), hourAndMinute(serverNow()));
  }
}

new SeatPage();
