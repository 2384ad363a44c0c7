"""A room with a mediator, a consumer with an agent, and an insurer's representative, in any state."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce

from cases.ids import CaseId, CaucusId, DeviceId, RoomId, SeatId
from cases.model import Ground, Role, Side
from rooms import commands as c
from rooms.model import Room, Seat
from rooms.states import Admission
from rooms.views import Name

NOON = datetime(2025, 9, 18, 4, 0, tzinfo=UTC)
MEDIATOR, CONSUMER, AGENT, INSURER = SeatId("med"), SeatId("con"), SeatId("agt"), SeatId("ins")
SEATS = (MEDIATOR, CONSUMER, AGENT, INSURER)
NAMES = {
    MEDIATOR: Name("林静"),
    CONSUMER: Name("刘桂英"),
    AGENT: Name("刘明"),
    INSURER: Name("赵一鸣", "安和在线财险"),
}
CAUCUS = CaucusId("k1")


def phone_of(seat: SeatId) -> DeviceId:
    """Return the browser with which a seat first comes."""
    return DeviceId(f"{seat}-phone")


def other_of(seat: SeatId) -> DeviceId:
    """Return another browser of the same person."""
    return DeviceId(f"{seat}-other")


def new_room(*, ready: bool = True, recorded: bool = True) -> Room:
    """Return a scheduled room where nobody has come; the parties' consents are as given."""
    roles = zip(SEATS, (Role.MEDIATOR, Role.CONSUMER, Role.AGENT, Role.INSURER), strict=True)
    seats = tuple(
        Seat(id_, role, place, ready=ready and role is not Role.MEDIATOR, recorded=recorded)
        for place, (id_, role) in enumerate(roles)
    )
    return Room(RoomId("r1"), CaseId("c1"), seats)


def after(room: Room, *commands: c.Command, at: datetime = NOON) -> Room:
    """Return the room after `commands`; raise what `decide` raises."""
    for command in commands:
        room = reduce(Room.after, room.decide(command, at), room)
    return room


def coming_in(*seats: SeatId) -> Iterable[c.Command]:
    """Return what lets seats in, the mediator first."""
    for seat in seats:
        yield c.Knock(seat, phone_of(seat))
        if seat != MEDIATOR:
            yield c.Admit(MEDIATOR, seat)


def joint_room(*seats: SeatId) -> Room:
    """Return an open room with `seats` (all, if none is named) admitted."""
    return after(new_room(), *coming_in(*(seats or SEATS)), c.OpenSession(MEDIATOR, recorder_ready=True))


def caucus_room(side: Side = Side.APPLICANT) -> Room:
    return after(joint_room(), c.OpenCaucus(MEDIATOR, side, CAUCUS))


def closed_room() -> Room:
    return after(joint_room(), c.CloseSession(MEDIATOR, Ground.UNWILLING, sealed=False))


def with_seat(room: Room, id_: SeatId, **change: object) -> Room:
    """Return `room` with fields of one seat set, for states that commands reach only in part."""
    seats = tuple(replace(s, **change) if s.id == id_ else s for s in room.seats)  # type: ignore[arg-type]
    return replace(room, seats=seats)


def admission(room: Room, seat: SeatId = CONSUMER) -> Admission:
    return room.seat(seat).admission
