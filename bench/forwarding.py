"""What it takes to forward and record rooms of three: this server, Janus, and aiortc's relay, in turns.

All are pinned to one core and write to one disk; the load has the other core. Whoever has no turn is
silent: its people stay connected and send nothing.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import psutil

from bench.content import RATE, content
from bench.cores import Cores, Meter, choose, pin, pinned_here
from bench.cost import relay_room
from bench.figures import Turn, slope
from bench.janus import janus
from bench.load import SOUNDS, Port, Speaker, Talker, stay_on_this_machine
from bench.room import Installation, Room, installation
from server.rehearsal.failing import Failed
from server.rehearsal.signals import Signal

SETTLING: Final = 2.5  # seconds from the first packet until a window begins
DRAINING: Final = 0.7  # seconds for what is under way when everybody falls silent
WARMING: Final = 12.0  # seconds in which every buffer for retransmission fills: 512 packets of sound
FEW: Final = 5  # rooms at which memory is first looked at
TIMED: Final = 8  # rooms at which the delay is measured
PROBES: Final = 9  # people whose sound is timed as it arrives
PEOPLE: Final = 3  # a room
NOMINAL: Final = 0.98  # share of the packets that are due; a load that sends fewer is at its end
UDP: Final = Path("/proc/net/udp")


class Speaking(Protocol):
    """A person under load: `load.Talker`, `janus.Guest`."""

    port: Port | None
    speaker: Speaker | None

    @property
    def sent(self) -> int: ...
    @property
    def received(self) -> int: ...


class Side(Protocol):
    """One of those that are compared."""

    @property
    def pid(self) -> int: ...
    @property
    def flowing(self) -> asyncio.Event: ...
    @property
    def guests(self) -> Sequence[Speaking]: ...
    async def fill(self, rooms: int) -> None:
        """Open rooms until there are so many."""

    async def recorded(self) -> bool: ...


class Ours:
    """Rooms of this server."""

    def __init__(self, house: Installation) -> None:
        self.flowing = asyncio.Event()
        self.guests: list[Talker] = []
        self._house = house
        self._rooms: list[Room] = []

    @property
    def pid(self) -> int:
        return self._house.pid

    def _medium(self, signal: Signal) -> Talker:
        talker = Talker(signal, self.flowing)
        self.guests.append(talker)
        return talker

    async def fill(self, rooms: int) -> None:
        while len(self._rooms) < rooms:
            self._rooms.append(await self._house.open_room(self._medium))

    async def recorded(self) -> bool:
        return all([await room.recorded() for room in self._rooms])


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: `rooms` at most, `rounds` of turns, windows of `window` seconds."""

    rooms: int = 20
    rounds: int = 5
    window: float = 5.0


@dataclass(slots=True)
class Seen:
    """What was seen of a server: `full` with all rooms, `one` with one, delays in s, memory in bytes a room."""

    full: list[Turn] = field(default_factory=list)
    one: list[Turn] = field(default_factory=list)
    timed: list[Turn] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    memory: float = 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """All figures. The relay has one room throughout: `one` beside one of ours, `full` beside all."""

    cores: Cores
    plan: Plan
    ours: Seen
    janus: Seen
    relay: Seen


async def measure(plan: Plan) -> Comparison:
    """Measure everything, on a machine that does nothing else. Raises Failed."""
    cores, address = _cores(), stay_on_this_machine()
    async with installation() as house, janus(address) as debian:
        ours, theirs = Ours(house), debian
        for side in (ours, theirs):
            pin(side.pid, cores.measured)
        with pinned_here(cores.load):
            found = Comparison(cores, plan, Seen(), Seen(), Seen())
            await _one_room(ours, found)
            sides = ((ours, found.ours), (theirs, found.janus))
            few, timed = min(FEW, plan.rooms - 1), min(TIMED, plan.rooms)
            before = [await _memory(side, few) for side, _ in sides]
            for side, _ in sides:
                await _fill(side, timed)
            for number in range(plan.rounds):
                _say(f"delay with {timed} rooms, round {number + 1}")
                for side, seen in sides:
                    await _delays(side, seen, plan)
            after = [await _memory(side, plan.rooms) for side, _ in sides]
            for (_, seen), less, more in zip(sides, before, after, strict=True):
                seen.memory = slope((few, less), (plan.rooms, more))
            await _all_rooms(ours, theirs, found)
    return found


async def _one_room(ours: Ours, found: Comparison) -> None:
    await _fill(ours, 1)
    for number in range(found.plan.rounds):
        _say(f"one room, round {number + 1}")
        found.ours.one.append(await turn(ours, found.plan.window))
        found.relay.one.append(await _relay(found))


async def _all_rooms(ours: Ours, theirs: Side, found: Comparison) -> None:
    for number in range(found.plan.rounds):
        _say(f"{found.plan.rooms} rooms, round {number + 1}")
        found.ours.full.append(await turn(ours, found.plan.window))
        found.janus.full.append(await turn(theirs, found.plan.window))
        found.relay.full.append(await _relay(found))


async def _fill(side: Side, rooms: int) -> None:
    """Open rooms, and let everybody's first packets pass, which are not all forwarded."""
    _say(f"{type(side).__name__}: {rooms} rooms")
    await side.fill(rooms)
    await _speak(side, SETTLING)


async def _memory(side: Side, rooms: int) -> float:
    """Return the bytes that a server occupies with so many rooms and every buffer full."""
    await _fill(side, rooms)
    await _speak(side, WARMING)
    return float(psutil.Process(side.pid).memory_info().rss)


async def _speak(side: Side, seconds: float) -> None:
    side.flowing.set()
    await asyncio.sleep(seconds)
    side.flowing.clear()
    await asyncio.sleep(DRAINING)


async def _delays(side: Side, seen: Seen, plan: Plan) -> None:
    taken, delays = await timed_turn(side, plan.window)
    seen.timed.append(taken)
    seen.delays += delays


async def timed_turn(side: Side, window: float) -> tuple[Turn, list[float]]:
    """Do the same as `turn`, with stamped sound; return also how long each packet of it took, in seconds."""
    probes = [guest.port for guest in side.guests[:PROBES] if guest.port is not None]
    for guest in side.guests:
        if guest.speaker is not None:
            guest.speaker.stamped = True
    for port in probes:
        port.take_times(on=True)
    taken, delays = await turn(side, window), list[float]()
    for port in probes:
        port.take_times(on=False)
        delays += port.delays
        port.delays.clear()
    return taken, delays


async def turn(side: Side, window: float) -> Turn:
    """Let everybody speak and look at it for one window. Raises Failed if not everybody is recorded."""
    before = _counts(side.guests)
    side.flowing.set()
    await asyncio.sleep(SETTLING)
    seconds, cpu, load, other, sent, forwarded = await _watch(side.pid, side.guests, window)
    if not await side.recorded():
        raise Failed("A room was measured without its recording.")
    side.flowing.clear()
    await asyncio.sleep(DRAINING)
    all_sent, received, dropped = (now - then for now, then in zip(_counts(side.guests), before, strict=True))
    missing = (PEOPLE - 1) * all_sent - received
    return Turn(seconds, cpu, load, other, sent, forwarded, missing, dropped)


async def _relay(found: Comparison) -> Turn:
    """Let a fresh relay carry one room. What it encodes anew cannot be held against what was sent."""
    async with relay_room(found.cores.measured) as (pid, talkers):
        await asyncio.sleep(SETTLING)
        return Turn(*await _watch(pid, talkers, found.plan.window), missing=0, dropped=0)


async def _watch(
    pid: int, guests: Sequence[Speaking], window: float
) -> tuple[float, float, float, float, int, int]:
    """Return the seconds that passed, those of the server, the load and others, packets sent and copies."""
    server, load, machine = Meter(pid), Meter(os.getpid()), _busy()
    sent, received, _ = _counts(guests, looking_at_drops=False)
    await asyncio.sleep(window)
    (seconds, cpu), (_, own), busy = server.taken(), load.taken(), _busy() - machine
    sent_now, received_now, _ = _counts(guests, looking_at_drops=False)
    return seconds, cpu, own, max(0.0, busy - cpu - own), sent_now - sent, received_now - received


def _busy() -> float:
    """Return the processor seconds of this machine so far, by whomever."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def _counts(guests: Sequence[Speaking], *, looking_at_drops: bool = True) -> tuple[int, int, int]:
    """Return how many packets were sent, how many copies came, and how many our own sockets dropped."""
    ports = {guest.port.number for guest in guests if guest.port is not None}
    return (
        sum(guest.sent for guest in guests),
        sum(guest.received for guest in guests),
        drops(UDP.read_text(), ports) if looking_at_drops else 0,
    )


def drops(table: str, ports: set[int]) -> int:
    """Return how many datagrams sockets on these ports had no room for, from the text of /proc/net/udp."""
    rows = (line.split() for line in table.splitlines()[1:])
    return sum(int(row[-1]) for row in rows if int(row[1].rpartition(":")[2], 16) in ports)


def due(rooms: int) -> float:
    """Return how many packets a second so many rooms are to send."""
    frames = content().frames
    return rooms * PEOPLE * RATE * (SOUNDS + sum(map(len, frames)) / len(frames))


def _cores() -> Cores:
    if not UDP.is_file():
        raise Failed("This bench needs Linux: it reads /proc/net/udp.")
    return choose()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
