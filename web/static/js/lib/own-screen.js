/** Sharing the own screen: choosing it, asking the room, the tracks, and every way in which it ends. It shows nothing. */

import { inside, talking } from "./screens.js";

/**
 * @typedef {"idle" | "choosing" | "starting" | "shown"} ShareState
 * @typedef {"own" | "mediator" | "conversation" | "line" | "failed" | "system"} ShareEnd
 * @typedef {object} OwnScreenHandlers
 * @property {(message: {type: string} & Record<string, any>) => Promise<any>} request
 * @property {() => void} changed its state, or what there is to send
 * @property {(why: ShareEnd) => void} ended
 * @property {(words: string) => void} refused
 */

const UNTOLD = { width: 1920, height: 1080, frameRate: 15 };
const LATE = 2; // looks, one a second, after which a browser that sends nothing is asked once more

/** @returns {boolean} phones have no such thing, or say so only when it is asked for */
export function canShare() {
  if (!navigator.mediaDevices || !("getDisplayMedia" in navigator.mediaDevices)) return false;
  return matchMedia("(any-pointer: fine)").matches && !/Android|HarmonyOS|Mobile/.test(navigator.userAgent);
}

export class OwnScreen {
  /** @type {MediaStream | null} */ #stream = null;
  /** @type {ShareState} */ #state = "idle";
  /** @type {any} */ #view = null;
  /** @type {ShareEnd | null} */ #ended = null;
  #limits = UNTOLD;
  #stopping = false;
  #looks = 0;
  #before = 0; // packets that were sent of the ones before

  /** @param {OwnScreenHandlers} on */
  constructor(on) {
    this.on = on;
  }

  get state() {
    return this.#state;
  }

  /** @returns {MediaStreamTrack | null} what goes on the wire: nothing before the room has said so */
  get picture() {
    return this.#state === "shown" ? (this.#stream?.getVideoTracks()[0] ?? null) : null;
  }

  /** @returns {MediaStreamTrack | null} the sound of what is shared, where the browser gives it */
  get sound() {
    return this.#state === "shown" ? (this.#stream?.getAudioTracks()[0] ?? null) : null;
  }

  /** @returns {ShareEnd | null} how the last one ended, until it is started again or the conversation is another one */
  get ended() {
    return this.#ended;
  }

  /** @param {{width: number, height: number, frameRate: number}} [limits] what the server said */
  configure(limits = UNTOLD) {
    this.#limits = limits;
  }

  /** Right after a press: browsers open the chooser for that alone. */
  async start() {
    if (this.#state !== "idle" || !talking(this.#view)) return;
    const meant = this.#view.truth;
    this.#ended = null;
    this.#become("choosing");
    try {
      this.#take(await navigator.mediaDevices.getDisplayMedia(this.#wish()));
    } catch (error) {
      return this.#notChosen(/** @type {{name?: string, message?: string}} */ (error));
    }
    if (this.#view?.truth !== meant) return this.#end("conversation"); // it was chosen for another one
    this.#become("starting");
    const stream = this.#stream;
    try {
      await this.on.request({ type: "screen", on: true, private: meant === "private" });
    } catch (refusal) {
      if (stream !== this.#stream) return;
      this.#drop();
      this.on.refused(/** @type {Error} */ (refusal).message);
    }
  }

  /** Off holds at once, whatever the line does. */
  stop() {
    if (!this.#stream) return;
    this.#end("own");
    this.#release();
  }

  /** @param {any} view */
  show(view) {
    if (view.truth !== this.#view?.truth) this.#ended = null;
    this.#view = view;
    if (view.me.screen && this.#state === "starting") return this.#become("shown");
    if (!view.me.screen && this.#state === "shown") return this.#end(view.me.screen_ended ?? "line");
    // What the room still takes for shared was shared from a page that is gone.
    if (view.me.screen && !this.#stream && !this.#stopping) this.#release();
  }

  /** This page is over. */
  close() {
    this.#view = null;
    this.#drop();
  }

  /**
   * To be called about once a second.
   * @param {number} packets of the picture that this connection has sent
   * @returns {boolean} the picture should be put on the wire once more: Firefox sometimes sends nothing of it
   */
  late(packets) {
    if (this.#state !== "shown") {
      this.#before = packets;
      this.#looks = 0;
      return false;
    }
    if (packets < this.#before) this.#before = 0; // a new connection counts anew
    this.#looks = packets > this.#before ? 0 : this.#looks + 1;
    return this.#looks > 0 && this.#looks % LATE === 0;
  }

  /**
   * The sound of a tab, and not of the whole machine: that would bring the others' own voices back to them.
   * @returns {DisplayMediaStreamOptions}
   */
  #wish() {
    const { width, height, frameRate } = this.#limits;
    const video = { width: { max: width }, height: { max: height }, frameRate: { max: frameRate } };
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const more = { systemAudio: "exclude", selfBrowserSurface: "exclude", surfaceSwitching: "include" };
    return /** @type {DisplayMediaStreamOptions} */ ({ video, audio, ...more });
  }

  /** @param {MediaStream} stream */
  #take(stream) {
    this.#stream = stream;
    const [picture] = stream.getVideoTracks();
    picture.contentHint = "detail";
    picture.addEventListener("ended", () => stream === this.#stream && this.stop()); // the browser's own bar
  }

  /** @param {{name?: string, message?: string}} error who closes the chooser has changed their mind, and that is all */
  #notChosen({ name, message = "" }) {
    this.#become("idle");
    if (name !== "NotAllowedError") this.on.ended("failed");
    else if (/system/i.test(message)) this.on.ended("system");
  }

  /** @param {ShareEnd} why nothing is said of it to who is out: the page says that they are */
  #end(why) {
    const told = inside(this.#view);
    this.#ended = told ? why : null;
    this.#drop();
    if (told) this.on.ended(why);
  }

  #drop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#become("idle");
  }

  /** Tells the room; where that is lost, the room ends it with the line. */
  #release() {
    this.#stopping = true;
    const done = () => (this.#stopping = false);
    this.on.request({ type: "screen", on: false }).then(done, done);
  }

  /** @param {ShareState} state */
  #become(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.on.changed();
  }
}
