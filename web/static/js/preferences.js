/** Size of text and contrast, kept in this browser and set before the rest of the page is drawn. */

const KEYS = /** @type {const} */ (["elder", "theme"]);

/** @param {string} key @returns {string} private browsing may refuse storage: then nothing is kept */
function kept(key) {
  try {
    return localStorage.getItem(`heyi-${key}`) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} key @param {string} value empty: the usual */
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

/** Buttons `data-set-elder="large"` or `data-set-theme="contrast"` switch on and off; pressed when on. */
function wire() {
  for (const key of KEYS) {
    const name = key === "elder" ? "setElder" : "setTheme";
    const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`[data-set-${key}]`));
    const mark = () => {
      const now = document.documentElement.dataset[key] ?? "";
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset[name] === now));
    };
    for (const button of buttons) {
      button.addEventListener("click", () => {
        const wanted = button.dataset[name] ?? "";
        const value = document.documentElement.dataset[key] === wanted ? "" : wanted;
        keep(key, value);
        apply(key, value);
        mark();
      });
    }
    mark();
  }
}

for (const key of KEYS) apply(key, kept(key));
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", wire);
else wire();
