/** What stands on a video tile. No DOM. */

import { AWAY } from "./truth-words.js";

/**
 * @typedef {object} Shown
 * @property {string} seat
 * @property {string} name
 * @property {string} organisation
 * @property {string} role
 * @property {string} side
 * @property {number} slot
 * @property {boolean} here
 * @property {boolean} mic
 * @property {boolean} camera
 * @property {boolean} unrecorded never recorded while others are
 * @property {import("./socket.js").Away} [away] the own line is gone: whatever stands there is old
 * @property {boolean} [paused] the own line does not carry the picture now
 * @property {boolean} [stalled] the picture should move and does not
 * @property {MediaStream | null} [mine] the own picture: this tile is oneself
 * @typedef {(key: string, values?: Record<string, string | number>) => string} Say
 */

/**
 * @param {any} view
 * @param {MediaStream | null} mine
 * @param {{stalled: Set<string>, paused: boolean}} line whose picture stands still; whether all others' are paused
 * @param {import("./socket.js").Away} [away] the own line is gone; the own picture does not need it
 * @returns {Shown[]} the mediator first, then the others, oneself last
 */
export function shownOf(view, mine, { stalled, paused }, away = "") {
  const nobody = { name: "", organisation: "", slot: -1, here: true };
  const others = view.people.map((/** @type {any} */ person) => ({
    ...person,
    unrecorded: view.truth === "joint" && !person.recorded,
    away,
    paused,
    stalled: stalled.has(person.seat),
  }));
  const me = { ...nobody, ...view.me, unrecorded: view.truth === "joint" && !view.me.recorded, mine };
  const first = (/** @type {Shown} */ person) => (person.role === "mediator" ? 0 : 1);
  return [...others.sort((/** @type {Shown} */ a, /** @type {Shown} */ b) => first(a) - first(b)), me];
}

/**
 * @param {Shown} person
 * @param {Say} say
 * @returns {{role: string, name: string}} a small tile leaves the role out
 */
export function labelOf(person, say) {
  if (person.mine !== undefined) return { role: "", name: say("tile.me") };
  return { role: say(`tile.role.${person.role}`), name: person.name };
}

/** @param {Shown} person @returns {string} a name of icons.svg */
export function iconOf(person) {
  return person.mic ? "mic" : "mic-off";
}

/**
 * @param {Shown} person
 * @param {Say} say
 * @returns {{icon: string, words: string, short?: string} | null} why there is no picture; null when there is one;
 *   `short` are the words where a tile has room for one line
 */
export function coverOf(person, say) {
  const { away } = person;
  if (away) return { icon: AWAY[away], words: say(`tile.${away}`), short: say(`tile.${away}.short`) };
  if (!person.here) {
    return { icon: "wifi-off", words: say("tile.away", { name: person.name }), short: say("tile.away.short") };
  }
  if (!person.camera) return { icon: "cam-off", words: say("tile.camera-off") };
  if (person.paused) return { icon: "pause", words: say("tile.paused") };
  return person.stalled ? { icon: "refresh", words: say("tile.stalled") } : null;
}
