/** The server's clock as seen from here: a person's own clock is never trusted. No DOM. */

let ahead = 0;

/**
 * @param {string | undefined} now the server's time (UTC, ISO 8601), as `welcome` brings it
 * @param {number} [here]
 */
export function setClock(now, here = Date.now()) {
  const there = now ? Date.parse(now) : NaN;
  if (Number.isFinite(there)) ahead = there - here;
}

/**
 * @param {number} [here]
 * @returns {number} milliseconds since 1970 by the server's clock
 */
export function serverNow(here = Date.now()) {
  return here + ahead;
}
