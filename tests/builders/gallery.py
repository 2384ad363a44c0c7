"""Pictures of pages in every size and look, and the document that shows them side by side."""

import asyncio
import base64
import html
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.async_api import CDPSession, Page, ViewportSize

PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
DESK: Final[ViewportSize] = {"width": 1440, "height": 900}
SIZES: Final = {"phone": PHONE, "desk": DESK}
THUMB: Final = {"phone": 130, "desk": 320}  # pixels of width in the document
QUALITY: Final = 25  # of WebP: text stays sharp, and five hundred pictures stay below 10 MB
SETTLED: Final = 200  # milliseconds after a change of size or look

LIGHT, CONTRAST, ELDER = "light", "contrast", "elder"
STAFF_LOOKS: Final = (LIGHT, CONTRAST)
PARTY_LOOKS: Final = (LIGHT, CONTRAST, ELDER)
ON_A_PHONE: Final = frozenset({ELDER})  # looks that are shown at one size alone
LOOK_WORDS: Final = {LIGHT: "light", CONTRAST: "high contrast", ELDER: "elder mode"}

_WEAR: Final = """look => {
  const { dataset } = document.documentElement;
  delete dataset.theme; delete dataset.elder;
  if (look === "contrast") dataset.theme = "contrast";
  if (look === "elder") dataset.elder = "large";
}"""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One page in one state. `pictures` are file names by size and look."""

    words: str
    pictures: dict[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    looks: tuple[str, ...]
    exhibits: list[Exhibit] = field(default_factory=list)

    @property
    def slug(self) -> str:
        """The title, as the names of its pictures begin."""
        return re.sub(r"\W+", "-", self.title.lower())


class Gallery:
    """Takes pictures into a folder and remembers what they show, chapter by chapter.

    A picture is named after its chapter, so that chapters can be taken anew one at a time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chapters: list[Chapter] = []
        folder.mkdir(parents=True, exist_ok=True)

    def chapter(self, title: str, looks: tuple[str, ...]) -> Chapter:
        """Begin a chapter; pictures of several chapters may be taken in turn."""
        self.chapters.append(Chapter(title, looks))
        return self.chapters[-1]

    async def take(self, chapter: Chapter, page: Page, name: str, words: str, part: str = "") -> None:
        """Take a page as it is now, in every size and every look of its chapter.

        `part` (a selector) is scrolled to before each picture.
        """
        number = len(chapter.exhibits) + 1
        before = page.viewport_size or DESK
        pictures = {}
        camera = await page.context.new_cdp_session(page)
        for size, viewport in SIZES.items():
            await page.set_viewport_size(viewport)
            for look in chapter.looks:
                if look in ON_A_PHONE and size != "phone":
                    continue
                await page.evaluate(_WEAR, look)
                if part:
                    await page.locator(part).evaluate("element => element.scrollIntoView()")
                await asyncio.sleep(SETTLED / 1000)
                file = f"{chapter.slug}-{number:02d}-{name}-{size}-{look}.webp"
                (self.folder / file).write_bytes(await _picture(camera))
                pictures[size, look] = file
        await camera.detach()
        await page.evaluate(_WEAR, LIGHT)
        await page.set_viewport_size(before)
        chapter.exhibits.append(Exhibit(words, pictures))

    def add(self, chapter: Chapter, words: str, *files: str) -> None:
        """Put pictures that were made otherwise into a chapter, as sheets of paper."""
        pictures = {("sheet", str(number)): file for number, file in enumerate(files, 1)}
        chapter.exhibits.append(Exhibit(words, pictures))

    def write(self, document: Path, introduction: str, *, whole: bool) -> None:
        """Write the document, its pictures named relative to it; remove those that it does not name.

        Unless the gallery is `whole`, the document keeps its chapters that were not taken anew.
        """
        pictures = self.folder.relative_to(document.parent)
        sections = {} if whole else _sections(document.read_text())
        for chapter in self.chapters:
            if chapter.exhibits:
                shown = [_shown(exhibit, pictures) for exhibit in chapter.exhibits]
                sections[chapter.title] = "\n".join([f"## {chapter.title}\n", *shown])
        text = "\n".join([introduction, *sections.values()])
        document.write_text(text)
        for file in self.folder.iterdir():
            if f'"{pictures}/{file.name}"' not in text:
                file.unlink()


def _sections(text: str) -> dict[str, str]:
    """Return the chapters of a document by their titles."""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {part.splitlines()[0].removeprefix("## "): part.rstrip("\n") + "\n" for part in parts}


async def _picture(camera: CDPSession) -> bytes:
    """Return what is on the screen as WebP, a format that `Page.screenshot` does not make."""
    wanted = {"format": "webp", "quality": QUALITY}
    taken = await camera.send("Page.captureScreenshot", wanted)
    return base64.b64decode(taken["data"])


def _shown(exhibit: Exhibit, folder: Path) -> str:
    cells = "\n".join(
        f'<a href="{folder}/{file}"><img src="{folder}/{file}" width="{THUMB.get(size, 220)}"'
        f' alt="{html.escape(f"{exhibit.words}, {size}, {LOOK_WORDS.get(look, look)}")}"></a>'
        for (size, look), file in exhibit.pictures.items()
    )
    return f"**{exhibit.words}**\n\n<p>\n{cells}\n</p>\n"
