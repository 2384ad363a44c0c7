/** Words and numbers for people. No DOM. */

/**
 * @param {string} pattern `{name}` is a gap
 * @param {Record<string, string | number>} [values] an absent one leaves its gap as it stands
 * @returns {string}
 */
export function fill(pattern, values = {}) {
  return pattern.replace(/\{(\w+)\}/g, (gap, key) => (key in values ? String(values[key]) : gap));
}

/**
 * @param {number} milliseconds negative counts as zero
 * @returns {string} `06:32`, from an hour on `1:06:32`
 */
export function elapsed(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? rest : `${Math.floor(seconds / 3600)}:${rest}`;
}

/**
 * @param {string[]} names
 * @param {string} separator `、`
 * @returns {string}
 */
export function list(names, separator) {
  return names.join(separator);
}

/**
 * @param {string} digest hexadecimal
 * @returns {string} in groups of eight, so that two people can compare it by voice
 */
export function grouped(digest) {
  return (digest.match(/.{1,8}/g) ?? []).join(" ");
}

const SHANGHAI = new Intl.DateTimeFormat("zh-Hans", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/**
 * @param {number} at milliseconds since 1970
 * @returns {string} `09:21` in Shanghai, where the centre is
 */
export function hourAndMinute(at) {
  return SHANGHAI.format(at);
}
