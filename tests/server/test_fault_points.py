"""At each step of a session the process is killed, the power fails, or the disk or the database refuses.

The steps are not picked: a first run counts every call by which the program writes, names or syncs anything, and
every commit, and says where each comes from. Then there is one run for each. Which of the turns of a step are
tried says `EXAMPLES`: the first, or all.
"""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.builders.fault_remains import LOST, UNSYNCED, left_of
from tests.builders.fault_scene import lay_out, run
from tests.builders.fault_told import Ran
from tests.builders.faults import COMMIT, Do, Point
from tests.builders.profiles import FIRST, MANY, PROFILE

MORTAL: Final = {Do.KILL: LOST, Do.TORN: LOST, Do.POWER: LOST + UNSYNCED}  # seconds of media that may be lost
STEPS: Final = 35  # of different kinds, at the least: fewer would mean that they are not seen


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("laid-out")
    asyncio.run(lay_out(folder))
    return folder


@pytest.fixture(scope="module")
def whole(laid_out: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run in which nothing goes wrong."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    shutil.copytree(laid_out, folder)
    return run(folder)


def points(whole: Ran, do: Do) -> Iterator[Point]:
    """Return where `do` can happen."""
    for site, turns in whole.turns.items():
        if do is Do.TORN and not site.startswith("write"):
            continue
        if do in {Do.REFUSE, Do.FULL} and site.startswith(COMMIT) and site.endswith("done"):
            continue
        for turn in range(1, (turns if PROFILE == MANY else 1) + 1):
            yield Point(site, turn, do)


def outcomes(whole: Ran, laid_out: Path, folder: Path, do: Do) -> Iterator[tuple[Point, Ran, list[str]]]:
    """Return, for each point, how the run ended and what is wrong with what it left."""
    for number, point in enumerate(points(whole, do)):
        copy = folder / str(number)
        shutil.copytree(laid_out, copy)
        ran = run(copy, point)
        wrong = asyncio.run(left_of(ran, MORTAL.get(do, LOST)))
        yield point, ran, wrong
        if wrong and PROFILE == FIRST:
            return
        shutil.rmtree(copy)


def test_a_session_in_which_nothing_goes_wrong_takes_many_steps_and_leaves_nothing_wrong(whole: Ran) -> None:
    assert asyncio.run(left_of(whole, LOST)) == []
    assert not whole.killed
    assert len(whole.turns) >= STEPS
    for call in ("write", "fdatasync", "fsync", "rename", "unlink", COMMIT):
        assert any(site.startswith(call) for site in whole.turns), call


@pytest.mark.parametrize("do", MORTAL)
def test_whatever_step_was_the_last_all_that_is_left_agrees(
    whole: Ran, laid_out: Path, tmp_path: Path, do: Do
) -> None:
    wrong = {}
    for point, ran, found in outcomes(whole, laid_out, tmp_path, do):
        if found or not (ran.killed or point.turn > 1):
            wrong[str(point)] = found or ["nothing happened"]
    assert wrong == {}


@pytest.mark.parametrize("do", [Do.REFUSE, Do.FULL])
def test_whatever_step_fails_all_that_is_kept_agrees_and_the_session_goes_on(
    whole: Ran, laid_out: Path, tmp_path: Path, do: Do
) -> None:
    wrong = {}
    for point, ran, found in outcomes(whole, laid_out, tmp_path, do):
        if not ran.reached and point.turn == 1:
            found.append("nothing happened")
        if do is Do.REFUSE and ran.done != whole.done:
            found.append(f"it did not go on: {ran.done}")
        if found:
            wrong[str(point)] = found
    assert wrong == {}
