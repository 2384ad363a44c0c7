/** The one clock of a session that is played. No DOM. Times are milliseconds since the session's beginning. */

export class MasterClock {
  /** @type {() => number} */
  #now;
  #from = 0; // where it was when it was last set
  #since = 0; // and when that was
  #rate = 1;
  #wanted = false;
  #held = false;

  /** @param {number} length @param {() => number} [now] */
  constructor(length, now = () => performance.now()) {
    this.length = length;
    this.#now = now;
  }

  /** Whether the person wants it to go. */
  get wanted() {
    return this.#wanted;
  }

  /** Whether it goes: it is wanted, and nobody is waited for. */
  get going() {
    return this.#wanted && !this.#held;
  }

  get rate() {
    return this.#rate;
  }

  get position() {
    const passed = this.going ? (this.#now() - this.#since) * this.#rate : 0;
    return Math.min(this.#from + passed, this.length);
  }

  get ended() {
    return this.position >= this.length;
  }

  /** From the end it begins anew. */
  play() {
    if (this.ended) this.seek(0);
    this.#set({ wanted: true });
  }

  pause() {
    this.#set({ wanted: false });
  }

  /** @param {boolean} held */
  hold(held) {
    if (held !== this.#held) this.#set({ held });
  }

  /** @param {number} rate */
  setRate(rate) {
    this.#set({ rate });
  }

  /** @param {number} to */
  seek(to) {
    this.#set({ from: Math.max(0, Math.min(to, this.length)) });
  }

  /** @param {{from?: number, wanted?: boolean, held?: boolean, rate?: number}} change */
  #set({ from = this.position, wanted = this.#wanted, held = this.#held, rate = this.#rate }) {
    this.#from = from;
    this.#since = this.#now();
    this.#wanted = wanted;
    this.#held = held;
    this.#rate = rate;
  }
}
