/** The few things that every page does with its elements. */

/**
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {T} the first match; a template without it is a mistake of ours, so it throws
 */
export function $(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`no ${selector} on this page`);
  return /** @type {T} */ (found);
}

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement[]}
 */
export function all(selector, root = document) {
  return [...root.querySelectorAll(selector)].map((found) => /** @type {HTMLElement} */ (found));
}

/**
 * @param {string} id of a `<template>` with one root element
 * @returns {HTMLElement}
 */
export function clone(id) {
  const template = /** @type {HTMLTemplateElement} */ ($(`#${id}`));
  const root = template.content.firstElementChild;
  if (!root) throw new Error(`template ${id} is empty`);
  return /** @type {HTMLElement} */ (root.cloneNode(true));
}

/**
 * Sets text only when it differs, so that a live region does not speak twice.
 * @param {Element} element
 * @param {string} words
 */
export function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/**
 * @param {Element} element
 * @param {boolean} visible
 */
export function show(element, visible) {
  /** @type {HTMLElement} */ (element).hidden = !visible;
}

/**
 * @param {HTMLElement} button stays in reach of the keyboard
 * @param {boolean} blocked
 */
export function block(button, blocked) {
  button.setAttribute("aria-disabled", String(blocked));
}

/**
 * @param {HTMLElement} button
 * @param {() => unknown} pressed does nothing while it is blocked, or the time before is not done
 */
export function press(button, pressed) {
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true" || button.getAttribute("aria-busy") === "true") return;
    const done = pressed();
    if (!(done instanceof Promise)) return;
    button.setAttribute("aria-busy", "true");
    await done.finally(() => button.removeAttribute("aria-busy"));
  });
}

/**
 * @param {Element} element its first `<svg class="icon">` gets another drawing
 * @param {string} name in icons.svg, which stands in every page; without `i-`
 */
export function drawIcon(element, name) {
  const use = element.querySelector("use");
  const href = `#i-${name}`;
  if (use && use.getAttribute("href") !== href) use.setAttribute("href", href);
}

/** Most that a page waits for its own painting, in milliseconds. */
const PAINT_WITHIN = 500;

/**
 * Resolves when what was changed is on the screen. A hidden page paints nothing; it will paint before
 * anybody looks at it, so it does not wait.
 * @returns {Promise<void>}
 */
export function painted() {
  if (document.visibilityState === "hidden") return Promise.resolve();
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, PAINT_WITHIN);
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        clearTimeout(limit);
        resolve();
      }),
    );
  });
}
