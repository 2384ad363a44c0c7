/**
 * The sound of a shared screen beside the own voice, in the one track of sound that there is: the connection has
 * no line of its own for it.
 */
export class Mix {
  /** @type {AudioContext | null} */ #context = null;
  /** @type {MediaStreamTrack | null} */ #track = null;
  /** @type {MediaStreamTrack | null} */ #voice = null;
  /** @type {MediaStreamTrack | null} */ #sound = null;

  /** @param {() => void} changed what `of` returns is another track by now */
  constructor(changed) {
    this.changed = changed;
  }

  /**
   * A voice that is not sent takes the sound with it: switched off means that nothing is heard.
   * @param {MediaStreamTrack | null} voice silent in the mix while it is not `enabled`
   * @param {MediaStreamTrack | null} sound
   * @returns {MediaStreamTrack | null} what to send: both, or the voice alone while the mix does not run
   */
  of(voice, sound) {
    if (!voice || !sound) this.#end();
    else if (voice !== this.#voice || sound !== this.#sound) this.#begin(voice, sound);
    return this.#context?.state === "running" ? this.#track : voice;
  }

  /** @param {MediaStreamTrack} voice @param {MediaStreamTrack} sound */
  #begin(voice, sound) {
    this.#end();
    const context = new AudioContext();
    const output = context.createMediaStreamDestination();
    for (const track of [voice, sound]) context.createMediaStreamSource(new MediaStream([track])).connect(output);
    [this.#context, this.#voice, this.#sound] = [context, voice, sound];
    this.#track = output.stream.getAudioTracks()[0];
    context.onstatechange = () => context === this.#context && this.changed();
    void context.resume().catch(() => {});
  }

  #end() {
    const context = this.#context;
    this.#context = this.#track = this.#voice = this.#sound = null;
    void context?.close();
  }
}
