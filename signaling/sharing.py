"""A shared screen, as far as the room does not know it: the page that it is shared from, and how often one is begun.

The share ends with that page, and with its line.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from cases.errors import Reason, Refused
from cases.ids import SeatId
from rooms import events as e
from rooms.model import Room
from signaling.pace import Pace
from signaling.pages import Page, Pages

SHARES: Final = 10  # of one seat in SHARES_WITHIN: each has a segment of the recording and rows of the audit
SHARES_WITHIN: Final = 60.0  # seconds


class Sharing:
    """Remembers the page; what the room says of it is the room's business."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._page: Page | None = None
        # Counted apart in private: how often somebody shared there must not show in what they may do later.
        self._paces: dict[tuple[SeatId, bool], Pace] = {}

    def keeps_pace(self, room: Room, events: Iterable[e.Event]) -> None:
        """Count a screen that `events` begin in `room`; refuse (SCREEN_TOO_MANY) one too many."""
        for event in events:
            if isinstance(event, e.ScreenShared):
                whose = event.seat, room.caucus is not None
                pace = self._paces.setdefault(whose, Pace(SHARES, SHARES_WITHIN))
                if not pace.admits(asyncio.get_running_loop().time()):
                    raise Refused(Reason.SCREEN_TOO_MANY)

    def follows(self, events: Iterable[e.Event], page: Page | None) -> None:
        """Note from which page a screen that `events` begin is shared: from `page`, which asked for it."""
        if any(isinstance(event, e.ScreenShared) for event in events):
            self._page = page

    def lost(self, room: Room, present: frozenset[SeatId]) -> SeatId | None:
        """Return the seat whose screen the room says is shared, although its page or its line is gone."""
        seat = room.sharing
        if seat is None:
            return None
        page = self._pages.holder(room, seat)
        return None if seat in present and page is self._page else seat
