"""What each seat may know: one frozen value a seat, computed from the room, sent only when it changed.

A seat outside an open caucus learns that a private conversation is going on and nothing else: for
two histories that differ only inside a caucus its views are equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cases.clocks import iso
from cases.ids import SeatId
from cases.model import Ground, Role, Side
from rooms.edges import RECORDER, ear, slot_of
from rooms.events import ScreenEnd
from rooms.model import Room, Seat
from rooms.policy import presides
from rooms.states import Admission, Phase
from rooms.topology import audience, recorded, who_hears


@dataclass(frozen=True, slots=True)
class Name:
    """How a seat is called on screens; `organisation` is empty but for the insurer's."""

    name: str
    organisation: str = ""


class Truth(StrEnum):
    """What the strip at the top says. Each has its own words, colour and icon."""

    CHECKING = "checking"  # nobody sees or hears you
    WAITING = "waiting"  # the same, and the mediator knows that you are here
    ELSEWHERE = "elsewhere"  # another device of yours holds the seat
    BEFORE = "before"  # admitted, not opened yet
    JOINT = "joint"
    PRIVATE = "private"  # in the caucus
    APART = "apart"  # a private conversation without you
    MEDIATOR_AWAY = "mediator-away"
    OUT = "out"  # left, refused or removed
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Me:
    seat: SeatId
    role: Role
    side: Side
    place: int
    admission: Admission
    mic: bool
    camera: bool
    screen: bool
    screen_ended: ScreenEnd | None
    recorded: bool
    withdrawn: bool  # was recorded in this session, and took the consent back


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in my conversation. `slot` is where my browser receives them."""

    seat: SeatId
    name: str
    organisation: str
    role: Role
    side: Side
    slot: int
    here: bool
    mic: bool
    camera: bool
    recorded: bool


@dataclass(frozen=True, slots=True)
class Knocker:
    """For the mediator: where everybody of the case is."""

    seat: SeatId
    name: str
    organisation: str
    role: Role
    side: Side
    admission: Admission
    here: bool
    mic: bool
    camera: bool
    recorded: bool
    other_device: bool


@dataclass(frozen=True, slots=True)
class View:
    """`hears_me` are names for the strip; `recording`: I am being recorded now.

    `screen`: who of my conversation shares a screen now; others' comes in the one slot for screens.
    """

    me: Me
    phase: Phase
    truth: Truth
    hears_me: tuple[str, ...]
    recording: bool
    session_recorded: bool
    recording_paused: bool  # by the mediator
    recorder_failed: bool  # somebody should be recorded here and is not, by our fault
    unrecorded: tuple[str, ...]  # who of the conversation is never recorded, by name
    people: tuple[Person, ...]
    screen: SeatId | None
    since: str  # when the session, or my caucus, began; empty otherwise
    caucus_side: Side | None  # for its members only
    everybody: tuple[Knocker, ...]  # for the mediator only
    ground: Ground | None


def view_for(
    room: Room,
    id_: SeatId,
    present: frozenset[SeatId],
    online: frozenset[SeatId],
    names: Mapping[SeatId, Name],
    *,
    on_other_device: bool = False,
    untaped: frozenset[SeatId] = frozenset(),
) -> View:
    """Return what the page of seat `id_` may show.

    `present`: whose media are connected (what `who_hears` takes); `online`: whose page is there at
    all, which includes the waiting room; `on_other_device`: this page does not hold the seat;
    `untaped`: whose recording has failed.
    """
    seat = room.seat(id_)
    edges = who_hears(room, present, untaped)
    elsewhere = on_other_device and room.phase is not Phase.CLOSED
    truth = Truth.ELSEWHERE if elsewhere else _truth(room, seat, present)
    talking = truth in {Truth.JOINT, Truth.PRIVATE}
    hears = audience(edges, id_) if talking else frozenset()
    people = _people(room, seat, present, names) if truth not in _ALONE else ()
    leads = presides(seat.role) and not on_other_device
    return View(
        me=_me(room, seat),
        phase=room.phase,
        truth=truth,
        hears_me=tuple(names[s.id].name for s in room.seats if ear(s.id) in hears),
        recording=RECORDER in hears,
        session_recorded=truth is Truth.JOINT and any(e.listener == RECORDER for e in edges),
        recording_paused=truth is Truth.JOINT and room.paused,
        recorder_failed=truth is Truth.JOINT
        and not room.paused
        and bool(untaped & room.admitted & present & recorded(room)),
        unrecorded=_unrecorded(room, names) if truth in {Truth.JOINT, Truth.BEFORE} else (),
        people=people,
        screen=_screen(room, present) if talking else None,
        since=_since(room, truth),
        caucus_side=_caucus_side(room) if truth is Truth.PRIVATE else None,
        everybody=_everybody(room, online, names) if leads else (),
        ground=room.ground if truth is Truth.CLOSED else None,
    )


_ALONE = frozenset({Truth.CHECKING, Truth.WAITING, Truth.ELSEWHERE, Truth.APART, Truth.OUT, Truth.CLOSED})


def _truth(room: Room, seat: Seat, present: frozenset[SeatId]) -> Truth:
    if room.phase is Phase.CLOSED:
        return Truth.CLOSED
    match seat.admission:
        case Admission.CHECKING:
            return Truth.CHECKING
        case Admission.WAITING:
            return Truth.WAITING
        case Admission.LEFT | Admission.REFUSED | Admission.REMOVED:
            return Truth.OUT
        case Admission.ADMITTED:
            return _truth_inside(room, seat, present)


def _truth_inside(room: Room, seat: Seat, present: frozenset[SeatId]) -> Truth:
    if room.phase is Phase.SCHEDULED:
        return Truth.BEFORE
    if room.caucus is not None and seat.id not in room.caucus.members:
        return Truth.APART
    if not room.conversation & room.mediators & present:
        return Truth.MEDIATOR_AWAY
    return Truth.PRIVATE if room.caucus is not None else Truth.JOINT


def _me(room: Room, seat: Seat) -> Me:
    return Me(
        seat.id,
        seat.role,
        seat.side,
        seat.place,
        seat.admission,
        seat.mic,
        seat.camera,
        seat.screen,
        seat.screen_ended,
        seat.id in recorded(room),
        seat.withdrawn,
    )


def _people(
    room: Room, me: Seat, present: frozenset[SeatId], names: Mapping[SeatId, Name]
) -> tuple[Person, ...]:
    inside = room.conversation
    return tuple(
        Person(
            s.id,
            names[s.id].name,
            names[s.id].organisation,
            s.role,
            s.side,
            slot_of(me.place, s.place),
            s.id in present,
            s.mic,
            s.camera,
            s.id in recorded(room),
        )
        for s in room.seats
        if s.id in inside and s.id != me.id
    )


def _everybody(room: Room, online: frozenset[SeatId], names: Mapping[SeatId, Name]) -> tuple[Knocker, ...]:
    return tuple(
        Knocker(
            s.id,
            names[s.id].name,
            names[s.id].organisation,
            s.role,
            s.side,
            s.admission,
            s.id in online,
            s.mic,
            s.camera,
            s.id in recorded(room),
            s.knocking is not None,
        )
        for s in room.seats
    )


def _screen(room: Room, present: frozenset[SeatId]) -> SeatId | None:
    return room.sharing if room.sharing in room.conversation & present else None


def _unrecorded(room: Room, names: Mapping[SeatId, Name]) -> tuple[str, ...]:
    return tuple(names[s.id].name for s in room.seats if s.id in room.admitted - recorded(room))


def _since(room: Room, truth: Truth) -> str:
    if truth is Truth.PRIVATE and room.caucus is not None:
        return iso(room.caucus.opened_at)
    return iso(room.opened_at) if truth is Truth.JOINT and room.opened_at is not None else ""


def _caucus_side(room: Room) -> Side | None:
    members = room.caucus.members if room.caucus is not None else frozenset[SeatId]()
    return next((s.side for s in room.seats if s.id in members and s.side is not Side.CENTRE), None)
