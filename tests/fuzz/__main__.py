"""`python -m tests.fuzz [--minutes N] [TEST …]`: look for what breaks, with other examples each round.

Exit status: that of the round which found something (its output has the example), or 0.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--minutes", type=float, default=10.0, help="as long as a round may begin")
    parser.add_argument(
        "tests", metavar="TEST", nargs="*", default=[str(HERE)], help="only these, as pytest names them"
    )
    chosen = parser.parse_args(argv)
    end, rounds = time.monotonic() + 60 * chosen.minutes, 0
    while not rounds or time.monotonic() < end:
        rounds += 1
        sys.stdout.write(f"round {rounds}\n")
        sys.stdout.flush()
        command = [sys.executable, "-m", "pytest", "-q", *chosen.tests]
        status = subprocess.run(command, env={**os.environ, "EXAMPLES": "many"}, check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
