"""The font of the settlement: where it is, and which characters it can print."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import justmytype_intl_cjk  # type: ignore[import-untyped]  # a package of fonts
import typst
from fontTools.ttLib import TTCollection, TTFont

SUFFIXES = frozenset({".ttf", ".otf", ".ttc", ".otc"})
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Typeface:
    """A folder of fonts; the text falls back from one family to the next in the order of their names."""

    folder: Path


NOTO_SANS_SC = Typeface(
    Path(justmytype_intl_cjk.__file__).parent / "fonts" / "ofl" / "notosanssc",
)


def typeface_of(folder: Path | None) -> Typeface:
    """Return the font of an installation: that in its own folder, else the built-in one."""
    return Typeface(folder) if folder is not None else NOTO_SANS_SC


def unprintable(text: str, typeface: Typeface = NOTO_SANS_SC) -> str:
    """Return the characters of `text` that cannot be printed, each once, in order; "" is what one hopes for.

    A line feed is fine. Every other control or format character is not: one that reverses the
    direction of the text would show a person something else than what they sign.
    """
    printable = characters(typeface)
    return "".join(
        char
        for char in dict.fromkeys(text)
        if char != "\n" and (unicodedata.category(char) in INVISIBLE or ord(char) not in printable)
    )


@lru_cache(maxsize=4)
def characters(typeface: Typeface) -> frozenset[int]:
    """Return the code points that the fonts of the folder have a glyph for."""
    points: set[int] = set()
    for path in sorted(typeface.folder.rglob("*")):
        if path.suffix.lower() in {".ttc", ".otc"}:
            with TTCollection(str(path), lazy=True) as collection:
                for font in collection.fonts:
                    points |= font.getBestCmap().keys()
        elif path.suffix.lower() in SUFFIXES:
            with TTFont(str(path), lazy=True) as font:
                points |= font.getBestCmap().keys()
    return frozenset(points)


@lru_cache(maxsize=4)
def loaded_fonts(typeface: Typeface) -> typst.Fonts:
    """Return the fonts of the folder and no others, as the typesetter keeps them."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(typeface.folder)]
    )


def families(typeface: Typeface) -> list[str]:
    return sorted(loaded_fonts(typeface).families())
