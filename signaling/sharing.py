"""Which page a screen is shared from: the share ends with that page, and with its line."""

from collections.abc import Iterable

from cases.ids import SeatId
from rooms import events as e
from rooms.model import Room
from signaling.pages import Page, Pages


class Sharing:
    """Remembers the page; what the room says of it is the room's business."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._page: Page | None = None

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
