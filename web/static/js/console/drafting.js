/** The settlement on the console: written, offered, changed, signed. */

import { $, all, drawIcon, say, show } from "../lib/dom.js";
import { post } from "../lib/http.js";
import { text } from "../lib/texts.js";
import { ask } from "./asking.js";
import { Draft, written } from "./draft.js";
import { Editor } from "./editor.js";
import { showOffered, whoDeclined } from "./offered.js";
import { Signing } from "./signing.js";

const IN_FORCE = new Set(["offered", "signed", "sealed"]);

/** @type {Record<string, [string, string]>} tone and icon of each state of a settlement */
const CHIPS = {
  offered: ["plain", "lock"],
  signed: ["plain", "seal"],
  sealed: ["good", "seal"],
  declined: ["bad", "x"],
};

export class Drafting {
  /** @type {any} */ #settlement = null;
  /** @type {import("./draft.js").DraftState} */ #state = "clean";
  #changing = false; // the mediator is about to change the clauses of an open offer
  #closed = false;
  #online = false;

  /** @param {string} base the case's address */
  constructor(base) {
    this.base = base;
    this.editor = new Editor((texts) => this.draft.edit(texts));
    this.signing = new Signing(base);
    this.draft = new Draft({
      save: (clauses) => post(`${base}/settlement/clauses`, { clauses }),
      state: (state, words) => this.#showSaved(state, words),
      storage: sessionStorage,
      key: `heyi-clauses ${base}`,
    });
    $("#retry").addEventListener("click", () => void this.draft.flush());
    $("#offer").addEventListener("click", () => void this.#offer());
    $("#change").addEventListener("click", () => void this.#change());
    $("#unchanged").addEventListener("click", () => this.#keep());
    $("#enlarge").addEventListener("click", () => this.#enlarge());
    this.#restore();
  }

  /** @param {any} settlement the newest from the server */
  receive(settlement) {
    const first = this.#settlement === null;
    this.#settlement = settlement;
    if (first && this.draft.kept()) this.#resume();
    else this.#follow();
    if (settlement.state !== "offered") this.#changing = false;
    this.#render();
  }

  /**
   * @param {any} view
   * @param {boolean} online
   */
  show(view, online) {
    if (online && !this.#online && this.#state === "offline") void this.draft.flush();
    this.#online = online;
    this.#closed = view?.phase === "closed";
    this.#render();
  }

  get #inForce() {
    return IN_FORCE.has(this.#settlement?.state);
  }

  /** What an earlier page of this browser could not save comes back before anything is heard of the server. */
  #restore() {
    this.editor.set(this.draft.kept() ?? []);
  }

  #resume() {
    this.draft.base(this.#settlement.clauses);
    this.draft.edit(this.editor.texts());
    this.#changing = this.#settlement.state === "offered" && this.draft.dirty;
  }

  /** The server's text replaces the screen's only when nothing is being typed here. */
  #follow() {
    const clauses = this.#settlement.clauses ?? [];
    const same = JSON.stringify(written(this.editor.texts())) === JSON.stringify(clauses);
    if (this.draft.dirty || this.#changing) return;
    this.draft.adopt(clauses);
    if (!same) this.editor.set(clauses);
  }

  #render() {
    const settled = this.#inForce && !this.#changing;
    $("#draft").dataset.mode = settled ? "offered" : "edit";
    show($("#editor"), !settled);
    show($("#offered"), settled);
    for (const id of ["#add", "#offer"]) show($(id), !settled && !this.#closed);
    show($("#unchanged"), this.#changing);
    show($("#saved"), !settled);
    say($("#h-draft"), text(settled ? "h-offered" : "h-draft"));
    this.editor.lock(this.#closed);
    this.#showChip();
    const declined = this.#settlement?.state === "declined";
    show($("#was-declined"), declined && !this.#closed);
    say($("#was-declined span"), declined ? text("was-declined", { name: whoDeclined(this.#settlement) }) : "");
    if (settled) showOffered(this.#settlement);
    if (this.#closed) show($("#change"), false);
    this.signing.show(settled && !this.#closed ? this.#settlement : null, this.#online);
    this.#markOffer();
  }

  #showChip() {
    const state = this.#changing ? "draft" : (this.#settlement?.state ?? "draft");
    const chip = $("#draft-chip");
    show(chip, state in CHIPS);
    if (!(state in CHIPS)) return;
    [chip.dataset.tone] = CHIPS[state];
    drawIcon(chip, CHIPS[state][1]);
    say($("span", chip), text(`settlement-${state}`));
  }

  /**
   * @param {import("./draft.js").DraftState} state
   * @param {string} words
   */
  #showSaved(state, words) {
    this.#state = state;
    say($("#saved"), state === "clean" ? "" : text(`draft-${state}`));
    $("#saved").dataset.state = state;
    show($("#retry"), state === "offline" || state === "refused");
    this.#fail(words);
    this.#markOffer();
  }

  #markOffer() {
    const some = written(this.editor.texts()).length > 0;
    const ready = some && this.#online && this.#state !== "refused";
    $("#offer").setAttribute("aria-disabled", String(!ready));
    $("#offer").classList.toggle("primary", ready && !$("#open").classList.contains("primary"));
  }

  async #offer() {
    const button = $("#offer");
    if (button.getAttribute("aria-disabled") === "true" || button.getAttribute("aria-busy") === "true") return;
    const number = written(this.editor.texts()).length;
    const sure = { title: text("offer-title"), text: text("offer-text", { number }), yes: text("offer-yes") };
    if (!(await ask(sure))) return;
    button.setAttribute("aria-busy", "true");
    try {
      if (await this.draft.flush()) await post(`${this.base}/settlement/offer`);
      this.#fail("");
    } catch (error) {
      this.#fail(/** @type {Error} */ (error).message);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  async #change() {
    if (!(await ask({ title: text("change-title"), text: text("change-text"), yes: text("change-yes") }))) return;
    this.#changing = true;
    this.editor.set(this.#settlement.clauses);
    this.#render();
    all("textarea", $("#clauses"))[0]?.focus();
  }

  /** The open offer stays as it is. */
  #keep() {
    this.#changing = false;
    this.draft.forget();
    this.editor.set(this.#settlement.clauses);
    this.#render();
    $("#change").focus();
  }

  #enlarge() {
    const large = document.body.toggleAttribute("data-draft");
    $("#enlarge").setAttribute("aria-pressed", String(large));
    say($("#enlarge span"), text(large ? "enlarge-off" : "enlarge"));
  }

  /** @param {string} words */
  #fail(words) {
    show($("#draft-error"), words !== "");
    say($("#draft-error span"), words);
  }
}
