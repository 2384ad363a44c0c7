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


def _json(value: Any) -> Markup:
    """Return JSON that may stand inside a `<script type="application/json">`."""
    text = json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704  no "<" is left to end the element


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
    env.filters |= {
        "role": lambda key: _word(words.ROLES, key),
        "side": lambda key: _word(words.SIDES, key),
        "mark": lambda key: _word(words.SIDE_MARKS, key),
        "dispute": lambda key: _word(words.DISPUTES, key),
        "ground": lambda key: _word(words.GROUNDS, key),
    }
    env.globals |= {"script_texts": script_texts, "as_json": _json, "words": words}
    return env


ENVIRONMENT: Final = _environment()


def render(page: Page) -> str:
    """Return the HTML of `page`. The template sees the model's fields as `page`."""
    return ENVIRONMENT.get_template(page.template).render(page=page)
