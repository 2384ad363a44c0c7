/**
 * The media of this page: which connection carries them, and when there has to be another one. The former
 * one goes on until the new one is up, and where it comes back by itself it carries on.
 */

import { FULL_LINE_FOR, LOOK_EVERY, pause } from "./backoff.js";
import { Connection, nothing } from "./connection.js";
import { Hold, Sizing, screenAt } from "./encoding.js";
import { NO_PORT, OFFLINE, TOO_MANY_CONNECTIONS } from "./refusal.js";

/**
 * @typedef {import("./connection.js").Slot} Slot
 * @typedef {import("./connection.js").Counts} Counts
 * @typedef {import("./connection.js").Sending} Sending
 * @typedef {"idle" | "connecting" | "connected" | "refused"} MediaState
 * @typedef {object} MediaHandlers
 * @property {(message: {type: string, sdp: string}) => Promise<Record<string, any>>} request
 * @property {(slots: Slot[], screen: MediaStream) => void} slots of each new connection that carries the media
 * @property {(state: MediaState, text?: string) => void} state
 * @property {() => boolean} flowing media come from the server now
 */

const CONNECT_WITHIN = 8_000;
const PASSES = new Set([TOO_MANY_CONNECTIONS, NO_PORT]); // reasons for which a later try may succeed

export class Media {
  /** @type {Connection | null} */ #carrying = null;
  /** @type {Connection | null} */ #coming = null;
  /** @type {MediaState} */ #state = "idle";
  /** @type {RTCIceServer[]} */ #ice = [];
  /** @type {Sending} */ #sending = { mic: null, camera: null, screen: null };
  #maxBitrate = 1_200_000;
  #ofScreen = { maxBitrate: 1_300_000, frameRate: 15 };
  #line = { cameraRate: Infinity, screenRate: Infinity };
  #sizing = new Sizing();
  #hold = new Hold();
  #holdScreen = new Hold();
  #wanted = false;
  #attempt = 0;
  #timer = 0;
  #doubtedAt = 0; // 0: it is not
  #network = networkType();

  /** @param {MediaHandlers} on */
  constructor(on) {
    this.on = on;
    addEventListener("online", () => this.#anew());
    addEventListener("pageshow", (event) => event.persisted && this.#anew());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.#state !== "connected") this.#anew();
    });
    /** @type {any} */ (navigator).connection?.addEventListener("change", () => {
      if (networkType() !== this.#network) this.#anew();
      this.#network = networkType();
    });
  }

  get state() {
    return this.#state;
  }

  /**
   * @param {{ice?: RTCIceServer[], constraints?: {maxBitrate?: number,
   *   screen?: {maxBitrate?: number, frameRate?: number}}}} welcome what the server said
   */
  configure({ ice = [], constraints = {} }) {
    this.#ice = ice;
    this.#maxBitrate = constraints.maxBitrate ?? this.#maxBitrate;
    const { maxBitrate, frameRate } = this.#ofScreen;
    this.#ofScreen = { maxBitrate, frameRate, ...constraints.screen };
  }

  /**
   * What goes on the wire from now on, also after a reconnect. Nothing is negotiated anew.
   * @param {Sending} tracks
   */
  send(tracks) {
    this.#sending = tracks;
    for (const connection of [this.#carrying, this.#coming]) {
      connection?.send(tracks).catch(() => connection.state !== "down" && this.#again());
    }
    this.adapt();
  }

  /** Puts the own screen on the wire once more. */
  async sendScreenAnew() {
    const connection = this.#carrying;
    const { screen } = this.#sending;
    if (!connection || !screen) return;
    await connection.send({ ...this.#sending, screen: null }).catch(() => {});
    if (screen === this.#sending.screen) await connection.send(this.#sending).catch(() => {});
  }

  /** @param {{cameraRate: number, screenRate: number}} line bit/s that may be sent, whatever was configured */
  limit({ cameraRate, screenRate }) {
    this.#line = { cameraRate, screenRate };
    this.adapt();
  }

  /** Sees to it that camera and screen keep to their limits, also on a new connection; to be called about once a second. */
  adapt() {
    void this.#hold.to(this.#encoding());
    void this.#holdScreen.to(this.#screenEncoding());
  }

  /** Connects, or connects anew. */
  connect() {
    this.#wanted = true;
    this.#anew();
  }

  close() {
    this.#wanted = false;
    this.#giveUp();
    this.#carry(null);
    this.#become("idle");
  }

  /** @returns {Promise<Counts>} as counted by the connection that carries the media */
  async health() {
    return this.#carrying ? this.#carrying.health() : nothing();
  }

  #encoding() {
    return this.#sizing.at(Math.min(this.#maxBitrate, this.#line.cameraRate), performance.now());
  }

  /** @returns {import("./encoding.js").Encoding} */
  #screenEncoding() {
    const { maxBitrate, frameRate } = this.#ofScreen;
    const encoding = screenAt(Math.min(maxBitrate, this.#line.screenRate), frameRate);
    return { ...encoding, active: this.#sending.screen !== null };
  }

  /** The network is another one: what was tried before tells nothing. */
  #anew() {
    this.#attempt = 0;
    this.#again();
  }

  /** The first try comes at once, the next ones later and later. */
  #again() {
    if (!this.#wanted) return;
    this.#giveUp();
    this.#tell();
    const attempt = this.#attempt++;
    if (attempt === 0) void this.#dial(); // not even a timer's turn later: a background page's may be late
    else this.#timer = window.setTimeout(() => void this.#dial(), pause(attempt));
  }

  async #dial() {
    this.#giveUp();
    const connection = new Connection(this.#ice, this.#sending, [this.#encoding(), this.#screenEncoding()], (one) => this.#watch(one));
    this.#coming = connection;
    this.#tell();
    this.#timer = window.setTimeout(() => this.#again(), CONNECT_WITHIN);
    try {
      const answer = await this.on.request({ type: "offer", sdp: await connection.offer() });
      await connection.take(answer.sdp);
    } catch (error) {
      if (connection === this.#coming) this.#failed(/** @type {{reason?: string, message?: string}} */ (error));
    }
  }

  /** @param {Connection} connection */
  #watch(connection) {
    const { state } = connection;
    if (connection === this.#coming) {
      if (state === "up") this.#takeOver(connection);
      else if (state !== "new") this.#again();
    } else if (connection === this.#carrying) {
      if (state !== "doubtful") this.#doubtedAt = 0;
      else if (!this.#doubtedAt) this.#doubt(connection);
      this.#judge();
    }
  }

  /**
   * In a full line the checks of ICE are lost as well; another connection would have to come through the same.
   * @param {Connection} connection
   */
  #doubt(connection) {
    this.#doubtedAt = performance.now();
    const pulse = setInterval(() => {
      if (connection === this.#carrying && this.#doubtedAt) this.#judge();
      else clearInterval(pulse);
    }, LOOK_EVERY);
  }

  /** Makes another connection, unless the one that there is carries media, or another one is on its way. */
  #judge() {
    this.#tell();
    if (this.#state !== "connected" && !this.#coming && !this.#timer) this.#anew();
  }

  get #holds() {
    const state = this.#carrying?.state;
    const kept = performance.now() - this.#doubtedAt < FULL_LINE_FOR;
    return state === "up" || (state === "doubtful" && kept && this.on.flowing());
  }

  /** @param {Connection} connection */
  #takeOver(connection) {
    this.#coming = null;
    this.#giveUp();
    this.#carry(connection);
    this.#attempt = 0;
    this.#tell();
  }

  /** @param {{reason?: string, message?: string}} error */
  #failed(error) {
    this.#giveUp();
    if (error.reason === OFFLINE) return this.#tell(); // the page's `welcome` comes next, and connects
    if (!error.reason || PASSES.has(error.reason)) return this.#again();
    this.#wanted = false;
    this.#carry(null);
    this.#become("refused", error.message);
  }

  /** Stops trying; what carries the media goes on. */
  #giveUp() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#coming?.close();
    this.#coming = null;
  }

  /** @param {Connection | null} connection */
  #carry(connection) {
    this.#carrying?.close();
    this.#carrying = connection;
    this.#doubtedAt = 0;
    this.#hold.take(connection?.camera ?? null);
    this.#holdScreen.take(connection?.ownScreen ?? null);
    if (connection) this.on.slots(connection.slots, connection.screen);
  }

  #tell() {
    this.#become(this.#holds ? "connected" : "connecting");
  }

  /**
   * @param {MediaState} state
   * @param {string} [words]
   */
  #become(state, words) {
    if (this.#state === state) return;
    this.#state = state;
    this.on.state(state, words);
  }
}

/** @returns {string} `wifi`, `cellular`, …, or nothing where the browser does not tell */
function networkType() {
  return /** @type {any} */ (navigator).connection?.type ?? "";
}
