"""Which core a process runs on, and how much of it it takes."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psutil

NEEDED: Final = 2


@dataclass(frozen=True, slots=True)
class Cores:
    """The core of what is measured and that of the load; None where processes cannot be pinned."""

    measured: int | None
    load: int | None

    @property
    def pinned(self) -> bool:
        return self.measured is not None


def choose() -> Cores:
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[0], allowed[1]) if len(allowed) >= NEEDED else Cores(None, None)


def pin(pid: int, core: int | None) -> None:
    """Keep a process, with all threads that it has or begins, on one core."""
    if core is not None:
        _allow(pid, {core})


@contextmanager
def pinned_here(core: int | None) -> Iterator[None]:
    """Keep this process on one core for a while."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    _allow(os.getpid(), {core})
    try:
        yield
    finally:
        _allow(os.getpid(), before)


def _allow(pid: int, cores: set[int]) -> None:
    for thread in psutil.Process(pid).threads():
        os.sched_setaffinity(thread.id, cores)


class Meter:
    """What a process takes, all its threads together, from now on."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._began, self._used = time.monotonic(), self._seconds()

    def percent(self) -> float:
        """Return the share of one core since the meter was made."""
        passed, used = self.taken()
        return 100 * used / passed

    def taken(self) -> tuple[float, float]:
        """Return the seconds since the meter was made, and those of one core."""
        return time.monotonic() - self._began, self._seconds() - self._used

    def _seconds(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)
