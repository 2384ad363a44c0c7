/** What is said in passing of who is recorded. No DOM. */

import { list } from "./format.js";

/**
 * @param {any} before the view before this one, or nothing
 * @param {any} view
 * @param {(key: string, values?: Record<string, string | number>) => string} say
 * @returns {string} who of the others is recorded no more, by their own will; empty across the border of a
 *   conversation, where what was done in the other one is not told
 */
export function passingOfConsent(before, view, say) {
  if (before?.truth !== "joint" || view.truth !== "joint") return "";
  const recorded = new Set(before.people.filter((person) => person.recorded).map((person) => person.seat));
  const gone = view.people.filter((person) => !person.recorded && recorded.has(person.seat));
  return gone.length ? say("session.withdrew", { names: list(gone.map((person) => person.name), say("separator")) }) : "";
}
