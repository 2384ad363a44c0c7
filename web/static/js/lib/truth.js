/** The strip on top: who hears me, and whether it is recorded. Never hidden, never an icon alone. */

import { serverNow } from "./clock.js";
import { $, drawIcon, say, show } from "./dom.js";
import { elapsed } from "./format.js";
import { badgeOf } from "./line.js";
import { stripOf } from "./truth-words.js";

let since = "";
let ticking = 0;

/**
 * Fills the page's `#truth` of templates/_room.html and sets `data-room` on `<body>`.
 * @param {any} view
 * @param {import("./socket.js").Away} away
 * @param {import("./truth-words.js").Say} words
 */
export function renderTruth(view, away, words) {
  const strip = stripOf(view, away, words);
  document.body.dataset.room = strip.room;
  const element = $("#truth");
  element.dataset.truth = strip.tone;
  show($(".rec", element), strip.icon === "rec");
  const icon = $(".icon", element);
  icon.toggleAttribute("hidden", strip.icon === "rec");
  if (strip.icon !== "rec") drawIcon(element, strip.icon);
  say($("strong", element), strip.title);
  const detail = $("[data-detail]", element);
  say(detail, strip.detail);
  show(detail, strip.detail !== "");
  since = strip.since;
  ticking ||= window.setInterval(tick, 1000);
  tick();
}

/**
 * How good the own line is: a small word beside the time, for oneself alone.
 * @param {import("./line.js").Quality | ""} quality
 * @param {import("./truth-words.js").Say} words
 */
export function renderQuality(quality, words) {
  const element = $("#quality");
  const badge = badgeOf(quality, words);
  show(element, badge !== null);
  if (!badge) return;
  element.dataset.quality = quality;
  drawIcon(element, badge.icon);
  say($("span", element), badge.words);
}

/** The time stands outside the live region, or it would be read out every second. */
function tick() {
  const time = document.querySelector("#truth-time");
  if (!time) return;
  show(time, since !== "");
  if (since) say(time, elapsed(serverNow() - Date.parse(since)));
}
