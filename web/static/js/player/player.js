/**
 * The player of a session: every tile follows one clock, and the clock stops for whoever is not there yet.
 *
 * It looks at everything ten times a second, and at the very moment when something changes.
 */

import { $, block, drawIcon, press, say, show } from "../lib/dom.js";
import { text } from "../lib/texts.js";
import { Course, timeOf } from "./course.js";
import { MasterClock } from "./master-clock.js";
import { changeAfter } from "./plan.js";
import { Tile } from "./tile.js";
import { Timeline } from "./timeline.js";
import { inBeijing, since } from "./times.js";

/** @typedef {import("./plan.js").Part} Part */

const LOOK_MS = 100;
const SAY_AFTER_MS = 500; // a wait that is shorter is not worth a word

export class Player {
  /**
   * @param {HTMLElement} root
   * @param {{begins: number, length: number, tracks: {name: string, parts: Part[]}[]}} session
   * @param {HTMLAnchorElement[]} course links to what happened
   */
  constructor(root, { begins, length, tracks }, course) {
    this.clock = new MasterClock(length);
    this.#begins = begins;
    const figures = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".screen > .tile")]);
    this.tiles = tracks.map((track, index) => new Tile(figures[index], track, (trouble) => this.close(trouble)));
    const seek = (/** @type {number} */ to) => this.seek(to);
    this.#timeline = new Timeline(root, length, { seek, words: (at) => this.#words(at) });
    this.#course = new Course(course);
    this.#root = root;
    this.#listen();
    for (const id of ["before", "after"]) block($(`#${id}`, root), false); // blocked until this script is there
    this.clock.seek(timeOf(location.hash) ?? taken() ?? 0);
    this.#look();
    this.#timeline.tell();
  }

  #begins;
  #timeline;
  #course;
  #root;
  /** @type {"over" | "signed-out" | null} */
  #closed = null;
  #waitsSince = 0;
  #timer = 0;

  /** @param {number} to */
  seek(to) {
    this.clock.seek(to);
    this.#look();
    this.#timeline.tell();
  }

  /** Stops for good, where it is; the next opening of this file goes on from there. @param {"over" | "signed-out"} why */
  close(why) {
    if (this.#closed) return;
    this.#closed = why;
    keep(this.clock.position);
    this.clock.pause();
    this.#look();
  }

  #listen() {
    press($("#play", this.#root), () => this.#toggle());
    press($("#before", this.#root), () => this.seek(this.#course.before(this.clock.position)));
    press($("#after", this.#root), () => this.seek(this.#course.after(this.clock.position) ?? this.clock.length));
    const rate = /** @type {HTMLSelectElement} */ ($("#rate", this.#root));
    rate.addEventListener("change", () => this.clock.setRate(Number(rate.value)));
    document.addEventListener("click", (event) => {
      const link = /** @type {Element} */ (event.target).closest("a[href^='#t=']");
      const at = link && timeOf(/** @type {HTMLAnchorElement} */ (link).hash);
      if (at === null) return;
      event.preventDefault();
      this.seek(at);
    });
    addEventListener("hashchange", () => this.seek(timeOf(location.hash) ?? this.clock.position));
    for (const event of ["online", "offline"]) addEventListener(event, () => this.#look());
  }

  #toggle() {
    if (this.#closed) return;
    if (this.clock.wanted) this.clock.pause();
    else this.clock.play();
    this.#look();
    this.#timeline.tell();
  }

  #look() {
    clearTimeout(this.#timer);
    if (this.clock.wanted && this.clock.ended) this.clock.pause();
    const at = this.clock.position;
    if (!this.#closed) for (const tile of this.tiles) tile.follow(at, this.clock.going, this.clock.rate);
    else for (const tile of this.tiles) tile.reel.rest();
    this.clock.hold(!this.#closed && this.tiles.some((tile) => tile.waiting));
    this.#show(at);
    const change = changeAfter(this.tiles.map((tile) => tile.parts), at);
    const untilChange = this.clock.going ? (change - at) / this.clock.rate : LOOK_MS;
    this.#timer = setTimeout(() => this.#look(), Math.min(LOOK_MS, Math.max(untilChange, 1)));
  }

  /** @param {number} at */
  #show(at) {
    this.#timeline.show(at);
    this.#course.show(at);
    say($("#since", this.#root), since(at));
    const clock = $("#clock", this.#root);
    say(clock, text("player.clock", { clock: inBeijing(this.#begins + at) }));
    clock.setAttribute("datetime", new Date(this.#begins + at).toISOString());
    const play = $("#play", this.#root);
    drawIcon(play, this.clock.wanted ? "pause" : "play");
    block(play, this.#closed !== null);
    say($("span", play), text(this.clock.wanted ? "player.pause" : "player.play"));
    this.#tell(at);
  }

  /** Says why it does not go. @param {number} at */
  #tell(at) {
    const status = $("#player-state", this.#root);
    const words = this.#trouble(at);
    say(status, words);
    show(status, words !== "");
  }

  /** @param {number} at @returns {string} */
  #trouble(at) {
    if (this.#closed) return text(`player.${this.#closed}`, { elapsed: since(at) });
    const missing = this.tiles.filter((tile) => tile.waiting).map((tile) => tile.name);
    if (!missing.length) this.#waitsSince = 0;
    else this.#waitsSince ||= performance.now();
    if (missing.length && !navigator.onLine) return text("player.offline");
    if (missing.length && performance.now() - this.#waitsSince > SAY_AFTER_MS) {
      return text("player.waiting", { names: missing.join(text("player.separator")) });
    }
    return this.clock.ended ? text("player.ended") : "";
  }

  /** @param {number} at */
  #words(at) {
    const clock = text("player.clock", { clock: inBeijing(this.#begins + at) });
    return text("player.at", { elapsed: since(at), clock });
  }
}

/** Where this file was left is remembered in this tab alone. */
const PLACE = `played ${location.pathname}`;

/** @param {number} at */
function keep(at) {
  sessionStorage.setItem(PLACE, String(Math.round(at)));
}

/** @returns {number | null} */
function taken() {
  const kept = sessionStorage.getItem(PLACE);
  sessionStorage.removeItem(PLACE);
  return kept === null ? null : Number(kept);
}
