"""What SQLite and PostgreSQL do differently. Everything else in this package is one SQL for both."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select

from cases.errors import Broken

READERS: Final = 4
CACHE_KIB: Final = (
    512  # of each of five connections; by default 2000, and the system has the file's pages anyway
)
BUSY_MS: Final = 5000  # how long one process waits for another that writes (heyi staff add beside heyi serve)
MIGRATION_LOCK: Final = 0x48657969  # "Heyi"


@dataclass(frozen=True, slots=True)
class Engines:
    """`writer` has one connection, `reader` has READERS, which refuse to write."""

    writer: Engine
    reader: Engine

    def dispose(self) -> None:
        self.writer.dispose()
        self.reader.dispose()


def open_engines(url: str) -> Engines:
    """Return both engines for `url`; raise ValueError for another database, or one in memory."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            if parsed.database in {None, "", ":memory:"}:
                raise ValueError("a database in memory cannot be shared by the threads: name a file")
            return Engines(
                _sqlite(
                    url, 1, "BEGIN IMMEDIATE", ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
                ),
                _sqlite(url, READERS, "BEGIN", ("query_only=ON",)),
            )
        case "postgresql":
            return Engines(
                _engine(url, 1, pool_pre_ping=True, isolation_level="READ COMMITTED"),
                _engine(
                    url, READERS, pool_pre_ping=True, isolation_level="REPEATABLE READ"
                ).execution_options(postgresql_readonly=True),
            )
        case other:
            raise ValueError(f"no database of the kind {other}: use sqlite or postgresql")


def lock_chain(connection: Connection, chain: str) -> None:
    """Let no other writer append to `chain` until this transaction ends. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(chain, 0))))


def lock_migrations(connection: Connection) -> None:
    """Let two servers that start together migrate one after the other."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))


def database_file(url: str) -> Path | None:
    """Return the file of an SQLite database; None for a database that has a server and tools of its own."""
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def snapshot(source: Path, target: Path) -> None:
    """Write one consistent state of an SQLite database to `target`, a new file; raise Broken.

    VACUUM INTO reads in one transaction, so the server goes on writing meanwhile, and it leaves out
    pages that were deleted. The online backup API would take those along, and begins anew when
    somebody else writes. The source is opened for reading only. PostgreSQL has pg_dump for this.
    """
    try:
        uri = f"{source.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise Broken(f"the database cannot be copied ({error})") from error


def damage(connection: Connection) -> str:
    """Return the first fault in the file of the database; empty when it has none, or is on a server."""
    if connection.dialect.name != "sqlite":
        return ""
    first: str = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    told = [
        line for line in first.splitlines() if not line.startswith("***")
    ]  # the rest says which file it is in
    return "" if first == "ok" else (told or [first])[0]


def _engine(url: str, size: int, **options: Any) -> Engine:  # the options of create_engine are untyped
    # Parameters are names and phones: they must not reach a log inside the text of an error.
    return create_engine(url, pool_size=size, max_overflow=0, hide_parameters=True, **options)


def _sqlite(url: str, size: int, begin: str, pragmas: tuple[str, ...]) -> Engine:
    engine = _engine(url, size)
    event.listen(
        engine, "connect", _on_connect((f"busy_timeout={BUSY_MS}", f"cache_size=-{CACHE_KIB}", *pragmas))
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _on_connect(pragmas: tuple[str, ...]) -> Callable[[Any, Any], None]:
    def configure(connection: Any, _record: Any) -> None:  # a DB-API connection has no common type
        connection.isolation_level = None  # sqlite3 then begins nothing by itself
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    return configure
