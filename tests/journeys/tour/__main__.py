"""`make tour`: walk through the service in Chromium and write docs/tour.md with a picture of every state.

Nothing is staged but the faces: a server runs in a process of its own, and whatever is seen was brought
about by pressing what people press. It takes some minutes, because codes of one person are half a minute
apart.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.async_api import async_playwright

from tests.builders.browsers import launch
from tests.builders.gallery import Gallery
from tests.builders.house import ADMIN, LEGAL, MEDIATOR, house
from tests.builders.sittings import staff_page
from tests.journeys.tour.guide import DOCS, PICTURES, Tour, with_a_face
from tests.journeys.tour.line import see_lines
from tests.journeys.tour.offices import see_archive, see_cases, see_outbox, see_people, see_public_pages
from tests.journeys.tour.session import see_one_case, see_who_is_not_let_in

INTRODUCTION: Final = """# A tour of the service

Every page and every state, at 390×844 and at 1440×900, in the light look and in high contrast; what a
party sees also in elder mode (长辈模式) on the phone. `make tour` takes the pictures anew: three people in Chromium go
through a case, on a server that runs beside them. The people are drawn, the rest is as it is. A click
shows a picture in full.
"""


async def main() -> int:
    """Take the tour; return the exit status."""
    with tempfile.TemporaryDirectory(prefix="heyi-tour-") as scratch:
        async with (
            async_playwright() as driver,
            house(Path(scratch) / "house", MEDIATOR, LEGAL, ADMIN) as opened,
        ):
            browser = await launch(driver, "--use-fake-ui-for-media-stream")
            tour = Tour(browser, opened, Gallery(PICTURES / "tour"))
            try:
                await see_public_pages(tour)
                mediator = await with_a_face(await staff_page(browser, opened, MEDIATOR))
                case = await see_cases(tour, mediator)
                await see_one_case(tour, mediator, case)
                await see_who_is_not_let_in(tour)
                await see_lines(tour, driver, Path(scratch))
                await see_archive(tour, case)
                await see_people(tour)
                await see_outbox(tour, Path(scratch) / "demo")
            finally:
                await browser.close()
            tour.gallery.write(DOCS / "tour.md", INTRODUCTION)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
