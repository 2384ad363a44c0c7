"""Who is shown around, and what the people look like."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Final

from playwright.async_api import Browser, BrowserContext, ViewportSize, expect

from tests.builders.gallery import PARTY_LOOKS, PHONE, STAFF_LOOKS, Chapter, Gallery
from tests.builders.house import ROOT, House
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    INSURER,
    INSURER_NAME,
    MEDIATOR,
    SCRIPTS,
    Visitor,
    new_context,
    visit,
)

DOCS: Final = ROOT / "docs"
PICTURES: Final = DOCS / "pictures"

PATIENCE: Final = 90_000  # milliseconds for anything that arrives: nothing is measured here

PRESSES_APART: Final = 2_000  # milliseconds

LOOKS: Final = {
    CONSUMER: {"ground": ["#f3d9b1", "#d8893b"], "coat": "#8d3b1f"},
    INSURER: {"ground": ["#cfe6c9", "#4f9a6b"], "coat": "#1f4d3a"},
    MEDIATOR: {"ground": ["#cfdff5", "#5b86c4"], "coat": "#22406e"},
}

expect.set_options(timeout=PATIENCE)


@dataclass(slots=True)
class Tour:
    """The house that is shown, and where its pictures go."""

    browser: Browser
    house: House
    gallery: Gallery
    coming: Chapter = field(init=False)
    room: Chapter = field(init=False)
    signing: Chapter = field(init=False)
    cases: Chapter = field(init=False)
    console: Chapter = field(init=False)
    archive: Chapter = field(init=False)
    rest: Chapter = field(init=False)
    paper: Chapter = field(init=False)

    def __post_init__(self) -> None:
        chapter = self.gallery.chapter
        self.coming = chapter("A party comes", PARTY_LOOKS)
        self.room = chapter("A party in the room", PARTY_LOOKS)
        self.signing = chapter("A party signs", PARTY_LOOKS)
        self.cases = chapter("The mediator's cases", STAFF_LOOKS)
        self.console = chapter("The mediator's console", STAFF_LOOKS)
        self.archive = chapter("Legal staff and administrators", STAFF_LOOKS)
        self.rest = chapter("Pages for everybody", STAFF_LOOKS)
        self.paper = chapter("The settlement itself", STAFF_LOOKS)

    async def take(self, chapter: Chapter, visitor: Visitor, name: str, words: str, part: str = "") -> None:
        await self.gallery.take(chapter, visitor.page, name, words, part)

    async def party(self, role: str, size: ViewportSize, context: BrowserContext | None = None) -> Visitor:
        """Return somebody with an empty page and a drawn face."""
        where = context or await new_context(self.browser, viewport=size, has_touch=size == PHONE)
        name = CONSUMER_NAME if role == CONSUMER else INSURER_NAME
        return await with_a_face(await visit(where, role, name, own_devices=True))


async def with_a_face(visitor: Visitor) -> Visitor:
    visitor.page.set_default_timeout(PATIENCE)
    given = f"globalThis.portrait = {json.dumps(LOOKS[visitor.role])};\n"
    await visitor.page.add_init_script(script=given + (SCRIPTS / "portrait.js").read_text())
    return visitor


async def pictured(visitor: Visitor, count: int) -> None:
    """Wait until so many videos play on the page."""
    playing = (
        "n => [...document.querySelectorAll('video')]"
        ".filter(v => v.offsetParent && v.videoWidth && v.currentTime > 0).length >= n"
    )
    await visitor.page.wait_for_function(playing, arg=count)


async def next_code(tour: Tour, visitor: Visitor, phone: str, button: str | re.Pattern[str]) -> str:
    """Press a button until a further code comes; return its digits."""
    receiver = tour.house.receiver
    had = len(receiver.codes(phone))
    visitor.bear("status of 409")
    press = visitor.page.get_by_role("button", name=button)
    async with asyncio.timeout(PATIENCE / 1000):
        while len(receiver.codes(phone)) == had:
            if await press.is_visible():
                await press.click()
            await visitor.page.wait_for_timeout(PRESSES_APART)
    return receiver.codes(phone)[had]
