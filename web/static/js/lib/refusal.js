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

/** More media connections than a seat may ask for in a moment: a later one is answered. */
export const TOO_MANY_CONNECTIONS = "media:too-many";

/** Every port of the server is taken: somebody will leave. */
export const NO_PORT = "media:full";
