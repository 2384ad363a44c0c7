/** The mediator's console: everything of a session on one screen. */

import { Call } from "./lib/call.js";
import { setClock } from "./lib/clock.js";
import { closeDevices, openDevices, watchDevices } from "./lib/devices.js";
import { $, all, drawIcon, say } from "./lib/dom.js";
import { inside, over } from "./lib/screens.js";
import { ShareControl } from "./lib/share-control.js";
import { passingOfShare } from "./lib/share-words.js";
import { RoomSocket } from "./lib/socket.js";
import { page, text } from "./lib/texts.js";
import { renderQuality, renderTruth } from "./lib/truth.js";
import { Closing } from "./console/closing.js";
import { Controls } from "./console/controls.js";
import { Drafting } from "./console/drafting.js";
import { showMyself } from "./console/myself.js";
import { noticeOf, showNotice } from "./console/notice.js";
import { People } from "./console/people.js";
import { Opening } from "./console/opening.js";
import { Recording } from "./console/recording.js";
import { Stage } from "./console/stage.js";
import { showSteps, steps } from "./console/steps.js";
import { refused, settled, toast } from "./console/toasts.js";

class Console {
  /** @type {any} */ #view = null;
  /** @type {any} */ #settlement = null;
  /** @type {{reason: string, text: string} | null} */ #bye = null;
  #knocking = false;

  constructor() {
    const { base, csrf } = page();
    const command = (/** @type {{type: string} & Record<string, any>} */ message) => this.#command(message);
    this.stage = new Stage((seat) => command({ type: "screen-stop", seat }));
    this.people = new People((type, seat) => command({ type, seat }));
    this.recording = new Recording(base, command);
    this.drafting = new Drafting(base);
    this.opening = new Opening((reason) => this.socket.request({ type: "open", ...(reason && { reason }) }));
    this.closing = new Closing((ground) => this.socket.request({ type: "close", ground }));
    this.controls = new Controls({ command, device: (kind) => this.call.toggle(kind) });
    this.call = new Call({
      request: (message) => this.socket.request(message),
      reached: () => this.socket.retry(),
      changed: () => this.#render(),
      slots: (slots, screen) => this.stage.setSlots(slots, screen),
      speaking: (seats) => this.stage.speaking(this.socket.away ? new Set() : seats),
      blocked: (blocked) => ($("#unblock").hidden = !blocked),
      refused: (words) => toast(words, "alert"),
      unshared: (why) => toast(passingOfShare(why, this.#view, text)),
    });
    this.share = new ShareControl($("#share"), $("#share-note"), this.call.own);
    this.socket = new RoomSocket(`${base}/socket`, csrf, {
      welcome: (message) => (setClock(message.now), this.call.welcome(message)),
      view: (view) => this.#show(view),
      settlement: (settlement) => this.#receive(settlement),
      condition: (message) => this.call.tell(message),
      disk: (hours) => this.recording.warn(hours),
      line: (line) => (line === "offline" ? this.call.tell() : this.#render()),
      flowing: () => this.call.flowing,
      bye: (bye) => this.#ended(bye),
      offline: text("failed"),
    });
    this.#wire();
    this.#render();
    void this.#open().then(() => this.#enter());
  }

  get #online() {
    return this.socket?.line === "online";
  }

  /** @param {any} view */
  #show(view) {
    this.#view = view;
    this.call.show(view);
    if (over(view)) this.#giveBack();
    this.#render();
    this.#enter();
  }

  /** @param {any} settlement */
  #receive(settlement) {
    this.#settlement = settlement;
    this.drafting.receive(settlement);
    this.#render();
  }

  /** @param {{reason: string, text: string}} bye */
  #ended(bye) {
    this.#bye = bye;
    this.call.stop();
    this.#giveBack();
    this.#render();
  }

  /** The room is the mediator's: who was never in, or waits on a page of their own, goes in by themselves. */
  #enter() {
    if (this.#view?.me.admission === "checking" && this.#view.phase !== "closed") void this.#knock();
  }

  async #knock() {
    if (this.#knocking || !this.#online || this.call.devices === null) return;
    this.#knocking = true;
    await this.#command({ type: "knock", ...this.call.has });
    this.#knocking = false;
  }

  async #return() {
    if (this.call.devices === null) await this.#open();
    await this.#knock();
  }

  async #open() {
    const devices = await openDevices();
    if (this.call.devices) closeDevices(this.call.devices);
    this.call.use(devices);
    watchDevices(devices, () => devices === this.call.devices && void this.#open());
    this.#render();
  }

  #giveBack() {
    if (this.call.devices) closeDevices(this.call.devices);
    this.call.use(null);
  }

  /** @param {{type: string} & Record<string, any>} message a refusal is shown in the server's words */
  #command(message) {
    return this.socket.request(message).then(settled, refused);
  }

  /** The whole screen at once, from what is known now. */
  #render() {
    if (!this.socket) return;
    const view = this.#view;
    const online = this.#online;
    const ended = this.#bye !== null;
    renderTruth(ended ? { truth: "out", me: {} } : this.call.actual(view), ended ? "" : this.socket.away, text);
    renderQuality(online && inside(view) ? this.call.condition.quality : "", text);
    showNotice(noticeOf(view, this.#bye, this.#settlement, this.call.devices));
    document.body.toggleAttribute("data-ended", ended);
    document.body.toggleAttribute("data-over", ended || over(view));
    const mine = { mic: this.call.isOn("mic"), camera: this.call.isOn("camera") };
    showMyself(this.call.devices, mine, ended || over(view));
    if (!view) return this.drafting.show(null, online);
    this.share.show(view, online, mine.mic);
    this.controls.show({ ...view, me: { ...view.me, ...mine } }, online, this.call.has);
    this.drafting.show(view, online);
    this.people.show(view, online, this.call.condition.others);
    this.stage.show(view, { away: this.socket.away, ...this.call.line });
    this.recording.show(view, online);
    this.opening.show(view, online);
    this.closing.show(view, this.#settlement, online);
    showSteps($("#steps"), $("#step-count"), steps(view, this.#settlement));
    this.#showPhase(view);
  }

  /** @param {any} view */
  #showPhase(view) {
    const phase = view.truth === "private" ? "private" : view.phase;
    const [tone, icon] = PHASES[phase];
    const chip = $("#phase");
    chip.dataset.tone = tone;
    drawIcon(chip, icon);
    say($("span", chip), text(`phase-${phase}`));
  }

  #wire() {
    for (const button of all('[data-do="reopen"]')) button.addEventListener("click", () => void this.#open());
    for (const button of all('[data-do="return"]')) button.addEventListener("click", () => void this.#return());
    for (const button of all('[data-do="reload"]')) button.addEventListener("click", () => location.reload());
  }
}

/** @type {Record<string, [string, string]>} tone and icon */
const PHASES = {
  scheduled: ["plain", "clock"],
  open: ["good", "play"],
  private: ["caucus", "lock"],
  closed: ["plain", "ok"],
};

new Console();
