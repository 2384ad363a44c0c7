/** What is said of sharing a screen. No DOM. */

import { list } from "./format.js";
import { talking } from "./screens.js";

/**
 * @typedef {(key: string, values?: Record<string, string | number>) => string} Say
 * @typedef {object} Own
 * @property {import("./own-screen.js").ShareState} state
 * @property {import("./own-screen.js").ShareEnd | null} ended how the last one ended
 * @property {boolean} sound there is sound of it
 * @property {boolean} heard the microphone is on, with which the sound goes
 */

/**
 * @param {any} view
 * @returns {any} who of the others shows a screen now, as in `view.people`; nothing when nobody does
 */
export function sharerOf(view) {
  if (!talking(view) || view.screen === null) return undefined;
  return view.people.find((/** @type {{seat: string}} */ person) => person.seat === view.screen);
}

/**
 * @param {any} before the view before this one, or nothing
 * @param {any} view
 * @param {Say} say
 * @returns {string} that a screen which was watched is shown no more; empty across the border of a conversation
 */
export function passingOfScreen(before, view, say) {
  const sharer = before?.truth === view.truth ? sharerOf(before) : undefined;
  return sharer && view.screen === null ? say("screen.ended", { name: sharer.name }) : "";
}

/** Ends that others made: they stand there until something is done about them. The rest is said in passing. */
const STANDS = new Set(["mediator", "line"]);

/**
 * @param {import("./own-screen.js").ShareEnd} why
 * @param {any} view the newest: another conversation is named by what it is now
 * @param {Say} say
 * @returns {string} empty for what stands there anyway
 */
export function passingOfShare(why, view, say) {
  if (why === "conversation") return say(`share.ended.${talking(view) ? view.truth : "apart"}`);
  return STANDS.has(why) ? "" : say(`share.ended.${why}`);
}

/**
 * @param {any} view
 * @param {Own} own
 * @param {Say} say
 * @returns {string} empty when there is nothing to say
 */
export function noteOfShare(view, { state, ended, sound, heard }, say) {
  const other = sharerOf(view);
  if (state === "idle" && other) return say("share.taken", { name: other.name });
  if (state === "idle") return ended && STANDS.has(ended) ? say(`share.ended.${ended}`) : "";
  const names = list(view.hears_me, say("separator"));
  if (state === "choosing") return names ? say("share.choosing", { names }) : say("share.choosing.nobody");
  if (state === "starting") return say("share.starting");
  const how = !sound ? "" : heard ? ".sound" : ".sound-off";
  return say(`share.shown${how}`, { names: names || say("share.nobody") });
}
