/** Copies the text of a field and says what it did. Without a script the field is there to select. */

/** @param {HTMLButtonElement} button names its field in `data-copy` */
function wire(button) {
  const field = /** @type {HTMLTextAreaElement} */ (document.getElementById(button.dataset.copy ?? ""));
  const said = document.getElementById(`${field.id}-said`);
  button.hidden = false;
  button.addEventListener("click", async () => {
    const copied = await copy(field);
    if (said) said.textContent = (copied ? button.dataset.done : button.dataset.failed) ?? "";
  });
}

/**
 * @param {HTMLTextAreaElement} field
 * @returns {Promise<boolean>} false when the browser refused; the text is then selected
 */
async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return false;
  }
}

for (const button of document.querySelectorAll("button[data-copy]")) wire(/** @type {HTMLButtonElement} */ (button));
