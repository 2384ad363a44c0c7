/** Who speaks, whose picture stands still, whether anything arrives at all: from counters, not from events. No DOM. */

/**
 * @typedef {import("./connection.js").SlotHealth} SlotHealth
 * @typedef {{seat: string, slot: number, here: boolean, mic: boolean, camera: boolean}} Watched
 */

const STALLED_AFTER = 4; // readings without a new frame; one reading a second
const DEAD_AFTER = 8; // readings without anything from anybody
const SPEECH = 0.02; // of full scale

export class Health {
  /** @type {Map<string, {frames: number, packets: number, still: number}>} */ #last = new Map();
  #nothing = 0;

  /**
   * @param {Watched[]} people
   * @param {SlotHealth[]} slots
   * @param {boolean} [pictures] the line carries them; those that are paused stand still and are not missed
   * @returns {{stalled: Set<string>, speaking: Set<string>, flowing: boolean, dead: boolean}} flowing:
   *   something of somebody came since the last reading
   */
  read(people, slots, pictures = true) {
    const stalled = new Set();
    const speaking = new Set();
    const shows = (/** @type {Watched} */ person) => pictures && person.camera;
    const sending = people.filter((person) => person.here && (person.mic || shows(person)));
    let flowing = false;
    for (const person of sending) {
      const now = slots[person.slot] ?? { frames: 0, packets: 0, level: 0 };
      const last = this.#last.get(person.seat) ?? { frames: 0, packets: 0, still: 0 };
      const moved = now.frames !== last.frames;
      const still = moved || !shows(person) ? 0 : last.still + 1;
      flowing ||= moved || now.packets !== last.packets;
      this.#last.set(person.seat, { frames: now.frames, packets: now.packets, still });
      if (still >= STALLED_AFTER) stalled.add(person.seat);
      if (person.mic && now.level > SPEECH) speaking.add(person.seat);
    }
    this.#forget(sending);
    this.#nothing = flowing || sending.length === 0 ? 0 : this.#nothing + 1;
    return { stalled, speaking, flowing, dead: this.#nothing >= DEAD_AFTER };
  }

  /** After a new connection everything is counted anew. */
  reset() {
    this.#last.clear();
    this.#nothing = 0;
  }

  /** @param {Watched[]} sending */
  #forget(sending) {
    const seats = new Set(sending.map((person) => person.seat));
    for (const seat of this.#last.keys()) if (!seats.has(seat)) this.#last.delete(seat);
  }
}
