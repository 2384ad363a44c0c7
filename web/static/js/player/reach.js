/**
 * Whether a time of a segment can be played. Pure: no DOM.
 *
 * A segment without cues says no length. Chromium looks for any time of it by itself. Firefox takes what it
 * has loaded for the whole, and ends there until more has come; it loads on only near the end of that.
 */

/** How much a file may be shorter than its row says: its last frame has no length of its own. */
export const SHORT_MS = 1500;

/** For how long nothing more has to come until a file is taken for shorter than it should be. */
export const PATIENCE_MS = 6000;

/**
 * @param {number} at the time wanted, in milliseconds from the segment's beginning
 * @param {number} end as far as the element says that it is; Infinity when it does not know
 * @param {number} length as long as the segment's row says that it is
 * @param {number} unchanged for how long `end` has been the same
 * @returns {"there" | "last" | "short" | "coming"} `last`: the end, whose picture stays; `coming`: more of it has
 *   to be loaded first
 */
export function reach(at, end, length, unchanged) {
  if (at <= end - 50) return "there";
  if (length - end <= SHORT_MS) return "last";
  return unchanged > PATIENCE_MS ? "short" : "coming";
}
