/** The list of everybody of the case: where they are, and the buttons for what may be done now. */

import { $, all, clone, drawIcon, say, show } from "../lib/dom.js";
import { text } from "../lib/texts.js";
import { ask } from "./asking.js";
import { LOOKS, actions, gathering, knocks, lineOf, standing } from "./persons.js";

/** @typedef {import("./persons.js").Person} Person */

export class People {
  /** @type {Map<string, HTMLElement>} */ #rows = new Map();
  /** @type {any} */ #view = null;
  #online = false;
  /** @type {Record<string, import("../lib/line.js").Quality>} */ #lines = {};

  /** @param {(type: string, seat: string) => void} command */
  constructor(command) {
    this.command = command;
    this.list = $("#people");
    this.list.addEventListener("click", (event) => void this.#clicked(event));
  }

  /**
   * @param {any} view
   * @param {boolean} online
   * @param {Record<string, import("../lib/line.js").Quality>} lines how good each one's line is, by seat
   */
  show(view, online, lines) {
    this.#view = view;
    this.#lines = lines;
    this.#online = online;
    const everybody = /** @type {Person[]} */ (view.everybody);
    show($("#nobody"), everybody.length === 0);
    for (const person of ordered(everybody)) this.#showPerson(person);
    const waiting = everybody.filter(knocks).length;
    const values = { inside: gathering(view).inside.length, waiting };
    say($("#head-count"), view.phase === "closed" ? "" : text(waiting ? "count-waiting" : "count", values));
  }

  /** @param {Person} person */
  #showPerson(person) {
    const row = this.#rows.get(person.seat) ?? clone("t-person");
    this.#rows.set(person.seat, row);
    const at = [...this.#rows.keys()].indexOf(person.seat);
    if (this.list.children[at] !== row) this.list.insertBefore(row, this.list.children[at] ?? null);
    row.dataset.seat = person.seat;
    row.toggleAttribute("data-knock", knocks(person));
    this.#showWho(row, person);
    this.#showState(row, person);
    this.#showActions(row, person);
  }

  /**
   * @param {HTMLElement} row
   * @param {Person} person
   */
  #showWho(row, person) {
    const mark = $(".side", row);
    mark.dataset.side = person.side === "centre" ? "mediator" : person.side;
    say(mark, text(`mark-${person.side}`));
    say($(".who strong", row), person.name);
    const role = text(person.seat === this.#view.me.seat ? "role-me" : `role-${person.role}`);
    say($(".who .muted", row), person.organisation ? text("role-of", { role, organisation: person.organisation }) : role);
  }

  /**
   * @param {HTMLElement} row
   * @param {Person} person
   */
  #showState(row, person) {
    const stands = standing(person, this.#view);
    const [tone, icon] = LOOKS[stands];
    const chip = $('[data-part="status"]', row);
    chip.dataset.tone = tone;
    drawIcon(chip, icon);
    say($("span", chip), text(`standing-${stands}`));
    show($('[data-part="other"]', row), person.other_device);
    show($('[data-part="unrecorded"]', row), !person.recorded && person.admission !== "checking");
    const line = lineOf(person, this.#lines, this.#view);
    show($('[data-part="line"]', row), line !== null);
    if (line) say($('[data-part="line"] span', row), text(`line.${line}`));
    const devices = $(".devices", row);
    show(devices, person.here && ["in", "apart", "waiting"].includes(stands));
    const [mic, camera] = all("i", devices);
    drawIcon(mic, person.mic ? "mic" : "mic-off");
    drawIcon(camera, person.camera ? "cam" : "cam-off");
    say($("span", devices), text(person.mic ? "mic-on" : "mic-off") + text(person.camera ? "camera-on" : "camera-off"));
  }

  /**
   * @param {HTMLElement} row
   * @param {Person} person
   */
  #showActions(row, person) {
    const open = new Set(actions(person, this.#view));
    const blocked = person.other_device && this.#view.truth === "private";
    for (const button of all("[data-do]", row)) {
      const action = /** @type {import("./persons.js").Action} */ (button.dataset.do);
      show(button, open.has(action));
      if (action === "admit") say(button, text(blocked ? "admit-later" : admitWords(person)));
      button.setAttribute("aria-disabled", String(!this.#online || (action === "admit" && blocked)));
      button.setAttribute("aria-label", text("button-for", { button: button.textContent ?? "", name: person.name }));
    }
    show($(".acts", row), open.size > 0);
  }

  /** @param {Event} event */
  async #clicked(event) {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-do]"));
    const seat = button?.closest("li")?.dataset.seat;
    if (!button || !seat || button.getAttribute("aria-disabled") === "true") return;
    if (button.dataset.do === "remove" && !(await this.#sure(seat))) return;
    this.command(/** @type {string} */ (button.dataset.do), seat);
  }

  /** @param {string} seat */
  #sure(seat) {
    const name = this.#view.everybody.find((/** @type {Person} */ one) => one.seat === seat)?.name ?? "";
    return ask({ title: text("remove-title", { name }), text: text("remove-text"), yes: text("remove-yes", { name }) });
  }
}

/** @param {Person[]} everybody @returns {Person[]} the order never changes under the mediator's hand */
function ordered(everybody) {
  const rank = (/** @type {Person} */ one) => ["applicant", "respondent", "centre"].indexOf(one.side);
  return [...everybody].sort((a, b) => rank(a) - rank(b));
}

/** @param {Person} person @returns {string} the key of the words on the button that lets in */
function admitWords(person) {
  if (person.other_device) return "admit-other";
  return person.admission === "refused" ? "admit-after-all" : "admit";
}
