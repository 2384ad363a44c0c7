/** Keeps the outbox of a demonstration up to date: fetches its own page and takes over the list. */

const EVERY_MS = 2000;
const list = /** @type {HTMLElement} */ (document.getElementById("messages"));
const said = /** @type {HTMLElement} */ (document.getElementById("outbox-said"));

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("messages");
  if (fresh && fresh.innerHTML !== list.innerHTML) list.replaceChildren(...fresh.childNodes);
}

/** Asks again only when the last answer is there, and not while nobody looks. */
async function follow() {
  if (!document.hidden) {
    const text = await refresh().then(
      () => "",
      () => list.dataset.failed ?? "",
    );
    if (said.textContent !== text) said.textContent = text;
  }
  setTimeout(follow, EVERY_MS);
}

follow();
