/**
 * How the own camera and the own screen are encoded on the line that there is: how many bits, and how many pixels
 * or pictures for them. No DOM.
 */

/** @typedef {{maxBitrate: number, scaleResolutionDownBy?: number, maxFramerate?: number, active?: boolean}} Encoding */

const SMALL_UNDER = 300_000; // bit/s; below it a small face is clearer than a large one in blocks
const LARGE_FROM = 450_000;
const LONG = 5_000; // milliseconds; each change of size costs a keyframe
const BITS_OF_A_PICTURE = 80_000; // of a screen: what a line of small print takes, or a page in ten pictures
const FEWEST = 3; // pictures of a screen in a second; with less a pointer cannot be followed

/** Decides. A narrow line has fewer bits at once, and fewer pixels when it stays narrow. */
export class Sizing {
  #small = false;
  /** @type {number | null} */ #since = null;

  /**
   * @param {number} maxBitrate bit/s
   * @param {number} now milliseconds, monotonic
   * @returns {Encoding}
   */
  at(maxBitrate, now) {
    const small = maxBitrate < (this.#small ? LARGE_FROM : SMALL_UNDER);
    if (small === this.#small) this.#since = null;
    else this.#since ??= now;
    if (this.#since !== null && now - this.#since >= LONG) {
      this.#small = small;
      this.#since = null;
    }
    return { maxBitrate, scaleResolutionDownBy: this.#small ? 2 : 1 };
  }
}

/**
 * A narrow line has fewer pictures of a screen and never fewer pixels: letters must stay readable.
 * @param {number} maxBitrate bit/s
 * @param {number} frameRate pictures in a second where the line carries them
 * @returns {Encoding}
 */
export function screenAt(maxBitrate, frameRate) {
  const worth = Math.max(FEWEST, Math.floor(maxBitrate / BITS_OF_A_PICTURE));
  return { maxBitrate, maxFramerate: Math.min(frameRate, worth) };
}

/** Holds one sender to what was asked last: one call at a time, and what failed is tried with the next one. */
export class Hold {
  /** @type {RTCRtpSender | null} */ #sender = null;
  /** @type {Encoding | null} */ #wanted = null;
  /** @type {Encoding | null} */ #given = null;
  #busy = false;

  /** @param {RTCRtpSender | null} sender of a new connection, which knows nothing yet */
  take(sender) {
    this.#sender = sender;
    this.#given = null;
  }

  /** @param {Encoding} wanted */
  async to(wanted) {
    this.#wanted = wanted;
    if (this.#busy) return;
    this.#busy = true;
    while (this.#sender && !same(this.#given, this.#wanted) && (await this.#set(this.#sender, this.#wanted)));
    this.#busy = false;
  }

  /**
   * @param {RTCRtpSender} sender
   * @param {Encoding} wanted
   * @returns {Promise<boolean>} whether it was done
   */
  async #set(sender, wanted) {
    try {
      const parameters = sender.getParameters();
      if (!parameters.encodings?.length) return false; // Firefox has none before the answer
      Object.assign(parameters.encodings[0], wanted);
      await sender.setParameters(parameters);
    } catch {
      return sender !== this.#sender; // closed, or negotiated meanwhile
    }
    if (sender === this.#sender) this.#given = wanted;
    return true;
  }
}

/** @param {Encoding | null} one @param {Encoding} other */
function same(one, other) {
  return one !== null && JSON.stringify(one) === JSON.stringify(other);
}
