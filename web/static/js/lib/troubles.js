/** Why camera or microphone are not to be had, as plain states. No DOM. */

/** @typedef {"denied" | "none" | "busy" | "insecure" | "in-app" | "unknown"} Trouble */

/** @type {Record<string, Trouble>} names of the errors of getUserMedia (Media Capture and Streams, 10.3.5) */
const BY_NAME = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

/**
 * @param {{name?: string} | null} error of getUserMedia; nothing when the browser has no such call
 * @param {{secure: boolean, userAgent: string}} where
 * @returns {Trouble}
 */
export function troubleOf(error, { secure, userAgent }) {
  const trouble = error ? (BY_NAME[error.name ?? ""] ?? "unknown") : "unknown";
  if (inApp(userAgent) && (!error || trouble === "denied" || trouble === "unknown")) return "in-app";
  if (!secure) return "insecure";
  return error ? trouble : "none";
}

/**
 * Inside another program's own browser (WeChat and the like), which asks for devices in its own way or not at all.
 * @param {string} userAgent
 * @returns {boolean}
 */
export function inApp(userAgent) {
  return /MicroMessenger|QQ\/|AlipayClient|DingTalk|Weibo/i.test(userAgent);
}
