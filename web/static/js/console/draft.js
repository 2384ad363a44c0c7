/** The draft of the clauses on its way to the server: nothing typed is lost while the line is down. No DOM. */

import { OFFLINE } from "../lib/refusal.js";

/**
 * @typedef {"clean" | "waiting" | "saving" | "saved" | "offline" | "refused" | "empty"} DraftState
 * @typedef {object} DraftHandlers
 * @property {(texts: string[]) => Promise<unknown>} save rejects with a `Refusal`
 * @property {(state: DraftState, text: string) => void} state `text`: the refusal's words
 * @property {Pick<Storage, "getItem" | "setItem" | "removeItem">} storage keeps what is not saved yet
 * @property {string} key in `storage`
 */

const SAVE_AFTER = 2_000;
const RETRY_AFTER = 5_000;

export class Draft {
  /** @type {string[]} */ #texts = [];
  /** @type {Promise<boolean> | null} */ #saving = null;
  #saved = "[]";
  #timer = 0;

  /** @param {DraftHandlers} on */
  constructor(on) {
    this.on = on;
  }

  /** @returns {boolean} something is typed that the server does not have */
  get dirty() {
    return spelled(this.#texts) !== this.#saved;
  }

  /** @returns {string[] | null} what an earlier page could not save */
  kept() {
    const kept = this.on.storage.getItem(this.on.key);
    return kept === null ? null : JSON.parse(kept);
  }

  /** @param {string[]} texts as the server has them; they replace nothing that is still unsaved */
  adopt(texts) {
    if (this.dirty) return;
    this.#texts = texts;
    this.#saved = spelled(texts);
  }

  /**
   * @param {string[]} texts as the server has them, whatever is typed here: the typed ones are newer
   */
  base(texts) {
    this.#saved = spelled(texts);
  }

  /** @param {string[]} texts as they stand on the screen */
  edit(texts) {
    this.#texts = texts;
    if (!this.dirty) return this.#settle("clean");
    this.on.storage.setItem(this.on.key, JSON.stringify(texts));
    if (written(texts).length === 0) return this.#become("empty");
    this.#become("waiting");
    this.#later(SAVE_AFTER);
  }

  /** What is typed here counts no longer: somebody decided to keep the text of the server. */
  forget() {
    clearTimeout(this.#timer);
    this.#texts = JSON.parse(this.#saved);
    this.#settle("clean");
  }

  /**
   * Saves now.
   * @returns {Promise<boolean>} everything typed is with the server
   */
  async flush() {
    clearTimeout(this.#timer);
    if (this.#saving) await this.#saving;
    if (!this.dirty) return true;
    if (written(this.#texts).length === 0) return false;
    this.#saving = this.#save(this.#texts);
    const done = await this.#saving;
    this.#saving = null;
    if (done && this.dirty) this.#later(SAVE_AFTER);
    return done && !this.dirty;
  }

  /**
   * @param {string[]} texts
   * @returns {Promise<boolean>}
   */
  async #save(texts) {
    this.#become("saving");
    try {
      await this.on.save(written(texts));
    } catch (error) {
      const { reason, message } = /** @type {import("../lib/refusal.js").Refusal} */ (error);
      const later = reason === OFFLINE || reason === "busy";
      if (later) this.#later(RETRY_AFTER);
      this.#become(later ? "offline" : "refused", later ? "" : message);
      return false;
    }
    this.#saved = spelled(texts);
    if (this.dirty) this.#become("waiting");
    else this.#settle("saved");
    return true;
  }

  /** @param {"clean" | "saved"} state */
  #settle(state) {
    clearTimeout(this.#timer);
    this.on.storage.removeItem(this.on.key);
    this.#become(state);
  }

  /** @param {number} after milliseconds */
  #later(after) {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.flush(), after);
  }

  /**
   * @param {DraftState} state
   * @param {string} [text]
   */
  #become(state, text = "") {
    this.on.state(state, text);
  }
}

/**
 * @param {string[]} texts
 * @returns {string[]} without those that are still empty: a clause is added before it is written
 */
export function written(texts) {
  return texts.map((text) => text.trim()).filter((text) => text !== "");
}

/** @param {string[]} texts */
function spelled(texts) {
  return JSON.stringify(written(texts));
}
