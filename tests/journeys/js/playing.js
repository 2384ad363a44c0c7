/** What the player of a case file shows and lets hear, beside the time that it says. */
(() => {
  const TOP = 0.5; // of a picture: below it something moves
  const canvas = Object.assign(document.createElement("canvas"), { width: 4, height: 4 });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  const session = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("session")).textContent ?? "");
  const begins = new Map(session.tracks.flatMap((track) => track.parts.map((part) => [part.url, part.at])));
  /** @type {AudioContext | null} */
  let context = null;

  /** @param {HTMLVideoElement | null} video */
  function colourOf(video) {
    if (!video?.videoWidth || video.readyState < 2) return null;
    pen.clearRect(0, 0, 4, 4);
    pen.drawImage(video, 0, 0, video.videoWidth, video.videoHeight * TOP, 0, 0, 4, 4);
    return [...pen.getImageData(1, 1, 1, 1).data].slice(0, 3);
  }

  function now() {
    const at = Number(/** @type {HTMLInputElement} */ (document.getElementById("time")).value);
    const tiles = [...document.querySelectorAll(".screen > .tile")].map((tile, index) => {
      const videos = [...tile.querySelectorAll("video")];
      const shown = /** @type {HTMLVideoElement | null} */ (tile.querySelector("video[data-shown]"));
      const playing = videos.find((video) => !video.paused) ?? null;
      const cover = /** @type {HTMLElement} */ (tile.querySelector(".cover"));
      return {
        name: session.tracks[index].name,
        words: cover.checkVisibility() ? cover.querySelector(".why")?.textContent : null,
        colour: colourOf(shown),
        url: playing?.dataset.url ?? null,
        time: playing ? begins.get(playing.dataset.url) + playing.currentTime * 1000 : null,
        runs: playing !== null && playing.readyState >= 3 && !playing.seeking,
      };
    });
    return { at, tiles };
  }
  globalThis.playingNow = now;

  /** Every time that the page looks at its clock, until the session has ended. @param {number} ms at most */
  globalThis.watchPlaying = (ms) =>
    new Promise((resolve) => {
      /** @type {object[]} */
      const samples = [];
      const { max } = /** @type {HTMLInputElement} */ (document.getElementById("time"));
      const done = () => (observer.disconnect(), resolve(samples));
      const observer = new MutationObserver(() => {
        samples.push(now());
        if (samples.at(-1).at === Number(max)) done();
      });
      observer.observe(/** @type {HTMLElement} */ (document.getElementById("player")), { attributeFilter: ["style"] });
      setTimeout(done, ms);
    });

  /** @param {number[]} tones in hertz @param {number} ms @returns {Promise<Record<number, number>>} decibels */
  globalThis.hearPlaying = async (tones, ms) => {
    context ??= new AudioContext();
    await context.resume();
    const analyser = Object.assign(context.createAnalyser(), { fftSize: 8192, smoothingTimeConstant: 0 });
    const videos = [...document.querySelectorAll(".screen video")].filter((one) => !(/** @type {HTMLVideoElement} */ (one).paused));
    const sources = videos.map((video) => context.createMediaStreamSource(/** @type {any} */ (video).captureStream()));
    for (const source of sources) source.connect(analyser);
    await new Promise((resolve) => setTimeout(resolve, ms));
    const decibels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(decibels);
    for (const source of sources) source.disconnect();
    const bin = context.sampleRate / analyser.fftSize;
    return Object.fromEntries(tones.map((tone) => [tone, Math.max(-200, ...decibels.slice(Math.round(tone / bin) - 1, Math.round(tone / bin) + 2))]));
  };
})();
