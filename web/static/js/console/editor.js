/** The numbered clauses in their fields: add, remove, move by buttons; focus goes along. */

import { $, all, clone, say, show } from "../lib/dom.js";
import { text } from "../lib/texts.js";

export const MOST_CLAUSES = 40;

export class Editor {
  #list = $("#clauses");

  /** @param {(texts: string[]) => void} edited */
  constructor(edited) {
    this.edited = edited;
    this.#list.addEventListener("input", () => this.#changed());
    this.#list.addEventListener("click", (event) => this.#clicked(event));
    for (const id of ["#add", "#first"]) $(id).addEventListener("click", () => this.#add());
  }

  /** @returns {string[]} as they stand in the fields, empty ones too */
  texts() {
    return this.#fields().map((field) => field.value);
  }

  /** @param {string[]} texts */
  set(texts) {
    const rows = texts.map((words) => {
      const row = clone("t-clause");
      $("textarea", row).textContent = words;
      return row;
    });
    this.#list.replaceChildren(...rows);
    this.#number();
  }

  /** @param {boolean} locked the texts can be read and not changed */
  lock(locked) {
    for (const field of this.#fields()) field.readOnly = locked;
    for (const moves of all(".moves", this.#list)) show(moves, !locked);
    show($("#first"), !locked);
  }

  /** @returns {HTMLTextAreaElement[]} */
  #fields() {
    return /** @type {HTMLTextAreaElement[]} */ (all("textarea", this.#list));
  }

  #add() {
    if (this.#list.children.length < MOST_CLAUSES) this.#list.append(clone("t-clause"));
    this.#number();
    this.#fields().at(-1)?.focus();
  }

  /** @param {Event} event */
  #clicked(event) {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-do]"));
    const row = button?.closest("li");
    if (!button || !row || button.getAttribute("aria-disabled") === "true") return;
    if (button.dataset.do === "delete") return this.#remove(row);
    if (button.dataset.do === "up") row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    button.focus();
    this.#changed();
  }

  /** @param {Element} row */
  #remove(row) {
    const near = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.#changed();
    (near ? $("textarea", near) : $("#first")).focus();
  }

  #changed() {
    this.#number();
    this.edited(this.texts());
  }

  #number() {
    const rows = [...this.#list.children];
    show($("#no-clauses"), rows.length === 0);
    $("#add").setAttribute("aria-disabled", String(rows.length >= MOST_CLAUSES));
    rows.forEach((row, at) => {
      const number = at + 1;
      say($("b", row), `${number}.`);
      $("textarea", row).setAttribute("aria-label", text("clause", { number }));
      for (const button of all("[data-do]", row)) {
        say($(".visually-hidden", button), text(`clause-${button.dataset.do}`, { number }));
        const edge = button.dataset.do === "up" ? at === 0 : button.dataset.do === "down" && number === rows.length;
        button.setAttribute("aria-disabled", String(edge));
      }
    });
  }
}
