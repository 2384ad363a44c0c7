"""`make tour`: walk through the service in Chromium and write docs/tour.md with a picture of every state.

Nothing is staged but the faces and how good a line is said to be: a server runs in a process of its own,
and whatever is seen was brought about by pressing what people press. It takes some minutes, because codes
of one person are half a minute apart. `python -m tests.journeys.tour case lines` takes these walks alone.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from playwright.async_api import Playwright, async_playwright

from tests.builders.browsers import launch
from tests.builders.gallery import Gallery
from tests.builders.house import ADMIN, LEGAL, MEDIATOR, house
from tests.builders.sittings import staff_page
from tests.journeys.tour.guide import DOCS, PICTURES, Tour, with_a_face
from tests.journeys.tour.line import see_lines
from tests.journeys.tour.offices import see_archive, see_cases, see_outbox, see_people, see_public_pages
from tests.journeys.tour.rough import see_rough_lines
from tests.journeys.tour.session import see_one_case, see_who_is_not_let_in

Walk = Callable[[Tour, Playwright, Path], Awaitable[None]]

INTRODUCTION: Final = """# A tour of the service

Every page and every state, at 390×844 and at 1440×900, in the light look and in high contrast; what a
party sees also in elder mode (长辈模式) on the phone. `make tour` takes the pictures anew: three people in Chromium go
through a case, on a server that runs beside them. The people are drawn, and lines are as good as the tour says; the
rest is as it is. A click shows a picture in full.
"""


async def see_case(tour: Tour, _: Playwright, scratch: Path) -> None:
    """Follow one case from its registration to the archive."""
    mediator = await with_a_face(await staff_page(tour.browser, tour.house, MEDIATOR))
    case = await see_cases(tour, mediator)
    await see_one_case(tour, mediator, case)
    await see_archive(tour, case)
    await see_people(tour)


async def see_pages(tour: Tour, _: Playwright, scratch: Path) -> None:
    await see_public_pages(tour)
    await see_outbox(tour, scratch / "demo")


async def see_others(tour: Tour, _: Playwright, __: Path) -> None:
    await see_who_is_not_let_in(tour)


async def see_rough(tour: Tour, _: Playwright, __: Path) -> None:
    await see_rough_lines(tour)


WALKS: Final[dict[str, Walk]] = {
    "case": see_case,
    "others": see_others,
    "rough": see_rough,
    "lines": see_lines,
    "pages": see_pages,
}


async def main(*names: str) -> int:
    """Take these walks, all without a name; return the exit status."""
    gallery = Gallery(PICTURES / "tour")
    for name in names or WALKS:
        with tempfile.TemporaryDirectory(prefix="heyi-tour-") as scratch:
            await take(WALKS[name], gallery, Path(scratch))
    gallery.write(DOCS / "tour.md", INTRODUCTION, whole=not names)
    return 0


async def take(walk: Walk, gallery: Gallery, scratch: Path) -> None:
    """Take one walk, in a house and a browser of its own."""
    async with async_playwright() as driver, house(scratch / "house", MEDIATOR, LEGAL, ADMIN) as opened:
        browser = await launch(driver, "--use-fake-ui-for-media-stream")
        try:
            await walk(Tour(browser, opened, gallery), driver, scratch)
        finally:
            await browser.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
