"""Bring the catalogue up to date with the texts in the code: `python -m web.locales.refresh`.

New texts translate to themselves, edited translations stay, texts that nobody shows any more go.
Sorted and without places or dates, so that a change of the file is a change of a text.
"""

from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from web.translating import LANGUAGE, LOCALES

WEB: Final = Path(__file__).parents[1]
METHODS: Final = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS: Final = {"_": None, "gettext": None}
HEADERS: Final = {"Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit"}


def catalogue(language: str = LANGUAGE) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "heyi.po"


def extracted() -> frozenset[str]:
    """Return every text that the pages may show."""
    found = extract_from_dir(WEB, method_map=METHODS, keywords=KEYWORDS)
    return frozenset(str(message) for _file, _line, message, _comments, _context in found if message)


def translated(file: Path) -> dict[str, str]:
    """Return text and translation of a catalogue; nothing when there is none yet."""
    if not file.exists():
        return {}
    with file.open("rb") as source:
        return {str(message.id): str(message.string) for message in read_po(source) if message.id}


def refreshed(language: str = LANGUAGE) -> bytes:
    """Return the catalogue as it has to be."""
    known = translated(catalogue(language))
    fresh = Catalog(locale=language)
    for text in extracted():
        fresh.add(text, known.get(text) or text)
    body = BytesIO()
    write_po(body, fresh, width=0, no_location=True, omit_header=True, sort_output=True)
    head = "".join(f'"{name}: {value}\\n"\n' for name, value in HEADERS.items())
    return f'msgid ""\nmsgstr ""\n{head}\n'.encode() + body.getvalue()


def main() -> None:
    file = catalogue()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(refreshed())


if __name__ == "__main__":
    main()
