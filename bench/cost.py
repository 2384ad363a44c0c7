"""What a room costs: rooms of ours, and one by aiortc's relay, in turns on the same core."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from bench.cores import Cores, Meter, pin, pinned_here
from bench.load import Talker
from bench.room import Installation, Medium, Room, installation
from server.rehearsal.failing import Failed
from server.rehearsal.signals import CONSUMER, INSURER, MEDIATOR, Signal

PAIRS: Final = 5  # turns of relay and ours with one room
LOOKS: Final = 3  # windows with more rooms
ROOMS: Final = (1, 4, 8)
SETTLING: Final = 2.5  # seconds from a change until a window begins
WINDOW: Final = 5.0  # seconds
LINE: Final = 1 << 20  # bytes of an answer, at most
FULL: Final = 95.0  # percent of a core at which a process can do no more
BEHIND: Final = 0.95  # share of the pictures that must arrive, or whoever carries them does not keep up


@dataclass(frozen=True, slots=True)
class Window:
    """What was seen in one window.

    `percent` of one core; `sent` RTP packets a second by everybody together; `arrived` is the share
    of packets that came (of two copies each), `pictures` the same of frames; `load` the percent that
    the load itself took.
    """

    percent: float
    sent: float
    arrived: float
    pictures: float
    load: float


@dataclass(frozen=True, slots=True)
class Costs:
    """`rooms[n]` are the windows with n rooms; `relay` those of the relay with one."""

    cores: Cores
    rooms: dict[int, tuple[Window, ...]]
    relay: tuple[Window, ...]

    def percent_a_room(self, rooms: int) -> float:
        return median(window.percent for window in self.rooms[rooms]) / rooms

    @property
    def relay_percent(self) -> float:
        return median(window.percent for window in self.relay)

    @property
    def relay_full(self) -> bool:
        """Say whether the relay did not keep up: it would take more if it could."""
        return (
            median(w.percent for w in self.relay) >= FULL or median(w.pictures for w in self.relay) < BEHIND
        )

    @property
    def disturbed(self) -> bool:
        """Say whether this machine had other things to do.

        Then ours did not get through all that was sent, or the relay fell behind without a whole core.
        """
        ours = any(median(w.pictures for w in windows) < BEHIND for windows in self.rooms.values())
        return ours or (self.relay_full and self.relay_percent < FULL)

    @property
    def ratio(self) -> float:
        """Return how many times more the relay takes, by the median of the pairs."""
        return median(r.percent / o.percent for r, o in zip(self.relay, self.rooms[1], strict=True))


async def look(pid: int, talkers: Sequence[Talker]) -> Window:
    """Watch a process and the load on it for one window."""
    measured, load = Meter(pid), Meter(os.getpid())
    before = _counts(talkers)
    await asyncio.sleep(WINDOW)
    percent, own = measured.percent(), load.percent()
    sent, received, pictures, pictures_received = (
        now - then for now, then in zip(_counts(talkers), before, strict=True)
    )
    return Window(percent, sent / WINDOW, received / sent / 2, pictures_received / pictures / 2, own)


def _counts(talkers: Sequence[Talker]) -> tuple[int, int, int, int]:
    return (
        sum(t.sent for t in talkers),
        sum(t.received for t in talkers),
        sum(t.pictures_sent for t in talkers),
        sum(t.pictures_received for t in talkers),
    )


@asynccontextmanager
async def relay_room(core: int | None) -> AsyncIterator[tuple[int, list[Talker]]]:
    """Run the relay's process with three people in it who speak; give its id and them."""
    flowing = asyncio.Event()
    talkers = [Talker(signal, flowing) for signal in (CONSUMER, INSURER, MEDIATOR)]
    with TemporaryDirectory(prefix="heyi-bench-relay-") as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bench.relay", folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LINE,
        )
        try:
            pin(process.pid, core)
            for talker in talkers:
                await talker.accept(await _ask(process, await talker.offer()))
            flowing.set()
            yield process.pid, talkers
        finally:
            await asyncio.gather(*(talker.close() for talker in talkers))
            process.kill()
            await process.wait()


async def _ask(process: asyncio.subprocess.Process, offer: str) -> str:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the relay was started without pipes")
    process.stdin.write(json.dumps(offer).encode() + b"\n")
    answer = await process.stdout.readline()
    if not answer:
        raise Failed("The relay ended before it answered.")
    return str(json.loads(answer))


class Bench:
    """Rooms of ours under load, which can be silenced while the relay has its turn."""

    def __init__(self, house: Installation, cores: Cores) -> None:
        self._house = house
        self._cores = cores
        self._flowing = asyncio.Event()
        self._talkers: list[Talker] = []
        self._rooms: list[Room] = []

    def _medium(self, signal: Signal) -> Talker:
        talker = Talker(signal, self._flowing)
        self._talkers.append(talker)
        return talker

    async def fill(self, rooms: int) -> None:
        """Open rooms until there are so many."""
        medium: Medium = self._medium
        while len(self._rooms) < rooms:
            self._rooms.append(await self._house.open_room(medium))

    async def ours(self) -> Window:
        """Look at the server with all rooms speaking. Raises Failed if not everybody is recorded."""
        self._flowing.set()
        await asyncio.sleep(SETTLING)
        window = await look(self._house.pid, self._talkers)
        if not all([await room.recorded() for room in self._rooms]):
            raise Failed("A room was measured without its recording.")
        self._flowing.clear()
        return window

    async def relay(self) -> Window:
        async with relay_room(self._cores.measured) as (pid, talkers):
            await asyncio.sleep(SETTLING)
            return await look(pid, talkers)


async def measure(cores: Cores) -> Costs:
    """Measure rooms of ours and the relay, in turns."""
    async with installation() as house:
        pin(house.pid, cores.measured)
        with pinned_here(cores.load):
            bench = Bench(house, cores)
            await bench.fill(1)
            relay: list[Window] = []
            rooms: dict[int, list[Window]] = {1: []}
            for _ in range(PAIRS):
                relay.append(await bench.relay())
                rooms[1].append(await bench.ours())
            for count in ROOMS[1:]:
                await bench.fill(count)
                rooms[count] = [await bench.ours() for _ in range(LOOKS)]
    return Costs(cores, {count: tuple(windows) for count, windows in rooms.items()}, tuple(relay))
