/** One's own small picture, and what is said when there is none. */

import { $, drawIcon, say, show } from "../lib/dom.js";
import { text } from "../lib/texts.js";

/**
 * @param {import("../lib/devices.js").Devices | null} devices null: not asked for yet
 * @param {{mic: boolean, camera: boolean}} on
 * @param {boolean} over the devices were given back
 */
export function showMyself(devices, on, over) {
  const tile = $("#me");
  const video = /** @type {HTMLVideoElement} */ ($("video", tile));
  const stream = on.camera ? (devices?.stream ?? null) : null;
  if (video.srcObject !== stream) video.srcObject = stream;
  show($(".cover", tile), stream === null);
  say($(".cover span", tile), over ? text("me-camera-off") : why(devices, on));
  drawIcon($(".name", tile), on.mic ? "mic" : "mic-off");
}

/**
 * @param {import("../lib/devices.js").Devices | null} devices
 * @param {{camera: boolean}} on
 * @returns {string}
 */
function why(devices, on) {
  if (devices === null) return text("devices-asked");
  if (devices.microphoneTrouble) return text(`devices-${devices.microphoneTrouble}`);
  if (devices.camera === null) return text("devices-no-camera");
  return on.camera ? "" : text("me-camera-off");
}
