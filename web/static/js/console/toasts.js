/** What is said in passing. Never the only copy of a message that has to be acted upon. */

import { $ } from "../lib/dom.js";

const LASTS = 9_000;
const MOST = 3;

/**
 * @param {string} words
 * @param {"status" | "alert"} [role] alert: something was not done
 */
export function toast(words, role = "status") {
  if (!words) return;
  const region = $(`#toasts [role="${role}"]`);
  const same = [...region.children].find((one) => one.textContent === words);
  same?.remove();
  while (region.children.length >= MOST) region.firstElementChild?.remove();
  const shown = document.createElement("p");
  shown.className = "toast";
  shown.textContent = words;
  region.append(shown);
  setTimeout(() => shown.remove(), LASTS);
}

/** @param {unknown} error a `Refusal` carries the words for the person */
export function refused(error) {
  if (!(error instanceof Error)) throw error;
  toast(error.message, "alert");
}

/** What was refused before is done now: the refusal is not true any more. */
export function settled() {
  $('#toasts [role="alert"]').replaceChildren();
}
