/** The voices of others. A browser may refuse to play before a tap: then the page offers one clear button. */

export class Sounds {
  /** @type {Map<number, HTMLAudioElement>} */ #elements = new Map();
  #blocked = false;

  /**
   * @param {HTMLElement} box where the elements live; they show nothing
   * @param {(blocked: boolean) => void} onBlocked show or hide the button that calls `unblock`
   */
  constructor(box, onBlocked) {
    this.box = box;
    this.onBlocked = onBlocked;
  }

  /**
   * Plays exactly these, and stops what is not among them.
   * @param {Map<number, MediaStream>} streams by slot
   */
  play(streams) {
    for (const [slot, element] of this.#elements) if (!streams.has(slot)) this.#stop(slot, element);
    for (const [slot, stream] of streams) {
      const element = this.#elements.get(slot) ?? this.#add(slot);
      if (element.srcObject !== stream) element.srcObject = stream;
      if (element.paused) void this.#start(element);
    }
    if (streams.size === 0) this.#tell(false);
  }

  /** Call from a tap. */
  async unblock() {
    await Promise.all([...this.#elements.values()].map((element) => this.#start(element)));
  }

  /** @param {number} slot */
  #add(slot) {
    const element = document.createElement("audio");
    element.autoplay = true;
    element.dataset.slot = String(slot);
    this.#elements.set(slot, element);
    this.box.append(element);
    return element;
  }

  /** @param {number} slot @param {HTMLAudioElement} element */
  #stop(slot, element) {
    element.pause();
    element.srcObject = null;
    element.remove();
    this.#elements.delete(slot);
  }

  /** @param {HTMLAudioElement} element */
  async #start(element) {
    try {
      await element.play();
      this.#tell([...this.#elements.values()].some((other) => other.paused));
    } catch (error) {
      if (/** @type {DOMException} */ (error).name === "NotAllowedError") this.#tell(true);
    }
  }

  /** @param {boolean} blocked */
  #tell(blocked) {
    if (this.#blocked === blocked) return;
    this.#blocked = blocked;
    this.onBlocked(blocked);
  }
}
