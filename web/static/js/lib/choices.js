/** Answers on a form that is not handed in yet, in this tab alone. A browser that keeps nothing loses no more than them. */

/** @param {string} base of the seat @returns {string} */
const key = (base) => `heyi-choices ${base}`;

/**
 * @param {string} base
 * @returns {Record<string, string>} by the name of the field
 */
export function kept(base) {
  try {
    return JSON.parse(sessionStorage.getItem(key(base)) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {string} base @param {Record<string, string>} choices by the name of the field */
export function keep(base, choices) {
  try {
    sessionStorage.setItem(key(base), JSON.stringify(choices));
  } catch {
    // The form itself still has them.
  }
}

/** They were handed in. @param {string} base */
export function forget(base) {
  try {
    sessionStorage.removeItem(key(base));
  } catch {
    // Then there are none.
  }
}
