/** Somebody else's screen, large. Shown and covered by what the view says, never by events of the media. */

import { $, drawIcon, say, show } from "./dom.js";
import { sharerOf } from "./share-words.js";
import { text } from "./texts.js";
import { AWAY } from "./truth-words.js";

/** Names of icons.svg. */
const ICONS = { "": "refresh", paused: "pause", ...AWAY };

export class SharedScreen {
  /** @type {MediaStream | null} */ #stream = null;
  #video;

  /** @param {HTMLElement} figure of templates/_room.html */
  constructor(figure) {
    this.figure = figure;
    this.#video = /** @type {HTMLVideoElement} */ ($("video", figure));
    this.#video.addEventListener("loadeddata", () => this.#video.srcObject && show($(".cover", figure), false));
  }

  /** @param {MediaStream} stream of the newest connection */
  setStream(stream) {
    this.#stream = stream;
  }

  /**
   * @param {any} view null: nothing
   * @param {import("./socket.js").Away | "paused"} without why the own line does not carry it now
   * @returns {boolean} whether there is one
   */
  show(view, without) {
    const sharer = view ? sharerOf(view) : undefined;
    show(this.figure, sharer !== undefined);
    this.#attach(sharer && !without ? this.#stream : null);
    if (!sharer) return false;
    const unrecorded = view.truth === "joint" && !sharer.recorded;
    say($("[data-name]", this.figure), text(unrecorded ? "screen.of.unrecorded" : "screen.of", { name: sharer.name }));
    const coming = this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA;
    show($(".cover", this.figure), without !== "" || coming);
    drawIcon($(".cover", this.figure), ICONS[without]);
    say($("[data-cover]", this.figure), text(`screen.${without || "coming"}`, { name: sharer.name }));
    return true;
  }

  /** @param {MediaStream | null} stream a covered picture is taken away: its last frame would stay */
  #attach(stream) {
    if (this.#video.srcObject !== stream) this.#video.srcObject = stream;
    if (stream && this.#video.paused) this.#video.play().catch(() => {});
  }
}
