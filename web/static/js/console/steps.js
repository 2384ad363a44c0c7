/** Which step of the mediation is the present one: computed from the room and the settlement. */

import { say } from "../lib/dom.js";
import { text } from "../lib/texts.js";
import { gathering } from "./persons.js";

/**
 * @typedef {"gather" | "open" | "talk" | "draft" | "sign" | "end"} Step
 * @typedef {{step: Step, state: "done" | "now" | "ahead" | "skipped", note: string}} Shown
 */

/** @type {Step[]} */
const ORDER = ["gather", "open", "talk", "draft", "sign", "end"];
const IN_FORCE = new Set(["offered", "signed"]);

/**
 * @param {any} view
 * @param {any} settlement nothing while there is none
 * @returns {Step | null} null: all is over
 */
export function present(view, settlement) {
  const state = settlement?.state ?? "draft";
  if (view.phase === "closed") return null;
  if (state === "sealed") return "end";
  if (IN_FORCE.has(state)) return "sign";
  if (view.phase === "scheduled") {
    const { expected, inside } = gathering(view);
    return inside.length > 0 && inside.length === expected.length ? "open" : "gather";
  }
  return settlement?.clauses?.length ? "draft" : "talk";
}

/**
 * @param {any} view
 * @param {any} settlement
 * @returns {Shown[]}
 */
export function steps(view, settlement) {
  const now = present(view, settlement);
  const at = now === null ? ORDER.length : ORDER.indexOf(now);
  const skipped = now === null && settlement?.state !== "sealed" ? new Set(["draft", "sign"]) : new Set();
  return ORDER.map((step, index) => {
    if (skipped.has(step)) return { step, state: "skipped", note: text("step-skipped") };
    const state = index < at ? "done" : index === at ? "now" : "ahead";
    return { step, state, note: note(step, state, view, settlement) };
  });
}

/**
 * @param {Step} step
 * @param {string} state
 * @param {any} view
 * @param {any} settlement
 */
function note(step, state, view, settlement) {
  if (step === "gather" && view.phase === "scheduled") {
    const { expected, inside } = gathering(view);
    return text("step-gathered", { here: inside.length, all: expected.length });
  }
  if (step === "sign" && state === "now") {
    const signers = settlement.signers ?? [];
    const signed = signers.filter((/** @type {{signed: string}} */ one) => one.signed).length;
    return text("step-signed", { signed, all: signers.length });
  }
  return state === "now" ? text("step-now") : "";
}

/**
 * @param {Element} list the `<ol class="steps">`
 * @param {Element} count
 * @param {Shown[]} shown
 */
export function showSteps(list, count, shown) {
  const at = shown.findIndex((one) => one.state === "now");
  say(count, at < 0 ? "" : text("step-count", { at: at + 1, all: shown.length }));
  for (const { step, state, note: words } of shown) {
    const row = /** @type {HTMLElement} */ (list.querySelector(`[data-step="${step}"]`));
    row.dataset.state = state;
    row.toggleAttribute("aria-current", state === "now");
    if (state === "now") row.setAttribute("aria-current", "step");
    say(/** @type {Element} */ (row.lastElementChild), state === "done" ? text("step-done") : words);
  }
}
