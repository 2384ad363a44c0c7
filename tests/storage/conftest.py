from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from storage.columns import ColumnCipher
from storage.database import Database
from tests.builders.cases import NOON
from tests.builders.clocks import StillClock


@pytest.fixture
def clock() -> StillClock:
    return StillClock(NOON)


@pytest.fixture
def columns() -> ColumnCipher:
    return ColumnCipher([Fernet.generate_key()], b"b" * 32)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'heyi.sqlite'}"


@pytest.fixture
async def open_database(
    url: str, columns: ColumnCipher, clock: StillClock
) -> AsyncIterator[Callable[[], Database]]:
    """Open the same database any number of times, as restarts do; all are closed in the end."""
    opened: list[Database] = []

    def open_() -> Database:
        database = Database(url, columns, clock)
        opened.append(database)
        database.migrate()
        return database

    yield open_
    for database in opened:
        await database.aclose()


@pytest.fixture
def database(open_database: Callable[[], Database]) -> Database:
    return open_database()
