/** Size of text and contrast, kept in this browser and set before the rest of the page is drawn. */

/** @type {Record<string, string>} what `data-preference` switches on, unless the control has a `data-value` of its own */
const USUAL = { elder: "large", theme: "contrast" };

/** @param {string} key @returns {string} private browsing may refuse storage: then nothing is kept */
function kept(key) {
  try {
    return localStorage.getItem(`heyi-${key}`) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} key @param {string} value empty: the usual look */
function keep(key, value) {
  try {
    if (value) localStorage.setItem(`heyi-${key}`, value);
    else localStorage.removeItem(`heyi-${key}`);
  } catch {
    // it holds for this page then
  }
}

/** @param {string} key @param {string} value */
function apply(key, value) {
  if (value) document.documentElement.dataset[key] = value;
  else delete document.documentElement.dataset[key];
}

/**
 * A checkbox or a button with `data-preference="elder"` or `"theme"` switches on and off. One with `data-value`
 * is a further step: switched off it goes back to `data-otherwise`.
 */
function wire() {
  for (const key of Object.keys(USUAL)) {
    const controls = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`[data-preference="${key}"]`));
    const mark = () => controls.forEach((control) => showState(control, document.documentElement.dataset[key] ?? ""));
    for (const control of controls) {
      control.addEventListener(control instanceof HTMLInputElement ? "change" : "click", () => {
        const { value = USUAL[key], otherwise = "" } = control.dataset;
        const next = isOn(control, document.documentElement.dataset[key] ?? "") ? otherwise : value;
        keep(key, next);
        apply(key, next);
        mark();
      });
    }
    mark();
  }
}

/** @param {HTMLElement} control @param {string} now @returns {boolean} */
function isOn(control, now) {
  return control.dataset.value ? now === control.dataset.value : now !== "";
}

/** @param {HTMLElement} control @param {string} now */
function showState(control, now) {
  const on = isOn(control, now);
  if (control instanceof HTMLInputElement) control.checked = on;
  else control.setAttribute("aria-pressed", String(on));
}

for (const key of Object.keys(USUAL)) apply(key, kept(key));
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", wire);
else wire();
