"""What SQLite and PostgreSQL do differently. Everything else in this package is one SQL for both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select

READERS: Final = 4
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


def _engine(url: str, size: int, **options: Any) -> Engine:  # the options of create_engine are untyped
    # Parameters are names and phones: they must not reach a log inside the text of an error.
    return create_engine(url, pool_size=size, max_overflow=0, hide_parameters=True, **options)


def _sqlite(url: str, size: int, begin: str, pragmas: tuple[str, ...]) -> Engine:
    engine = _engine(url, size)
    event.listen(engine, "connect", _on_connect((f"busy_timeout={BUSY_MS}", *pragmas)))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _on_connect(pragmas: tuple[str, ...]) -> Callable[[Any, Any], None]:
    def configure(connection: Any, _record: Any) -> None:  # a DB-API connection has no common type
        connection.isolation_level = None  # sqlite3 then begins nothing by itself
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    return configure
