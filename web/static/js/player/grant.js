/** The hour for which a case file is open. It counts by the time since the page came, not by this machine's clock. */

const SOON_S = 5 * 60;
const LOOK_MS = 10_000;

/**
 * @param {HTMLElement} grant `data-left` is seconds
 * @param {() => void} over
 */
export function countDown(grant, over) {
  const left = Number(grant.dataset.left) - performance.now() / 1000;
  const words = left > 0 ? grant.dataset.minutes : grant.dataset.over;
  grant.textContent = (words ?? "").replace("{minutes}", String(Math.floor(left / 60)));
  if (left <= SOON_S) grant.dataset.tone = left > 0 ? "warn" : "bad";
  if (left > 0) setTimeout(countDown, Math.min(LOOK_MS, left * 1000 + 1), grant, over);
  else over();
}
