"""Texts that scripts need, by the page's entry; a page carries its own as a JSON block."""

from typing import Final

from web.console_texts import CONSOLE
from web.line_texts import LINE_TEST, STAFF_LINE_TEST
from web.player_texts import PLAYER
from web.room_texts import ROOM
from web.seat_texts import SEAT
from web.translating import gettext
from web.translating import marked as _

SHARED: Final[dict[str, str]] = {
    "offline": _("您的网络断了，正在自动连回来"),
    "offline.detail": _("现在没有人看得到您、听得到您。您的位置还在，不用点任何东西。"),
    "restart": _("系统正在重启，马上自动连回来"),
    "restart.detail": _("现在没有人看得到您、听得到您。您的位置还在，不用点任何东西。"),
    "failed": _("没有提交成功，网络断了。您填的都在，连上后再点一次。"),
}

BY_ENTRY: Final[dict[str, dict[str, str]]] = {
    "seat": {**ROOM, **SEAT, **LINE_TEST},
    "line": LINE_TEST,
    "case-line": STAFF_LINE_TEST,
    "console": CONSOLE,
    "case-file": PLAYER,
}


def script_texts(entry: str) -> dict[str, str]:
    """Return the texts of one entry script, translated."""
    return {key: gettext(text) for key, text in {**SHARED, **BY_ENTRY.get(entry, {})}.items()}
