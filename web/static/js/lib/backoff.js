/** How long to wait before trying again. No DOM. */

const FIRST = 250;
const MOST = 8_000;

/**
 * The first try comes at once. The next ones double from 250 ms on; half of a wait is by chance, so that many
 * pages do not come back in one instant.
 * @param {number} attempt counted from 0
 * @param {number} [most] milliseconds
 * @param {() => number} [random] from 0 to 1
 * @returns {number} milliseconds
 */
export function pause(attempt, most = MOST, random = Math.random) {
  if (attempt === 0) return 0;
  const whole = Math.min(most, FIRST * 2 ** Math.min(attempt - 1, 10));
  return Math.round(whole / 2 + (whole / 2) * random());
}

/**
 * A line that is full loses pings and checks among its own pictures: while media come over it, it is kept for
 * so long, and looked at so often. Milliseconds.
 */
export const FULL_LINE_FOR = 10_000;
export const LOOK_EVERY = 500;
