/** The card that says whether it records, who is never recorded, and what the intervals were. */

import { serverNow } from "../lib/clock.js";
import { $, drawIcon, say, show } from "../lib/dom.js";
import { hourAndMinute } from "../lib/format.js";
import { text } from "../lib/texts.js";
import { extended, kindOf } from "./intervals.js";

/** @typedef {import("./intervals.js").Interval} Interval */

export class Recording {
  /** @type {Interval[]} */ #intervals;
  #key;

  /** @param {string} base the case's address: a reload of this page keeps its list */
  constructor(base) {
    this.#key = `heyi-intervals ${base}`;
    this.#intervals = JSON.parse(sessionStorage.getItem(this.#key) ?? "[]");
    this.#showIntervals();
  }

  /**
   * @param {any} view
   * @param {boolean} online
   */
  show(view, online) {
    const recording = online && view.session_recorded;
    const chip = $("#recording");
    chip.dataset.tone = recording ? "rec" : view.truth === "private" ? "caucus" : "plain";
    drawIcon(chip, recording ? "cam" : "rec-off");
    say($("span", chip), text(!online ? "rec-unknown" : recording ? "rec-on" : view.truth === "private" ? "rec-private" : "rec-off"));
    show($("#unrecorded"), view.unrecorded.length > 0);
    say(/** @type {Element} */ ($("#unrecorded > span").lastElementChild), view.unrecorded.join(text("separator")));
    const intervals = extended(this.#intervals, online ? kindOf(view) : null, serverNow());
    if (intervals === this.#intervals) return;
    this.#intervals = intervals;
    sessionStorage.setItem(this.#key, JSON.stringify(intervals));
    this.#showIntervals();
  }

  #showIntervals() {
    show($("#intervals"), this.#intervals.length > 0);
    say($("#recording-note"), text(this.#intervals.length ? "rec-note" : "rec-note-before"));
    let number = 0;
    const rows = this.#intervals.map(({ kind, from, to }) => {
      const words = kind === "recorded" ? text("interval", { number: (number += 1) }) : text(`gap-${kind}`);
      return row(`${hourAndMinute(from)}–${to === null ? text("until-now") : hourAndMinute(to)}`, words, kind !== "recorded");
    });
    $("#intervals tbody").replaceChildren(...rows);
  }
}

/**
 * @param {string} when
 * @param {string} words
 * @param {boolean} gap
 * @returns {HTMLTableRowElement}
 */
function row(when, words, gap) {
  const line = document.createElement("tr");
  const [time, what] = [line.insertCell(), line.insertCell()];
  time.className = "num";
  time.textContent = when;
  if (gap) {
    const tag = document.createElement("span");
    tag.className = "tag";
    tag.textContent = text("gap");
    what.append(tag, " ");
  }
  what.append(words);
  return line;
}
