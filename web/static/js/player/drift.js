/** What is done about an element that is not where the clock is. Pure: no DOM, no clock. */

export const IN_STEP_MS = 80;
export const STEADY_MS = 20;
export const JUMP_MS = 1000;

/** A share of the speed that nobody hears: 80 ms are made up for in less than two seconds. */
const NUDGE = 0.05;

/** An element begins to run a tenth of a second late, and more on a busy machine: that is made up for sooner. */
const FAR_MS = 120;
const PUSH = 0.12;

/**
 * @param {number} drift milliseconds by which the element is ahead of the clock
 * @param {boolean} correcting whether its speed is being changed already
 * @returns {{jump: boolean, factor: number}} `factor` of the speed; 1 is none
 */
export function correction(drift, correcting) {
  const apart = Math.abs(drift);
  if (apart > JUMP_MS) return { jump: true, factor: 1 };
  if (apart <= (correcting ? STEADY_MS : IN_STEP_MS)) return { jump: false, factor: 1 };
  const share = apart > FAR_MS ? PUSH : NUDGE;
  return { jump: false, factor: drift > 0 ? 1 - share : 1 + share };
}
