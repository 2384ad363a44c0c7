/**
 * The case file: one segment plays at a time, the caption shows the time in Beijing of what is on the screen,
 * and the grant counts down. The choice of a segment is a link to it, and works without this module.
 */

const SOON_S = 5 * 60;
const BEIJING = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });
const figures = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("figure[id^='segment-']")]);

/** Marks the chosen segment's links and pauses all others. */
function show() {
  const chosen = figures.find((figure) => `#${figure.id}` === location.hash) ?? figures[0];
  for (const figure of figures) if (figure !== chosen) figure.querySelector("video")?.pause();
  for (const link of document.querySelectorAll('a[href^="#segment-"]')) {
    link.toggleAttribute("aria-current", link.getAttribute("href") === `#${chosen?.id}`);
    if (link.hasAttribute("aria-current")) link.setAttribute("aria-current", "true");
  }
}

/** @param {HTMLElement} figure */
function followClock(figure) {
  const video = figure.querySelector("video");
  const shown = figure.querySelector("time");
  if (!video || !shown) return;
  const started = Date.parse(video.dataset.started ?? "");
  video.addEventListener("timeupdate", () => {
    const at = BEIJING.format(new Date(started + video.currentTime * 1000));
    shown.textContent = (shown.dataset.clock ?? "{time}").replace("{time}", at);
  });
}

/** @param {HTMLElement} grant counts by the time since the page came, not by this machine's clock */
function countDown(grant) {
  const left = Number(grant.dataset.left) - performance.now() / 1000;
  const text = left > 0 ? grant.dataset.minutes : grant.dataset.over;
  grant.textContent = (text ?? "").replace("{minutes}", String(Math.floor(left / 60)));
  if (left <= SOON_S) grant.dataset.tone = left > 0 ? "warn" : "bad";
  if (left > 0) setTimeout(countDown, 10_000, grant);
}

addEventListener("hashchange", show);
show();
figures.forEach(followClock);
for (const grant of document.querySelectorAll("[data-left]")) countDown(/** @type {HTMLElement} */ (grant));
