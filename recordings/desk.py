"""One thread that encrypts and writes for all tapes, so that a slow disk never holds up a packet."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Final, NamedTuple, TypeVar, TypeVarTuple

from cases.ids import ObjectId
from recordings.objects import ObjectWriter, Sum
from recordings.records import VaultError
from recordings.vault import Vault

MOST_WAITING: Final = 64 * 2**20  # bytes handed in and not yet written

_log = logging.getLogger(__name__)

Job = Callable[[], None]
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Desk:
    """Runs jobs one after the other on its thread, which ends with `stop`. Jobs raise nothing."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._jobs: SimpleQueue[tuple[Job, int] | None] = SimpleQueue()  # bounded by MOST_WAITING
        self._lock = threading.Lock()
        self._waiting = 0
        self._since: deque[float] = deque()  # when each job that is not done was handed in
        self._monotonic = monotonic
        self._thread: threading.Thread | None = None

    def submit(self, job: Job, weight: int = 0) -> bool:
        """Queue a job of `weight` bytes; say False, and do nothing, when too much waits already.

        A job without weight (one to open and one to close each object) is always taken.
        """
        with self._lock:
            if weight and self._waiting + weight > MOST_WAITING:
                return False
            self._waiting += weight
            self._since.append(self._monotonic())
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)
            self._thread.start()
        self._jobs.put((job, weight))
        return True

    @property
    def waiting(self) -> int:
        """Bytes that were handed in and are not written."""
        return self._waiting

    def behind(self, now: float) -> float:
        """Return how long the oldest job that is not done has waited, in seconds."""
        with self._lock:
            return now - self._since[0] if self._since else 0.0

    def stop(self, timeout: float) -> None:
        """Let the thread do what is queued and end, within `timeout` seconds. Blocks."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(timeout)

    def _run(self) -> None:
        while (taken := self._jobs.get()) is not None:
            job, weight = taken
            job()
            del taken, job  # what it worked on may go while this waits for the next one
            with self._lock:
                self._waiting -= weight
                self._since.popleft()


class Outcome(NamedTuple):
    """What came to be of an object. Not `whole`: it has no last record, and something is missing."""

    sum: Sum
    media_ms: int
    whole: bool


class Reel:
    """The desk's side of one object: every method but the first is a job on its thread.

    `opened` is resolved, on the loop, by `open`: whether the object is there. `outcome` is resolved by `close`;
    `faulted` is called when the disk refuses.
    """

    def __init__(self, vault: Vault, faulted: Callable[[], None]) -> None:
        self.opened: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._vault = vault
        self._faulted = faulted
        self._writer: ObjectWriter | None = None
        self._whole = True
        self._media_ms = 0

    def open(self, object_id: ObjectId, about: bytes, head: bytes) -> None:
        try:
            self._writer = self._vault.create(object_id, about)
            self._writer.append(head)
        except (VaultError, OSError, ValueError) as error:
            self._fail(error)
        self._on_loop(_resolve, self.opened, self._writer is not None)

    def append(self, cluster: bytes, media_ms: int) -> None:
        """Write one cluster; `media_ms` is where the file's media end with it."""
        if self._writer is None or not self._whole:
            return
        try:
            self._writer.append(cluster)
            self._media_ms = media_ms
        except (VaultError, OSError, ValueError) as error:
            self._fail(error)

    def close(self) -> None:
        total = Sum("", 0)
        if self._writer is not None:
            try:
                if self._whole:
                    self._writer.close()
            except (VaultError, OSError) as error:
                self._fail(error)
            total = self._writer.sum
            if not self._whole:
                self._writer.abandon()
        self._on_loop(_resolve, self.outcome, Outcome(total, self._media_ms, self._whole))

    def _fail(self, error: Exception) -> None:
        _log.error("an object is not written on: %s", type(error.__cause__ or error).__name__)
        self._whole = False
        self._on_loop(self._faulted)

    def _on_loop(self, call: Callable[[*Ts], None], *arguments: *Ts) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self.outcome.get_loop().call_soon_threadsafe(call, *arguments)


def _resolve(future: asyncio.Future[T], value: T) -> None:
    if not future.done():
        future.set_result(value)
