"""`python -m tests.mutants [NAME …]`: break a copy of the program on purpose, see what notices.

Exit status: 0 when every mutant was noticed by its proof, 1 when one survived or a proof failed for
another reason, 2 for a name that is none.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.mutants.catalogue import MUTANTS
from tests.mutants.in_rehearsal import IN_REHEARSAL
from tests.mutants.mutant import Mutant
from tests.mutants.proving import Outcome, Verdict, prove, prove_whole

REHEARSALS: Final = 3  # at once: each waits most of its time


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("names", metavar="NAME", nargs="*", help="only these mutants")
    parser.add_argument(
        "--rehearsal",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="also those that a rehearsal has to notice, about 35 s each",
    )
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.names) - {mutant.name for mutant in MUTANTS}:
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
    chosen = [
        mutant
        for mutant in MUTANTS
        if (mutant.name in arguments.names or not arguments.names)
        and (arguments.rehearsal or mutant not in IN_REHEARSAL)
    ]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="heyi-mutants-") as folder:
        outcomes = asyncio.run(_prove_all(chosen, Path(folder)))
    sys.stdout.write(f"\n{_table(outcomes)}\n\n")
    noticed = [outcome for outcome in outcomes if outcome.verdict is Verdict.NOTICED]
    whole = len(outcomes) > 1 and len(noticed) == len(outcomes)
    count = f"{sum(o.mutant != '-' for o in noticed)} of {len(chosen)} mutants noticed"
    sys.stdout.write(f"{count}, {time.monotonic() - began:.0f} s\n")
    return 0 if whole else 1


async def _prove_all(mutants: Sequence[Mutant], folder: Path) -> list[Outcome]:
    """See first that nothing is noticed where nothing is broken; then some lanes, most of them rehearse."""
    outcomes = await prove_whole(mutants, folder)
    for outcome in outcomes:
        _tell(outcome)
    if any(outcome.verdict is not Verdict.NOTICED for outcome in outcomes):
        return outcomes
    rehearsing = [mutant for mutant in mutants if mutant in IN_REHEARSAL]
    lanes = (
        [mutant for mutant in mutants if mutant not in IN_REHEARSAL],
        *(rehearsing[lane::REHEARSALS] for lane in range(REHEARSALS)),
    )
    for found in await asyncio.gather(*(_lane(lane, folder) for lane in lanes)):
        outcomes += found
    return outcomes


async def _lane(mutants: Sequence[Mutant], folder: Path) -> list[Outcome]:
    outcomes = []
    for mutant in mutants:
        outcomes.append(await prove(mutant, folder))
        _tell(outcomes[-1])
    return outcomes


def _tell(outcome: Outcome) -> None:
    sys.stderr.write(
        f"  {outcome.seconds:5.1f} s  {outcome.verdict:<9}  {outcome.mutant}: {outcome.broken}\n"
    )
    sys.stderr.flush()


def _table(outcomes: Sequence[Outcome]) -> str:
    head = (("mutant", "what was broken", "verdict", "by", "s"),)
    rows = [
        (
            o.mutant if not line else "",
            o.broken if not line else "",
            o.verdict if not line else "",
            said,
            seconds,
        )
        for o in outcomes
        for line, said in enumerate(o.said)
        for seconds in (f"{o.seconds:.0f}" if not line else "",)
    ]
    widths = [max(len(row[column]) for row in (*head, *rows)) for column in range(3)]
    return "\n".join(
        "  ".join((*(f"{row[c]:<{widths[c]}}" for c in range(3)), f"{row[4]:>3}", row[3]))
        for row in (*head, *rows)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
