/** Reading and signing the offer: the frozen text, the code, the act; and who has signed. */

import { $, all, clone, say, show } from "../lib/dom.js";
import { grouped } from "../lib/format.js";
import { post } from "../lib/http.js";
import { text } from "../lib/texts.js";

/** @typedef {"none" | "sign" | "wait" | "sealed"} Stage */

export class Signing {
  /** @type {any} */ #settlement = null;
  /** @type {Stage} */ #stage = "none";
  #digest = "";
  #sent = false;
  #open = false;

  /**
   * @param {HTMLElement} root the sheet
   * @param {string} base `/seat/<seat>`
   */
  constructor(root, base) {
    this.root = root;
    this.base = `${base}/settlement`;
    this.form = /** @type {HTMLFormElement} */ ($("form", root));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#do(() => this.#sign());
    });
    for (const button of all('[data-do="code"]', root)) button.addEventListener("click", () => this.#do(() => this.#code()));
    $('[data-do="decline"]', root).addEventListener("click", () => this.#dialog.showModal());
    $("#decline form").addEventListener("submit", () => this.#do(() => this.#decline()));
    for (const button of all("[data-sheet]")) button.addEventListener("click", () => this.#turn(button.dataset.sheet === "open"));
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ ($("#decline"));
  }

  /**
   * @param {any} settlement docs/protocol.md, "A settlement"; nothing before the first
   * @param {Stage} stage
   */
  show(settlement, stage) {
    const fresh = stage !== "none" && settlement.digest !== this.#digest;
    const turned = stage !== this.#stage && (stage === "sign" || stage === "sealed");
    this.#settlement = settlement;
    this.#stage = stage;
    if (stage !== "none") this.#fill(fresh);
    if (fresh || turned) this.#open = true;
    this.#arrange();
    if (fresh || turned) this.#top();
  }

  /** @param {boolean} fresh another offer than the one on the screen: nothing typed for the old one holds */
  #fill(fresh) {
    const { digest, short, clauses, signers } = this.#settlement;
    if (fresh) {
      this.#digest = digest;
      this.#sent = false;
      this.form.reset();
      this.#tell("");
      this.#dialog.close();
      const items = clauses.map((/** @type {string} */ words) => item("li", words));
      $("[data-clauses]", this.root).replaceChildren(...items);
      for (const place of all("[data-short]", this.root)) say(place, short);
      say($("[data-digest]", this.root), grouped(digest));
    }
    $("[data-signers]", this.root).replaceChildren(...signers.map(signerRow));
  }

  #arrange() {
    const open = this.#open && this.#stage !== "none";
    show(this.root, open);
    document.body.toggleAttribute("data-signing", open);
    show($("#offer-note"), !open && this.#stage !== "none");
    if (this.#stage === "none") return;
    say($("#offer-note span"), text(`sign.note.${this.#stage}`));
    say($("h1", this.root), text(`sign.title.${this.#stage}`));
    for (const part of all("[data-for]", this.root)) show(part, part.dataset.for?.split(" ").includes(this.#stage) ?? false);
    if (this.#stage !== "sign") return;
    for (const part of all("[data-code]", this.root)) show(part, (part.dataset.code === "sent") === this.#sent);
  }

  /** @param {boolean} open */
  #turn(open) {
    if (open === this.#open) return;
    this.#open = open;
    this.#arrange();
    if (open) this.#top();
    else if (!$("#offer-note").hidden) $("#offer-note button").focus();
  }

  #top() {
    this.root.scrollTop = 0;
    $("h1", this.root).focus({ preventScroll: true });
  }

  async #code() {
    if (!this.#intent()) return;
    const { phone = "" } = await post(`${this.base}/code`, { digest: this.#digest });
    this.#sent = true;
    this.#arrange();
    say($("[data-sent]", this.root), phone ? text("sign.sent-to", { phone }) : text("sign.sent"));
    $("#code", this.root).focus();
  }

  async #sign() {
    if (!this.#sent) return this.#code();
    if (!this.#intent()) return;
    const code = /** @type {HTMLInputElement} */ ($("#code", this.root)).value.trim();
    if (!/^\d{6}$/.test(code)) return this.#tell(text("sign.code-missing"), "#code");
    await post(`${this.base}/act`, { digest: this.#digest, code, intent: true });
    this.#tell("");
  }

  async #decline() {
    await post(`${this.base}/decline`, { digest: this.#digest });
    this.#turn(false);
  }

  /** @returns {boolean} */
  #intent() {
    const given = /** @type {HTMLInputElement} */ ($("#intent", this.root)).checked;
    if (!given) this.#tell(text("sign.intent-missing"), "#intent");
    return given;
  }

  /**
   * One thing at a time, and every refusal in words where the person looks.
   * @param {() => Promise<void>} act
   */
  async #do(act) {
    if (this.root.getAttribute("aria-busy") === "true") return;
    this.root.setAttribute("aria-busy", "true");
    this.#tell("");
    try {
      await act();
    } catch (refusal) {
      this.#tell(/** @type {Error} */ (refusal).message);
    } finally {
      this.root.removeAttribute("aria-busy");
    }
  }

  /** @param {string} words @param {string} [field] what to mend, gets the focus */
  #tell(words, field) {
    const error = $("[data-error]", this.root);
    show(error, words !== "");
    say($("span", error), words);
    for (const input of all("input", this.form)) input.removeAttribute("aria-invalid");
    if (field) {
      $(field, this.root).setAttribute("aria-invalid", "true");
      $(field, this.root).focus();
    }
    if (words) error.scrollIntoView({ block: "nearest" });
  }
}

/** @param {string} tag @param {string} words */
function item(tag, words) {
  const element = document.createElement(tag);
  element.textContent = words;
  return element;
}

/** @param {any} signer */
function signerRow(signer) {
  const row = clone("signer");
  const name = signer.me ? text("sign.me", { name: signer.name }) : signer.name;
  say($("strong", row), name);
  say($("[data-organisation]", row), signer.organisation);
  const state = signer.declined ? "declined" : signer.signed ? "signed" : "open";
  for (const chip of all("[data-state]", row)) show(chip, chip.dataset.state === state);
  return row;
}
