/** How long to wait before trying again. No DOM. */

const FIRST = 250;
const MOST = 8_000;

/**
 * Doubles from 250 ms to 8 s; half of it is by chance, so that many pages do not come back in one instant.
 * @param {number} attempt counted from 0
 * @param {() => number} [random] from 0 to 1
 * @returns {number} milliseconds
 */
export function pause(attempt, random = Math.random) {
  const whole = Math.min(MOST, FIRST * 2 ** Math.min(attempt, 10));
  return Math.round(whole / 2 + (whole / 2) * random());
}
