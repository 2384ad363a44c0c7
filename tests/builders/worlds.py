"""A whole room in memory and in virtual time: the real clerk, pages, switchboard and packet path, between
pages and browsers that remember to the byte what they were given, and when.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from cases.errors import Broken, HeyiError
from cases.ids import DeviceId, RoomId, SeatId
from rooms import commands as c
from rooms.edges import Edge, Kind
from rooms.model import Room
from signaling.clerk import Clerk
from signaling.ice import IceSettings
from signaling.switchboard import Switchboard
from tests.builders.clerk import FakeFacts, FakeJournal
from tests.builders.room import NAMES, NOON, phone_of
from tests.builders.sitting import KeptTapes
from tests.builders.wires import Browser, Counted, Wires

Given = list[tuple[float, bytes]]


class Page:
    """A page of a seat. `given` is what it was sent, in order, as (time, bytes)."""

    waiting = 0

    def __init__(self, seat: SeatId, device: DeviceId) -> None:
        self.seat, self.device = seat, device
        self.given: Given = []
        self.shown: dict[str, Any] | None = None  # the view that it has said it shows

    def send(self, message: Mapping[str, Any]) -> None:
        self._take(json.dumps(message, ensure_ascii=False))

    def bye(self, reason: str) -> None:
        self._take(json.dumps({"type": "bye", "reason": reason}))

    def views(self) -> list[dict[str, Any]]:
        return [m for _, text in self.given if (m := json.loads(text))["type"] == "view"]

    def _take(self, text: str) -> None:
        self.given.append((asyncio.get_running_loop().time(), text.encode()))


class Board(Switchboard):
    """The real switchboard; what stands in `breaks` ("cut", "gate", "connect") fails, the last half way."""

    breaks: frozenset[str] = frozenset()

    def cut(self, room: RoomId, allowed: frozenset[Edge], cause: str = "cut") -> None:
        if "cut" in self.breaks:
            raise OSError("cut")
        super().cut(room, allowed, cause)

    def connect(self, room: RoomId, edges: frozenset[Edge]) -> None:
        if "connect" in self.breaks:
            super().connect(room, frozenset(sorted(edges, key=repr)[::2]))
            raise OSError("connect")
        super().connect(room, edges)

    def set_publishing(self, room: RoomId, seat: SeatId, kind: Kind, on: bool) -> None:
        if "gate" in self.breaks:
            raise OSError("gate")
        super().set_publishing(room, seat, kind, on)


class World:
    """`pages` and `browsers` are the newest of each seat; `past` holds every page and browser there was."""

    def __init__(self, room: Room, wires: Wires) -> None:
        self.deck = KeptTapes()
        self.journal, self.facts = FakeJournal([]), FakeFacts()
        loop = asyncio.get_running_loop()
        self.board = Board(IceSettings(loopback_only=True), self.deck, loop.time, new_wire=wires.new)
        self.clerk = Clerk(room, NAMES, self.journal, self.board, self.facts, lambda: NOON)
        self.board.on_presence = lambda _room, seat, _alive: self.clerk.media_changed(seat)
        self.board.on_health = lambda _room, seat, health: self.clerk.line_changed(seat, health)
        self.pages: dict[SeatId, Page] = {}
        self.browsers: dict[SeatId, Browser] = {}
        self.past: dict[SeatId, list[Page | Browser]] = {}
        self.drafts: dict[SeatId, Mapping[str, Any]] = {}
        self.heard_by: Callable[[SeatId, bytes], None] = lambda _seat, _packet: None
        self._wires = wires

    @property
    def room(self) -> Room:
        return self.clerk.room

    # Pages.

    def come(self, seat: SeatId, device: DeviceId | None = None) -> Page:
        page = self.pages[seat] = Page(seat, device or phone_of(seat))
        self.past.setdefault(seat, []).append(page)
        self.clerk.attach(page)
        return page

    def holder(self, seat: SeatId) -> Page | None:
        """Return the page that speaks for a seat."""
        pages = (page for page in reversed(self.past.get(seat, [])) if isinstance(page, Page))
        return next((page for page in pages if self.clerk.holds(page)), None)

    def show(self, *seats: SeatId, behind: int = 0) -> None:
        """Let pages acknowledge their newest view, or one that is so many behind."""
        for seat in seats:
            if (page := self.holder(seat)) is not None and (views := page.views()):
                view = views[max(0, len(views) - 1 - behind)]
                if view is views[-1]:
                    page.shown = view["view"]
                self.clerk.shown(page, view["number"])

    def leave(self, seat: SeatId) -> None:
        """Close the newest page of a seat."""
        self.clerk.detach(self.pages[seat])

    # Media.

    async def call(self, seat: SeatId) -> None:
        """Offer a new connection from the page that holds the seat; refused, nothing happens."""
        page = self.holder(seat)
        if page is None:
            return
        number = len(self.past[seat])
        place = self.room.seat(seat).place
        browser = Browser(10_000 * (place + 1) + 100 * number, lambda packet: self.heard_by(seat, packet))
        try:
            await self.clerk.offer(page, browser.offer)
        except HeyiError:
            return
        self.past[seat].append(browser)
        self.browsers[seat] = browser
        browser.accept(self._wires.taken())

    def alive(self, seat: SeatId) -> bool:
        return self.board.alive(self.room.id, seat)

    # Commands.

    async def do(self, command: c.Command, *, written: bool = True) -> bool:
        """Submit a command; return whether it is done, and not refused or (unless `written`) lost."""
        self.journal.error = None if written else Broken("the disk is full")
        try:
            await self.clerk.submit(command, self.holder(command.by))
        except HeyiError:
            return False
        finally:
            self.journal.error = None
        return True

    def given(self, seat: SeatId) -> Given:
        """Return all that a seat's pages and browsers were given, without nonces, in the order of time."""
        gifts = [(x.given if isinstance(x, Page) else plain(x)) for x in self.past.get(seat, [])]
        return sorted((gift for each in gifts for gift in each), key=lambda gift: gift[0])


def plain(browser: Browser) -> Given:
    counted = Counted()
    return [(at, counted.packet(packet)) for at, packet in browser.heard]


async def a_while(seconds: float = 0.25) -> None:
    await asyncio.sleep(seconds)


@asynccontextmanager
async def world(room: Room) -> AsyncIterator[World]:
    """Open a world in the running (virtual) loop, with a page and a connection of each admitted seat."""
    made = World(room, Wires())
    try:
        for seat in room.admitted:
            made.come(seat)
        for seat in sorted(room.admitted):
            await made.call(seat)
        made.show(*room.admitted)
        yield made
    finally:
        await made.clerk.aclose()
        await made.board.aclose()
