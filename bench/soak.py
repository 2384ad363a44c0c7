"""Does the server hold what it should let go of? `python -m bench.soak [--minutes N] [--json]`.

People come, go, reload, lose their lines, are killed; meanwhile memory, threads, sockets and files of the
server's process are counted from outside. Exit status: 0 when nothing grew and every act was done, 1 otherwise.
"""

import argparse
import asyncio
import json
import random
import secrets
import signal
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any, Final

from bench.room import Installation, installation
from bench.sitting import Sitting, Tally
from bench.trend import Trend, trend
from bench.watch import HELD, Sample, look, more, settled, watch
from server.rehearsal.browser import Browser
from server.rehearsal.failing import Failed

MINUTES: Final = 5.0
ROOMS: Final = 2
SETTLING: Final = 60.0  # seconds for what is held to be let go when all have left
RISING: Final = 20.0  # seconds from the first act until samples are taken
THREADS: Final = 8  # at once: more than the loop's own pool has on two cores, and than there are readers
COMPLAINTS: Final = ("ERROR", "CRITICAL", "Traceback", "Task exception was never retrieved")


@dataclass(frozen=True, slots=True)
class Found:
    """`before` and `after` are taken when nobody is there; `memory` is the trend in between, in MiB."""

    minutes: float
    rooms: int
    seed: int
    tally: Tally
    before: Sample
    after: Sample
    let_go: float  # seconds until what was held was let go
    samples: tuple[Sample, ...]
    complaints: tuple[str, ...]

    @property
    def memory(self) -> Trend:
        return self.trend_of("rss")

    def trend_of(self, name: str) -> Trend:
        return trend([(sample.at, float(getattr(sample, name))) for sample in self.samples])

    @property
    def verdicts(self) -> dict[str, bool]:
        """Return what was expected, and whether it holds."""
        held = more(self.before, self.after)
        return {
            "memory": not self.memory.grows,
            **{name: name not in held for name in HELD},
            "acts": not self.tally.failures,
            "log": not self.complaints,
        }

    @property
    def holds(self) -> bool:
        return all(self.verdicts.values())


async def soak(minutes: float, rooms: int, seed: int) -> Found:
    """Warm up, count what is held with nobody there, let people act, count again. Raises Failed."""
    async with installation() as house:
        tally = Tally()
        await _warm_up(house, rooms, seed, tally)
        before = await _still(house.pid)
        samples: list[Sample] = []
        watching = asyncio.create_task(_watch(house.pid, samples), name="watch")
        try:
            await _let_act(house, rooms, seed, tally, time.monotonic() + 60 * minutes)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
        after, let_go = await settled(house.pid, before, SETTLING)
        text = house.log.read_text(errors="replace")
    complaints = tuple(line for line in text.splitlines() if any(word in line for word in COMPLAINTS))
    return Found(minutes, rooms, seed, tally, before, after, let_go, tuple(samples), complaints)


async def _warm_up(house: Installation, rooms: int, seed: int, tally: Tally) -> None:
    """Do each act once in as many rooms at once: pools fill, and what is made at first use is there."""
    await asyncio.gather(*(_sign_in(house) for _ in range(THREADS)))
    door = asyncio.Lock()
    sittings = [Sitting(house, _dice(seed, f"warm {n}"), tally, door) for n in range(rooms)]
    await asyncio.gather(*(sitting.each() for sitting in sittings))
    await asyncio.gather(*(sitting.end() for sitting in sittings))


async def _sign_in(house: Installation) -> None:
    """Take a thread of each pool: one reads the page's rows, one compares the password."""
    async with Browser(house.stage.base_url, house.stage.cafile) as browser:
        await browser.get("/staff/sign-in")
        account = house.stage.mediator
        await browser.submit("/staff/sign-in", phone=account.phone, password=account.password)


async def _let_act(house: Installation, rooms: int, seed: int, tally: Tally, until: float) -> None:
    door = asyncio.Lock()
    sittings = [Sitting(house, _dice(seed, str(n)), tally, door) for n in range(rooms)]
    await asyncio.gather(*(sitting.go_on(until) for sitting in sittings))
    await asyncio.gather(*(sitting.end() for sitting in sittings))


def _dice(seed: int, whose: str) -> random.Random:
    """Return dice that fall alike for a sitting in each run, whatever the others do meanwhile."""
    return random.Random(f"{seed} {whose}")


async def _watch(pid: int, samples: list[Sample]) -> None:
    await asyncio.sleep(RISING)
    await watch(pid, samples)


async def _still(pid: int) -> Sample:
    """Wait until what is held does not fall any more, and return it."""
    await asyncio.sleep(SETTLING / 2)
    return look(pid)


def as_json(found: Found) -> str:
    """Return one object; memory in MiB."""
    return json.dumps(
        {
            "minutes": found.minutes,
            "rooms": found.rooms,
            "seed": found.seed,
            "samples": len(found.samples),
            "memory_mib": asdict(found.memory),
            "memory_series_mib": [round(sample.rss, 1) for sample in found.samples],
            **{name: asdict(found.trend_of(name)) for name in HELD},
            "nobody_there": {"before": _bare(found.before), "after": _bare(found.after)},
            "let_go_s": round(found.let_go, 1),
            "acts": dict(found.tally.done),
            "failed": found.tally.failures,
            "log": found.complaints,
            "verdicts": found.verdicts,
            "holds": found.holds,
        }
    )


def _bare(sample: Sample) -> dict[str, Any]:
    return {name: value for name, value in asdict(sample).items() if name != "at"}


def as_table(found: Found) -> str:
    memory = found.memory
    done = found.tally.done
    lines = [
        f"{found.minutes:g} minutes, {found.rooms} rooms at once, seed {found.seed}, "
        f"{sum(done.values())} acts, {len(found.tally.failures)} failed:",
        *(f"  {name:<24}{count:>5}" for name, count in done.most_common()),
        "                      quarter: first     last   an hour    nobody there: before    after",
        _row("memory, MiB", memory, found.before.rss, found.after.rss)
        + _expected(f"rises by ≤ {memory.noise:.1f}, which is noise", found.verdicts["memory"]),
        *(
            _row(name, found.trend_of(name), getattr(found.before, name), getattr(found.after, name))
            + _expected("no more than before", found.verdicts[name])
            for name in HELD
        ),
        f"Let go {found.let_go:.0f} s after all had left. Tasks cannot be counted from outside.",
        *(f"FAILED  {failure}" for failure in found.tally.failures),
        *(f"LOG     {line}" for line in found.complaints),
    ]
    return "\n".join(lines)


def _row(name: str, seen: Trend, before: float, after: float) -> str:
    return (
        f"  {name:<24}{seen.first:>12.1f} {seen.last:>8.1f} {seen.slope:>+9.1f} {before:>23.1f} {after:>8.1f}"
    )


def _expected(bound: str, holds: bool) -> str:
    return f"   (expected {bound}: {'yes' if holds else 'NO'})"


async def _soak(minutes: float, rooms: int, seed: int) -> Found:
    """Soak; being told to stop (SIGTERM) ends the server as well."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await soak(minutes, rooms, seed)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description="what the server holds on to")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of acts (%(default)s)")
    parser.add_argument("--rooms", type=int, default=ROOMS, help="at once (%(default)s)")
    parser.add_argument("--seed", type=int, help="of the dice (one by chance, which is told)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    arguments = parser.parse_args()
    if arguments.minutes < 2 or arguments.rooms < 1:
        parser.error("two minutes and one room are the least that says something")
    seed = arguments.seed if arguments.seed is not None else secrets.randbelow(1 << 32)
    sys.stderr.write(f"seed {seed}\n")
    try:
        found = asyncio.run(_soak(arguments.minutes, arguments.rooms, seed))
    except Failed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    except asyncio.CancelledError:
        return 1
    sys.stdout.write((as_json(found) if arguments.json else as_table(found)) + "\n")
    return 0 if found.holds else 1


if __name__ == "__main__":
    sys.exit(main())
