"""The figures, for a machine and for people."""

import json
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

from bench.cost import Costs, Window
from bench.figures import percentiles

JOIN_BOUND: Final = 1000.0  # milliseconds, of the median
RATIO_BOUND: Final = 10.0


@dataclass(frozen=True, slots=True)
class Findings:
    """`joins` in milliseconds, one a run."""

    joins: list[float]
    costs: Costs


def as_json(found: Findings) -> str:
    """Return one object; percents are of one core."""
    p50, p95 = percentiles(found.joins)
    costs = found.costs
    return json.dumps(
        {
            "join_ms": {"p50": round(p50), "p95": round(p95), "runs": len(found.joins)},
            "rooms": {str(count): _windows(windows, count) for count, windows in costs.rooms.items()},
            "relay_one_room": _windows(costs.relay, 1) | {"keeps_up": not costs.relay_full},
            "ratio_one_room": round(costs.ratio, 1),
            "ratio_is_at_least": costs.relay_full,
            "disturbed": costs.disturbed,
            "cores": asdict(costs.cores),
        }
    )


def _windows(windows: tuple[Window, ...], rooms: int) -> dict[str, Any]:
    middle = {name: median(getattr(window, name) for window in windows) for name in Window.__slots__}
    return {
        "percent_a_room": round(middle["percent"] / rooms, 2),
        "percent": round(middle["percent"], 1),
        "packets_in": round(middle["sent"]),
        "packets_arrived": round(middle["arrived"], 3),
        "pictures_arrived": round(middle["pictures"], 3),
        "load_percent": round(middle["load"], 1),
    }


def as_table(found: Findings) -> str:
    costs = found.costs
    more = "≥ " if costs.relay_full else ""
    p50, p95 = percentiles(found.joins)
    lines = [
        f"Join, {len(found.joins)} reloads in Chromium, navigation to another's first decoded picture:",
        f"  p50 {p50:6.0f} ms   (expected ≤ {JOIN_BOUND:.0f}: {_met(p50 <= JOIN_BOUND)})",
        f"  p95 {p95:6.0f} ms",
        f"Percent of one core, {_where(costs)}:",
        "                             a room   all rooms   packets in/s   pictures arrived",
        *(_row(f"ours, recorded, {n} rooms", costs.rooms[n], n) for n in costs.rooms),
        _row("MediaRelay + MediaRecorder", costs.relay, 1, more),
        f"One room costs the relay {more}{costs.ratio:.1f} times as much, median of {len(costs.relay)} pairs "
        f"(expected ≥ {RATIO_BOUND:.0f}: {_met(costs.ratio >= RATIO_BOUND)})",
    ]
    if costs.disturbed:
        lines.append("This machine was busy with something else: these figures are not to be relied on.")
    return "\n".join(lines)


def _row(name: str, windows: tuple[Window, ...], rooms: int, more: str = "") -> str:
    middle = _windows(windows, rooms)
    a_room = f"{more}{middle['percent_a_room']:.1f}"
    return (
        f"  {name:<26} {a_room:>7}   {middle['percent']:>9.1f}   {middle['packets_in']:>12}"
        f"   {100 * middle['pictures_arrived']:>14.0f} %"
    )


def _where(costs: Costs) -> str:
    if costs.cores.pinned:
        return f"process on core {costs.cores.measured}, load on core {costs.cores.load}"
    return "processes not pinned (this machine does not allow it, or has one core)"


def _met(holds: bool) -> str:
    return "yes" if holds else "NO"
