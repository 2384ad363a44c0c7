/** The offer that is open or sealed: what all three see, and who has signed it. */

import { $, clone, say, show } from "../lib/dom.js";
import { grouped, hourAndMinute } from "../lib/format.js";
import { text } from "../lib/texts.js";

/**
 * @typedef {object} Signer of a settlement (docs/protocol.md)
 * @property {string} field
 * @property {string} name
 * @property {string} organisation
 * @property {string} role
 * @property {string} signed time or empty
 * @property {string | boolean} declined
 * @property {boolean} me
 */

/** @param {any} settlement of state offered, signed or sealed */
export function showOffered(settlement) {
  const sealed = settlement.state === "sealed";
  say($("#short"), settlement.short);
  say($("#pages"), text("pages", { pages: settlement.pages, clauses: settlement.clauses.length }));
  say($("#digest"), grouped(settlement.digest));
  say($("#pdf span"), text(sealed ? "pdf-sealed" : "pdf-offered"));
  $("#pdf").toggleAttribute("download", sealed);
  show($("#change"), settlement.state === "offered");
  const list = $("#text");
  if (list.dataset.of !== settlement.digest) {
    list.replaceChildren(...settlement.clauses.map(clause));
    list.dataset.of = settlement.digest;
  }
  showSigners(settlement.signers);
}

/** @param {string} words */
function clause(words) {
  const item = document.createElement("li");
  item.textContent = words;
  return item;
}

/** @param {Signer[]} signers */
function showSigners(signers) {
  const list = $("#signers");
  while (list.children.length > signers.length) list.lastElementChild?.remove();
  while (list.children.length < signers.length) list.append(clone("t-signer"));
  signers.forEach((signer, at) => {
    const row = list.children[at];
    say($("strong", row), signer.me ? text("signer-me", { name: signer.name }) : signer.name);
    const role = text(`role-${signer.role}`);
    say($(".muted", row), signer.organisation ? text("role-of", { role, organisation: signer.organisation }) : role);
    const chip = $(".chip", row);
    chip.dataset.tone = signer.declined ? "bad" : signer.signed ? "good" : "plain";
    say(chip, stateOf(signer, signers));
  });
}

/**
 * @param {Signer} signer
 * @param {Signer[]} signers
 * @returns {string}
 */
function stateOf(signer, signers) {
  if (signer.declined) return text("signer-declined");
  if (signer.signed) return text("signer-signed", { time: hourAndMinute(Date.parse(signer.signed)) });
  const waits = signer.me && signers.some((other) => !other.me && !other.signed);
  return text(waits ? "signer-last" : "signer-open");
}

/**
 * @param {any} settlement
 * @returns {string} who does not sign, by name
 */
export function whoDeclined(settlement) {
  const names = (settlement?.signers ?? []).filter((/** @type {Signer} */ one) => one.declined);
  return names.map((/** @type {Signer} */ one) => one.name).join(text("separator"));
}
