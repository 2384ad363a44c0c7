/** What the results of the ways to the server mean together. No DOM. */

/**
 * @typedef {"direct" | "udp" | "tcp" | "tls"} Way the best first; server/turn.py has the same
 * @typedef {"direct" | "relay" | "slow" | "none"} Verdict
 */

/** @type {Record<Way, Verdict>} what it means when nothing better leads to the server */
const MEANS = { direct: "direct", udp: "relay", tcp: "slow", tls: "slow" };

/** @type {Record<Verdict | "running" | "offline" | "unsupported" | "refused", [string, string]>} tone and icon */
export const LOOKS = {
  running: ["plain", "clock"],
  direct: ["good", "ok"],
  relay: ["good", "ok"],
  slow: ["warn", "wifi-weak"],
  none: ["bad", "wifi-off"],
  offline: ["warn", "wifi-off"],
  unsupported: ["warn", "alert"],
  refused: ["warn", "info"],
};

/**
 * @param {Map<Way, boolean>} passed which ways lead to the server
 * @returns {Verdict}
 */
export function verdictOf(passed) {
  for (const [way, verdict] of Object.entries(MEANS)) if (passed.get(/** @type {Way} */ (way))) return verdict;
  return "none";
}
