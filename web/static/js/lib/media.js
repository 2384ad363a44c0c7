/** The media connection: docs/protocol.md, "The media connection". One offer, fixed m-lines, never renegotiated. */

import { pause } from "./backoff.js";
import { Hold, Sizing } from "./encoding.js";
import { OFFLINE, TOO_MANY_CONNECTIONS } from "./refusal.js";

/**
 * @typedef {{audio: MediaStream, video: MediaStream}} Slot
 * @typedef {"idle" | "connecting" | "connected" | "refused"} MediaState
 * @typedef {{frames: number, packets: number, level: number}} SlotHealth frames decoded, audio packets, 0 to 1
 * @typedef {{slots: SlotHealth[], sent: number}} Counts `sent`: packets of the own screen
 * @typedef {{mic: MediaStreamTrack | null, camera: MediaStreamTrack | null, screen: MediaStreamTrack | null}} Sending
 * @typedef {object} MediaHandlers
 * @property {(message: {type: string, sdp: string}) => Promise<Record<string, any>>} request
 * @property {(slots: Slot[], screen: MediaStream) => void} slots after each new connection
 * @property {(state: MediaState, text?: string) => void} state
 */

export const SLOTS = 5;
const CONNECT_WITHIN = 8_000;
const PASSES = new Set([OFFLINE, TOO_MANY_CONNECTIONS]); // reasons for which a later try may succeed

export class Media {
  /** @type {RTCPeerConnection | null} */ #pc = null;
  /** @type {RTCRtpTransceiver[]} */ #lines = [];
  /** @type {MediaState} */ #state = "idle";
  /** @type {RTCIceServer[]} */ #ice = [];
  /** @type {Sending} */ #sending = { mic: null, camera: null, screen: null };
  #maxBitrate = 1_200_000;
  #screenRate = 1_300_000;
  #cameraRate = Infinity;
  #sizing = new Sizing();
  #hold = new Hold();
  #holdScreen = new Hold();
  #wanted = false;
  #attempt = 0;
  #timer = 0;
  #network = networkType();

  /** @param {MediaHandlers} on */
  constructor(on) {
    this.on = on;
    addEventListener("online", () => this.#again());
    addEventListener("pageshow", (event) => event.persisted && this.#again());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.#state !== "connected") this.#again();
    });
    /** @type {any} */ (navigator).connection?.addEventListener("change", () => {
      if (networkType() !== this.#network) this.#again();
      this.#network = networkType();
    });
  }

  get state() {
    return this.#state;
  }

  /** @param {{ice?: RTCIceServer[], constraints?: {maxBitrate?: number, screen?: {maxBitrate?: number}}}} welcome what the server said */
  configure({ ice = [], constraints = {} }) {
    this.#ice = ice;
    this.#maxBitrate = constraints.maxBitrate ?? this.#maxBitrate;
    this.#screenRate = constraints.screen?.maxBitrate ?? this.#screenRate;
  }

  /**
   * What goes on the wire from now on, also after a reconnect. Nothing is negotiated anew.
   * @param {Sending} tracks
   */
  send(tracks) {
    this.#sending = tracks;
    if (!this.#pc) return;
    [tracks.mic, tracks.camera, tracks.screen].forEach((track, line) => {
      void this.#lines[line].sender.replaceTrack(track).catch(() => this.#again());
    });
    this.adapt();
  }

  /** Puts the own screen on the wire once more. */
  async sendScreenAnew() {
    const sender = this.#lines[2]?.sender;
    const track = this.#sending.screen;
    if (!this.#pc || !track) return;
    await sender.replaceTrack(null).catch(() => {});
    if (track === this.#sending.screen) await sender.replaceTrack(track).catch(() => {});
  }

  /** @param {number} rate bit/s that the own camera may send, whatever was configured */
  limit(rate) {
    this.#cameraRate = rate;
    this.adapt();
  }

  /** Sees to it that camera and screen keep to their limits, also on a new connection; to be called about once a second. */
  adapt() {
    void this.#hold.to(this.#encoding());
    void this.#holdScreen.to(this.#screenEncoding());
  }

  /** Connects, or connects anew; the old connection is closed at once. */
  connect() {
    this.#wanted = true;
    this.#attempt = 0;
    void this.#dial();
  }

  close() {
    this.#wanted = false;
    this.#hangUp();
    this.#become("idle");
  }

  /** @returns {Promise<Counts>} as counted by this connection */
  async health() {
    const slots = Array.from({ length: SLOTS }, () => ({ frames: 0, packets: 0, level: 0 }));
    const counts = { slots, sent: 0 };
    const pc = this.#pc;
    if (!pc) return counts;
    const mids = this.#lines.map((line) => line.mid);
    for (const stat of (await pc.getStats()).values()) {
      if (stat.type === "outbound-rtp" && stat.mid === mids[2]) counts.sent = Math.max(counts.sent, stat.packetsSent ?? 0);
      if (stat.type !== "inbound-rtp") continue;
      const line = mids.indexOf(stat.mid) - 3;
      const slot = slots[line >> 1];
      if (line < 0 || !slot) continue;
      if (stat.kind === "video") slot.frames = stat.framesDecoded ?? 0;
      else Object.assign(slot, { packets: stat.packetsReceived ?? 0, level: stat.audioLevel ?? 0 });
    }
    return counts;
  }

  #encoding() {
    return this.#sizing.at(Math.min(this.#maxBitrate, this.#cameraRate), performance.now());
  }

  /** @returns {import("./encoding.js").Encoding} */
  #screenEncoding() {
    return { maxBitrate: this.#screenRate, active: this.#sending.screen !== null };
  }

  async #dial() {
    this.#hangUp();
    this.#become("connecting");
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: this.#ice });
    this.#pc = pc;
    this.#lines = layOut(pc, this.#sending, this.#encoding(), this.#screenEncoding());
    this.#hold.take(this.#lines[1].sender);
    this.#holdScreen.take(this.#lines[2].sender);
    this.on.slots(slotsOf(this.#lines), new MediaStream([this.#lines[13].receiver.track]));
    pc.oniceconnectionstatechange = () => this.#watch(pc);
    this.#timer = window.setTimeout(() => pc === this.#pc && this.#again(), CONNECT_WITHIN);
    try {
      await pc.setLocalDescription();
      const { sdp = "" } = pc.localDescription ?? {};
      const answer = await this.on.request({ type: "offer", sdp });
      if (pc === this.#pc) await pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    } catch (error) {
      if (pc === this.#pc) this.#failed(/** @type {{reason?: string, message?: string}} */ (error));
    }
  }

  /** @param {RTCPeerConnection} pc */
  #watch(pc) {
    if (pc !== this.#pc) return;
    const state = pc.iceConnectionState;
    if (state === "connected" || state === "completed") {
      clearTimeout(this.#timer);
      this.#attempt = 0;
      this.#become("connected");
    } else if (state === "disconnected" || state === "failed") this.#again();
  }

  /** @param {{reason?: string, message?: string}} error */
  #failed(error) {
    this.#hangUp();
    if (error.reason && !PASSES.has(error.reason)) {
      this.#wanted = false;
      this.#become("refused", error.message);
    } else this.#again();
  }

  /** The first try comes at once, the next ones later and later. */
  #again() {
    if (!this.#wanted) return;
    this.#hangUp();
    this.#become("connecting");
    const attempt = this.#attempt++;
    if (attempt === 0) void this.#dial(); // not even a timer's turn later: a background page's may be late
    else this.#timer = window.setTimeout(() => void this.#dial(), pause(attempt));
  }

  #hangUp() {
    clearTimeout(this.#timer);
    const pc = this.#pc;
    this.#pc = null;
    this.#hold.take(null);
    this.#holdScreen.take(null);
    pc?.close();
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

/**
 * Microphone, camera, screen up; five times audio and video, and a screen, down.
 * @param {RTCPeerConnection} pc
 * @param {Sending} sending
 * @param {import("./encoding.js").Encoding} encoding of the camera
 * @param {import("./encoding.js").Encoding} ofScreen
 */
function layOut(pc, sending, encoding, ofScreen) {
  const lines = [
    pc.addTransceiver(sending.mic ?? "audio", { direction: "sendonly" }),
    pc.addTransceiver(sending.camera ?? "video", { direction: "sendonly", sendEncodings: [encoding] }),
    pc.addTransceiver(sending.screen ?? "video", { direction: "sendonly", sendEncodings: [ofScreen] }),
  ];
  for (let slot = 0; slot < SLOTS; slot += 1) {
    lines.push(pc.addTransceiver("audio", { direction: "recvonly" }));
    lines.push(pc.addTransceiver("video", { direction: "recvonly" }));
  }
  lines.push(pc.addTransceiver("video", { direction: "recvonly" }));
  const vp8 = RTCRtpReceiver.getCapabilities("video")?.codecs.filter((c) => /\/(vp8|rtx)$/i.test(c.mimeType)) ?? [];
  for (const line of lines) if (line.receiver.track.kind === "video") line.setCodecPreferences(vp8);
  return lines;
}

/** @param {RTCRtpTransceiver[]} lines @returns {Slot[]} */
function slotsOf(lines) {
  const stream = (/** @type {number} */ n) => new MediaStream([lines[n].receiver.track]);
  return Array.from({ length: SLOTS }, (_, slot) => ({ audio: stream(3 + 2 * slot), video: stream(4 + 2 * slot) }));
}

/** @returns {string} `wifi`, `cellular`, …, or nothing where the browser does not tell */
function networkType() {
  return /** @type {any} */ (navigator).connection?.type ?? "";
}
