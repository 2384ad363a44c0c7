/** One RTCPeerConnection with its fixed m-lines: docs/protocol.md, "The media connection". Offered once. */

/**
 * @typedef {{mic: MediaStreamTrack | null, camera: MediaStreamTrack | null, screen: MediaStreamTrack | null}} Sending
 * @typedef {{audio: MediaStream, video: MediaStream}} Slot
 * @typedef {{frames: number, packets: number, level: number}} SlotHealth frames decoded, audio packets, 0 to 1
 * @typedef {{slots: SlotHealth[], sent: number}} Counts `sent`: packets of the own screen
 * @typedef {import("./encoding.js").Encoding} Encoding
 */

export const SLOTS = 5;

export class Connection {
  /** @type {RTCRtpTransceiver[]} */ #lines;

  /**
   * @param {RTCIceServer[]} ice
   * @param {Sending} sending
   * @param {[Encoding, Encoding]} encodings of the camera and of the screen
   * @param {(connection: Connection) => void} changed its state
   */
  constructor(ice, sending, encodings, changed) {
    this.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: ice });
    this.#lines = layOut(this.pc, sending, encodings);
    this.slots = slotsOf(this.#lines);
    this.screen = new MediaStream([this.#lines[13].receiver.track]);
    this.pc.onconnectionstatechange = () => changed(this);
    this.pc.oniceconnectionstatechange = () => changed(this);
  }

  /**
   * @returns {"new" | "up" | "doubtful" | "down"} doubtful: nobody answers whether it is still there; it may
   *   come back by itself
   */
  get state() {
    const { connectionState, iceConnectionState } = this.pc;
    /** @type {string[]} */
    const states = [connectionState, iceConnectionState];
    if (states.includes("failed") || states.includes("closed")) return "down";
    if (states.includes("disconnected")) return "doubtful";
    return connectionState === "connected" ? "up" : "new";
  }

  get camera() {
    return this.#lines[1].sender;
  }

  get ownScreen() {
    return this.#lines[2].sender;
  }

  /** @returns {Promise<string>} the offer; there is no second one */
  async offer() {
    await this.pc.setLocalDescription();
    return this.pc.localDescription?.sdp ?? "";
  }

  /** @param {string} sdp */
  async take(sdp) {
    if (this.pc.signalingState !== "closed") await this.pc.setRemoteDescription({ type: "answer", sdp });
  }

  /**
   * @param {Sending} tracks what goes on the wire from now on
   * @returns {Promise<unknown>} rejects when the browser cannot; then another connection is needed
   */
  send({ mic, camera, screen }) {
    return Promise.all([mic, camera, screen].map((track, line) => this.#lines[line].sender.replaceTrack(track)));
  }

  /** @returns {Promise<Counts>} as counted by this connection */
  async health() {
    const counts = nothing();
    const mids = this.#lines.map((line) => line.mid);
    for (const stat of (await this.pc.getStats()).values()) {
      if (stat.type === "outbound-rtp" && stat.mid === mids[2]) counts.sent = Math.max(counts.sent, stat.packetsSent ?? 0);
      if (stat.type !== "inbound-rtp") continue;
      const line = mids.indexOf(stat.mid) - 3;
      const slot = counts.slots[line >> 1];
      if (line < 0 || !slot) continue;
      if (stat.kind === "video") slot.frames = stat.framesDecoded ?? 0;
      else Object.assign(slot, { packets: stat.packetsReceived ?? 0, level: stat.audioLevel ?? 0 });
    }
    return counts;
  }

  close() {
    this.pc.onconnectionstatechange = this.pc.oniceconnectionstatechange = null;
    this.pc.close();
  }
}

/** @returns {Counts} of no connection */
export function nothing() {
  return { slots: Array.from({ length: SLOTS }, () => ({ frames: 0, packets: 0, level: 0 })), sent: 0 };
}

/**
 * Microphone, camera, screen up; five times audio and video, and a screen, down.
 * @param {RTCPeerConnection} pc
 * @param {Sending} sending
 * @param {[Encoding, Encoding]} encodings of the camera and of the screen
 */
function layOut(pc, sending, [ofCamera, ofScreen]) {
  const lines = [
    pc.addTransceiver(sending.mic ?? "audio", { direction: "sendonly" }),
    pc.addTransceiver(sending.camera ?? "video", { direction: "sendonly", sendEncodings: [ofCamera] }),
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
