"""A whole session on real folders and a real database, in simulated time.

`run` plays it in a process that may end at any step, and writes down what people were told. What is left of it is
the business of `fault_remains`.
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cases.errors import HeyiError
from cases.ids import CaucusId, RoomId, SeatId
from cases.model import Ground, Role, Side
from recordings import recorder as recorder_module
from recordings.model import EndCause
from recordings.recorder import Recorder
from recordings.vault import Vault
from rooms import commands as c
from rooms.edges import RECORDER
from rooms.edges import Edge as Way
from server.app import open_database
from server.clerks import RoomFacts, RoomJournal, _room_and_names
from server.deck import RecorderDeck, _Tape
from server.handlers.cases import add_case_with_room
from server.keys import existing_keys, open_keys
from server.register import DatabaseRegister
from server.staff import keep_staff
from server.watch import Load
from signaling.clerk import Clerk
from storage import rooms
from storage.database import Database
from tests.builders.cases import NOON, a_sample
from tests.builders.clerk import FakeMedia, FakePage
from tests.builders.fault_told import Ran, Told, facts_of
from tests.builders.faults import Edge, Point
from tests.builders.http import settings_in
from tests.builders.room import phone_of
from tests.builders.rtp import AUDIO_RATE, VIDEO_RATE, Encoded, Packetizer, ntp, opus, vp8

TICK: Final = 0.1  # seconds, as the recorder's
SPOKEN: Final = 1.6  # seconds between two commands
TRIES: Final = 3  # of a person who is told that it was not done
WITHIN: Final = 60.0  # seconds for one run

# Encoded once, and not in each of the processes that are forked from the one that imports this.
opus(SPOKEN)
vp8(SPOKEN)


class Screen(FakePage):
    """A page that writes down what it shows."""

    def __init__(self, seat: SeatId, told: Told) -> None:
        super().__init__(seat, phone_of(seat), [])
        self._told = told

    def send(self, message: Any) -> None:
        super().send(message)
        if message["type"] == "view":
            view = message["view"]
            self._told(seat=self.seat, truth=view["truth"], recording=view["recording"], phase=view["phase"])


class Taping(FakeMedia):
    """Media of which the recorder hears what it may hear."""

    def __init__(self, room: RoomId, recorder: Recorder) -> None:
        super().__init__([])
        self.tapes: dict[SeatId, _Tape] = {}
        self._room, self._deck = room, RecorderDeck(recorder)

    def cut(self, room: RoomId, allowed: frozenset[Way], cause: str) -> None:
        super().cut(room, allowed, cause)
        for seat in set(self.tapes) - self._recorded():
            self.tapes.pop(seat).stop(cause)

    def connect(self, room: RoomId, edges: frozenset[Way]) -> None:
        super().connect(room, edges)
        for seat in self._recorded() - set(self.tapes):
            tape = self._deck.start(self._room, seat, lambda: None)
            assert isinstance(tape, _Tape)
            self.tapes[seat] = tape

    def _recorded(self) -> set[SeatId]:
        return {edge.source for edge in self.edges if edge.listener == RECORDER}


@dataclass(slots=True)
class Voice:
    """What one tape gets: sound and pictures that go on where they were."""

    since: float
    sound: Packetizer = field(default_factory=lambda: Packetizer(AUDIO_RATE))
    pictures: Packetizer = field(default_factory=lambda: Packetizer(VIDEO_RATE))

    def packets(self, now: float, seconds: float) -> Iterator[tuple[float, str, tuple[Any, ...]]]:
        """Return when each packet or report comes, for which track, and what it says."""
        for kind, frames, packets in (
            ("audio", opus(seconds), self.sound),
            ("video", vp8(seconds), self.pictures),
        ):
            stamp = packets.stamp(now - self.since)
            yield now + 0.01, kind, (ntp(now), stamp)
            for frame in frames:
                moved = Encoded(now - self.since + frame.at, frame.data, frame.key)
                for cut in [packets.opus(moved)] if kind == "audio" else packets.vp8(moved):
                    number, time, mark, payload = cut
                    yield now + frame.at + 0.03, kind, (mark, number, time, payload)


class Scene:
    """The session, and the parts of the service that it goes through."""

    def __init__(self, folder: Path, told: Told) -> None:
        self.now = 1000.0
        self.told = told
        self.database, self.vault = opened(folder, self.wall)
        self.recorder = Recorder(self.vault, DatabaseRegister(self.database), self.wall, lambda: self.now)
        self.voices: dict[_Tape, Voice] = {}
        self.clerk: Clerk
        self.media: Taping
        self.screens: dict[Role, Screen] = {}

    def wall(self) -> datetime:
        return NOON + timedelta(seconds=self.now)

    async def play(self) -> None:
        """Open, record, go apart and back, pause and go on, withdraw a consent, leave, close, stop."""
        room, names = await self.database.read(_room_and_names, RoomId(await self.database.read(_only_room)))
        self.media = Taping(room.id, self.recorder)
        facts = RoomFacts(self.database, self.recorder, Load(1.0))
        self.clerk = Clerk(room, names, RoomJournal(self.database), self.media, facts, self.wall)
        self.recorder.on_fault = lambda _room, seat: self.clerk.recording_failed(seat)
        seats = {seat.role: seat.id for seat in room.seats}
        mediator, consumer, insurer = seats[Role.MEDIATOR], seats[Role.CONSUMER], seats[Role.INSURER]
        for role, seat in seats.items():
            self.screens[role] = Screen(seat, self.told)
            self.clerk.attach(self.screens[role])
        await self.do(c.Knock(mediator, phone_of(mediator)))
        for seat in (consumer, insurer):
            await self.do(c.SetConsent(seat, ready=True, recorded=True))
            await self.do(c.Knock(seat, phone_of(seat)))
            await self.do(c.Admit(mediator, seat))
        for command in (
            c.OpenSession(mediator, recorder_ready=False),  # the clerk asks the recorder
            c.OpenCaucus(mediator, Side.APPLICANT, CaucusId("k1")),
            c.CloseCaucus(mediator),
            c.PauseRecording(mediator),
            c.ResumeRecording(mediator, recorder_ready=False, failed=False),
            c.SetConsent(consumer, ready=True, recorded=False),
            c.Leave(insurer),
        ):
            await self.do(command)
            await self.speak(SPOKEN)
        await self.do(c.CloseSession(mediator, Ground.UNWILLING, sealed=False))
        await self.clerk.aclose()
        await self.recorder.aclose(EndCause.SHUTDOWN)
        await self.database.aclose()

    async def do(self, command: c.Command) -> None:
        """Ask as a person does: again, when it could not be written down."""
        name = type(command).__name__
        for _ in range(TRIES):
            try:
                await self.clerk.submit(command)
            except HeyiError:
                self.told(failed=name)
            else:
                self.told(done=name)
                break
        self._show()
        await self.recorder.drain()

    async def speak(self, seconds: float) -> None:
        """Let everybody who is recorded be heard for a while; what is due is on the disk when it returns."""
        coming = sorted(
            (
                (at, number, tape, kind, said)
                for number, tape in enumerate(self.media.tapes.values())
                for at, kind, said in self.voices.setdefault(tape, Voice(self.now)).packets(self.now, seconds)
            ),
            key=lambda one: one[:2],
        )
        end = self.now + seconds
        while self.now < end:
            self.now += TICK
            while coming and coming[0][0] <= self.now:
                _give(*coming.pop(0))
            for tape in tuple(self.recorder._tapes):
                tape.tick(self.now)
            while self.recorder._desk.behind(self.now + 1):  # noqa: ASYNC110  its thread sets no event
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            self._show()
            self.told(now=self.now, taped=sorted(self.media.tapes))

    def _show(self) -> None:
        for screen in self.screens.values():
            self.clerk.shown(screen, screen.number)


def _give(at: float, _number: int, tape: _Tape, kind: str, said: tuple[Any, ...]) -> None:
    track = tape.audio if kind == "audio" else tape.video
    if len(said) == 2:
        track.sender_report(*said, at)
    else:
        mark, number, time, payload = said
        track.rtp(mark, number, time, payload, at)


def _only_room(tx: Any) -> str:
    return str(rooms.unfinished(tx)[0])


def opened(folder: Path, clock: Any) -> tuple[Database, Vault]:
    """Open what a service opens on `folder`."""
    settings = settings_in(folder)
    keys = existing_keys(settings.keys)
    return open_database(settings, keys, clock), Vault(settings.data / "objects", keys.objects)


async def lay_out(folder: Path) -> None:
    """Make an installation with one case whose room has not been opened."""
    settings = settings_in(folder)
    database = open_database(settings, open_keys(settings.keys), lambda: NOON)
    sample = a_sample()
    await database.write(keep_staff, sample.staff, "no password")
    await database.write(add_case_with_room, sample.case, "operator")
    await database.aclose()


# One run, in a process of its own.


def run(folder: Path, point: Point | None = None) -> Ran:
    """Play the scene on `folder` in a process of its own, with `point` in its way."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_play, args=(str(folder), point))
    process.start()
    process.join(WITHIN)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise AssertionError(f"{point}: it hangs")
    facts = tuple(facts_of(folder))
    if process.exitcode not in {0, -signal.SIGKILL}:
        raise AssertionError(f"{point}: {(folder / 'log').read_text()[-2000:]}")
    return Ran(folder, facts, process.exitcode != 0)


def _play(folder: str, point: Point | None) -> None:
    home = Path(folder)
    os.dup2(os.open(home / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    told = Told(home)
    vars(recorder_module).update(TICK=3600.0, RETRY_AFTER=(0.01, 0.01, 0.01))
    edge = Edge(point, lambda site: told(killed=site))
    edge.install()
    asyncio.run(Scene(home, told).play())
    told(turns=edge.turns, reached=edge.reached)
