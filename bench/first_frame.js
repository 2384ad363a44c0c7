/**
 * Notes in `globalThis.firstFrame` when the first picture of another person has been decoded:
 * milliseconds since this navigation began.
 */
(() => {
  const Connection = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Connection {
    /** @param {RTCConfiguration} [configuration] */
    constructor(configuration) {
      super(configuration);
      this.addEventListener("track", ({ track }) => track.kind === "video" && void watch(track));
    }
  };

  /** @param {MediaStreamTrack} track gives a frame as soon as one is decoded, whether anything shows it or not */
  async function watch(track) {
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    const { value: frame } = await reader.read();
    globalThis.firstFrame ??= performance.now();
    frame?.close();
    await reader.cancel();
  }
})();
