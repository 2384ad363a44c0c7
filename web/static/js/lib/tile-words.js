/** What stands on a video tile. No DOM. */

/**
 * @typedef {object} Shown
 * @property {string} seat
 * @property {string} name
 * @property {string} organisation
 * @property {string} role
 * @property {string} side
 * @property {number} slot
 * @property {boolean} here
 * @property {boolean} mic
 * @property {boolean} camera
 * @property {boolean} unrecorded never recorded while others are
 * @property {boolean} [stalled] the picture should move and does not
 * @property {MediaStream | null} [mine] the own picture: this tile is oneself
 * @typedef {(key: string, values?: Record<string, string | number>) => string} Say
 */

/**
 * @param {any} view
 * @param {MediaStream | null} mine
 * @param {Set<string>} [stalled] seats whose picture stands still
 * @returns {Shown[]} the mediator first, then the others, oneself last
 */
export function shownOf(view, mine, stalled = new Set()) {
  const nobody = { name: "", organisation: "", slot: -1, here: true };
  const others = view.people.map((/** @type {any} */ person) => ({
    ...person,
    unrecorded: view.truth === "joint" && !person.recorded,
    stalled: stalled.has(person.seat),
  }));
  const me = { ...nobody, ...view.me, unrecorded: view.truth === "joint" && !view.me.recorded, mine };
  const first = (/** @type {Shown} */ person) => (person.role === "mediator" ? 0 : 1);
  return [...others.sort((/** @type {Shown} */ a, /** @type {Shown} */ b) => first(a) - first(b)), me];
}

/**
 * @param {Shown} person
 * @param {Say} say
 * @returns {{role: string, name: string}} a small tile leaves the role out
 */
export function labelOf(person, say) {
  if (person.mine !== undefined) return { role: "", name: say("tile.me") };
  return { role: say(`tile.role.${person.role}`), name: person.name };
}

/** @param {Shown} person @returns {string} a name of icons.svg */
export function iconOf(person) {
  return person.mic ? "mic" : "mic-off";
}

/** @param {Shown} person @param {Say} say @returns {string} why there is no picture; empty when there is one */
export function coverOf(person, say) {
  if (!person.here) return say("tile.away");
  if (!person.camera) return say("tile.camera-off");
  return person.stalled ? say("tile.stalled") : "";
}
