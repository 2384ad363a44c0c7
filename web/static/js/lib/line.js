/** How good this page's line is, as the server measures it, and the words for it. No DOM. */

/**
 * @typedef {"good" | "weak" | "lost"} Quality
 * @typedef {object} Condition docs/protocol.md, `line`
 * @property {Quality | ""} quality empty: nothing was said of it yet
 * @property {boolean} cameras this line carries the others' cameras
 * @property {boolean} screen this line carries a shared screen
 * @property {number} cameraRate what the own camera may send, bit/s
 * @property {number} screenRate what the own screen may send, bit/s
 * @property {Record<string, Quality>} others for the mediator, by seat
 * @typedef {(key: string) => string} Say
 */

/** @type {Readonly<Condition>} a line of which nothing is known carries everything */
export const UNTOLD = Object.freeze({
  quality: "",
  cameras: true,
  screen: true,
  cameraRate: Infinity,
  screenRate: Infinity,
  others: {},
});

/** @type {Record<Quality, string>} */
const ICONS = { good: "wifi", weak: "wifi-weak", lost: "wifi-weak" };

/**
 * @param {any} message `line`; a field that is missing or that nobody knows restricts nothing
 * @returns {Condition}
 */
export function conditionOf({ quality, cameras, screen, camera_rate: ofCamera, screen_rate: ofScreen, others }) {
  return {
    quality: quality in ICONS ? quality : "",
    cameras: cameras !== false,
    screen: screen !== false,
    cameraRate: ofCamera > 0 ? ofCamera : Infinity,
    screenRate: ofScreen > 0 ? ofScreen : Infinity,
    others: others ?? {},
  };
}

/**
 * @param {Quality | "" | undefined} quality
 * @param {Say} say
 * @returns {{icon: string, words: string} | null} null: nothing is known
 */
export function badgeOf(quality, say) {
  return quality ? { icon: ICONS[quality], words: say(`line.${quality}`) } : null;
}

/**
 * @param {Condition} condition
 * @param {Say} say
 * @returns {string} what is different for the person; empty while nothing is
 */
export function noteOf({ quality, cameras }, say) {
  if (quality === "lost") return say("line.very-bad"); // the sound is in danger, which matters more than pictures
  if (!cameras) return say("line.cameras-paused");
  return quality === "weak" ? say("line.sound-first") : "";
}
