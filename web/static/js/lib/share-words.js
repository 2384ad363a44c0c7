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

/** Ends that others made: they stand there until something is done about them. The rest is said in passing. */
const STANDS = new Set(["mediator", "line"]);

/**
 * @param {import("./own-screen.js").ShareEnd} why
 * @param {Say} say
 * @returns {string} empty for what stands there anyway
 */
export function passingOfShare(why, say) {
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
