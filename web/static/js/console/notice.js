/** What lies over the stage when there is nothing to see: left, ended, or this page is over. */

import { $, say, show } from "../lib/dom.js";
import { text } from "../lib/texts.js";

/**
 * @typedef {{key: "left" | "closed" | "replaced" | "signed-out" | "microphone", detail: string}} Notice
 */

/**
 * @param {any} view
 * @param {{reason: string, text: string} | null} bye
 * @param {{state?: string} | null} settlement
 * @param {import("../lib/devices.js").Devices | null} devices
 * @returns {Notice | null}
 */
export function noticeOf(view, bye, settlement, devices) {
  if (bye) return { key: bye.reason === "replaced" ? "replaced" : "signed-out", detail: bye.text };
  if (!view) return null;
  if (view.phase === "closed") {
    const ground = view.ground ? text(`ground-${view.ground}`) : "";
    return { key: "closed", detail: text(settlement?.state === "sealed" ? "closed-sealed" : "closed-ground", { ground }) };
  }
  if (view.me.admission === "left") return { key: "left", detail: "" };
  return devices?.microphoneTrouble ? { key: "microphone", detail: text(`devices-${devices.microphoneTrouble}`) } : null;
}

/** @param {Notice | null} notice */
export function showNotice(notice) {
  const box = $("#notice");
  show(box, notice !== null);
  if (!notice) return;
  say($("h2", box), text(`notice-${notice.key}`));
  say($("p", box), notice.detail || text(`notice-${notice.key}-text`));
  for (const act of box.querySelectorAll("[data-for]")) {
    show(act, /** @type {HTMLElement} */ (act).dataset.for?.split(" ").includes(notice.key) ?? false);
  }
}
