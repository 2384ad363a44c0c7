/** The card that says whether it records, who is never recorded, and what the intervals were. */

import { serverNow } from "../lib/clock.js";
import { $, block, drawIcon, press, say, show } from "../lib/dom.js";
import { hourAndMinute } from "../lib/format.js";
import { text } from "../lib/texts.js";
import { extended, kindOf } from "./intervals.js";

/**
 * @typedef {import("./intervals.js").Interval} Interval
 * @typedef {"on" | "off" | "paused" | "partly" | "failed" | "private" | "unknown"} State partly: somebody's broke off
 */

/** @type {Record<State, [tone: string, icon: string]>} */
const CHIPS = {
  on: ["rec", "cam"],
  off: ["plain", "rec-off"],
  paused: ["warn", "rec-off"],
  partly: ["bad", "rec-off"],
  failed: ["bad", "rec-off"],
  private: ["caucus", "rec-off"],
  unknown: ["plain", "rec-off"],
};

/**
 * @param {any} view
 * @param {boolean} online
 * @returns {State}
 */
export function stateOf(view, online) {
  if (!online) return "unknown";
  if (view.truth === "private") return "private";
  if (view.recorder_failed) return view.session_recorded ? "partly" : "failed";
  if (view.recording_paused) return "paused";
  return view.session_recorded ? "on" : "off";
}

export class Recording {
  /** @type {Interval[]} */ #intervals;
  #key;

  #on = false; // what the button asks for

  /**
   * @param {string} base the case's address: a reload of this page keeps its list
   * @param {(message: {type: string} & Record<string, any>) => Promise<unknown>} command shows a refusal by itself
   */
  constructor(base, command) {
    press($("#rec-switch"), () => command({ type: "recording", on: this.#on }));
    this.#key = `heyi-intervals ${base}`;
    this.#intervals = JSON.parse(sessionStorage.getItem(this.#key) ?? "[]");
    this.#showIntervals();
  }

  /**
   * @param {any} view
   * @param {boolean} online
   */
  show(view, online) {
    const state = stateOf(view, online);
    const chip = $("#recording");
    const [tone, icon] = CHIPS[state];
    chip.dataset.tone = tone;
    drawIcon(chip, icon);
    say($("span", chip), text(`rec-${state}`));
    this.#showSwitch(view, state);
    show($("#unrecorded"), view.unrecorded.length > 0);
    say(/** @type {Element} */ ($("#unrecorded > span").lastElementChild), view.unrecorded.join(text("separator")));
    const intervals = extended(this.#intervals, online ? kindOf(view) : null, serverNow());
    if (intervals === this.#intervals) return;
    this.#intervals = intervals;
    sessionStorage.setItem(this.#key, JSON.stringify(intervals));
    this.#showIntervals();
  }

  /** @param {number | null} hours for which the disk is enough; null: nobody's concern */
  warn(hours) {
    show($("#disk"), hours !== null);
    say($("#disk > span"), hours === null ? "" : text(hours > 0 ? "disk-hours" : "disk-full", { hours }));
  }

  /**
   * @param {any} view
   * @param {State} state
   */
  #showSwitch(view, state) {
    this.#on = state === "paused" || state === "failed" || state === "partly";
    const button = $("#rec-switch");
    show(button, view.truth === "joint");
    block(button, state === "unknown");
    button.classList.toggle("primary", this.#on);
    drawIcon(button, this.#on ? "play" : "pause");
    say($("span", button), text(state === "failed" || state === "partly" ? "rec-again" : this.#on ? "rec-resume" : "rec-pause"));
    const before = this.#intervals.length ? "rec-note" : "rec-note-before";
    say($("#recording-note"), text(this.#on ? `rec-note-${state}` : before));
  }

  #showIntervals() {
    show($("#intervals"), this.#intervals.length > 0);
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
