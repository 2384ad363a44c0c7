/** The page's own texts, from its JSON block `<script type="application/json" id="texts">`. */

import { fill } from "./format.js";

/** @type {Record<string, string> | null} */
let table = null;

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string} throws for a key that the page does not carry: a mistake of ours
 */
export function text(key, values) {
  table ??= /** @type {Record<string, string>} */ (JSON.parse(document.getElementById("texts")?.textContent ?? "{}"));
  if (!(key in table)) throw new Error(`no text ${key}`);
  return fill(table[key], values);
}

/**
 * What the page's `<body>` says about itself: `data-base` and `data-csrf`.
 * @returns {{base: string, csrf: string}}
 */
export function page() {
  const { base = "", csrf = "" } = document.body.dataset;
  return { base, csrf };
}
