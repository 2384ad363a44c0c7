"""Bars as SVG: text and rectangles, no script, no font of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 720
MARGIN: Final = 24
LABEL: Final = 160  # where bars begin, from the margin
LONGEST: Final = 420  # of a bar
ROW: Final = 26
HEAD: Final = 40  # of a panel's title
TITLE: Final = 56
INK, FAINT = "#1f2328", "#59636e"
OURS, THEIRS = "#0f6e5c", "#8c959f"
FONT: Final = "system-ui, 'Noto Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Bars:
    """One panel with a scale of its own: names and what they measure. The first word says whose it is."""

    title: str
    rows: tuple[tuple[str, float], ...]


def chart(title: str, panels: Sequence[Bars]) -> str:
    """Return the whole picture on a white ground; bars of one panel compare by length."""
    height = TITLE + sum(HEAD + ROW * len(panel.rows) for panel in panels) + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img" font-family="{FONT}" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(MARGIN, 34, title, INK, 'font-size="17" font-weight="600"'),
    ]
    top = TITLE
    for panel in panels:
        parts += _panel(panel, top)
        top += HEAD + ROW * len(panel.rows)
    return "\n".join([*parts, "</svg>\n"])


def _panel(panel: Bars, top: int) -> Iterator[str]:
    yield _text(MARGIN, top + 24, panel.title, FAINT)
    most = max((value for _, value in panel.rows), default=0) or 1
    for number, (name, value) in enumerate(panel.rows):
        y = top + HEAD + ROW * number
        length = max(1, round(LONGEST * value / most))
        colour = OURS if name.startswith("heyi") else THEIRS
        start = MARGIN + LABEL
        yield _text(MARGIN, y + 13, name, INK)
        yield f'<rect x="{start}" y="{y}" width="{length}" height="18" fill="{colour}"/>'
        yield _text(start + length + 8, y + 13, f"{value:g}", INK)


def _text(x: int, y: int, text: str, colour: str, more: str = "") -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" {more}>{escape(text)}</text>'.replace(" >", ">")
