/** One question before what cannot be taken back. Focus goes into the dialog and comes back. */

import { $, say } from "../lib/dom.js";

/**
 * @param {{title: string, text: string, yes: string}} words
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, yes }) {
  const dialog = /** @type {HTMLDialogElement} */ ($("#ask"));
  if (dialog.open) return Promise.resolve(false);
  say($("#h-ask"), title);
  say($("#ask-text"), text);
  say($("[data-yes]", dialog), yes);
  return new Promise((resolve) => {
    const done = new AbortController();
    const { signal } = done;
    let answer = false;
    $("[data-yes]", dialog).addEventListener("click", () => ((answer = true), dialog.close()), { signal });
    $("[data-close]", dialog).addEventListener("click", () => dialog.close(), { signal });
    dialog.addEventListener("close", () => (done.abort(), resolve(answer)), { signal });
    dialog.showModal();
    $("[data-close]", dialog).focus();
  });
}
