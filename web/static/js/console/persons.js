/** Where everybody of the case stands, and what the mediator may do about it. No DOM. */

/**
 * @typedef {object} Person of `view.everybody` (docs/protocol.md)
 * @property {string} seat
 * @property {string} name
 * @property {string} organisation
 * @property {string} role
 * @property {"applicant" | "respondent" | "centre"} side
 * @property {"checking" | "waiting" | "admitted" | "left" | "refused" | "removed"} admission
 * @property {boolean} here
 * @property {boolean} mic
 * @property {boolean} camera
 * @property {boolean} recorded
 * @property {boolean} other_device
 *
 * @typedef {"absent" | "checking" | "waiting" | "gone" | "in" | "dropped" | "apart" | "left" | "refused" | "removed" | "over"} Standing
 * @typedef {"admit" | "refuse" | "mute" | "wait" | "remove"} Action
 */

/** The tone and the icon of each standing; its words are the text `standing-…`. */
export const LOOKS = /** @type {Record<Standing, [string, string]>} */ ({
  absent: ["plain", "clock"],
  checking: ["plain", "cam"],
  waiting: ["warn", "door"],
  gone: ["plain", "wifi-off"],
  in: ["good", "check"],
  dropped: ["bad", "wifi-off"],
  apart: ["caucus", "lock"],
  left: ["plain", "exit"],
  refused: ["plain", "x"],
  removed: ["plain", "x"],
  over: ["plain", "ok"],
});

/**
 * @param {Person} person
 * @param {any} view the mediator's
 * @returns {Standing}
 */
export function standing(person, view) {
  switch (person.admission) {
    case "checking":
      return person.here ? "checking" : "absent";
    case "waiting":
      return person.here ? "waiting" : "gone";
    case "admitted":
      if (view.phase === "closed") return "over";
      if (!person.here) return "dropped";
      return separated(person, view) ? "apart" : "in";
    default:
      return person.admission;
  }
}

/**
 * @param {Person} person
 * @param {Record<string, import("../lib/line.js").Quality>} lines by seat
 * @param {any} view
 * @returns {"weak" | "lost" | null} a line to be told of; that of who is not connected is no news
 */
export function lineOf(person, lines, view) {
  if (person.seat === view.me.seat || !["in", "apart"].includes(standing(person, view))) return null;
  const line = lines[person.seat];
  return line === "weak" || line === "lost" ? line : null;
}

/**
 * @param {Person} person
 * @param {any} view
 * @returns {boolean} a private conversation goes on without this person
 */
export function separated(person, view) {
  if (view.truth !== "private" || person.seat === view.me.seat) return false;
  return !view.people.some((/** @type {{seat: string}} */ other) => other.seat === person.seat);
}

/**
 * @param {Person} person
 * @param {any} view
 * @returns {Action[]} what the rules of the room leave open now
 */
export function actions(person, view) {
  if (view.phase === "closed" || person.seat === view.me.seat) return [];
  const more = /** @type {Action[]} */ (person.other_device ? ["admit"] : []);
  switch (person.admission) {
    case "waiting":
      return ["admit", "refuse"];
    case "admitted":
      return [...more, ...(person.mic && person.here ? /** @type {Action[]} */ (["mute"]) : []), "wait", "remove"];
    case "refused":
      return ["admit"];
    default:
      return more;
  }
}

/**
 * @param {Person} person
 * @returns {boolean} knocks and is there to be let in
 */
export function knocks(person) {
  return (person.admission === "waiting" && person.here) || person.other_device;
}

/**
 * @param {any} view
 * @returns {{expected: Person[], inside: Person[]}} the parties that may still come, and those in the room
 */
export function gathering(view) {
  const expected = /** @type {Person[]} */ (view.everybody).filter(
    (one) => one.side !== "centre" && one.admission !== "removed" && one.admission !== "refused",
  );
  return { expected, inside: expected.filter((one) => one.admission === "admitted" && one.here) };
}

/**
 * @param {any} view
 * @param {string} side
 * @returns {Person[]} who of `side` is in the room
 */
export function insideOf(view, side) {
  return gathering(view).inside.filter((one) => one.side === side);
}
