/** The stage: each side's people large and of equal size, one's own picture small between them. */

import { $, all, clone, drawIcon, say, show } from "../lib/dom.js";
import { text } from "../lib/texts.js";
import { sharerOf } from "../lib/share-words.js";
import { SharedScreen } from "../lib/shared-screen.js";
import { coverIcon, coverOf, isHeard } from "./covers.js";

/**
 * @typedef {import("./persons.js").Person} Person
 * @typedef {import("../lib/connection.js").Slot} Slot
 * @typedef {{away: import("../lib/socket.js").Away, connected: boolean, stalled: Set<string>, paused: boolean, screenPaused: boolean}} Line
 */

export class Stage {
  /** @type {Map<string, HTMLElement>} */ #tiles = new Map();
  /** @type {Slot[]} */ #slots = [];

  #shared = new SharedScreen($(".shared"));
  #view = /** @type {any} */ (null);

  /** @param {(seat: string) => void} stop somebody's screen */
  constructor(stop) {
    $("#screen-stop").addEventListener("click", () => stop(this.#view.screen));
  }

  /** @param {Slot[]} slots of the newest connection @param {MediaStream} screen */
  setSlots(slots, screen) {
    this.#slots = slots;
    this.#shared.setStream(screen);
  }

  /**
   * @param {any} view
   * @param {Line} line
   */
  show(view, line) {
    this.#view = view;
    const shared = this.#shared.show(line.away ? null : view, line.screenPaused ? "paused" : "");
    for (const each of [document.body, $("#stage")]) each.toggleAttribute("data-shared", shared);
    if (shared) say($("#screen-stop span"), text("screen-stop", { name: sharerOf(view).name }));
    for (const side of ["applicant", "respondent"]) {
      const half = $(`.half[data-side="${side}"]`);
      const people = onStage(view.everybody.filter((/** @type {Person} */ one) => one.side === side));
      half.dataset.count = String(people.length);
      this.#keep(half, people);
      for (const person of people) this.#fill(person, view, line);
    }
  }

  /** @param {Set<string>} seats who speaks now */
  speaking(seats) {
    for (const [seat, tile] of this.#tiles) {
      mark(tile, seats.has(seat));
    }
  }

  /**
   * @param {HTMLElement} half
   * @param {Person[]} people
   */
  #keep(half, people) {
    const seats = new Set(people.map((one) => one.seat));
    for (const tile of all(".tile", half)) {
      if (seats.has(tile.dataset.seat ?? "")) continue;
      attach(tile, null);
      tile.remove();
      this.#tiles.delete(tile.dataset.seat ?? "");
    }
    people.forEach(({ seat }, at) => {
      const tile = this.#tiles.get(seat) ?? added();
      tile.dataset.seat = seat;
      this.#tiles.set(seat, tile);
      if (half.children[at] !== tile) half.insertBefore(tile, half.children[at] ?? null);
    });
  }

  /**
   * @param {Person} person
   * @param {any} view
   * @param {Line} line
   */
  #fill(person, view, line) {
    const tile = /** @type {HTMLElement} */ (this.#tiles.get(person.seat));
    const mark = $(".side", tile);
    mark.dataset.side = person.side;
    say(mark, text(`mark-${person.side}`));
    say($(".called", tile), person.organisation ? text("called-of", { ...person }) : person.name);
    const mic = $("[data-mic]", tile);
    show(mic, person.here && person.admission === "admitted");
    drawIcon(mic, person.mic ? "mic" : "mic-off");
    say($(".name .visually-hidden", tile), person.mic ? "" : text("mic-off"));
    show($(".corner", tile), !person.recorded && person.admission === "admitted" && view.phase === "open");
    const cover = coverOf(person, view, line);
    const slot = view.people.find((/** @type {Person} */ one) => one.seat === person.seat)?.slot;
    const moving = cover === null || cover === "stalled"; // a picture that stands still may go on
    const video = attach(tile, moving && slot !== undefined ? (this.#slots[slot]?.video ?? null) : null);
    this.#cover(tile, person, cover ?? (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA ? "coming" : null));
  }

  /**
   * @param {HTMLElement} tile
   * @param {Person} person
   * @param {import("./covers.js").Cover | null} cover
   */
  #cover(tile, person, cover) {
    const element = $(".cover", tile);
    show(element, cover !== null);
    if (!isHeard(cover)) mark(tile, false);
    if (cover === null) return;
    drawIcon(element, coverIcon(cover));
    say($("strong", element), text(`cover-${cover}`, { name: person.name }));
    const detail = /** @type {Element} */ (element.lastElementChild);
    say(detail, cover === "apart" ? text("cover-apart-detail") : "");
  }
}

/**
 * Whoever is out for good leaves the stage to the others of the side; where there are none, their tile says so.
 * @param {Person[]} side
 * @returns {Person[]}
 */
function onStage(side) {
  const there = side.filter(({ admission }) => admission !== "removed" && admission !== "refused");
  return there.length > 0 ? there : side;
}

/**
 * The picture of who is not to be seen is taken away: the last frame of a stopped video would stay.
 * @param {HTMLElement} tile
 * @param {MediaStream | null} stream
 * @returns {HTMLVideoElement}
 */
function attach(tile, stream) {
  const video = /** @type {HTMLVideoElement} */ ($("video", tile));
  if (video.srcObject !== stream) video.srcObject = stream;
  if (stream && video.paused) video.play().catch(() => {});
  return video;
}

/** @param {HTMLElement} tile @param {boolean} speaking */
function mark(tile, speaking) {
  tile.toggleAttribute("data-speaking", speaking);
  show($(".bars", tile), speaking);
}

/** @returns {HTMLElement} a tile whose cover goes when the first picture is there */
function added() {
  const tile = clone("t-tile");
  const video = /** @type {HTMLVideoElement} */ ($("video", tile));
  video.addEventListener("loadeddata", () => show($(".cover", tile), video.srcObject === null));
  return tile;
}
