/** Requests that wait for their reply. No DOM. */

import { OFFLINE, Refusal } from "./refusal.js";

const ANSWER_WITHIN = 15_000;

/** @typedef {{re?: number, reason?: string, text?: string, type: string}} Reply */

export class Pending {
  /** @type {Map<number, {resolve: (reply: any) => void, reject: (refusal: Refusal) => void, limit: ReturnType<typeof setTimeout>}>} */
  #waiting = new Map();

  /** @param {string} offline the words for a request that the broken line swallowed */
  constructor(offline) {
    this.offline = offline;
  }

  /**
   * @param {number} re
   * @returns {Promise<any>} the reply; rejects with a `Refusal`
   */
  add(re) {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => this.settle(re, null), ANSWER_WITHIN);
      this.#waiting.set(re, { resolve, reject, limit });
    });
  }

  /**
   * @param {number} re
   * @param {Reply | null} reply nothing: no answer came
   */
  settle(re, reply) {
    const request = this.#waiting.get(re);
    if (!request) return;
    this.#waiting.delete(re);
    clearTimeout(request.limit);
    if (!reply) request.reject(new Refusal(OFFLINE, this.offline));
    else if (reply.type === "refused") request.reject(new Refusal(reply.reason ?? "", reply.text ?? ""));
    else request.resolve(reply);
  }

  /** The line broke: whether they were done is not known. */
  drop() {
    for (const re of [...this.#waiting.keys()]) this.settle(re, null);
  }
}
