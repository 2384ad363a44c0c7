/** The end of a session: a ground of the closing list, said in words before it is done. */

import { $, all, say, show } from "../lib/dom.js";
import { text } from "../lib/texts.js";

/**
 * @param {string} state of the settlement
 * @param {string} ground
 * @returns {boolean} a sealed settlement ends a session and nothing else does; without one every other ground may
 */
export function possible(state, ground) {
  return (state === "sealed") === (ground === "settled");
}

export class Closing {
  #dialog = /** @type {HTMLDialogElement} */ ($("#end-dialog"));
  #form = /** @type {HTMLFormElement} */ ($("form", this.#dialog));
  #state = "draft";
  #closed = false;

  /** @param {(ground: string) => Promise<unknown>} close rejects with a `Refusal` */
  constructor(close) {
    this.close = close;
    $("#end").addEventListener("click", () => this.#open());
    $("[data-close]", this.#dialog).addEventListener("click", () => this.#dialog.close());
    this.#form.addEventListener("change", () => this.#showEffect());
    this.#form.addEventListener("submit", (event) => (event.preventDefault(), void this.#submit()));
  }

  /**
   * @param {any} view
   * @param {any} settlement
   * @param {boolean} online
   */
  show(view, settlement, online) {
    this.#state = settlement?.state ?? "draft";
    this.#closed = view.phase === "closed";
    show($("#end"), !this.#closed);
    $("#end").setAttribute("aria-disabled", String(!online));
    if (this.#closed) this.#dialog.close();
    if (this.#dialog.open) this.#showGrounds();
  }

  #open() {
    if (this.#closed || $("#end").getAttribute("aria-disabled") === "true") return;
    this.#form.reset();
    show($("#end-error"), false);
    this.#showGrounds();
    this.#dialog.showModal();
    /** @type {HTMLElement | undefined} */ (this.#radios().find((radio) => !radio.disabled))?.focus();
  }

  /** @returns {HTMLInputElement[]} */
  #radios() {
    return /** @type {HTMLInputElement[]} */ (all("[name=ground]", this.#dialog));
  }

  #showGrounds() {
    for (const radio of this.#radios()) {
      radio.disabled = !possible(this.#state, radio.value);
      if (radio.disabled) radio.checked = false;
      if (radio.value === "settled" && !radio.disabled) radio.checked = true;
    }
    say($("#why-settled"), text(this.#state === "sealed" ? "settled-only" : "settled-needs-seal"));
    this.#showEffect();
  }

  /** @returns {HTMLInputElement | undefined} */
  #chosen() {
    return this.#radios().find((radio) => radio.checked);
  }

  #showEffect() {
    const ground = this.#chosen()?.closest("label")?.textContent?.trim() ?? "";
    const effect = this.#state === "offered" || this.#state === "signed" ? "end-effect-offer" : "end-effect";
    say($("#end-effect"), text(effect));
    say($("#end-now"), ground ? text("end-as", { ground }) : text("end"));
    $("#end-now").setAttribute("aria-disabled", String(!ground));
  }

  async #submit() {
    const ground = this.#chosen()?.value;
    const button = $("#end-now");
    if (!ground) return this.#fail(text("end-choose"));
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      await this.close(ground);
      this.#dialog.close();
    } catch (error) {
      this.#fail(/** @type {Error} */ (error).message);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  /** @param {string} words */
  #fail(words) {
    say($("#end-error span"), words);
    show($("#end-error"), true);
  }
}
