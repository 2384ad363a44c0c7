/** What every form needs: nothing is sent twice, and the first error has the focus. The forms work without it. */

/** @param {SubmitEvent} event */
function sendOnce(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
}

/** A page that comes back from the browser's history may be sent again. */
function allowAgain() {
  for (const form of document.forms) delete form.dataset.sent;
  for (const button of document.querySelectorAll('.btn[aria-busy="true"]')) button.removeAttribute("aria-busy");
}

function focusFirstError() {
  const wrong = document.querySelector('[aria-invalid="true"]');
  const control = wrong?.matches("input, select, textarea") ? wrong : wrong?.querySelector("input");
  if (control instanceof HTMLElement) control.focus();
}

document.addEventListener("submit", sendOnce);
addEventListener("pageshow", (event) => event.persisted && allowAgain());
focusFirstError();
