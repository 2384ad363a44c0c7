/** One connection to the server by one way, which carries nothing: docs/protocol.md, "The test of a line". */

import { post } from "./http.js";

const CONNECT_WITHIN = 8_000; // as long as a session waits for its connection (media.js)

/**
 * @param {string} base of the page: what is posted goes below it
 * @param {RTCIceServer[]} ice relays of one kind, by which alone it may go; none: directly
 * @param {AbortSignal} signal nobody waits for it any more
 * @returns {Promise<number | null>} seconds until it was up, or nothing: this way does not lead to the server;
 *   rejects with a `Refusal` when the server did not take part
 */
export async function probe(base, ice, signal) {
  const began = performance.now();
  const iceTransportPolicy = ice.length > 0 ? "relay" : "all";
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: ice, iceTransportPolicy });
  let id = "";
  try {
    pc.addTransceiver("audio", { direction: "recvonly" });
    const connected = untilConnected(pc, signal);
    await pc.setLocalDescription();
    const answer = await post(`${base}/connection/probe`, { sdp: pc.localDescription?.sdp ?? "" });
    id = answer.probe;
    if (signal.aborted) return null;
    await pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    return (await connected) ? (performance.now() - began) / 1000 : null;
  } finally {
    pc.close();
    if (id) void post(`${base}/connection/end`, { probe: id }).catch(() => {}); // it ends by itself as well
  }
}

/**
 * @param {RTCPeerConnection} pc
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} false when there is no way, or not in time
 */
function untilConnected(pc, signal) {
  return new Promise((resolve) => {
    let candidates = 0;
    setTimeout(() => resolve(false), CONNECT_WITHIN);
    signal.addEventListener("abort", () => resolve(false));
    pc.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) candidates += 1;
      else if (!candidate && candidates === 0) resolve(false); // no relay has answered
    };
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === "connected") resolve(true);
      else if (pc.connectionState === "failed") resolve(false);
    };
  });
}
