/** What the strip on top says: from a view to words, icon and tone. No DOM. */

import { list } from "./format.js";

/**
 * @typedef {object} Strip
 * @property {"recorded" | "private" | "nobody" | "paused"} tone
 * @property {string} icon a name of icons.svg, or `rec` for the recording light
 * @property {string} title
 * @property {string} detail may be empty
 * @property {string} since UTC, ISO 8601, or empty
 * @property {"joint" | "caucus"} room
 * @typedef {(key: string, values?: Record<string, string | number>) => string} Say
 */

/** Names of icons.svg, on this strip and on what it is the reason of. */
export const AWAY = { offline: "wifi-off", restart: "refresh" };

/** @type {Record<string, [tone: Strip["tone"], icon: string]>} */
const QUIET = {
  checking: ["nobody", "eye-off"],
  waiting: ["nobody", "eye-off"],
  elsewhere: ["nobody", "two"],
  before: ["nobody", "eye-off"],
  apart: ["nobody", "lock"],
  "mediator-away": ["paused", "wifi-off"],
  out: ["nobody", "exit"],
  closed: ["nobody", "ok"],
};

/**
 * @param {any} view docs/protocol.md, "A view"; nothing before the first one
 * @param {import("./socket.js").Away} away
 * @param {Say} say texts `offline`, `restart`, `truth.<truth>` and `truth.<truth>.detail`
 * @returns {Strip}
 */
export function stripOf(view, away, say) {
  const room = view?.truth === "private" ? "caucus" : "joint";
  if (away) return { tone: "paused", icon: AWAY[away], title: say(away), detail: say(`${away}.detail`), since: "", room };
  if (!view) return quiet("checking", say);
  if (view.truth === "joint") return joint(view, say);
  if (view.truth === "private") return inPrivate(view, say);
  return quiet(view.truth, say);
}

/** @param {string} truth @param {Say} say @returns {Strip} */
function quiet(truth, say) {
  const [tone, icon] = QUIET[truth];
  return { tone, icon, title: say(`truth.${truth}`), detail: say(`truth.${truth}.detail`), since: "", room: "joint" };
}

/** @param {any} view @param {Say} say @returns {Strip} */
function joint(view, say) {
  const [title, tone, icon] = recordedHow(view);
  return {
    tone,
    icon,
    title: say(`truth.${title}`),
    detail: heardBy(view, say),
    since: view.since,
    room: "joint",
  };
}

/** @param {any} view @returns {[title: string, tone: Strip["tone"], icon: string]} */
function recordedHow(view) {
  if (view.recorder_failed) return failedHow(view);
  if (view.recording_paused) return ["joint.paused", "paused", "rec-off"];
  if (view.recording) return ["joint", "recorded", "rec"];
  return view.session_recorded ? ["joint.others", "recorded", "rec"] : ["joint.unrecorded", "nobody", "users"];
}

/** @param {any} view somebody's recording broke off @returns {[title: string, tone: Strip["tone"], icon: string]} */
function failedHow(view) {
  if (view.recording) return ["joint.failed.others", "recorded", "rec"];
  return [view.session_recorded ? "joint.failed.me" : "joint.failed", "paused", "rec-off"];
}

/** @param {any} view @param {Say} say @returns {Strip} */
function inPrivate(view, say) {
  return {
    tone: "private",
    icon: "lock",
    title: say(view.people.length > 1 ? "truth.private.several" : "truth.private"),
    detail: insideBy(view, say),
    since: view.since,
    room: "caucus",
  };
}

/** @param {any} view @param {Say} say @returns {string} */
function insideBy(view, say) {
  const names = list(view.hears_me, say("separator"));
  if (!names) return say("truth.hears.nobody");
  const detail = say(`truth.private.${view.caucus_side ?? "detail"}`, { names });
  return view.me.screen ? say("truth.private.screen", { names, detail }) : detail;
}

/** @param {any} view @param {Say} say @returns {string} */
function heardBy(view, say) {
  const names = list(view.hears_me, say("separator"));
  if (!names) return say("truth.hears.nobody");
  const how = view.me.mic ? "" : view.me.camera ? ".muted" : ".off";
  return say(`truth.hears${how}${view.me.screen ? ".screen" : ""}`, { names });
}
