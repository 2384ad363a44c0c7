/** The own camera and microphone, the level of a voice, and a sound for the speaker. */

import { troubleOf } from "./troubles.js";

/**
 * @typedef {import("./troubles.js").Trouble} Trouble
 * @typedef {object} Devices
 * @property {MediaStream} stream lives for the whole session
 * @property {MediaStreamTrack | null} mic
 * @property {MediaStreamTrack | null} camera
 * @property {Trouble | null} microphoneTrouble without a microphone nobody can take part
 * @property {Trouble | null} cameraTrouble without a camera one takes part by sound
 */

const VIDEO = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 }, facingMode: "user" };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const LEVELS = 6;
const LEVEL_EVERY = 100;

/**
 * Camera and microphone together, else the microphone by itself.
 * @param {{camera?: boolean, video?: MediaTrackConstraints}} [want] `camera: false`: only sound is wanted
 * @returns {Promise<Devices>} never rejects
 */
export async function openDevices({ camera = true, video = {} } = {}) {
  const [stream, trouble] = camera ? await capture({ audio: AUDIO, video: { ...VIDEO, ...video } }) : [null, null];
  if (stream) return devices(stream, null, null);
  const [sound, microphoneTrouble] = await capture({ audio: AUDIO });
  return devices(sound ?? new MediaStream(), microphoneTrouble, trouble);
}

/**
 * @param {MediaStreamConstraints} constraints
 * @returns {Promise<[MediaStream | null, Trouble | null]>}
 */
async function capture(constraints) {
  const where = { secure: window.isSecureContext, userAgent: navigator.userAgent };
  if (!navigator.mediaDevices?.getUserMedia) return [null, troubleOf(null, where)];
  try {
    return [await navigator.mediaDevices.getUserMedia(constraints), null];
  } catch (error) {
    return [null, troubleOf(/** @type {{name?: string}} */ (error), where)];
  }
}

/**
 * @param {MediaStream} stream
 * @param {Trouble | null} microphoneTrouble
 * @param {Trouble | null} cameraTrouble
 * @returns {Devices}
 */
function devices(stream, microphoneTrouble, cameraTrouble) {
  const mic = stream.getAudioTracks()[0] ?? null;
  const camera = stream.getVideoTracks()[0] ?? null;
  return { stream, mic, camera, microphoneTrouble, cameraTrouble };
}

/** @param {Devices} opened */
export function closeDevices({ stream }) {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * Tells once when a device is taken away: unplugged, its permission withdrawn, or another program has it.
 * @param {Devices} opened
 * @param {(kind: "mic" | "camera") => void} lost
 */
export function watchDevices({ mic, camera }, lost) {
  mic?.addEventListener("ended", () => lost("mic"), { once: true });
  camera?.addEventListener("ended", () => lost("camera"), { once: true });
}

/**
 * @param {() => void} changed something was plugged in or out
 * @returns {() => void} stops watching
 */
export function onDeviceChange(changed) {
  navigator.mediaDevices?.addEventListener("devicechange", changed);
  return () => navigator.mediaDevices?.removeEventListener("devicechange", changed);
}

/**
 * Measures how loud the microphone is; nothing is sent or kept.
 * @param {MediaStream} stream
 * @param {(level: number) => void} heard 0 (silent) to 6, ten times a second
 * @returns {() => void} stops
 */
export function meter(stream, heard) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    if (context.state === "suspended") void context.resume().catch(() => {});
    analyser.getFloatTimeDomainData(samples);
    heard(levelOf(samples));
  }, LEVEL_EVERY);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/**
 * @param {Float32Array} samples from -1 to 1
 * @returns {number} 0 to 6: from -54 dB on, one step each 6 dB or so
 */
export function levelOf(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const decibels = 10 * Math.log10(power + 1e-12);
  return Math.max(0, Math.min(LEVELS, Math.ceil((decibels + 54) / 6)));
}

/**
 * Three rising notes, about one second and a half.
 * @returns {Promise<void>} when the last one has died away
 */
export async function playSound() {
  const context = new AudioContext();
  await context.resume();
  const gain = context.createGain();
  gain.connect(context.destination);
  const start = context.currentTime + 0.05;
  [523.25, 659.25, 783.99].forEach((frequency, n) => note(context, gain, frequency, start + n * 0.45));
  await new Promise((resolve) => setTimeout(resolve, 1700));
  await context.close();
}

/**
 * @param {AudioContext} context
 * @param {GainNode} output
 * @param {number} frequency in hertz
 * @param {number} at in seconds of the context
 */
function note(context, output, frequency, at) {
  const tone = context.createOscillator();
  const envelope = context.createGain();
  tone.frequency.value = frequency;
  envelope.gain.setValueAtTime(0, at);
  envelope.gain.linearRampToValueAtTime(0.4, at + 0.03);
  envelope.gain.exponentialRampToValueAtTime(0.001, at + 0.6);
  tone.connect(envelope).connect(output);
  tone.start(at);
  tone.stop(at + 0.65);
}
