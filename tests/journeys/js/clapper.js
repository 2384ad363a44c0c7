/**
 * A person who claps once a second: what `getUserMedia` gives is dark and silent, and flashes and beeps at the
 * first moment of each full second of the machine's clock, both out of one and the same task. All pages of one
 * machine flash together.
 */
(() => {
  if (!navigator.mediaDevices) return;

  const STEP = 40; // ms from picture to picture
  const CLAP = 200; // ms

  /** @type {Set<() => void>} what claps */
  const hands = new Set();
  let second = Math.floor(Date.now() / 1000);

  function beat() {
    const now = Date.now();
    if (Math.floor(now / 1000) !== second) {
      second = Math.floor(now / 1000);
      for (const clap of hands) clap();
    }
    setTimeout(beat, STEP - (Date.now() % STEP));
  }
  beat();

  function picture() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const track = canvas.captureStream().getVideoTracks()[0];
    let until = 0;
    const draw = () => {
      pen.fillStyle = performance.now() < until ? "white" : "black";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.fillStyle = "gray"; // something moves, so that pictures keep being made
      pen.fillRect(Math.floor(performance.now() / STEP) % canvas.width, canvas.height - 8, 8, 8);
    };
    hands.add(() => {
      until = performance.now() + CLAP;
      draw();
    });
    const timer = setInterval(() => {
      if (track.readyState === "ended") return clearInterval(timer);
      draw();
    }, STEP);
    return track;
  }

  async function voice() {
    const context = new AudioContext({ latencyHint: "interactive" });
    const tone = context.createOscillator();
    const loudness = context.createGain();
    const output = context.createMediaStreamDestination();
    tone.frequency.value = 1000;
    loudness.gain.value = 0;
    tone.connect(loudness).connect(output);
    tone.start();
    await context.resume();
    hands.add(() => {
      loudness.gain.setValueAtTime(0.4, context.currentTime);
      loudness.gain.setValueAtTime(0, context.currentTime + CLAP / 1000);
    });
    return output.stream.getAudioTracks()[0];
  }

  navigator.mediaDevices.getUserMedia = async ({ audio, video } = {}) => {
    const stream = new MediaStream();
    if (video) stream.addTrack(picture());
    if (audio) stream.addTrack(await voice());
    return stream;
  };
})();
