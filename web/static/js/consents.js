/** Choices that are not handed in yet stay in this tab: who looks at another page finds them again. */

import { kept, keep } from "./lib/choices.js";

/** @type {HTMLInputElement[]} */
const radios = [...document.querySelectorAll('#consents input[type="radio"]')].map((one) => /** @type {any} */ (one));
const base = document.body.dataset.base ?? "";
const before = kept(base);

/** What the page came with was handed in, and holds. */
const known = new Set(radios.filter((one) => one.checked).map((one) => one.name));
for (const one of radios) if (!known.has(one.name) && before[one.name] === one.value) one.checked = true;

document.addEventListener("change", () => {
  keep(base, Object.fromEntries(radios.filter((one) => one.checked).map((one) => [one.name, one.value])));
});
