"""The clerks of all live rooms: made when somebody comes, let go when nobody is left."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from cases.clocks import Clock
from cases.errors import Broken, Reason, Refused
from cases.ids import CaseId, RoomId, SeatId
from recordings.recorder import Recorder
from rooms.events import Event
from rooms.model import Room
from rooms.views import Name
from server.watch import Load
from signaling.clerk import Clerk
from signaling.downlink import Health
from signaling.switchboard import Switchboard
from storage import rooms, settlements
from storage.database import Database
from storage.unit_of_work import Tx

log = logging.getLogger(__name__)

COMMIT_WITHIN: Final = 2.0  # s; a room whose words cannot be kept says so instead of going on

SettlementsOf = Callable[[CaseId], Awaitable[Mapping[SeatId, Mapping[str, Any]]]]


class RoomJournal:
    """`signaling.outside.Journal` over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, room: RoomId, events: tuple[Event, ...]) -> None:
        await self._database.write(_append, room, events, deadline=COMMIT_WITHIN)


class RoomFacts:
    """`signaling.outside.Facts`: is the recorder working, is there room, is there a sealed settlement."""

    def __init__(self, database: Database, recorder: Recorder, load: Load) -> None:
        self._database, self._recorder, self._load = database, recorder, load

    def overloaded(self) -> bool:
        return self._load.full

    async def recorder_ready(self) -> bool:
        try:
            await self._recorder.probe()
        except Broken:
            log.exception("the recorder's test record failed")
            return False
        return True

    async def sealed(self, room: RoomId) -> bool:
        return await self._database.read(_sealed, room)


class Clerks:
    """One clerk a live room of this process."""

    def __init__(
        self, database: Database, switchboard: Switchboard, recorder: Recorder, load: Load, clock: Clock
    ) -> None:
        self._database, self._switchboard, self._clock = database, switchboard, clock
        self._journal = RoomJournal(database)
        self._facts = RoomFacts(database, recorder, load)
        self._live: dict[RoomId, Clerk] = {}
        self._held: Counter[RoomId] = Counter()
        self._making: dict[RoomId, asyncio.Task[Clerk]] = {}
        self._disk: int | None = None
        self._closed = False
        self.settlements_of: SettlementsOf = _none

    @asynccontextmanager
    async def hold(self, room: RoomId) -> AsyncIterator[Clerk]:
        """Hold the clerk of `room`, rebuilt from its journal if it is not live; raise NotFound.

        It stays for as long as somebody holds it: a page that is still greeting has a live clerk. Refused
        (BUSY) once the server stops: the room belongs to the next process.
        """
        self._held[room] += 1
        try:
            yield await self._of(room)
        finally:
            self._held[room] -= 1
            if not self._held[room]:
                del self._held[room]
                await self._release(room)

    async def _of(self, room: RoomId) -> Clerk:
        if (clerk := self._live.get(room)) is not None:
            return clerk
        if self._closed:
            raise Refused(Reason.BUSY)
        if room not in self._making:
            self._making[room] = asyncio.create_task(self._make(room), name=f"wake {room}")
        return await asyncio.shield(self._making[room])

    def live(self, room: RoomId) -> Clerk | None:
        """Return the clerk of `room` if it is live."""
        return self._live.get(room)

    @property
    def clerks(self) -> tuple[Clerk, ...]:
        """The clerks of all rooms where somebody is."""
        return tuple(self._live.values())

    def dismiss(self, seats: Iterable[tuple[RoomId, SeatId]]) -> None:
        """Send away every page of these seats: their link or their session has ended."""
        for room, seat in seats:
            if (clerk := self._live.get(room)) is not None:
                clerk.dismiss(seat, "signed-out")

    async def _release(self, room: RoomId) -> None:
        clerk = self._live.get(room)
        if clerk is not None and clerk.idle:
            del self._live[room]
            await clerk.aclose()

    def media_changed(self, room: RoomId, seat: SeatId, alive: bool) -> None:  # noqa: ARG002
        """Hand on what the switchboard says: a seat's media connected or stopped."""
        if (clerk := self._live.get(room)) is not None:
            clerk.media_changed(seat)

    def line_changed(self, room: RoomId, seat: SeatId, health: Health) -> None:
        """Hand on what the switchboard says: how a seat's line is."""
        if (clerk := self._live.get(room)) is not None:
            clerk.line_changed(seat, health)

    def disk_low(self, hours: int | None) -> None:
        """Hand on for how many hours of one room the disk is still enough; None: enough."""
        self._disk = hours
        for clerk in self._live.values():
            clerk.tell_disk(hours)

    def recording_failed(self, room: RoomId, seat: SeatId) -> None:
        """Hand on what the recorder says: a tape broke."""
        if (clerk := self._live.get(room)) is not None:
            clerk.recording_failed(seat)

    async def aclose(self) -> None:
        """End all clerks, also one that is being made; their pages are told to come back.

        Rooms that are live do not wait for one that is being made: its database may hang.
        """
        self._closed = True
        await self._end_live()
        if self._making:
            await asyncio.wait(tuple(self._making.values()))
            await self._end_live()

    async def _end_live(self) -> None:
        clerks = self.clerks
        self._live.clear()
        await asyncio.gather(*(clerk.aclose() for clerk in clerks))

    async def _make(self, id_: RoomId) -> Clerk:
        try:
            room, names = await self._database.read(_room_and_names, id_)
            settlements_now = await self.settlements_of(room.case)
            clerk = Clerk(room, names, self._journal, self._switchboard, self._facts, self._clock)
            clerk.tell_settlement(settlements_now)
            clerk.tell_disk(self._disk)
            self._live[id_] = clerk
            return clerk
        finally:
            del self._making[id_]


def _append(tx: Tx, id_: RoomId, events: tuple[Event, ...]) -> None:
    rooms.append(tx, id_, events, rooms.room(tx, id_).case)


def _room_and_names(tx: Tx, id_: RoomId) -> tuple[Room, Mapping[SeatId, Name]]:
    return rooms.room(tx, id_), rooms.names(tx, id_)


def _sealed(tx: Tx, id_: RoomId) -> bool:
    return settlements.sealed(tx, rooms.room(tx, id_).case) is not None


async def _none(_case: CaseId) -> Mapping[SeatId, Mapping[str, Any]]:
    return {}
