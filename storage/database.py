"""The database: one thread that writes, four that read, and no transaction open across an await."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar, TypeVarTuple

from alembic import command
from sqlalchemy.exc import SQLAlchemyError

from cases.clocks import Clock
from cases.errors import Broken, Reason, Refused
from storage.columns import ColumnCipher
from storage.dialects import READERS, lock_migrations, open_engines
from storage.inspection import encrypted_sample
from storage.schema import migrations
from storage.unit_of_work import Permit, Tx

WRITE_SECONDS: Final = 10.0
MAX_WAITING: Final = 1000  # units of work that may wait for a thread

_log = logging.getLogger(__name__)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Database:
    """Runs units of work: plain functions `fn(tx, *args)` that run whole in a thread.

    `write` and `read` raise what `fn` raises, Broken for any failure of the database itself, and
    Refused (BUSY) when MAX_WAITING others wait already. `on_write` is told how many seconds each change
    took, its wait included, and whether it was committed; those that the rules refused are not told.
    """

    def __init__(self, url: str, columns: ColumnCipher, clock: Clock) -> None:
        self._engines = open_engines(url)
        self._columns = columns
        self._clock = clock
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="heyi-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="heyi-read")
        self.on_write: Callable[[float, bool], None] = _nobody
        self._waiting = 0
        self._closed = False

    def migrate(self) -> None:
        """Bring the schema to this version: synchronous, at the start, and harmless when repeated."""
        config = migrations()
        with self._engines.writer.begin() as connection:
            lock_migrations(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def key_fits(self) -> bool:
        """Say whether this database was written with our key: synchronous, at the start."""
        with self._engines.reader.begin() as connection:
            sample = encrypted_sample(connection)
        return sample is None or self._columns.fits(sample)

    async def write(self, fn: Callable[[Tx, *Ts], T], *args: *Ts, deadline: float = WRITE_SECONDS) -> T:
        """Run `fn` and commit; any exception rolls everything back.

        Raise Broken when it was not committed within `deadline` seconds; then it never will be. A
        commit that has begun by then is waited for: its outcome is told as it is.
        """
        began = time.monotonic()
        try:
            result = await self._committed(fn, args, deadline)
        except Broken as error:
            self.on_write(time.monotonic() - began, False)
            _log.error("a change is not committed: %s", error)
            raise
        self.on_write(time.monotonic() - began, True)
        return result

    async def _committed(self, fn: Callable[[Tx, *Ts], T], args: tuple[*Ts], deadline: float) -> T:
        permit = Permit()
        job = self._submit(self._writer, lambda: self._write(permit, fn, args))
        try:
            done, _ = await asyncio.wait({job}, timeout=deadline)
        except asyncio.CancelledError:
            permit.take()
            raise
        if not done and permit.take():
            raise Broken("not committed in time")
        return await asyncio.shield(job)

    async def read(self, fn: Callable[[Tx, *Ts], T], *args: *Ts) -> T:
        """Run `fn` on one consistent state of the database; it cannot change anything."""
        return await asyncio.shield(self._submit(self._readers, lambda: self._read(fn, args)))

    @property
    def waiting(self) -> int:
        """How many units of work wait for a thread or are in one."""
        return self._waiting

    async def aclose(self) -> None:
        """Finish what has been asked for, then close every connection; later calls raise Broken."""
        self._closed = True
        await asyncio.to_thread(self._writer.shutdown)
        await asyncio.to_thread(self._readers.shutdown)
        self._engines.dispose()

    def _submit(self, threads: ThreadPoolExecutor, job: Callable[[], T]) -> asyncio.Future[T]:
        if self._closed:
            raise Broken("the database is closed")
        if self._waiting >= MAX_WAITING:
            raise Refused(Reason.BUSY)
        future = asyncio.get_running_loop().run_in_executor(threads, job)
        self._waiting += 1
        future.add_done_callback(self._finished)
        return future

    def _finished(self, job: asyncio.Future[T]) -> None:
        self._waiting -= 1
        if not job.cancelled():
            job.exception()  # a caller that stopped waiting does not come back for it

    def _write(self, permit: Permit, fn: Callable[[Tx, *Ts], T], args: tuple[*Ts]) -> T:
        if permit.gone:
            raise Broken("nobody waits for it any more")
        try:
            with self._engines.writer.begin() as connection:
                result = fn(Tx(connection, self._columns, self._clock()), *args)
                if not permit.take():
                    raise Broken("nobody waits for it any more")
        except SQLAlchemyError as error:
            raise Broken(f"the database refused a change: {type(error).__name__}") from error
        return result

    def _read(self, fn: Callable[[Tx, *Ts], T], args: tuple[*Ts]) -> T:
        try:
            with self._engines.reader.begin() as connection:
                return fn(Tx(connection, self._columns, self._clock()), *args)
        except SQLAlchemyError as error:
            raise Broken(f"the database did not answer: {type(error).__name__}") from error


def _nobody(_seconds: float, _committed: bool) -> None:
    """Nobody asked to be told how long it takes."""
