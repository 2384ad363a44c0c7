"""For two histories that differ only inside a caucus, an excluded seat's views are equal, and so are the answers
to what it asks; and afterwards it sees the state in which the caucus ended, and not the way there.

Inside are the commands of the members about themselves and each other, who of them is connected or online, and
whose recording fails. `Visible` is all that may be seen of a member when the caucus has ended.
`tests/signaling/test_non_interference.py` says the same of messages and packets.
"""

from dataclasses import dataclass, replace

from hypothesis import assume, given
from hypothesis import strategies as st

from cases.errors import Reason, Refused
from cases.ids import DeviceId, SeatId
from cases.model import Side
from rooms import commands as c
from rooms.edges import RECORDER, ear
from rooms.events import Event
from rooms.model import Room
from rooms.states import Admission
from rooms.topology import recorded, who_hears
from rooms.views import View, view_for
from tests.builders.room import CAUCUS, MEDIATOR, NAMES, NOON, SEATS, after, phone_of
from tests.builders.wishes import about_oneself, examples, of_the_mediator, one_of, rooms, seats_of, tried

ALL = frozenset(SEATS)


@dataclass(frozen=True, slots=True)
class Moment:
    """The room, and what is around it: whose media are connected, whose page is there, whose recording failed."""

    room: Room
    present: frozenset[SeatId] = ALL
    online: frozenset[SeatId] = ALL
    untaped: frozenset[SeatId] = frozenset()

    def view(self, seat: SeatId, *, other_device: bool = False) -> View:
        return view_for(
            self.room,
            seat,
            self.present,
            self.online,
            NAMES,
            on_other_device=other_device,
            untaped=self.untaped,
        )

    def answer(self, command: c.Command) -> tuple[Event, ...] | Reason:
        try:
            return self.room.decide(command, NOON)
        except Refused as refused:
            return refused.reason


@dataclass(frozen=True, slots=True)
class Inside:
    """A command of a member, and which of the members are connected, online and not recorded after it."""

    command: c.Command
    present: frozenset[SeatId]
    online: frozenset[SeatId]
    untaped: frozenset[SeatId]


@st.composite
def caucuses(draw: st.DrawFn) -> Room:
    """Return any room in which a caucus has just begun."""
    side = draw(st.sampled_from((Side.APPLICANT, Side.RESPONDENT)))
    room = tried(draw(rooms()), c.CloseCaucus(MEDIATOR))
    for command in (c.OpenSession(MEDIATOR, recorder_ready=True), c.Knock(MEDIATOR, room_device(room))):
        room = tried(room, command)
    room = tried(room, c.OpenCaucus(MEDIATOR, side, CAUCUS))
    assume(room.caucus is not None)
    return room


def room_device(room: Room) -> DeviceId:
    return room.seat(MEDIATOR).device or phone_of(MEDIATOR)


def members_of(room: Room) -> tuple[SeatId, ...]:
    assert room.caucus is not None
    return tuple(seat for seat in SEATS if seat in room.caucus.members)


def excluded_from(room: Room) -> tuple[SeatId, ...]:
    return tuple(seat for seat in SEATS if seat not in members_of(room))


def inside(room: Room) -> st.SearchStrategy[Inside]:
    members = members_of(room)
    commands = one_of(
        about_oneself(members),
        of_the_mediator(tuple(seat for seat in members if seat != MEDIATOR)),
    )
    return st.builds(Inside, commands, seats_of(*members), seats_of(*members), seats_of(*members))


def common(room: Room) -> st.SearchStrategy[c.Command]:
    excluded = excluded_from(room)
    return one_of(about_oneself(excluded), of_the_mediator(excluded))


@examples(40)
@given(st.data())
def test_views_of_the_excluded_and_answers_to_them_do_not_depend_on_what_happens_inside(
    data: st.DataObject,
) -> None:
    room = data.draw(caucuses())
    excluded, members = frozenset(excluded_from(room)), frozenset(members_of(room))
    full, empty = Moment(room), Moment(room)
    step = st.one_of(inside(room), inside(room), common(room))
    for happening in data.draw(st.lists(step, max_size=15)):
        if isinstance(happening, Inside):
            full = Moment(
                tried(full.room, happening.command),
                happening.present | excluded,
                happening.online | excluded,
                happening.untaped & members,
            )
        else:
            assert full.answer(happening) == empty.answer(happening)
            full = replace(full, room=tried(full.room, happening))
            empty = replace(empty, room=tried(empty.room, happening))
        for seat in excluded:
            for other_device in (False, True):
                assert full.view(seat, other_device=other_device) == empty.view(
                    seat, other_device=other_device
                )
        edges = who_hears(full.room, full.present, full.untaped)
        assert not any({ear(e.source), e.listener} & {RECORDER, *map(ear, excluded)} for e in edges)


@dataclass(frozen=True, slots=True)
class Visible:
    """Of somebody in the conversation; nothing of somebody who is not."""

    connected: bool
    mic: bool
    camera: bool
    recorded: bool
    recording_failed: bool


def visible(moment: Moment, seat: SeatId) -> Visible | None:
    found = moment.room.seat(seat)
    if seat not in moment.room.admitted:
        return None
    return Visible(
        seat in moment.present,
        found.mic,
        found.camera,
        seat in recorded(moment.room),
        seat in moment.untaped and seat in recorded(moment.room),
    )


def with_no_more_than_visible(moment: Moment, seats: frozenset[SeatId]) -> Moment:
    """Return the moment with everything else of `seats` as it would be if nothing had happened to them."""
    room, seen = moment.room, {seat: visible(moment, seat) for seat in seats}
    changed = tuple(
        replace(
            s,
            admission=Admission.ADMITTED if (of := seen[s.id]) else Admission.CHECKING,
            device=None,
            knocking=None,
            ready=True,
            recorded=of.recorded if of else True,
            mic=of.mic if of else True,
            camera=of.camera if of else True,
        )
        if s.id in seats
        else s
        for s in room.seats
    )
    connected = frozenset(seat for seat, of in seen.items() if of and of.connected)
    failed = frozenset(seat for seat, of in seen.items() if of and of.recording_failed)
    return Moment(
        replace(room, seats=changed),
        moment.present - seats | connected,
        moment.online - seats,
        moment.untaped - seats | failed,
    )


@examples(40)
@given(st.data())
def test_after_a_caucus_the_excluded_see_its_end_and_not_the_way_there(data: st.DataObject) -> None:
    room = data.draw(caucuses())
    members, excluded = frozenset(members_of(room)), frozenset(excluded_from(room))
    moment = Moment(room)
    for happening in data.draw(st.lists(inside(room), max_size=15)):
        moment = Moment(
            tried(moment.room, happening.command),
            happening.present | excluded,
            happening.online | excluded,
            happening.untaped & members,
        )
    ended = replace(moment, room=after(moment.room, c.CloseCaucus(MEDIATOR)))
    for seat in excluded:
        assert ended.view(seat) == with_no_more_than_visible(ended, members).view(seat)
