/** The case file: the session is played on one clock, and the grant counts down. */

import { countDown } from "./player/grant.js";
import { Player } from "./player/player.js";

const session = document.getElementById("session");
const root = document.getElementById("player");
const course = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll(".course a[href^='#t=']")]);
const player = session && root ? new Player(root, JSON.parse(session.textContent ?? ""), course) : null;

for (const grant of document.querySelectorAll("[data-left]")) {
  countDown(/** @type {HTMLElement} */ (grant), () => player?.close("over"));
}
