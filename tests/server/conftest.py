"""One installation for the whole folder (keys, schema, one password hash), copied by each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from cases.model import Case
from server import passwords
from tests.builders.cases import NOON
from tests.builders.clocks import StillClock
from tests.builders.http import MEDIATOR, Browser, House, copy_template, house_in, make_template
from tests.builders.kept import Kept, live


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Argon2id with its smallest parameters: a test of sign-ins makes dozens of hashes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def template(_quick_passwords: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installation")
    asyncio.run(make_template(folder))
    return folder


@pytest.fixture
def clock() -> StillClock:
    return StillClock(NOON)


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return copy_template(template, tmp_path)


@pytest.fixture
async def house(folder: Path, clock: StillClock) -> AsyncIterator[House]:
    async with house_in(folder, clock) as house:
        yield house


@pytest.fixture
async def mediator(house: House) -> Browser:
    return await house.signed_in(MEDIATOR)


@pytest.fixture
async def case(house: House) -> Case:
    return await house.case()


@pytest.fixture(scope="session")
def kept_once(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = copy_template(template, tmp_path_factory.mktemp("kept"))
    return asyncio.run(live(folder))


@pytest.fixture
def kept(kept_once: Kept, tmp_path: Path) -> Kept:
    """The installation and its backup, to be broken."""
    return kept_once.copied(tmp_path / "kept")


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """Another machine: nothing is there yet."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    return folder
