/** The test of the own line, over the device check or the waiting room: the page stays, and so does the place. */

import { $, all } from "../lib/dom.js";
import { LineTest } from "../lib/line-test.js";

export class LineDialog {
  /**
   * @param {HTMLDialogElement} root
   * @param {string} base of the page
   */
  constructor(root, base) {
    this.root = root;
    this.test = new LineTest($("#line-test", root), base);
    for (const button of all('[data-do="test-line"]')) button.addEventListener("click", () => this.#open());
    for (const button of all('[data-do="test-again"]', root)) button.addEventListener("click", () => this.test.start());
    root.addEventListener("close", () => this.test.stop());
  }

  /** Another screen is shown: whatever it is, it is not covered. */
  close() {
    this.root.close();
  }

  #open() {
    this.root.showModal();
    this.test.start();
  }
}
