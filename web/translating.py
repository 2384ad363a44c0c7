"""Texts come from gettext catalogues. The source language is Chinese, so a msgid reads as it shows.

The catalogue `locales/zh_Hans` states each text once more, where a centre can change its wording
without touching a template; another language is another catalogue.
"""

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

LOCALES: Final = Path(__file__).parent / "locales"
LANGUAGE: Final = "zh_Hans"


@cache
def translations(language: str = LANGUAGE) -> Translations:
    """Return the catalogue of `language`, read from its .po file (no compiled file to forget)."""
    with (LOCALES / language / "LC_MESSAGES" / "heyi.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


def gettext(text: str) -> str:
    """Return `text` in the language of this installation."""
    found: str = translations().gettext(text)
    return found


def marked(text: str) -> str:
    """Return `text`, which is translated when it is shown; imported as `_`, it marks what to extract."""
    return text
