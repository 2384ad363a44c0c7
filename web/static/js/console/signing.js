/** The mediator's own signature: intent, a code by SMS bound to this file, six digits. */

import { $, say, show } from "../lib/dom.js";
import { post } from "../lib/http.js";
import { text } from "../lib/texts.js";

export class Signing {
  #form = /** @type {HTMLFormElement} */ ($("#sign"));
  #digest = "";

  /** @param {string} base the case's address */
  constructor(base) {
    this.base = base;
    $("#send-code").addEventListener("click", () => void this.#send());
    this.#form.addEventListener("submit", (event) => (event.preventDefault(), void this.#sign()));
    this.#form.addEventListener("input", () => this.#mark());
  }

  /**
   * @param {any} settlement
   * @param {boolean} online
   */
  show(settlement, online) {
    const mine = settlement?.state === "offered" && settlement.my_turn;
    show(this.#form, mine);
    if (!mine) return;
    if (this.#digest !== settlement.digest) this.#reset(settlement.digest);
    for (const id of ["#send-code", "#do-sign"]) $(id).setAttribute("aria-disabled", String(!online));
    this.#mark();
  }

  /** @param {string} digest of another file: what was ticked and typed was for the old one */
  #reset(digest) {
    this.#digest = digest;
    this.#form.reset();
    this.#fail("");
  }

  #mark() {
    $("#do-sign").classList.toggle("primary", this.#intent.checked && this.#code.value.length === 6);
  }

  get #intent() {
    return /** @type {HTMLInputElement} */ ($("#intent"));
  }

  get #code() {
    return /** @type {HTMLInputElement} */ ($("#code"));
  }

  async #send() {
    const done = await this.#try($("#send-code"), () => post(`${this.base}/settlement/code`, { digest: this.#digest }));
    if (!done) return;
    say($("#send-code").firstElementChild ?? $("#send-code"), text("code-again"));
    this.#code.focus();
  }

  async #sign() {
    if (!this.#intent.checked) return this.#fail(text("sign-intent"), this.#intent);
    const code = this.#code.value.replace(/\D/g, "");
    if (code.length !== 6) return this.#fail(text("sign-code"), this.#code);
    const body = { digest: this.#digest, code, intent: true };
    if (!(await this.#try($("#do-sign"), () => post(`${this.base}/settlement/act`, body)))) this.#code.select();
  }

  /**
   * @param {HTMLElement} button
   * @param {() => Promise<unknown>} act
   * @returns {Promise<boolean>}
   */
  async #try(button, act) {
    if (button.getAttribute("aria-busy") === "true" || button.getAttribute("aria-disabled") === "true") return false;
    button.setAttribute("aria-busy", "true");
    this.#fail("");
    try {
      await act();
      return true;
    } catch (error) {
      this.#fail(/** @type {Error} */ (error).message);
      return false;
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  /**
   * @param {string} words
   * @param {HTMLElement} [where]
   */
  #fail(words, where) {
    say($("#sign-error span"), words);
    show($("#sign-error"), words !== "");
    this.#code.setAttribute("aria-invalid", String(words !== "" && where !== this.#intent));
    where?.focus();
  }
}
