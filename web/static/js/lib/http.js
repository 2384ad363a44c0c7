/** JSON to the case: clauses, codes, acts. */

import { OFFLINE, Refusal } from "./refusal.js";
import { page, text } from "./texts.js";

/**
 * @param {string} path
 * @param {Record<string, unknown>} [body]
 * @returns {Promise<Record<string, any>>} rejects with a `Refusal`: the server's words, or those for a broken line
 */
export async function post(path, body = {}) {
  const answer = await send(path, body);
  /** @type {Record<string, any>} */
  const told = await answer.json().catch(() => ({}));
  if (answer.ok && told.ok) return told;
  throw new Refusal(told.reason ?? OFFLINE, told.text ?? text("failed"));
}

/**
 * @param {string} path
 * @param {Record<string, unknown>} body
 */
async function send(path, body) {
  try {
    return await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": page().csrf },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Refusal(OFFLINE, text("failed"));
  }
}
