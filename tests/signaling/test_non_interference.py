"""For two histories that differ only inside a caucus, an excluded seat is given the same bytes at the same
times: every message of its pages and every packet of its connections.

**Inside.** What differs are acts of the members about themselves and each other, from the moment when the
caucus is committed to the commit of its end: every command, with its commit or without; pages that go,
reload, come on another device, show what they were sent, late or never; connections that are made, end or
vanish; sound, pictures, gaps, repeats, reports; requests for keyframes and repeats; bad lines; drafts of
the settlement; recordings that fail.

**Common.** What an excluded seat does, and what the mediator does about it, is in both histories.

**Legitimately visible** is, after the end and not before it, the state in which the caucus ended, and not
how it came about: of each member whether they are in the conversation, connected, heard, seen and recorded,
whether their recording failed, and whether their line is a new one. So the other history has an
empty caucus at whose end that state is brought about in one stroke.

**Not compared** are nonces (the first numbers of the streams; `secrets` makes them), and how busy the machine is:
time here is virtual, and passes only while everybody waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.ids import SeatId
from cases.model import Ground, Side
from rooms import commands as c
from rooms.model import Seat
from rooms.states import Admission
from tests.builders.doings import (
    Act,
    Asking,
    Doing,
    What,
    ask_for_everything,
    asked,
    asked_in_vain,
    by_themselves,
)
from tests.builders.room import AGENT, CAUCUS, CONSUMER, INSURER, MEDIATOR, joint_room, phone_of
from tests.builders.virtual_time import run
from tests.builders.wires import Browser
from tests.builders.wishes import about_oneself, examples, of_the_mediator, of_the_room, one_of
from tests.builders.worlds import Given, World, a_while, world

PARTIES = {Side.APPLICANT: (CONSUMER, AGENT), Side.RESPONDENT: (INSURER,)}
PRIVATE = b"a private word"
BESIDE_THE_BEAT = 0.03  # seconds; else chance would say what comes first in a moment


@dataclass(frozen=True, slots=True)
class Step:
    """One act; `inside` says that only one of the two histories has it."""

    act: Act
    inside: bool


@dataclass(frozen=True, slots=True)
class Member:
    """What of a member may be seen after the end, and what their line and page are for that."""

    seat: Seat
    here: bool
    connected: bool
    new_line: bool
    untaped: bool


def members_of(side: Side) -> tuple[SeatId, ...]:
    return (MEDIATOR, *PARTIES[side])


def excluded_from(side: Side) -> tuple[SeatId, ...]:
    return PARTIES[Side.RESPONDENT if side is Side.APPLICANT else Side.APPLICANT]


def steps(side: Side) -> st.SearchStrategy[list[Step]]:
    members, excluded = members_of(side), excluded_from(side)
    inside = one_of(
        by_themselves(*members),
        by_themselves(*members),
        asked(about_oneself(members)),
        asked(of_the_mediator(PARTIES[side])),
        asked_in_vain(of_the_room()),
        st.just(Asking(c.OpenSession(MEDIATOR, recorder_ready=True))),
        st.just(Asking(c.OpenCaucus(MEDIATOR, side, CAUCUS))),
        st.just(Asking(c.CloseSession(MEDIATOR, Ground.SETTLED, sealed=False))),
    )
    common = one_of(
        by_themselves(*excluded),
        asked(about_oneself(excluded)),
        asked(of_the_mediator(excluded)),
    )
    return st.lists(
        st.one_of(
            st.builds(Step, inside, st.just(value=True)),
            st.builds(Step, inside, st.just(value=True)),
            st.builds(Step, common, st.just(value=False)),
        ),
        max_size=14,
    )


@dataclass(frozen=True, slots=True)
class History:
    """What each excluded seat was given, and how the caucus ended."""

    given: dict[SeatId, Given]
    end: tuple[Member, ...]


class Telling:
    """One of the two histories. `end` is given for the empty one: what its members are brought to."""

    def __init__(self, world: World, side: Side) -> None:
        self.world = world
        self.members, self.excluded = members_of(side), excluded_from(side)
        self._side = side
        self._lines: dict[SeatId, Browser] = {}
        self._troubled: set[SeatId] = set()
        self._untaped: set[SeatId] = set()

    async def tell(self, steps: Sequence[Step], end: tuple[Member, ...] | None) -> History:
        await a_while(BESIDE_THE_BEAT)
        await self._talk(b"before")
        for seat in self.excluded:  # who is still asked for something when the caucus opens
            self.world.browsers[seat].lose()
            self.world.browsers[seat].picture(b"behind a gap")
        await self.world.do(c.OpenCaucus(MEDIATOR, self._side, CAUCUS))
        await a_while()
        self.world.show(*self.members, *self.excluded)
        self._lines = dict(self.world.browsers)
        for step in steps:
            if not step.inside or end is None:
                await self._do(step)
            for seat in self.excluded:
                self.world.browsers[seat].sound(b"apart")
                self.world.browsers[seat].picture(b"apart")
            await a_while()
        ended = self._ended() if end is None else end
        for member in ended:
            await self._bring_to(member, nothing_happened=end is not None)
        await a_while(1.0)
        await self.world.do(c.CloseCaucus(MEDIATOR))
        await a_while()
        self.world.show(*self.members, *self.excluded)
        for _ in range(3):
            await self._talk(b"after")
        return History({seat: self.world.given(seat) for seat in self.excluded}, ended)

    async def _talk(self, tag: bytes) -> None:
        """Let everybody speak and be seen, and the excluded ask for everything that they could ask for."""
        for browser in self.world.browsers.values():
            browser.picture(tag, key=True)
            for _ in range(3):
                browser.sound(tag)
                browser.picture(tag)
            browser.tell_time()
        for seat in self.excluded:
            ask_for_everything(self.world, seat)
        await a_while(0.5)

    async def _do(self, step: Step) -> None:
        act = step.act
        await act.happen(self.world, PRIVATE if step.inside else b"apart")
        if isinstance(act, Doing) and step.inside:
            self._troubled |= {act.seat} if act.what is What.HEARS_BADLY else set()
            self._untaped |= {act.seat} if act.what is What.RECORDING_FAILS else set()

    def _ended(self) -> tuple[Member, ...]:
        world = self.world
        return tuple(
            Member(
                seat=world.room.seat(id_),
                here=world.holder(id_) is not None,
                connected=world.alive(id_),
                new_line=id_ in self._troubled
                or world.browsers[id_] is not self._lines[id_]
                or world.browsers[id_].vanished,  # and not noticed yet, if connected
                untaped=id_ in self._untaped,
            )
            for id_ in self.members
        )

    async def _bring_to(self, member: Member, *, nothing_happened: bool) -> None:
        """Bring a member's seat, page and line to a state; in the history that had them, only settle it."""
        world, seat = self.world, member.seat
        for command in (
            c.SetConsent(seat.id, seat.ready, seat.recorded),
            c.SetMic(seat.id, seat.id, seat.mic),
            c.SetCamera(seat.id, seat.camera),
            *ways_to(seat),
        ):
            await world.do(command)
        if nothing_happened:
            holder = world.holder(seat.id)
            if holder is not None and not member.here:
                world.clerk.detach(holder)
            if member.untaped:
                world.clerk.recording_failed(seat.id)
        if member.connected and member.new_line:
            await world.call(seat.id)
        elif not member.connected and world.alive(seat.id):
            await Doing(seat.id, What.LINE_ENDS).happen(world, b"")


def ways_to(seat: Seat) -> tuple[c.Command, ...]:
    """Return what brings an admitted seat to the admission of `seat`, and changes nothing for one that is there."""
    match seat.admission:
        case Admission.LEFT:
            return (c.Leave(seat.id),)
        case Admission.WAITING:
            return (c.SendToWaiting(MEDIATOR, seat.id),)
        case Admission.REFUSED:
            return (c.SendToWaiting(MEDIATOR, seat.id), c.Refuse(MEDIATOR, seat.id))
        case Admission.REMOVED:
            return (c.Remove(MEDIATOR, seat.id),)
        case _:
            return (c.Knock(seat.id, seat.device or phone_of(seat.id)),)


async def history(side: Side, steps: Sequence[Step], end: tuple[Member, ...] | None = None) -> History:
    async with world(joint_room()) as made:
        found = await Telling(made, side).tell(steps, end)
        for tape in made.deck.tapes:
            assert not any(
                PRIVATE in payload for track in (tape.audio, tape.video) for payload in track.payloads
            )
        return found


@pytest.mark.parametrize("side", [Side.APPLICANT, Side.RESPONDENT])
@examples(12)
@given(data=st.data())
def test_an_excluded_seat_is_given_the_same_whatever_happens_inside(side: Side, data: st.DataObject) -> None:
    drawn = data.draw(steps(side))
    full = run(history(side, drawn))
    empty = run(history(side, drawn, full.end))
    for seat in excluded_from(side):
        assert not any(PRIVATE in gift for _, gift in full.given[seat])
        assert full.given[seat] == empty.given[seat]
