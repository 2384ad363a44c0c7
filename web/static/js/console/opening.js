/** The opening of a session; where the recorder does not work, only with a reason. */

import { $, block, press, say, show } from "../lib/dom.js";
import { RECORDER_DOWN } from "../lib/refusal.js";
import { text } from "../lib/texts.js";
import { refused } from "./toasts.js";

const LEAST = 2; // characters of a reason

export class Opening {
  #dialog = /** @type {HTMLDialogElement} */ ($("#unrecorded-dialog"));
  #field = /** @type {HTMLInputElement} */ ($("#why-unrecorded"));

  /** @param {(reason: string) => Promise<unknown>} open rejects with a `Refusal` */
  constructor(open) {
    this.open = open;
    press($("#open"), () => open("").catch((refusal) => this.#answer(refusal)));
    press($("[data-close]", this.#dialog), () => this.#dialog.close());
    press($("#open-unrecorded"), () => this.#submit());
    $("form", this.#dialog).addEventListener("submit", (event) => {
      event.preventDefault();
      $("#open-unrecorded").click();
    });
  }

  /** @param {any} view @param {boolean} online */
  show(view, online) {
    if (view.phase !== "scheduled") this.#dialog.close();
    block($("#open-unrecorded"), !online);
  }

  /** @param {import("../lib/refusal.js").Refusal} refusal */
  #answer(refusal) {
    if (refusal.reason !== RECORDER_DOWN) return refused(refusal);
    say($("#why-down"), refusal.message);
    this.#field.value = "";
    show($("#unrecorded-error"), false);
    this.#dialog.showModal();
    $("[data-close]", this.#dialog).focus();
  }

  async #submit() {
    const reason = this.#field.value.trim();
    if (reason.length < LEAST) return this.#fail(text("open-choose"));
    await this.open(reason).then(
      () => this.#dialog.close(),
      (error) => this.#fail(error.message),
    );
  }

  /** @param {string} words */
  #fail(words) {
    say($("#unrecorded-error span"), words);
    show($("#unrecorded-error"), true);
    this.#field.focus();
  }
}
