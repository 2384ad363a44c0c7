"""A session that is over, with what was recorded of it, and legal staff who opened its file."""

from dataclasses import dataclass

from cases.ids import RoomId
from cases.model import Case, Ground
from recordings.model import EndCause
from rooms.events import SessionClosed, SessionOpened
from storage import recordings, rooms
from storage.recordings import SegmentRow
from tests.builders.http import LEGAL, Browser, House, Reply
from tests.builders.kept import recorded

REASON = "司法确认材料核对"


@dataclass(frozen=True, slots=True)
class Closed:
    house: House
    case: Case
    room: RoomId
    segments: tuple[SegmentRow, ...]

    async def file(self) -> "File":
        """Open the case file with a reason."""
        legal = await self.house.signed_in(LEGAL)
        base = f"/staff/{LEGAL.id}/archive/{self.case.id}"
        await legal.get(base)
        await legal.post(base, reason=REASON)
        return File(legal, base)


@dataclass(frozen=True, slots=True)
class File:
    legal: Browser
    base: str

    async def get(self, path: str = "", **headers: str) -> Reply:
        return await self.legal.get(f"{self.base}/{path}" if path else self.base, **headers)


async def closed_session(house: House, pieces: int = 1) -> Closed:
    """Record so many pieces of three seconds of the first party, and close the session."""
    case = await house.case()
    room = await house.services.database.read(rooms.room_of_case, case.id)
    seat = await house.seat(case.parties[0])
    await house.services.database.write(rooms.append, room, (SessionOpened(seat, house.clock()),), case.id)
    for _ in range(pieces):
        recorded(house, room, seat).stop(EndCause.LEFT)
        await house.services.recorder.drain()
    over = SessionClosed(seat, Ground.OTHER, house.clock())
    await house.services.database.write(rooms.append, room, (over,), case.id)
    segments = await house.services.database.read(recordings.of_room, room)
    return Closed(house, case, room, segments)


async def copied_session(house: House, pieces: int = 1) -> Closed:
    """The same a minute later, when its copies are there."""
    closed = await closed_session(house, pieces)
    house.clock.wait(minutes=1)
    await house.services.copies.work()
    return closed
