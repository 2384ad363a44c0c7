"""Does a call notice a flood? `python -m bench.flood [--json]`.

A million datagrams of strangers, 20,000 a second, against the ports of a recorded room of three; before it the
same room is left alone for as long. Takes two minutes. Exit status: 0 when every bound holds, 1 otherwise.
"""

import argparse
import asyncio
import json
import re
import secrets
import signal
import sys
from dataclasses import dataclass
from typing import Any, Final

import psutil

from bench.cores import choose, pin, pinned_here
from bench.figures import Turn, percentiles_to_99
from bench.forwarding import SETTLING, UDP, Ours, drops, timed_turn
from bench.load import stay_on_loopback
from bench.room import installation
from bench.strangers import Order, Target
from server.rehearsal.browser import Browser
from server.rehearsal.failing import Failed

DATAGRAMS: Final = 1_000_000
RATE: Final = 20_000  # a second
WARMING: Final = 12.0  # seconds in which every buffer for retransmission fills
REST: Final = 3.0  # seconds more than a flood takes, in which the room is watched
MIB: Final = 2**20
LOST_BOUND: Final = 0.01  # of the copies of a room's packets
GROWTH_BOUND: Final = 16.0  # MiB
TOLD_BOUND: Final = 0.99  # of what was sent: dropped by cause, or by the kernel in front of us
DROPPED: Final = re.compile(r'^heyi_datagrams_dropped_total\{cause="(\w+)"\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Phase:
    """The room for a while. `lost` is a share of the copies; `delay` of sound in ms, p99; `percent` of a core."""

    lost: float
    delay: float
    percent: float
    other: float  # percent of a core that neither the server, nor the load, nor the strangers took

    @classmethod
    def of(cls, turn: Turn, delays: list[float], strangers: float) -> "Phase":
        *_, delay = percentiles_to_99(delays)
        other = 100 * max(0.0, turn.other - strangers) / turn.seconds
        return cls(max(0, turn.lost) / (2 * turn.sent), 1000 * delay, turn.percent, other)


@dataclass(frozen=True, slots=True)
class Found:
    """`sent` in `seconds` by strangers; `dropped` by cause as /metrics say, `unseen` by the kernel before us."""

    quiet: Phase
    flooded: Phase
    sent: int
    seconds: float
    dropped: dict[str, int]
    unseen: int
    growth: float  # MiB
    rate: int

    @property
    def told(self) -> float:
        return (sum(self.dropped.values()) + self.unseen) / self.sent

    @property
    def microseconds(self) -> float:
        """Processor time of the server for one datagram of a stranger."""
        span = self.sent / self.rate + REST
        return 1e4 * (self.flooded.percent - self.quiet.percent) * span / self.sent

    @property
    def verdicts(self) -> dict[str, bool]:
        return {
            "lost": self.flooded.lost <= LOST_BOUND,
            "memory": self.growth <= GROWTH_BOUND,
            "told": self.told >= TOLD_BOUND,
        }


class Flooded:
    """A recorded room of three, whose ports are known."""

    def __init__(self, room: Ours, scrape: Browser, token: str) -> None:
        self._room, self._scrape, self._token = room, scrape, token

    @property
    def targets(self) -> tuple[Target, ...]:
        ports = [guest.port for guest in self._room.guests if guest.port is not None]
        return tuple(Target(*port.server, port.name) for port in ports)

    async def dropped(self) -> dict[str, int]:
        """Return what /metrics say was dropped, by cause."""
        bearer = {"Authorization": f"Bearer {self._token}"}
        answer = await self._scrape.request("GET", "/metrics", headers=bearer)
        return {cause: int(float(count)) for cause, count in DROPPED.findall(answer.body.decode())}

    def unseen(self) -> int:
        return drops(UDP.read_text(), {target.port for target in self.targets})

    def memory(self) -> float:
        return float(psutil.Process(self._room.pid).memory_info().rss) / MIB

    async def measure(self, datagrams: int, rate: int) -> Found:
        window = datagrams / rate + REST
        quiet = Phase.of(*await timed_turn(self._room, window), strangers=0.0)
        dropped, unseen, memory = await self.dropped(), self.unseen(), self.memory()
        turn = asyncio.create_task(timed_turn(self._room, window), name="the room")
        await asyncio.sleep(SETTLING)
        sent, seconds, busy = await _strangers(
            Order(self.targets, datagrams, rate, secrets.randbelow(1 << 32))
        )
        flooded = Phase.of(*await turn, strangers=busy)
        now = await self.dropped()
        found = {cause: now[cause] - dropped[cause] for cause in now if now[cause] > dropped[cause]}
        growth = self.memory() - memory
        return Found(quiet, flooded, sent, seconds, found, self.unseen() - unseen, growth, rate)


async def _strangers(order: Order) -> tuple[int, float, float]:
    """Let them send; return how many datagrams, in how many seconds, and the processor seconds it took them."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.strangers"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    before = psutil.Process().cpu_times()
    try:
        answer, _ = await process.communicate(f"{order}\n".encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise Failed("The strangers ended before they had sent everything.")
    said: dict[str, Any] = json.loads(answer)
    now = psutil.Process().cpu_times()
    busy = now.children_user + now.children_system - before.children_user - before.children_system
    return said["sent"], said["seconds"], busy


async def flood(datagrams: int, rate: int) -> Found:
    """Open a room, leave it alone, flood it. Raises Failed."""
    task = asyncio.current_task()
    if task is not None:  # being told to stop (SIGTERM) ends the server as well
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    if not UDP.is_file():
        raise Failed("This bench needs Linux: it reads /proc/net/udp.")
    stay_on_loopback()
    cores, token = choose(), secrets.token_urlsafe(32)
    async with installation(HEYI_ICE_LOOPBACK="1", HEYI_METRICS_TOKEN=token) as house:
        pin(house.pid, cores.measured)
        with pinned_here(cores.load):
            room = Ours(house)
            await room.fill(1)
            room.flowing.set()
            await asyncio.sleep(WARMING)
            room.flowing.clear()
            async with Browser(house.stage.base_url, house.stage.cafile) as scrape:
                return await Flooded(room, scrape, token).measure(datagrams, rate)


def as_json(found: Found) -> str:
    """Return one object; shares from 0 to 1, delays in ms, percents of one core, memory in MiB."""
    phases = {
        name: {key: round(getattr(phase, key), 5) for key in Phase.__slots__}
        for name, phase in (("quiet", found.quiet), ("flooded", found.flooded))
    }
    return json.dumps(
        phases
        | {
            "sent": found.sent,
            "seconds": round(found.seconds, 1),
            "dropped": found.dropped,
            "dropped_by_the_kernel": found.unseen,
            "told": round(found.told, 4),
            "us_a_datagram": round(found.microseconds, 1),
            "memory_growth_mib": round(found.growth, 1),
            "verdicts": found.verdicts,
        }
    )


def as_table(found: Found) -> str:
    quiet, flooded = found.quiet, found.flooded
    holds = {name: "yes" if held else "NO" for name, held in found.verdicts.items()}
    causes = ", ".join(f"{cause} {count}" for cause, count in sorted(found.dropped.items()))
    return "\n".join(
        [
            f"{found.sent} datagrams of strangers in {found.seconds:.0f} s, against a recorded room of three:",
            "                                          left alone     flooded",
            f"  packets lost, %                        {100 * quiet.lost:>11.3f} {100 * flooded.lost:>11.3f}"
            f"   (expected ≤ {100 * LOST_BOUND:.0f}: {holds['lost']})",
            f"  delay of sound, p99, ms                {quiet.delay:>11.1f} {flooded.delay:>11.1f}",
            f"  percent of one core                    {quiet.percent:>11.1f} {flooded.percent:>11.1f}",
            f"  µs a datagram of a stranger            {'':>11} {found.microseconds:>11.1f}",
            f"  memory, MiB more than before           {'':>11} {found.growth:>11.1f}"
            f"   (expected ≤ {GROWTH_BOUND:.0f}: {holds['memory']})",
            f"  dropped: {causes}; by the kernel before us {found.unseen}",
            f"  told of what was sent, %               {'':>11} {100 * found.told:>11.1f}"
            f"   (expected ≥ {100 * TOLD_BOUND:.0f}: {holds['told']})",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.flood", description="a room in a flood")
    parser.add_argument("--datagrams", type=int, default=DATAGRAMS, help="in all (%(default)s)")
    parser.add_argument("--rate", type=int, default=RATE, help="a second (%(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    arguments = parser.parse_args()
    try:
        found = asyncio.run(flood(arguments.datagrams, arguments.rate))
    except Failed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    except asyncio.CancelledError:
        return 1
    sys.stdout.write((as_json(found) if arguments.json else as_table(found)) + "\n")
    return 0 if all(found.verdicts.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
