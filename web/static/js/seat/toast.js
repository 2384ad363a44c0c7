/** Said in passing; what matters stands on the screen as well. */

import { $, say, show } from "../lib/dom.js";

const SHOWN_FOR = 8_000;
let timer = 0;

/** @param {string} words none: what was said holds no longer */
export function toast(words) {
  const element = $("#toast");
  say($("span", element), words);
  show(element, Boolean(words));
  clearTimeout(timer);
  timer = window.setTimeout(() => show(element, false), SHOWN_FOR);
}
