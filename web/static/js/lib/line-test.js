/** The test of the own line on a screen: every way at once, each result as it comes, then what they mean. */

import { $, all, drawIcon, say, show } from "./dom.js";
import { post } from "./http.js";
import { probe } from "./probe.js";
import { OFFLINE } from "./refusal.js";
import { text } from "./texts.js";
import { LOOKS, verdictOf } from "./ways.js";

/**
 * @typedef {import("./ways.js").Way} Way
 * @typedef {keyof typeof LOOKS} State
 */

const AGAIN_AFTER = 5_000; // a server that restarts makes no event

/** @type {Set<State | "">} */
const NEEDS_SOMEBODY = new Set(["none", "unsupported", "refused"]);

/** @type {Set<State | "">} nothing leads to the server: going in is not what to do next */
const NO_USE = new Set(["none", "unsupported", "offline"]);

export class LineTest {
  /** The test that runs; what an earlier one still brings is not shown. */
  #running = new AbortController();

  /**
   * @param {HTMLElement} root holds `_line_test.html`
   * @param {string} base of the page
   */
  constructor(root, base) {
    this.root = root;
    this.base = base;
    addEventListener("online", () => this.#again());
    addEventListener("offline", () => this.root.dataset.state && this.#stopAs("offline"));
  }

  /** Tests all ways, anew; a test that runs goes on. */
  start() {
    if (this.root.dataset.state === "running") return;
    for (const row of this.#rows()) this.#mark(row, "running");
    if (!("RTCPeerConnection" in globalThis)) return this.#stopAs("unsupported");
    if (!navigator.onLine) return this.#stopAs("offline");
    this.#become("running");
    this.#running = new AbortController();
    void this.#test(this.#running.signal);
  }

  /** Shows nothing more. */
  stop() {
    this.#running.abort();
    this.#become("");
  }

  #again() {
    if (this.root.dataset.state === "offline" && navigator.onLine) this.start();
  }

  /** @param {AbortSignal} signal */
  async #test(signal) {
    try {
      const { ways } = await post(`${this.base}/connection/ways`);
      const tests = /** @type {{way: Way, ice: RTCIceServer[]}[]} */ (ways).map((one) => this.#tryWay(one, signal));
      const settled = await Promise.allSettled(tests);
      const failure = settled.find((one) => one.status === "rejected");
      if (failure) throw failure.reason;
      const passed = new Map(settled.map((one) => /** @type {any} */ (one).value));
      if (!signal.aborted) this.#become(verdictOf(passed));
    } catch (error) {
      if (signal.aborted) return;
      const { reason, message } = /** @type {import("./refusal.js").Refusal} */ (error);
      if (reason === OFFLINE) this.#stopAs("offline");
      else this.#stopAs("refused", message);
    }
  }

  /**
   * @param {{way: Way, ice: RTCIceServer[]}} one
   * @param {AbortSignal} signal
   * @returns {Promise<[Way, boolean]>}
   */
  async #tryWay({ way, ice }, signal) {
    const seconds = await probe(this.base, ice, signal);
    const row = this.#rows().find((each) => each.dataset.way === way);
    if (row && !signal.aborted) this.#mark(row, seconds === null ? "failed" : "passed", seconds ?? 0);
    return [way, seconds !== null];
  }

  /** @param {State} state @param {string} [words] */
  #stopAs(state, words) {
    this.#running.abort();
    if (state === "offline") setTimeout(() => this.#again(), AGAIN_AFTER);
    const gone = state === "offline"; // what was found of a network that is gone says nothing
    for (const row of this.#rows()) if (gone || row.dataset.result === "running") this.#mark(row, "untested");
    this.#become(state, words);
  }

  /** @param {State | ""} state @param {string} [words] instead of those of the state */
  #become(state, words) {
    this.root.dataset.state = state;
    this.#offer(state);
    const verdict = $("[data-verdict]", this.root);
    show(verdict, state !== "");
    for (const call of all("[data-call]", this.root)) show(call, NEEDS_SOMEBODY.has(state));
    if (!state) return;
    const [tone, icon] = LOOKS[state];
    verdict.dataset.tone = tone;
    drawIcon(verdict, icon);
    say($("strong", verdict), text(`line-test.${state}.title`));
    say($("span", verdict), words ?? text(`line-test.${state}`));
    for (const row of this.#rows()) if (state === "none" && row.dataset.result === "failed") $(".chip", row).dataset.tone = "bad";
    verdict.scrollIntoView({ block: "nearest" });
  }

  /** The large button is what helps: going in, or another test. @param {State | ""} state */
  #offer(state) {
    const useless = NO_USE.has(state);
    for (const button of all('[data-do="test-again"]')) {
      button.setAttribute("aria-busy", String(state === "running"));
      button.classList.toggle("primary", useless);
      show(button, state !== "unsupported");
    }
    for (const way of all("[data-go]")) way.classList.toggle("primary", !useless);
  }

  /** @param {HTMLElement} row @param {"running" | "passed" | "failed" | "untested"} result @param {number} [seconds] */
  #mark(row, result, seconds = 0) {
    row.dataset.result = result;
    const chip = $(".chip", row);
    chip.dataset.tone = result === "passed" ? "good" : "plain"; // one way is enough
    drawIcon(chip, result === "passed" ? "check" : result === "failed" ? "x" : "clock");
    say($("span", chip), text(`line-test.way.${result}`, { seconds: Math.max(0.1, seconds).toFixed(1) }));
  }

  #rows() {
    return all("[data-way]", this.root);
  }
}
