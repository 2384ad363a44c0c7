/** What the server said no to, in the person's words. No DOM. */

export class Refusal extends Error {
  /**
   * @param {string} reason a code of the server's, or `offline`
   * @param {string} text for the person
   */
  constructor(reason, text) {
    super(text);
    this.name = "Refusal";
    this.reason = reason;
  }
}

/** The line is down: whether it was done is not known, nothing was shown as done. */
export const OFFLINE = "offline";

/** The recorder does not keep what is written: a session opens without it only with a reason. */
export const RECORDER_DOWN = "recorder:down";

/** More media connections than a seat may ask for in a moment: a later one is answered. */
export const TOO_MANY_CONNECTIONS = "media:too-many";

/** Every port of the server is taken: somebody will leave. */
export const NO_PORT = "media:full";
