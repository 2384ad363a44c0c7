/** The two times of a session that is played: since it began, and in Beijing. No DOM. */

const BEIJING = new Intl.DateTimeFormat("zh-Hans", {
  timeZone: "Asia/Shanghai",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/**
 * @param {number} ms since the session began
 * @returns {string} `00:12:05`, as long for every session, so that nothing moves
 */
export function since(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

/**
 * @param {number} at milliseconds since 1970
 * @returns {string} `09:33:05`
 */
export function inBeijing(at) {
  return BEIJING.format(at);
}
