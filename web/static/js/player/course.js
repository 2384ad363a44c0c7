/** What happened, as places to jump to. */

const BACK_MS = 1500; // the event that has just passed is not the one before

export class Course {
  /** @param {HTMLAnchorElement[]} links to `#t=` seconds */
  constructor(links) {
    const stops = links.map((link) => ({ link, at: timeOf(link.hash) ?? 0 }));
    this.#stops = stops.sort((one, other) => one.at - other.at);
  }

  #stops;
  /** @type {HTMLAnchorElement | null} */
  #current = null;

  /** @param {number} at @returns {number} where the event before begins; the beginning, before all */
  before(at) {
    return this.#stops.findLast((stop) => stop.at < at - BACK_MS)?.at ?? 0;
  }

  /** @param {number} at @returns {number | null} */
  after(at) {
    return this.#stops.find((stop) => stop.at > at)?.at ?? null;
  }

  /** @param {number} at */
  show(at) {
    const link = this.#stops.findLast((stop) => stop.at <= at)?.link ?? null;
    if (link === this.#current) return;
    this.#current?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
    this.#current = link;
  }
}

/**
 * @param {string} hash
 * @returns {number | null} milliseconds
 */
export function timeOf(hash) {
  const found = /^#t=(\d+(?:\.\d+)?)$/.exec(hash);
  return found ? Number(found[1]) * 1000 : null;
}
