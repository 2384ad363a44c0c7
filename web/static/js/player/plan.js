/**
 * What is to be seen of one track at one time. Pure: no DOM, no clock.
 *
 * The parts of a track follow each other and cover the session (web/playback.py); times are milliseconds.
 */

/**
 * @typedef {{kind: "media" | "hole" | "nothing", at: number, till: number, words: string, url: string,
 *   number: number, open: boolean, pictures: boolean, dark: [number, number][]}} Part
 * @typedef {{part: Part, held: boolean, dark: boolean}} Sight `held`: nothing is played, and the last picture
 *   stays; `dark`: the camera was off, so the picture in the file is an old one
 */

/** A hole that is shorter cannot be read, and the change of picture to words and back would be a flash. */
export const BRIEF_MS = 1000;

/** How long before its beginning a part is loaded. */
export const AHEAD_MS = 15_000;

/**
 * @param {Part[]} parts
 * @param {number} t
 * @returns {number} the part that has begun last; the first one before all
 */
export function partAt(parts, t) {
  const after = parts.findIndex((part) => part.at > t);
  if (after < 0) return parts.length - 1;
  return Math.max(after - 1, 0);
}

/**
 * @param {Part[]} parts
 * @param {number} t
 * @returns {Sight}
 */
export function sightAt(parts, t) {
  const index = partAt(parts, t);
  const part = parts[index];
  const isBrief = part.kind === "hole" && part.till - part.at < BRIEF_MS;
  const held = isBrief && parts[index - 1]?.kind === "media" && parts[index + 1]?.kind === "media";
  return { part, held, dark: part.dark.some(([from, to]) => from <= t && t < to) };
}

/**
 * @param {Part[]} parts
 * @param {number} t
 * @returns {Part | null} what is played next, if that is soon
 */
export function comingAt(parts, t) {
  return parts.find((part) => part.kind === "media" && part.at > t && part.at - t <= AHEAD_MS) ?? null;
}

/**
 * @param {Part[][]} tracks
 * @param {number} t
 * @returns {number} when something changes next; Infinity after the last change
 */
export function changeAfter(tracks, t) {
  const times = tracks.flat().flatMap((part) => [part.at, ...part.dark.flat()]);
  return Math.min(...times.filter((time) => time > t), Infinity);
}
