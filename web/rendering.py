"""From a page model to HTML."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from babel.dates import format_date, format_datetime, format_time
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cases.clocks import SHANGHAI
from cases.model import yuan
from web import words
from web.playback import playback
from web.texts import script_texts
from web.translating import LANGUAGE, translations
from web.views import Page

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"


def _local(at: datetime) -> datetime:
    return at.astimezone(SHANGHAI)


def _day(at: datetime) -> str:
    """Return 9月18日 周四."""
    return str(format_datetime(_local(at), "M月d日 EEE", locale=LANGUAGE))


def _date(at: datetime) -> str:
    return str(format_date(_local(at).date(), "yyyy-MM-dd", locale=LANGUAGE))


def _time(at: datetime) -> str:
    return str(format_time(_local(at), "HH:mm", locale=LANGUAGE))


def _clock(at: datetime) -> str:
    return str(format_datetime(_local(at), "yyyy-MM-dd HH:mm:ss", locale=LANGUAGE))


def _hour(at: datetime) -> str:
    """Return 上午9:30."""
    return str(format_datetime(_local(at), "ah:mm", locale=LANGUAGE))


def _duration(seconds: float) -> str:
    """Return 10 分 02 秒."""
    return words.duration(seconds)


def _elapsed(milliseconds: int) -> str:
    """Return 01:14:30, as long for every session."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def _size(count: int) -> str:
    """Return 3.1 MB; a segment of less than 0.1 MB is 0.1 MB."""
    return f"{max(count / 1_000_000, 0.1):.1f} MB"


def _tel(phone: str) -> str:
    """Return what a `tel:` address may hold of a printed phone number (RFC 3966)."""
    return "tel:" + "".join(character for character in phone if character.isdigit() or character == "+")


def _json(value: Any) -> Markup:
    """Return JSON that may stand inside a `<script type="application/json">`."""
    text = json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704  no "<" is left to end the element


def _sprite() -> Markup:
    """Return all icons, to stand in the page itself: one that is drawn when the network is gone is there."""
    drawn = (STATIC / "icons.svg").read_text(encoding="utf-8").replace("\n", "")
    return Markup(drawn.replace("<svg ", '<svg aria-hidden="true" hidden ', 1))  # noqa: S704  a file of ours


def _word(table: dict[Any, str], key: Any) -> str:
    found: str = translations().gettext(table[key])
    return found


def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_translations(translations(), newstyle=True)  # type: ignore[attr-defined]
    env.filters |= {"day": _day, "date": _date, "time": _time, "clock": _clock, "yuan": yuan}
    env.filters |= {"hour": _hour, "duration": _duration, "size": _size, "elapsed": _elapsed, "tel": _tel}
    env.filters |= {
        "role": lambda key: _word(words.ROLES, key),
        "side": lambda key: _word(words.SIDES, key),
        "mark": lambda key: _word(words.SIDE_MARKS, key),
        "dispute": lambda key: _word(words.DISPUTES, key),
        "ground": lambda key: _word(words.GROUNDS, key),
        "stage": lambda key: _word(words.STAGES, key),
        "link_state": lambda key: _word(words.LINKS, key),
        "settlement": lambda key: _word(words.SETTLEMENTS, key),
        "segment_cause": lambda key: _word(words.SEGMENT_CAUSES, key),
        "gap_cause": lambda key: _word(words.GAP_CAUSES, key),
        "segment_state": lambda key: _word(words.SEGMENT_STATES, key),
    }
    env.globals |= {
        "sprite": _sprite(),
        "script_texts": script_texts,
        "as_json": _json,
        "words": words,
        "playback": playback,
    }
    return env


ENVIRONMENT: Final = _environment()


def render(page: Page) -> str:
    """Return the HTML of `page`. The template sees the model's fields as `page`."""
    return ENVIRONMENT.get_template(page.template).render(page=page)
