/** The mediator's own devices, the opening, the way into a caucus and out of it. */

import { $, block, drawIcon, press, say, show } from "../lib/dom.js";
import { text } from "../lib/texts.js";
import { ask } from "./asking.js";
import { insideOf } from "./persons.js";

/**
 * @typedef {object} Orders
 * @property {(message: {type: string} & Record<string, any>) => Promise<unknown>} command shows a refusal by itself
 * @property {(kind: "mic" | "camera") => void} device switches it
 */

const SIDES = /** @type {const} */ (["applicant", "respondent"]);

export class Controls {
  /** @type {any} */ #view = null;
  #online = false;

  /** @param {Orders} orders */
  constructor(orders) {
    this.orders = orders;
    for (const kind of /** @type {const} */ (["mic", "camera"])) {
      press($(`#${kind}`), () => void orders.device(kind));
    }
    press($("#leave"), () => this.#leave());
    press($("#caucus-close"), () => orders.command({ type: "caucus-close" }));
    for (const side of SIDES) {
      press($(`[data-caucus="${side}"]`), () => orders.command({ type: "caucus-open", side }));
    }
  }

  /**
   * @param {any} view
   * @param {boolean} online
   * @param {{mic: boolean, camera: boolean}} has which devices there are
   */
  show(view, online, has) {
    this.#view = view;
    this.#online = online;
    const closed = view.phase === "closed";
    const inside = view.me.admission === "admitted";
    this.#showDevice("mic", has.mic, closed);
    this.#showDevice("camera", has.camera, closed);
    show($("#leave"), inside && !closed);
    block($("#leave"), !online);
    this.#showOpening(inside);
    this.#showCaucus(closed, inside);
  }

  /**
   * @param {"mic" | "camera"} kind
   * @param {boolean} has
   * @param {boolean} closed
   */
  #showDevice(kind, has, closed) {
    const button = $(`#${kind}`);
    const on = has && this.#view.me[kind];
    const drawing = kind === "mic" ? "mic" : "cam";
    show(button, !closed);
    button.setAttribute("aria-pressed", String(on));
    button.classList.toggle("danger", !on);
    drawIcon(button, on ? drawing : `${drawing}-off`);
    say($("span", button), text(has ? `${kind}-${on ? "on" : "off"}` : `${kind}-none`));
    block(button, !has || !this.#online);
  }

  /** @param {boolean} inside */
  #showOpening(inside) {
    show($("#opening"), this.#view.phase === "scheduled");
    const absent = SIDES.filter((side) => insideOf(this.#view, side).length === 0);
    const reason = !inside ? "open-outside" : absent.length === 2 ? "open-nobody" : absent[0] ? `open-${absent[0]}` : "";
    say($("#why-open"), reason ? text(reason) : "");
    const due = reason === "" && this.#view.phase === "scheduled";
    $("#open").classList.toggle("primary", due && this.#online);
    block($("#open"), !inside || !this.#online);
  }

  /**
   * @param {boolean} closed
   * @param {boolean} inside
   */
  #showCaucus(closed, inside) {
    const open = this.#view.truth === "private";
    show($("#caucus-close"), open);
    block($("#caucus-close"), !this.#online);
    show($("#caucus"), this.#view.phase === "open" && inside && !closed);
    const side = this.#view.caucus_side;
    const names = side ? insideOf(this.#view, side).map((one) => one.name) : [];
    say($("#caucus-word"), open ? text("caucus-with", { names: names.join(text("separator")) }) : text("caucus"));
    for (const each of SIDES) {
      const button = $(`[data-caucus="${each}"]`);
      const there = insideOf(this.#view, each);
      show(button, !open);
      const name = there.map((one) => one.name).join(text("separator"));
      say(/** @type {Element} */ (button.lastElementChild), text(name ? "with" : `with-${each}`, { name }));
      block(button, !this.#online || there.length === 0);
    }
    const absent = open ? [] : SIDES.filter((each) => insideOf(this.#view, each).length === 0);
    say($("#why-caucus"), absent.map((each) => text(`caucus-absent-${each}`)).join(text("separator")));
  }

  async #leave() {
    const key = this.#view.phase === "open" ? "leave-open" : "leave-before";
    if (await ask({ title: text("leave-title"), text: text(key), yes: text("leave-yes") })) {
      await this.orders.command({ type: "leave" });
    }
  }
}
