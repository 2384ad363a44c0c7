"""How fast a caucus cuts and how fast it gives back: `python -m bench.caucus [--json]`.

Three people with the load's content in one room; the mediator goes apart with the consumer's side and
comes back, twenty times, and the insurer's side notes what arrives. Takes about 90 seconds. Exit status:
0 when everything could be measured, 1 otherwise.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiortc.rtp import RtpPacket

from bench.figures import percentiles
from bench.load import Port, Talker
from bench.room import Room, installation
from server.rehearsal.failing import Failed
from server.rehearsal.signals import Signal, vp8_body
from server.rehearsal.stage import CONSUMER, EVERYBODY, INSURER, MEDIATOR

ROUNDS: Final = 20
APART: Final = 1.0  # seconds of a caucus, at least
TOGETHER: Final = 2.5  # seconds between two, at least: the latest keyframe is among them
PHASE: Final = 0.5  # seconds more, by chance: out of step with pictures and timers
CUT_BOUND: Final = 50.0  # milliseconds, 95th percentile
SOUND_BOUND: Final = 200.0  # milliseconds, 95th percentile
PICTURE_BOUNDS: Final = (500.0, 1300.0)  # milliseconds, 50th and 95th percentile


@dataclass(frozen=True, slots=True)
class Arrival:
    """One packet of media: when it came (s), on which receiving line, whether it ends a keyframe."""

    at: float
    line: int
    keyframe: bool = False


@dataclass(frozen=True, slots=True)
class Caucus:
    """When the commands left (s): `opened` and `closed`; `until`, when the next one may be under way."""

    opened: float
    closed: float
    until: float


@dataclass(slots=True)
class Found:
    """Milliseconds: the cut once a caucus, sound and picture once a caucus for each of the others."""

    cuts: list[float] = field(default_factory=list)
    sounds: list[float] = field(default_factory=list)
    pictures: list[float] = field(default_factory=list)


def judge(arrivals: Sequence[Arrival], caucuses: Sequence[Caucus], others: int) -> Found:
    """Return what the excluded party got, from all that arrived. Raises Failed if somebody never came back.

    Lines are sound and picture of each slot in turn.
    """
    found = Found()
    for caucus in caucuses:
        last = max((a.at for a in arrivals if a.at < caucus.closed), default=caucus.opened)
        found.cuts.append(1000 * max(0.0, last - caucus.opened))
        after = [a for a in arrivals if caucus.closed <= a.at < caucus.until]
        sounds = _firsts([a for a in after if a.line % 2 == 0])
        pictures = _firsts([a for a in after if a.keyframe])
        if len(sounds) != others or len(pictures) != others:
            raise Failed("Somebody's sound or picture did not come back after a caucus.")
        found.sounds += [1000 * (at - caucus.closed) for at in sounds]
        found.pictures += [1000 * (at - caucus.closed) for at in pictures]
    return found


def _firsts(arrivals: Sequence[Arrival]) -> list[float]:
    """Return when each line's first one came."""
    first: dict[int, float] = {}
    for arrival in sorted(arrivals, key=lambda arrival: arrival.at):
        first.setdefault(arrival.line, arrival.at)
    return list(first.values())


class Witness(Talker):
    """A person under load who decrypts what arrives and notes it."""

    def __init__(self, signal: Signal, flowing: asyncio.Event) -> None:
        super().__init__(signal, flowing, at_once=True)
        self.arrivals: list[Arrival] = []
        self._keyframes: set[int] = set()  # lines in the middle of one

    def _port(self) -> Port:
        return Port(self._dtls, (0, 0))  # nothing is only counted: all goes the libraries' way

    async def _on_rtp(self, data: bytes, arrival_time_ms: int) -> None:  # noqa: ARG002  aiortc's name
        at, packet = time.monotonic(), RtpPacket.parse(data)
        line = self._lines.get(packet.ssrc)
        if line is None or not packet.payload:
            return
        if line % 2 == 0:
            self.arrivals.append(Arrival(at, line))
            return
        begins, _ = vp8_body(packet.payload)
        if begins:
            self._keyframes.add(line)  # nothing is lost or out of order on the way to this machine itself
        ends = bool(packet.marker) and line in self._keyframes
        if ends:
            self._keyframes.discard(line)
        self.arrivals.append(Arrival(at, line, ends))


async def measure(rounds: int) -> Found:
    """Hold the caucuses. Raises Failed."""
    flowing = asyncio.Event()
    witnesses: list[Witness] = []

    def medium(who: Signal) -> Talker:
        if who.name != INSURER:
            return Talker(who, flowing, at_once=True)
        witnesses.append(Witness(who, flowing))
        return witnesses[-1]

    async with installation() as house:
        room = await house.open_room(medium)
        flowing.set()
        await asyncio.sleep(TOGETHER)
        caucuses = [await _caucus(room) for _ in range(rounds)]
    return judge(witnesses[0].arrivals, caucuses, len(EVERYBODY) - 1)


async def _caucus(room: Room) -> Caucus:
    mediator = room.guests[MEDIATOR]
    opened = await mediator.do("tell", type="caucus-open", fields={"side": "applicant"})
    await _see(room, {CONSUMER: [MEDIATOR], MEDIATOR: [CONSUMER]}, "private")
    await _see(room, {INSURER: []}, "apart")
    await asyncio.sleep(APART + random.random() * PHASE)
    closed = await mediator.do("tell", type="caucus-close", fields={})
    await _see(room, {role: [other for other in EVERYBODY if other != role] for role in EVERYBODY}, "joint")
    await asyncio.sleep(TOGETHER + random.random() * PHASE)
    return Caucus(opened["sent"], closed["sent"], time.monotonic())


async def _see(room: Room, people: dict[str, list[str]], truth: str) -> None:
    for role, others in people.items():
        await room.guests[role].do("sees", truth=truth, people=others)


def figures(found: Found) -> dict[str, Any]:
    return {
        name: dict(zip(("p50", "p95"), (round(p, 1) for p in percentiles(values)), strict=True))
        for name, values in (
            ("cut_ms", found.cuts),
            ("audio_ms", found.sounds),
            ("video_ms", found.pictures),
        )
    } | {"rounds": len(found.cuts)}


def as_table(found: dict[str, Any]) -> str:
    half, most = PICTURE_BOUNDS
    video = found["video_ms"]
    return "\n".join(
        (
            f"{found['rounds']} caucuses, milliseconds from the mediator's command:       p50      p95",
            _row("to the last packet to who is excluded", found["cut_ms"])
            + _expected(f"p95 ≤ {CUT_BOUND:.0f}", holds=found["cut_ms"]["p95"] <= CUT_BOUND),
            _row("back: to the first sound of each of the others", found["audio_ms"])
            + _expected(f"p95 ≤ {SOUND_BOUND:.0f}", holds=found["audio_ms"]["p95"] <= SOUND_BOUND),
            _row("back: to the first whole keyframe of each", video)
            + _expected(
                f"p50 ≤ {half:.0f}, p95 ≤ {most:.0f}", holds=video["p50"] <= half and video["p95"] <= most
            ),
        )
    )


def _row(name: str, values: dict[str, float]) -> str:
    return f"  {name:<52} {values['p50']:>7}  {values['p95']:>7}"


def _expected(bound: str, *, holds: bool) -> str:
    return f"   (expected {bound}: {'yes' if holds else 'NO'})"


async def _measure(rounds: int) -> Found:
    """Measure; being told to stop (SIGTERM) ends the server as well."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await measure(rounds)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.caucus", description="how fast a caucus cuts")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="caucuses (%(default)s)")
    arguments = parser.parse_args()
    try:
        found = figures(asyncio.run(_measure(arguments.rounds)))
    except Failed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    except asyncio.CancelledError:
        return 1
    sys.stdout.write((json.dumps(found) if arguments.json else as_table(found)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
