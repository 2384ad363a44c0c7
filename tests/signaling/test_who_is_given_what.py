"""A packet is given only to whom it may be given at that moment, and to everybody who may have it: whatever
people do in whatever order, and whatever fails of it.

A packet of S may be given to L when `rooms.topology` says so of the room as it is, and as it would be after
a command that is being committed; when S has not asked to be silent, even if that could not be written
down; and when the page of S has said that it shows L. Its repeats may be given to L if L had it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from hypothesis import example, given
from hypothesis import strategies as st

from cases.errors import HeyiError
from cases.ids import SeatId
from cases.model import Side
from rooms import commands as c
from rooms.edges import RECORDER, Edge, Kind, Listener, ear
from rooms.edges import slot_of as slot
from rooms.events import Event
from rooms.model import Room
from rooms.states import Admission, Phase
from rooms.topology import who_hears
from tests.builders.doings import Act, Asking, Doing, What, asked, by_themselves
from tests.builders.room import CAUCUS, CONSUMER, MEDIATOR, NAMES, NOON, SEATS, joint_room, phone_of
from tests.builders.virtual_time import run
from tests.builders.wires import Browser, is_rtcp, slot_name
from tests.builders.wishes import about_oneself, examples, of_the_mediator, of_the_room, one_of
from tests.builders.worlds import World, a_while, world

MARK = b"said %06d"


@dataclass(frozen=True, slots=True)
class Step:
    """`breaks` is what of the media fails meanwhile; `during` happens while the commit is under way."""

    act: Act
    breaks: str
    during: Doing | None


every_act = one_of(
    by_themselves(*SEATS),
    asked(about_oneself()),
    asked(of_the_mediator(SEATS[1:])),
    asked(of_the_room()),
)
steps = st.lists(
    st.builds(
        Step,
        every_act,
        st.sampled_from(("", "", "", "", "", "cut", "connect", "gate")),
        st.one_of(st.none(), by_themselves(*SEATS)),
    ),
    max_size=12,
)


class Monitor:
    """Knows by itself who may be given what, and looks at each packet that is."""

    def __init__(self, made: World) -> None:
        self.world = made
        self.wrong: list[str] = []
        self._coming: tuple[Room, ...] = ()
        self._asked: dict[tuple[SeatId, str], tuple[Event, ...]] = {}  # silence that was not written down
        self._untaped: set[SeatId] = set()
        self._may: frozenset[Edge] = frozenset()
        self._said = 0
        self._had: dict[SeatId, set[bytes]] = defaultdict(set)
        self._when: dict[bytes, frozenset[Edge]] = {}  # of each mark: what might flow when it was said
        made.heard_by = self._heard

    async def step(self, step: Step) -> None:
        act = step.act
        if isinstance(act, Doing) and act.what is What.RECORDING_FAILS:
            self._untaped.add(act.seat)
        self.world.board.breaks = frozenset({step.breaks} - {""})
        if isinstance(act, Asking):
            await self.ask(act, step.during)
        else:
            await act.happen(self.world, self.tag())
        self.world.board.breaks = frozenset()
        self.talk()
        await a_while()
        self.talk()
        self.talk_out_of_the_past()

    async def ask(self, asking: Asking, during: Doing | None = None) -> None:
        """Let a command be committed slowly, and people go on talking meanwhile."""
        world, command = self.world, asking.command
        try:
            events = world.room.decide(command, NOON)
        except HeyiError:
            events = ()
        if not isinstance(command, c.PauseRecording):  # which silences nobody, and comes once it is written
            self._coming = (reduce(Room.after, events, world.room),)
        world.journal.go.clear()
        task = asyncio.create_task(world.do(command, written=asking.written))
        await a_while(0.05)
        if task.done() and task.result():
            self._asked.pop(matter_of(command), None)
        self.talk()
        if during is not None and during.what is not What.RECORDING_FAILS:
            await during.happen(world, self.tag())
            self.talk()
        world.journal.go.set()
        done = await task
        self._coming = ()
        if done and isinstance(command, c.ResumeRecording):
            self._untaped.clear()
        if done:
            self._asked.pop(matter_of(command), None)
        elif events and silences_oneself(command):
            self._asked[matter_of(command)] = events

    def may(self) -> frozenset[Edge]:
        """Return what may flow now."""
        world = self.world
        present = frozenset(s for s in SEATS if world.holder(s) is not None and world.alive(s))
        rooms = (world.room, *self._coming)
        asked = [event for events in self._asked.values() for event in events]
        rooms += tuple(reduce(Room.after, asked, room) for room in rooms)
        bound = reduce(
            frozenset.intersection, (who_hears(r, present, frozenset(self._untaped)) for r in rooms)
        )
        return frozenset(
            edge
            for edge in bound
            if all(on(room, edge.source, edge.kind) for room in rooms)
            and self._shows(edge.source, edge.listener)
        )

    def _shows(self, seat: SeatId, listener: Listener) -> bool:
        """Return whether the page of a seat shows, and has said that it shows, who hears it."""
        page = self.world.holder(seat)
        if page is None or page.shown is None:
            return False
        views = (page.shown, page.views()[-1]["view"])
        if listener == RECORDER:
            return all(view["recording"] for view in views)
        return all(NAMES[SeatId(listener)].name in view["hears_me"] for view in views)

    def talk(self) -> frozenset[Edge]:
        """Let everybody say and show something of their own; return to whom that may be given."""
        for browser in self.world.browsers.values():
            tag = self.tag()
            browser.sound(tag)
            browser.picture(tag, key=True)
        return self._may

    def talk_out_of_the_past(self) -> None:
        """Let connections that were replaced or ended say something, which may be given to nobody."""
        for seat, gone in self.world.past.items():
            for browser in gone:
                if isinstance(browser, Browser) and browser is not self.world.browsers[seat]:
                    self._said += 1
                    mark = MARK % self._said
                    self._may = self._when[mark] = frozenset()
                    browser.sound(mark)
                    browser.picture(mark, key=True)

    def tag(self) -> bytes:
        """Return the mark of something that is said now, and note to whom it may be given."""
        self._may = self.may()
        self._said += 1
        self._when[MARK % self._said] = self._may
        return MARK % self._said

    def _heard(self, listener: SeatId, packet: bytes) -> None:
        if is_rtcp(packet):
            return
        source, kind = self._of(listener, packet)
        mark = mark_of(packet)
        now = mark == MARK % self._said and Edge(source, kind, ear(listener)) in self._may
        if not (now or mark in self._had[listener]):  # what is raised here, the switchboard would take
            self.wrong.append(f"{listener} was given {kind} of {source}: {mark!r}")
        self._had[listener].add(mark)

    def _of(self, listener: SeatId, packet: bytes) -> tuple[SeatId, Kind]:
        """Return whose slot a packet came in, and of what kind."""
        name = slot_name(packet)
        place = self.world.room.seat(listener).place
        source = next(s for s in SEATS if s != listener and slot(place, self._place(s)) == int(name[5]))
        return source, Kind.MIC if name.startswith("audio") else Kind.CAMERA

    def _place(self, seat: SeatId) -> int:
        return self.world.room.seat(seat).place

    def taped_wrongly(self) -> list[str]:
        return [
            f"{kind} of {tape.seat} is on a tape: {mark!r}"
            for tape in self.world.deck.tapes
            for kind, track in ((Kind.MIC, tape.audio), (Kind.CAMERA, tape.video))
            for payload in track.payloads
            if Edge(tape.seat, kind, RECORDER) not in self._when[mark := mark_of(payload)]
        ]

    def all_may_and_have(self) -> bool:
        """Return whether what was said last has come to everybody who may have it."""
        wanted = {(edge.source, edge.listener) for edge in self.may() if edge.listener != RECORDER}
        before = {listener: set(had) for listener, had in self._had.items()}
        self.talk()
        return all(
            len(self._had[SeatId(listener)] - before.get(SeatId(listener), set()))
            == sum(1 for _, other in wanted if other == listener)
            for _, listener in wanted
        )


def matter_of(command: c.Command) -> tuple[SeatId, str]:
    """Return whose matter a command is, and which."""
    match command:
        case c.Knock(by=seat) | c.Leave(by=seat):
            return seat, "place"
        case c.SetMic(seat=seat) | c.SetCamera(by=seat) | c.SetConsent(by=seat):
            return seat, type(command).__name__
        case _:
            return command.by, "another's"


def silences_oneself(command: c.Command) -> bool:
    match command:
        case c.Leave() | c.SetCamera(on=False) | c.SetConsent(recorded=False):
            return True
        case c.SetMic(by=by, seat=seat, on=False):
            return by == seat
        case _:
            return False


def mark_of(packet: bytes) -> bytes:
    return packet[packet.index(MARK[:5]) :]


def on(room: Room, seat: SeatId, kind: Kind) -> bool:
    return room.seat(seat).mic if kind is Kind.MIC else room.seat(seat).camera


async def heal(monitor: Monitor) -> None:
    """Let everybody who still can come back, connect, and show what they see."""
    made = monitor.world
    for seat in SEATS:
        device = made.room.seat(seat).device or phone_of(seat)
        for command in (
            c.SetConsent(seat, ready=True, recorded=True),
            c.Knock(seat, device),
            c.Admit(MEDIATOR, seat),
            c.SetMic(seat, seat, on=True),
            c.SetCamera(seat, on=True),
        ):
            await monitor.ask(Asking(command))
        made.come(seat, made.room.seat(seat).device)
    await made.do(c.CloseCaucus(MEDIATOR))
    for seat in SEATS:
        await made.call(seat)
    await a_while()
    made.show(*SEATS)
    await a_while()


async def live(drawn: Sequence[Step]) -> None:
    async with world(joint_room()) as made:
        monitor = Monitor(made)
        await a_while(0.03)
        for step in drawn:
            await monitor.step(step)
            assert monitor.wrong == []
        await heal(monitor)
        for _ in range(3):
            monitor.talk()
            await a_while()
        assert monitor.wrong == []
        assert monitor.taped_wrongly() == []
        if made.room.phase is Phase.OPEN:
            talking = {s for s in SEATS if made.room.seat(s).admission is Admission.ADMITTED}
            assert {edge.source for edge in monitor.may()} == (talking if len(talking) > 1 else set())
            assert monitor.all_may_and_have()


def one_by_one(*acts: Act) -> list[Step]:
    return [Step(act, breaks="", during=None) for act in acts]


@examples(25)
@example(one_by_one(Asking(c.SetMic(CONSUMER, CONSUMER, on=False), written=False)))
@example(one_by_one(Asking(c.SetConsent(CONSUMER, ready=True, recorded=False), written=False)))
@example(
    one_by_one(
        Asking(c.OpenCaucus(MEDIATOR, Side.APPLICANT, CAUCUS)),
        Doing(CONSUMER, What.SHOWS),
        Asking(c.CloseCaucus(MEDIATOR)),
        Doing(CONSUMER, What.SHOWS_AN_OLD_VIEW),
    )
)
@given(steps)
def test_nobody_is_given_what_they_may_not_have_and_in_the_end_all_have_what_they_may(
    drawn: list[Step],
) -> None:
    run(live(drawn))
