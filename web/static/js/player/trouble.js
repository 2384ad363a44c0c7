/** Why a segment does not come: an element says only that it failed, so the server is asked. No DOM. */

/** How long after an answer that did not come it is asked again. */
const AGAIN_MS = 3000;

/**
 * @param {string} url
 * @returns {Promise<"over" | "signed-out" | "gone" | "offline" | "there">} `over`: the grant has run out; `there`:
 *   it comes, so what failed was the element, or the line for a moment
 */
export async function look(url) {
  try {
    const answer = await fetch(url, { headers: { Range: "bytes=0-0" }, cache: "no-store" });
    if (answer.status === 409) return "over";
    if (answer.redirected || answer.status === 401 || answer.status === 403) return "signed-out";
    return answer.ok ? "there" : "gone";
  } catch {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    return "offline";
  }
}
