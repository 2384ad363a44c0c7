/** What was recorded while this page was open: an interval ends when the server says that it did. No DOM. */

/**
 * @typedef {"recorded" | "applicant" | "respondent" | "paused" | "failed" | "pause"} Kind recorded, a caucus with a
 *   side, the mediator's pause, a fault, or nobody to record
 * @typedef {{kind: Kind, from: number, to: number | null}} Interval milliseconds since 1970 by the server's clock
 */

const MOST = 60;

/**
 * @param {any} view
 * @returns {Kind | null} null: the session is not open
 */
export function kindOf(view) {
  if (view.phase !== "open") return null;
  if (view.session_recorded) return "recorded";
  if (view.recording_paused) return "paused";
  if (view.recorder_failed) return "failed";
  return view.caucus_side === "applicant" || view.caucus_side === "respondent" ? view.caucus_side : "pause";
}

/**
 * @param {Interval[]} so_far
 * @param {Kind | null} kind
 * @param {number} now
 * @returns {Interval[]} the same list when nothing changed
 */
export function extended(so_far, kind, now) {
  const last = so_far.at(-1);
  const open = last && last.to === null ? last : null;
  if (open && open.kind === kind) return so_far;
  if (!open && kind === null) return so_far;
  const ended = open ? [...so_far.slice(0, -1), { ...open, to: now }] : so_far;
  return kind === null ? ended : [...ended, /** @type {Interval} */ ({ kind, from: now, to: null })].slice(-MOST);
}
