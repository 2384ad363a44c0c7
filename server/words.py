"""Sentences for people, for the parts that have none of their own."""

from collections.abc import Mapping
from typing import Final

from cases.errors import Refused
from cases.ids import SeatId
from rooms.views import Name
from web.refusals import BROKEN, BYES, refusal_text
from web.translating import gettext


class CatalogueWords:
    """`signaling.connection.Words` out of the catalogue."""

    def refused(self, refused: Refused, names: Mapping[SeatId, Name] | None = None) -> str:
        return refusal_text(refused, names)

    def broken(self) -> str:
        return gettext(BROKEN)

    def bye(self, reason: str) -> str:
        return gettext(BYES[reason])


WORDS: Final = CatalogueWords()
