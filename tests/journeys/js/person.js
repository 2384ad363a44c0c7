/**
 * A person who can be told from others: what `getUserMedia` gives is one colour and one tone, and so
 * is what `getDisplayMedia` gives, `person.shares`: its tone only where `person.shares.sounds`.
 * `globalThis.person` is set before and may change at any time. `person.trouble` may name what goes
 * wrong, by kind of device; with `person.lively` the picture takes all the rate that it may; with
 * `person.ownVoice` the sound is the device's, for a browser that makes none without a sound card;
 * `person.screen` is the stream that is shared.
 */
(() => {
  if (!navigator.mediaDevices) return;

  const devices = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const RATE = 15;
  const EDGE = 16; // pixels at the bottom that move, so that frames keep being made
  const SPECKS = 300; // of a lively picture, new in each frame; as many light as dark ones

  /** @param {CanvasRenderingContext2D} pen @param {number} width @param {number} height */
  function speckle(pen, width, height) {
    for (let n = 0; n < SPECKS; n += 1) {
      pen.fillStyle = n % 2 ? "rgb(0 0 0 / 0.4)" : "rgb(255 255 255 / 0.4)";
      pen.fillRect(Math.random() * width, Math.random() * height, 10, 10);
    }
  }

  /** @param {() => {colour: string}} whose @param {number} width @param {number} height */
  function picture(whose, width, height) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const track = canvas.captureStream(RATE).getVideoTracks()[0];
    let count = 0;
    const timer = setInterval(() => {
      if (track.readyState === "ended") return clearInterval(timer);
      count += 1;
      pen.fillStyle = whose().colour;
      pen.fillRect(0, 0, width, height);
      if (person.lively) speckle(pen, width, height);
      pen.fillStyle = "white";
      pen.fillRect((count * EDGE) % width, height - EDGE, EDGE, EDGE);
    }, 1000 / RATE);
    return track;
  }

  /** @param {() => {tone: number}} whose */
  async function voice(whose) {
    if (person.ownVoice) return (await devices({ audio: true })).getAudioTracks()[0];
    const context = new AudioContext();
    const tone = context.createOscillator();
    const loudness = context.createGain();
    const output = context.createMediaStreamDestination();
    const timer = setInterval(() => {
      if (context.state === "closed") return clearInterval(timer);
      tone.frequency.value = whose().tone;
    }, 50);
    tone.frequency.value = whose().tone;
    loudness.gain.value = 0.2;
    tone.connect(loudness).connect(output);
    tone.start();
    await context.resume();
    return output.stream.getAudioTracks()[0];
  }

  navigator.mediaDevices.getUserMedia = async ({ audio, video } = {}) => {
    const { trouble = {} } = person;
    const failing = (video && trouble.video) || (audio && trouble.audio);
    if (failing) throw new DOMException("as the test wants it", failing);
    const stream = new MediaStream();
    if (video) stream.addTrack(picture(() => person, 320, 240));
    if (audio) stream.addTrack(await voice(() => person));
    return stream;
  };

  navigator.mediaDevices.getDisplayMedia = async ({ audio } = {}) => {
    const { trouble = {}, shares } = person;
    if (trouble.screen) throw new DOMException(trouble.why ?? "Permission denied", trouble.screen);
    person.screen = new MediaStream([picture(() => shares, 1280, 720)]);
    if (audio && shares.sounds) person.screen.addTrack(await voice(() => shares));
    return person.screen;
  };
})();
