"""The whole service, a process with websockets and UDP, is killed or fails at a step of a session; it starts again.

The steps are those that a first run counts. `make test` takes some of them, `make test-long` each kind of
them (of what takes half a minute, one in three).
"""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from cases.model import Case
from tests.builders.fault_remains import left_of
from tests.builders.fault_session import LOST, went_wrong, wrong_with
from tests.builders.fault_told import Ran
from tests.builders.faults import COMMIT, Do, Point
from tests.builders.http import copy_template
from tests.builders.profiles import MANY, PROFILE
from tests.builders.service import Seats, seated, service

AT_ONCE: Final = 3  # sessions, which wait most of their time
FEW: Final = {
    Do.KILL: 9,
    Do.POWER: 15,
    Do.REFUSE: 15,
    Do.FULL: 60,
    Do.SLOW: 60,
}  # one step in so many is tried
# The same in `make test-long`, where it is not every step: they take half a minute.
MORE: Final = {Do.FULL: 3, Do.SLOW: 3}
LaidOut = tuple[Path, Case, Seats]


@pytest.fixture(scope="module")
def laid_out(template: Path, tmp_path_factory: pytest.TempPathFactory) -> LaidOut:
    folder = copy_template(template, tmp_path_factory.mktemp("seated"))
    ((case, seats),) = asyncio.run(seated(folder))
    return folder, case, seats


@pytest.fixture(scope="module")
def whole(laid_out: LaidOut, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A session in which nothing goes wrong."""
    folder, case, seats = laid_out
    copy = tmp_path_factory.mktemp("whole") / "run"
    shutil.copytree(folder, copy)

    async def go() -> Ran:
        async with service(copy) as at:
            return await went_wrong(at, case, seats, None)

    return asyncio.run(go())


def points(whole: Ran, do: Do) -> Iterator[Point]:
    """Return where `do` is tried."""
    sites = [site for site in whole.turns if not site.startswith("mkdir by open_database")]
    if do in {Do.REFUSE, Do.FULL, Do.SLOW}:
        sites = [site for site in sites if not (site.startswith(COMMIT) and site.endswith("done"))]
    for site in sites[:: MORE.get(do, 1) if PROFILE == MANY else FEW[do]]:
        yield Point(site, 1, do)


async def test_a_session_in_which_nothing_goes_wrong_leaves_nothing_wrong(whole: Ran) -> None:
    assert await left_of(whole, LOST) == []
    assert whole.done[-1] == "CloseSession"
    assert len(list(points(whole, Do.KILL))) >= 4


@pytest.mark.parametrize("do", FEW)
def test_whatever_goes_wrong_the_service_starts_again_and_everybody_comes_back_to_what_is_written_down(
    whole: Ran, laid_out: LaidOut, tmp_path: Path, do: Do
) -> None:
    assert asyncio.run(all_wrong(list(points(whole, do)), laid_out, tmp_path)) == {}


async def all_wrong(tried: list[Point], laid_out: LaidOut, folder: Path) -> dict[str, list[str]]:
    """Return what is wrong at each point; those where nothing is are left out."""
    turnstile = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, point: Point) -> list[str]:
        async with turnstile:
            return await wrong_with(*laid_out, folder / str(number), point)

    found = await asyncio.gather(*(one(number, point) for number, point in enumerate(tried)))
    return {str(point): wrong for point, wrong in zip(tried, found, strict=True) if wrong}
