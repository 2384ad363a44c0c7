/** Which screen a party sees. One place decides, from the view alone and a few facts of this page. No DOM. */

/**
 * @typedef {"loading" | "check" | "waiting" | "elsewhere" | "before" | "returning" | "session" | "apart" | "away"
 *   | "left" | "gone" | "refused" | "removed" | "closed" | "replaced" | "signed-out"} Screen
 * @typedef {object} Facts
 * @property {any} view the newest, or nothing yet
 * @property {string} bye why this page has ended; empty while it has not
 * @property {boolean} ready camera and microphone were asked for, with whatever result
 * @property {boolean} checking the person asked for the device check
 */

/** @type {Record<string, Screen>} */
const BY_TRUTH = {
  checking: "check",
  waiting: "waiting",
  elsewhere: "elsewhere",
  before: "before",
  joint: "session",
  private: "session",
  apart: "apart",
  "mediator-away": "away",
  closed: "closed",
};

const MAY_CHECK = new Set(["waiting", "elsewhere", "left"]);

/**
 * @param {Facts} facts
 * @returns {Screen}
 */
export function screenOf({ view, bye, ready, checking }) {
  if (bye) return ended(bye);
  if (!view) return "loading";
  if (view.phase === "closed") return "closed"; // on whatever device
  const screen = view.truth === "out" ? outside(view.me.admission) : BY_TRUTH[view.truth];
  if (checking && MAY_CHECK.has(screen)) return "check";
  return screen === "session" && !ready ? "returning" : screen;
}

/** @param {string} bye @returns {Screen} */
function ended(bye) {
  return bye === "replaced" || bye === "removed" || bye === "gone" ? bye : "signed-out";
}

/** @param {string} admission @returns {Screen} */
function outside(admission) {
  return admission === "refused" || admission === "removed" ? admission : "left";
}

/**
 * @param {any} view
 * @returns {boolean} somebody may hear me: only then does the microphone go on the wire
 */
export function talking(view) {
  return view?.truth === "joint" || view?.truth === "private";
}

/**
 * @param {any} view
 * @returns {boolean} this page holds a seat inside: it keeps its media connection
 */
export function inside(view) {
  return ["before", "joint", "private", "apart", "mediator-away"].includes(view?.truth);
}

/**
 * @param {any} view
 * @returns {boolean} on its way in or inside: camera and microphone are wanted without a further question
 */
export function belongs(view) {
  return view?.truth === "waiting" || inside(view);
}

/**
 * @param {any} view
 * @returns {boolean} it is over for this page: camera and microphone are given back
 */
export function over(view) {
  return view?.truth === "out" || view?.truth === "closed";
}

/**
 * @param {any} settlement
 * @param {Screen} screen nothing of it is shown while apart: that screen says one thing
 * @returns {"none" | "sign" | "wait" | "sealed"} what the person can do with the offer
 */
export function signingOf(settlement, screen) {
  if (!["session", "before", "away"].includes(screen)) return "none";
  switch (settlement?.state) {
    case "sealed":
      return "sealed";
    case "offered":
    case "signed":
      return settlement.my_turn ? "sign" : "wait";
    default:
      return "none";
  }
}
