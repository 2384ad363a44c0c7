/**
 * What a page receives and what it shows and plays. What is received is taken from the connections
 * themselves, so that a page which merely hides a leak is found out as well.
 */
(() => {
  const TOP = 0.8; // of a picture: below it something moves
  const FIRST_BIN = 8; // below it is the hum of the window

  /** @type {Set<RTCPeerConnection>} */
  const connections = new Set();
  let dialled = 0;
  const Connection = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Connection {
    /** @param {RTCConfiguration} [configuration] */
    constructor(configuration) {
      super(configuration);
      connections.add(this);
      dialled += 1;
    }
  };

  /** @type {Map<MediaStreamTrack, HTMLMediaElement>} elements of our own: a track that nothing plays may stand still */
  const sinks = new Map();
  /** @type {AudioContext | null} */
  let context = null;

  function open() {
    for (const each of connections) if (each.connectionState === "closed") connections.delete(each);
    return [...connections];
  }

  function incoming() {
    return open().flatMap((each) => each.getReceivers().map((receiver) => receiver.track));
  }

  /** @param {MediaStreamTrack} track */
  function sink(track) {
    const element = sinks.get(track) ?? document.createElement(track.kind === "video" ? "video" : "audio");
    if (!sinks.has(track)) {
      Object.assign(element, { srcObject: new MediaStream([track]), muted: true });
      element.play().catch(() => {});
      sinks.set(track, element);
    }
    return element;
  }

  async function decoded() {
    /** @type {Map<string, number>} */
    const frames = new Map();
    for (const each of open()) {
      for (const stat of (await each.getStats()).values()) {
        if (stat.type === "inbound-rtp" && stat.kind === "video") frames.set(stat.trackIdentifier, stat.framesDecoded ?? 0);
      }
    }
    return frames;
  }

  /** @param {HTMLVideoElement} video */
  function colourOf(video) {
    if (!video.videoWidth) return null;
    const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.drawImage(video, 0, 0, video.videoWidth, video.videoHeight * TOP, 0, 0, 8, 8);
    const { data } = pen.getImageData(0, 0, 8, 8);
    return [0, 1, 2].map((channel) => data.filter((_, at) => at % 4 === channel).reduce((sum, one) => sum + one, 0) / 64 | 0);
  }

  /** @param {MediaStreamTrack[]} tracks @param {number[]} tones in hertz @param {number} ms */
  async function loudness(tracks, tones, ms) {
    context ??= new AudioContext();
    await context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    const sources = tracks.map((track) => /** @type {AudioContext} */ (context).createMediaStreamSource(new MediaStream([track])));
    for (const source of sources) source.connect(analyser);
    await new Promise((resolve) => setTimeout(resolve, ms));
    const decibels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(decibels);
    for (const source of sources) source.disconnect();
    const width = context.sampleRate / analyser.fftSize;
    const near = (/** @type {number} */ tone) => Math.max(...decibels.slice(Math.max(FIRST_BIN, Math.round(tone / width) - 1), Math.round(tone / width) + 2));
    return Object.fromEntries(tones.map((tone) => [tone, Math.max(-200, near(tone))]));
  }

  function played() {
    const elements = /** @type {HTMLAudioElement[]} */ ([...document.querySelectorAll("#sounds audio")]);
    const playing = elements.filter((element) => !element.paused && element.srcObject);
    return playing.flatMap((element) => /** @type {MediaStream} */ (element.srcObject).getAudioTracks());
  }

  function tiles() {
    const shown = [...document.querySelectorAll("figure.tile")].filter((tile) => tile.checkVisibility());
    return shown.filter((tile) => tile.id !== "me" && !tile.hasAttribute("data-mine")).map((tile) => {
      const cover = tile.querySelector(".cover");
      const video = tile.querySelector("video");
      return {
        name: tile.querySelector(".name")?.textContent ?? "",
        covered: Boolean(cover?.checkVisibility()),
        colour: video ? colourOf(video) : null,
      };
    });
  }

  /** @returns {Promise<string[]>} how each open connection leaves this browser: `host`, `relay tcp` and so on */
  globalThis.ways = async () => {
    const found = [];
    for (const each of open()) {
      const stats = await each.getStats();
      for (const stat of stats.values()) {
        if (stat.type !== "transport" || !stat.selectedCandidatePairId) continue;
        const local = stats.get(stats.get(stat.selectedCandidatePairId).localCandidateId);
        found.push([local.candidateType, local.relayProtocol].filter(Boolean).join(" "));
      }
    }
    return found;
  };

  /** @returns {RTCRtpEncodingParameters[]} to what each open connection holds the own screen */
  globalThis.screenEncodings = () => open().flatMap((each) => each.getTransceivers()[2].sender.getParameters().encodings);

  /** What the open connections have counted so far, and how many connections there were. */
  globalThis.count = async () => {
    const counted = { dialled, sent: 0, concealed: 0, samples: 0, sounds: {} };
    for (const [n, each] of open().entries()) {
      for (const stat of (await each.getStats()).values()) {
        if (stat.type === "outbound-rtp" && stat.kind === "video") counted.sent += stat.bytesSent;
        if (stat.type !== "inbound-rtp" || stat.kind !== "audio" || !stat.packetsReceived) continue;
        counted.concealed += stat.concealedSamples ?? 0;
        counted.samples += stat.totalSamplesReceived ?? 0;
        counted.sounds[`${n} ${stat.mid}`] = stat.packetsReceived;
      }
    }
    return counted;
  };

  /** @param {() => Promise<T>} meanwhile @returns {Promise<[object[], T]>} which pictures moved @template T */
  async function watch(meanwhile) {
    const tracks = incoming();
    for (const track of tracks) sink(track);
    const before = await decoded();
    const result = await meanwhile();
    const after = await decoded();
    const videos = tracks.filter((track) => track.kind === "video" && after.has(track.id));
    const frames = videos.map((track) => ({
      count: (after.get(track.id) ?? 0) - (before.get(track.id) ?? 0),
      colour: colourOf(/** @type {HTMLVideoElement} */ (sink(track))),
    }));
    return [frames.filter(({ count }) => count > 0), result];
  }

  /** @param {number[]} tones @param {number} ms of watching and listening */
  globalThis.perceive = async (tones, ms) => {
    const sounds = incoming().filter((track) => track.kind === "audio");
    const listen = () => Promise.all([loudness(sounds, tones, ms), loudness(played(), tones, ms)]);
    const [frames, [received, heard]] = await watch(listen);
    return { frames, received, heard, tiles: tiles() };
  };

  /** For a browser without ears: in how many sounds packets come. @param {number} ms */
  globalThis.receive = async (ms) => {
    const { sounds: before } = await count();
    const [frames] = await watch(() => new Promise((resolve) => setTimeout(resolve, ms)));
    const { sounds: after } = await count();
    const sounds = Object.keys(after).filter((name) => after[name] > (before[name] ?? 0)).length;
    return { frames, sounds, tiles: tiles() };
  };
})();
