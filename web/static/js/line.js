/** A page of its own for the test of the own line, of a party or of a mediator. */

import { $, all } from "./lib/dom.js";
import { LineTest } from "./lib/line-test.js";
import { page } from "./lib/texts.js";

const test = new LineTest($("#line-test"), page().base);
for (const button of all('[data-do="test-again"]')) button.addEventListener("click", () => test.start());
test.start();
