"""How well recordings keep time: `python -m bench.sync [--json]`.

Simulated time: the figures are milliseconds of media and do not depend on the machine. Takes about half a
minute; the method is in docs/performance.md. Exit status: 0 when the bounds hold, 1 otherwise.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable
from typing import Final

from bench.figures import percentiles_to_99
from tests.builders.half_hour import keep

LIPS_BOUND, PEOPLE_BOUND = 45.0, 100.0  # milliseconds, of the largest
SEEDS: Final = (1, 2, 3, 4)

Figures = dict[str, float]


def figures(offsets: Iterable[float]) -> Figures:
    """Return what is printed of offsets in seconds: percentiles and the largest, without sign, in ms."""
    found = [1000 * abs(offset) for offset in offsets]
    p50, _, p99 = percentiles_to_99(found)
    return {
        "landmarks": len(found),
        "p50": round(p50, 1),
        "p99": round(p99, 1),
        "max": round(max(found), 1),
    }


def measure(seeds: Iterable[int] = SEEDS) -> dict[str, dict[str, Figures]]:
    """Record and read half an hour for each seed; return figures of each seat and each pair of seats."""
    lips: dict[str, list[float]] = {}
    between: dict[str, list[float]] = {}
    for seed in seeds:
        kept = asyncio.run(keep(seed=seed))
        for name, offsets in kept.lips.items():
            lips.setdefault(name, []).extend(offsets)
        for (one, other), offsets in kept.between.items():
            between.setdefault(f"{one}, {other}", []).extend(offsets)
    return {
        "lips_ms": {name: figures(offsets) for name, offsets in lips.items()},
        "between_ms": {name: figures(offsets) for name, offsets in between.items()},
    }


def as_table(found: dict[str, dict[str, Figures]]) -> str:
    lines = []
    for title, key, bound in (
        ("Sound and pictures of a seat", "lips_ms", LIPS_BOUND),
        ("Two people", "between_ms", PEOPLE_BOUND),
    ):
        lines.append(f"{title}, ms (expected <= {bound:.0f}):   p50    p99    max   landmarks")
        for name, row in found[key].items():
            lines.append(f"  {name:<38}{row['p50']:>8}{row['p99']:>7}{row['max']:>7}{row['landmarks']:>12}")
    return "\n".join(lines)


def within(found: dict[str, dict[str, Figures]]) -> bool:
    """Return whether the largest of all is within the bounds."""
    return all(
        row["max"] <= bound
        for key, bound in (("lips_ms", LIPS_BOUND), ("between_ms", PEOPLE_BOUND))
        for row in found[key].values()
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.sync", description="how well recordings keep time")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    arguments = parser.parse_args()
    found = measure()
    sys.stdout.write((json.dumps(found) if arguments.json else as_table(found)) + "\n")
    return 0 if within(found) else 1


if __name__ == "__main__":
    sys.exit(main())
