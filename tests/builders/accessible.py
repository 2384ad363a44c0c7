"""axe-core on a page as it stands, in the usual look and in high contrast."""

from functools import cache
from pathlib import Path
from typing import Final

import axe_playwright_python

from tests.builders.journey import Visitor

LOOKS: Final = ("", "contrast")
WEAR: Final = """look => {
  if (look) document.documentElement.dataset.theme = look;
  else delete document.documentElement.dataset.theme;
}"""
# A transition that another one replaces, or whose element goes, ends by rejecting: it is over all the same.
SETTLED: Final = """async () => {
  const running = () => document.getAnimations().filter(one => one instanceof CSSTransition);
  for (let some = running(); some.length > 0; some = running()) {
    await Promise.allSettled(some.map(one => one.finished));
  }
}"""
RUN: Final = """() => axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations.map(
  one => [one.id, one.help, ...one.nodes.map(node => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`)],
))"""


@cache
def _axe() -> str:
    return next(Path(axe_playwright_python.__file__).parent.glob("axe.min.js")).read_text()


async def findings(visitor: Visitor, state: str) -> list[str]:
    """Return what axe finds wrong, each with the state and the look that it was found in."""
    page = visitor.page
    if not await page.evaluate("'axe' in globalThis"):
        await page.evaluate(_axe())
    found: list[str] = []
    for look in LOOKS:
        await page.evaluate(WEAR, look)
        await page.evaluate(SETTLED)
        found += [f"{state} {look}: {violation}" for violation in await page.evaluate(RUN)]
    await page.evaluate(WEAR, "")
    return found
