"""A clerk between a journal, media and pages that do what a test says, and remember what was done to them."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from cases.errors import Broken, Reason, Refused
from cases.ids import DeviceId, RoomId, SeatId
from rooms import commands as c
from rooms import events as e
from rooms.edges import Edge, Kind
from rooms.model import Room
from signaling.clerk import Clerk
from tests.builders.room import NAMES, NOON, SEATS, phone_of

WITHIN = 20.0  # s; a test that waits longer has failed
Trace = list[tuple[str, Any]]


class FakeJournal:
    """Commits at once; or fails, or waits until `go` is set."""

    def __init__(self, trace: Trace) -> None:
        self.events: list[e.Event] = []
        self.error: Exception | None = None
        self.go = asyncio.Event()
        self.go.set()
        self.asked = asyncio.Event()
        self._trace = trace

    async def append(self, room: RoomId, events: tuple[e.Event, ...]) -> None:
        self.asked.set()
        await self.go.wait()
        if self.error is not None:
            raise self.error
        self._trace.append(("commit", events))
        self.events.extend(events)


class FakeMedia:
    """Keeps the installed edges as the switchboard does; every seat is connected unless it is in `dead`."""

    def __init__(self, trace: Trace) -> None:
        self.edges: frozenset[Edge] = frozenset()
        self.dead: set[SeatId] = set()
        self.publishing: dict[tuple[SeatId, Kind], bool] = {}
        self.causes: list[str] = []
        self.closed: list[SeatId] = []
        self.breaks: set[str] = set()  # what raises: "cut", "gate", "connect"
        self._trace = trace

    def cut(self, room: RoomId, allowed: frozenset[Edge], cause: str) -> None:
        if "cut" in self.breaks:
            raise OSError("cut")
        if lost := self.edges - allowed:
            self._trace.append(("cut", lost))
            self.causes.append(cause)
        self.edges &= allowed

    def connect(self, room: RoomId, edges: frozenset[Edge]) -> None:
        if new := edges - self.edges:
            self._trace.append(("connect", new))
        if "connect" in self.breaks:
            self.edges |= frozenset(tuple(new)[:1])  # it came half the way
            raise OSError("connect")
        self.edges = edges

    def set_publishing(self, room: RoomId, seat: SeatId, kind: Kind, on: bool) -> None:
        if "gate" in self.breaks:
            raise OSError("gate")
        self.publishing[seat, kind] = on

    def alive(self, room: RoomId, seat: SeatId) -> bool:
        return seat not in self.dead

    async def answer(self, room: RoomId, seat: SeatId, place: int, sdp: str) -> str:
        return f"answer to {sdp} at {place}"

    async def close_seat(self, room: RoomId, seat: SeatId) -> None:
        self.closed.append(seat)

    async def close_room(self, room: RoomId) -> None:
        self.closed.extend(SEATS)

    def silence_room(self, room: RoomId) -> None:
        self.edges = frozenset()
        self.dead |= set(SEATS)


class FakeFacts:
    def __init__(self) -> None:
        self.recorder = True
        self.is_sealed = False
        self.is_overloaded = False
        self.answers = asyncio.Event()  # of the recorder
        self.answers.set()
        self.probes = 0

    async def recorder_ready(self) -> bool:
        self.probes += 1
        await self.answers.wait()
        return self.recorder

    def overloaded(self) -> bool:
        return self.is_overloaded

    async def sealed(self, room: RoomId) -> bool:
        return self.is_sealed


class FakePage:
    """Remembers what it was sent, as the bytes that would go over the wire."""

    waiting = 0

    def __init__(self, seat: SeatId, device: DeviceId, trace: Trace) -> None:
        self.seat, self.device = seat, device
        self.sent: list[str] = []
        self.byes: list[str] = []
        self._trace = trace

    def send(self, message: Mapping[str, Any]) -> None:
        self._trace.append((message["type"], self.seat))
        self.sent.append(json.dumps(message, ensure_ascii=False))

    def bye(self, reason: str) -> None:
        self.byes.append(reason)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.sent]

    @property
    def view(self) -> dict[str, Any]:
        """What the page shows now."""
        found: dict[str, Any] = [m["view"] for m in self.messages if m["type"] == "view"][-1]
        return found

    @property
    def number(self) -> int:
        return max((m["number"] for m in self.messages if m["type"] == "view"), default=0)


class Stage:
    """A clerk with pages for the seats that are in the room."""

    def __init__(self, room: Room) -> None:
        self.trace: Trace = []
        self.journal, self.media = FakeJournal(self.trace), FakeMedia(self.trace)
        self.facts = FakeFacts()
        self.clerk = Clerk(room, NAMES, self.journal, self.media, self.facts, lambda: NOON)
        self.pages: dict[SeatId, FakePage] = {}

    def come(self, seat: SeatId, device: DeviceId | None = None, *, shows: bool = True) -> FakePage:
        """Attach a page of `seat`; it acknowledges its view if it `shows` it."""
        page = FakePage(seat, device or phone_of(seat), self.trace)
        self.pages[seat] = page
        self.clerk.attach(page)
        if shows:
            self.show(page)
        return page

    def show(self, *pages: FakePage) -> None:
        """Let pages (all, if none is named) acknowledge their newest view."""
        for page in pages or tuple(self.pages.values()):
            self.clerk.shown(page, page.number)

    async def do(self, *commands: c.Command) -> None:
        for command in commands:
            async with asyncio.timeout(WITHIN):
                await self.clerk.submit(command, self.pages.get(command.by))

    async def begin(self, command: c.Command) -> asyncio.Task[None]:
        """Submit `command` and return when its commit is under way and waits for `journal.go`."""
        self.journal.go.clear()
        self.journal.asked.clear()
        task = asyncio.create_task(self.clerk.submit(command, self.pages.get(command.by)))
        async with asyncio.timeout(WITHIN):
            await self.journal.asked.wait()
        return task

    async def finish(self, task: asyncio.Task[None]) -> None:
        self.journal.go.set()
        async with asyncio.timeout(WITHIN):
            await task

    def breaks(self, error: Exception | None = None) -> None:
        """Let every commit fail from now on."""
        self.journal.error = error or Broken("the disk is full")

    def mends(self) -> None:
        self.journal.error = None

    def heard(self, source: SeatId) -> set[str]:
        """Return who hears `source` now."""
        return {edge.listener for edge in self.media.edges if edge.source == source}

    def speaks(self, seat: SeatId) -> bool:
        """Return whether the microphone of `seat` passes its gate."""
        return self.media.publishing[seat, Kind.MIC]


@asynccontextmanager
async def staged(room: Room, *seats: SeatId) -> AsyncIterator[Stage]:
    """Open a stage with pages of `seats`, who show all they are told; close it, and leave no task."""
    stage = Stage(room)
    try:
        for seat in seats:
            stage.come(seat, shows=False)
        stage.show()
        stage.trace.clear()
        yield stage
    finally:
        stage.journal.go.set()
        async with asyncio.timeout(WITHIN):
            await stage.clerk.aclose()


def kinds(stage: Stage) -> list[str]:
    """Return what was done, in order, without repetitions."""
    return [kind for i, (kind, _) in enumerate(stage.trace) if i == 0 or stage.trace[i - 1][0] != kind]


async def refusal(stage: Stage, command: c.Command) -> Reason:
    """Return why the clerk refuses `command`."""
    with pytest.raises(Refused) as refused:
        await stage.do(command)
    return refused.value.reason
