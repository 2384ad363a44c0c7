/** Video tiles: one a person, shown and covered by what the view says, never by events of the media. */

import { $, clone, drawIcon, say, show } from "./dom.js";
import { coverOf, iconOf, labelOf } from "./tile-words.js";
import { text } from "./texts.js";

/**
 * @typedef {import("./connection.js").Slot} Slot
 * @typedef {import("./tile-words.js").Shown} Shown
 */

export class Tiles {
  /** @type {Map<string, HTMLElement>} */ #tiles = new Map();
  /** @type {Slot[]} */ #slots = [];

  /**
   * @param {HTMLElement} box its children are this class's business
   * @param {string} [template] id of a `<template>` with a `.tile`
   */
  constructor(box, template = "tile") {
    this.box = box;
    this.template = template;
  }

  /** @param {Slot[]} slots of the newest connection */
  setSlots(slots) {
    this.#slots = slots;
  }

  /**
   * Shows these people and nobody else; who was there before is gone with their picture.
   * @param {Shown[]} people in the order of the screen; `mine` is the own picture for oneself
   */
  render(people) {
    const seats = new Set(people.map((person) => person.seat));
    for (const [seat, tile] of this.#tiles) if (!seats.has(seat)) this.#remove(seat, tile);
    people.forEach((person, n) => {
      const tile = this.#tiles.get(person.seat) ?? this.#add(person.seat);
      if (this.box.children[n] !== tile) this.box.insertBefore(tile, this.box.children[n] ?? null);
      this.#fill(tile, person);
    });
    this.box.dataset.count = String(people.length);
  }

  /** @param {string} seat @param {boolean} speaking */
  speaking(seat, speaking) {
    const tile = this.#tiles.get(seat);
    if (!tile) return;
    tile.toggleAttribute("data-speaking", speaking);
    show($(".bars", tile), speaking);
  }

  /** @param {string} seat */
  #add(seat) {
    const tile = clone(this.template);
    tile.dataset.seat = seat;
    const video = /** @type {HTMLVideoElement} */ ($("video", tile));
    video.addEventListener("loadeddata", () => video.srcObject && show($(".cover", tile), false));
    this.#tiles.set(seat, tile);
    return tile;
  }

  /** @param {string} seat @param {HTMLElement} tile */
  #remove(seat, tile) {
    /** @type {HTMLVideoElement} */ ($("video", tile)).srcObject = null;
    tile.remove();
    this.#tiles.delete(seat);
  }

  /** @param {HTMLElement} tile @param {Shown} person */
  #fill(tile, person) {
    tile.dataset.role = person.role;
    tile.dataset.side = person.side;
    tile.toggleAttribute("data-mine", person.mine !== undefined);
    const label = labelOf(person, text);
    say($("[data-role-words]", tile), label.role);
    say($("[data-name]", tile), label.name);
    $(".name", tile).title = person.organisation;
    drawIcon($(".name", tile), iconOf(person));
    say($("[data-mic-words]", tile), person.mic ? "" : text("tile.muted"));
    const video = /** @type {HTMLVideoElement} */ ($("video", tile));
    this.#attach(video, person);
    const coming = person.mine === undefined && video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA;
    const cover = coverOf(person, text) ?? (coming ? { icon: "refresh", words: text("tile.coming") } : null);
    show($(".cover", tile), cover !== null);
    if (cover) drawIcon($(".cover", tile), cover.icon);
    say($("[data-cover]", tile), cover?.words ?? "");
    say($("[data-short]", tile), cover?.short ?? cover?.words ?? "");
    show($("[data-unrecorded]", tile), person.unrecorded);
    if (person.away || !person.here) this.speaking(person.seat, false);
  }

  /**
   * A covered picture is taken away: the last frame of a stopped video would stay.
   * @param {HTMLVideoElement} video
   * @param {Shown} person
   */
  #attach(video, person) {
    const stream = person.mine !== undefined ? person.mine : (this.#slots[person.slot]?.video ?? null);
    const wanted = person.camera && person.here && !person.away && !person.paused ? stream : null;
    if (video.srcObject !== wanted) video.srcObject = wanted;
    if (wanted && video.paused) video.play().catch(() => {});
  }
}
