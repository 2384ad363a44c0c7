"""What rooms cost, against Janus and aiortc's relay: `python -m bench.media [--json] [--chart FILE]`.

Takes about eight minutes; needs two cores and Debian's Janus. Figures go to standard output, progress
to standard error; the method is in docs/performance.md. Exit status: 0 when everything could be
measured, 1 otherwise.
"""

import argparse
import asyncio
import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.chart import Bars, chart
from bench.cost import FULL
from bench.figures import Turn, median_ratio, percentiles_to_99
from bench.forwarding import NOMINAL, TIMED, Comparison, Plan, Seen, due, measure
from server.rehearsal.failing import Failed

JANUS_BOUND: Final = 0.75  # of Janus's processor time a room
RELAY_BOUND: Final = 1 / 40  # of the relay's with one room, by a room among many
RELAY_ONE_BOUND: Final = 1 / 15  # the same by one room alone
DELAY_BOUND: Final = 5.0  # milliseconds, 99th percentile
MEMORY_BOUND: Final = 4.0  # MiB a room
OTHERS: Final = 20.0  # percent of a core that something else may take
MOST_ROOMS, FEWEST_ROOMS = 20, 2
MIB: Final = 1 << 20


def figures(found: Comparison) -> dict[str, Any]:
    """Return all figures; percents are of one core, ratios ours divided by theirs."""
    rooms = found.plan.rooms
    everything = [turn for turns in _all_turns(found) for turn in turns]
    return {
        "rooms": rooms,
        "heyi": _figures_of(found.ours, rooms) | {"core_pct_one_room": _percent(found.ours.one)},
        "janus": _figures_of(found.janus, rooms),
        "relay": _cost(found.relay.full, 1)
        | {"lost": None, "latency_ms": None, "rss_mib_per_room": None}
        | {"full": _percent(found.relay.full) >= FULL},
        "ratio_janus": round(_ratio(found.ours.full, rooms, found.janus.full, rooms), 3),
        "ratio_relay": round(_ratio(found.ours.full, rooms, found.relay.full, 1), 4),
        "ratio_relay_one_room": round(_ratio(found.ours.one, 1, found.relay.one, 1), 4),
        "rounds": found.plan.rounds,
        "latency_rooms": min(TIMED, rooms),
        "load_pct": round(median(_load(turn) for turn in [*found.ours.full, *found.janus.full]), 1),
        "load_keeps_up": all(turn.sent / turn.seconds >= NOMINAL * due(rooms) for turn in found.ours.full)
        and all(turn.sent / turn.seconds >= NOMINAL * due(rooms) for turn in found.janus.full),
        "other_pct": round(max(100 * turn.other / turn.seconds for turn in everything), 1),
        "disturbed": max(100 * turn.other / turn.seconds for turn in everything) > OTHERS,
        "cores": asdict(found.cores),
    }


def _all_turns(found: Comparison) -> list[list[Turn]]:
    return [
        turns
        for seen in (found.ours, found.janus, found.relay)
        for turns in (seen.one, seen.timed, seen.full)
    ]


def _load(turn: Turn) -> float:
    return 100 * turn.load / turn.seconds


def _percent(turns: list[Turn]) -> float:
    return round(median(turn.percent for turn in turns), 2)


def _ratio(ours: list[Turn], rooms: int, theirs: list[Turn], their_rooms: int) -> float:
    return median_ratio(
        [turn.percent / rooms for turn in ours], [turn.percent / their_rooms for turn in theirs]
    )


def _cost(turns: list[Turn], rooms: int) -> dict[str, Any]:
    return {
        "core_pct_per_room": round(median(turn.percent for turn in turns) / rooms, 2),
        "us_in": round(median(turn.us_in for turn in turns), 1),
        "us_forwarded": round(median(turn.us_forwarded for turn in turns), 1),
    }


def _figures_of(seen: Seen, rooms: int) -> dict[str, Any]:
    delays = percentiles_to_99([1000 * delay for delay in seen.delays])
    turns = [*seen.one, *seen.timed, *seen.full]
    return _cost(seen.full, rooms) | {
        "lost": sum(turn.lost for turn in turns),
        "dropped_by_load": sum(turn.dropped for turn in turns),
        "latency_ms": {name: round(p, 2) for name, p in zip(("p50", "p95", "p99"), delays, strict=True)},
        "rss_mib_per_room": round(seen.memory / MIB, 2),
    }


def bounds(found: dict[str, Any]) -> list[tuple[str, bool]]:
    """Return what is expected of us, and whether it holds."""
    ours = found["heyi"]
    return [
        (f"a room costs at most {JANUS_BOUND} of what it costs Janus", found["ratio_janus"] <= JANUS_BOUND),
        (
            f"a room among {found['rooms']} costs at least {1 / RELAY_BOUND:.0f} times less than the relay's one",
            found["ratio_relay"] <= RELAY_BOUND,
        ),
        (
            f"one room alone costs at least {1 / RELAY_ONE_BOUND:.0f} times less than the relay's",
            found["ratio_relay_one_room"] <= RELAY_ONE_BOUND,
        ),
        (
            f"sound is delayed by at most {DELAY_BOUND:.0f} ms (p99, {found['latency_rooms']} rooms)",
            ours["latency_ms"]["p99"] <= DELAY_BOUND,
        ),
        ("no packet is lost by the server", ours["lost"] == 0),
        (f"a room takes at most {MEMORY_BOUND:.0f} MiB", ours["rss_mib_per_room"] <= MEMORY_BOUND),
    ]


def as_table(found: dict[str, Any]) -> str:
    lines = [
        f"{found['rooms']} rooms of three, forwarded and recorded; the relay has one room. {_where(found)}",
        "             % of a core   µs a packet   µs a copy    lost       delay of sound, ms    MiB",
        "                  a room            in     forwarded           p50     p95     p99   a room",
        *(_row(name, found[name]) for name in ("heyi", "janus", "relay")),
        f"One room of heyi alone takes {found['heyi']['core_pct_one_room']} % of a core.",
        f"Ours / Janus {found['ratio_janus']}; the relay's one room takes "
        f"{1 / found['ratio_relay']:.0f} times as much as one of {found['rooms']} of ours, "
        f"{1 / found['ratio_relay_one_room']:.1f} times as much as one alone "
        f"(medians of {found['rounds']} pairs).",
        "Expected:",
        *(f"  {'yes' if holds else 'NO ':<3}  {what}" for what, holds in bounds(found)),
        f"The load took {found['load_pct']} % of its core.",
    ]
    if found["relay"]["full"]:
        lines.append("The relay took its whole core: it would take more if there were more.")
    if not found["load_keeps_up"]:
        lines.append(
            f"The load's core could not send for {found['rooms']} rooms: take fewer with --rooms; these "
            "figures are not to be relied on."
        )
    if found["disturbed"]:
        lines.append(
            f"This machine was busy with something else (up to {found['other_pct']} % of a core): these "
            "figures are not to be relied on."
        )
    return "\n".join(lines)


def _row(name: str, row: dict[str, Any]) -> str:
    delays = row["latency_ms"] or {}
    memory = row["rss_mib_per_room"]
    return (
        f"  {name:<8} {row['core_pct_per_room']:>13} {row['us_in']:>13} {row['us_forwarded']:>13}"
        f" {_or_dash(row['lost']):>7} {_or_dash(delays.get('p50')):>7} {_or_dash(delays.get('p95')):>7}"
        f" {_or_dash(delays.get('p99')):>7} {_or_dash(memory):>8}"
    )


def _or_dash(value: float | None) -> str:
    return "–" if value is None else str(value)


def _where(found: dict[str, Any]) -> str:
    cores = found["cores"]
    if cores["measured"] is None:
        return "Processes not pinned (this machine does not allow it, or has one core)."
    return f"Servers in turns on core {cores['measured']}, load on core {cores['load']}."


def drawn(found: dict[str, Any]) -> str:
    """Return the chart as SVG."""
    heyi, janus, relay = (found[name] for name in ("heyi", "janus", "relay"))
    rooms = f"{found['rooms']} rooms"
    costs = (
        (f"heyi, {rooms}", heyi["core_pct_per_room"]),
        (f"Janus, {rooms}", janus["core_pct_per_room"]),
        ("heyi, 1 room", heyi["core_pct_one_room"]),
        ("MediaRelay, 1 room", relay["core_pct_per_room"]),
    )
    delays = tuple(
        (f"{name}, {part}", side["latency_ms"][part])
        for part in ("p50", "p99")
        for name, side in (("heyi", heyi), ("Janus", janus))
    )
    memory = (("heyi", heyi["rss_mib_per_room"]), ("Janus", janus["rss_mib_per_room"]))
    return chart(
        "What a room of three costs, forwarded and recorded",
        (
            Bars("percent of one core, a room", costs[:2]),
            Bars("the same, against aiortc's relay and recorder", costs[2:]),
            Bars(f"delay of sound in ms, {found['latency_rooms']} rooms", delays),
            Bars("memory in MiB, a room", memory),
        ),
    )


async def _measure(plan: Plan) -> Comparison:
    """Measure; being told to stop (SIGTERM) ends the servers as well."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await measure(plan)


def _rooms(text: str) -> int:
    rooms = int(text)
    if not FEWEST_ROOMS <= rooms <= MOST_ROOMS:
        raise argparse.ArgumentTypeError(f"from {FEWEST_ROOMS} to {MOST_ROOMS}")
    return rooms


def main() -> int:
    plan = Plan()
    parser = argparse.ArgumentParser(prog="python -m bench.media", description="what rooms cost")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="write the chart as SVG")
    parser.add_argument("--rooms", type=_rooms, default=plan.rooms, help="at most (%(default)s)")
    parser.add_argument("--rounds", type=int, default=plan.rounds, help="turns of each (%(default)s)")
    parser.add_argument("--window", type=float, default=plan.window, help="seconds (%(default)s)")
    arguments = parser.parse_args()
    try:
        measured = asyncio.run(_measure(Plan(arguments.rooms, arguments.rounds, arguments.window)))
    except Failed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    except asyncio.CancelledError:
        return 1
    found = figures(measured)
    if arguments.chart:
        arguments.chart.write_text(drawn(found))
    sys.stdout.write((json.dumps(found) if arguments.json else as_table(found)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
