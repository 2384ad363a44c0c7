/** Why a tile shows no picture. No DOM. */

import { AWAY } from "../lib/truth-words.js";
import { standing } from "./persons.js";

/**
 * @typedef {import("./persons.js").Person} Person
 * @typedef {"offline" | "restart" | "closed" | "before" | "apart" | "dropped" | "camera-off" | "coming" | "left" | "refused"
 *   | "removed" | "over" | "checking" | "waiting" | "absent" | "gone" | "away" | "paused" | "stalled"} Cover the text `cover-…`
 */

/**
 * @param {Person} person
 * @param {any} view
 * @param {{away: import("../lib/socket.js").Away, connected: boolean, stalled: Set<string>, paused: boolean}} line the page's own, and whose picture stands still
 * @returns {Cover | null} null: there is a picture to show
 */
export function coverOf(person, view, { away, connected, stalled, paused }) {
  if (view.phase === "closed") return "closed";
  if (away) return away;
  const stands = standing(person, view);
  if (stands !== "in") return stands;
  if (view.phase === "scheduled") return "before";
  if (!view.people.some((/** @type {{seat: string}} */ other) => other.seat === person.seat)) return "away";
  if (!person.camera) return "camera-off";
  if (!connected) return "coming";
  if (paused) return "paused";
  return stalled.has(person.seat) ? "stalled" : null;
}

/** @type {Partial<Record<Cover, string>>} */
const ICONS = {
  ...AWAY,
  dropped: "wifi-off",
  gone: "wifi-off",
  stalled: "wifi-off",
  paused: "pause",
  apart: "mic-off",
  "camera-off": "cam-off",
  refused: "x",
  removed: "x",
  closed: "ok",
  waiting: "door",
  before: "clock",
};

/** Under these there is no picture, and the person is heard all the same. @type {Set<Cover | null>} */
const HEARD = new Set([null, "camera-off", "coming", "paused", "stalled"]);

/** @param {Cover | null} cover @returns {boolean} who speaks there may be marked */
export function isHeard(cover) {
  return HEARD.has(cover);
}

/** @param {Cover} cover @returns {string} a name of icons.svg */
export function coverIcon(cover) {
  return ICONS[cover] ?? "user";
}
