"""How fast a person is back in the room, and what a room costs: `python -m bench.join [--json]`.

Takes about four minutes. Figures go to standard output, progress to standard error; the method is in
docs/performance.md. Exit status: 0 when everything could be measured, 1 otherwise.
"""

import argparse
import asyncio
import signal
import sys

from bench import browser, cost, report
from bench.cores import choose
from server.rehearsal.failing import Failed


async def measure() -> report.Findings:
    """Measure both; being told to stop (SIGTERM) ends the servers as well."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    _say("join: reloads in Chromium")
    joins = await browser.joins()
    _say("cost: one room of ours and of the relay in turns, then more rooms")
    return report.Findings(joins, await cost.measure(choose()))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.join", description="joining, and what a room costs"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    arguments = parser.parse_args()
    try:
        found = asyncio.run(measure())
    except Failed as failed:
        _say(str(failed))
        return 1
    except asyncio.CancelledError:
        return 1
    sys.stdout.write((report.as_json(found) if arguments.json else report.as_table(found)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
