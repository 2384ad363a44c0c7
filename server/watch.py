"""Looks after what runs out: the processor's time, and room on the disk."""

import asyncio
import logging
import shutil
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

LOOK_EVERY: Final = 1.0  # seconds
DISK_EVERY: Final = 30  # looks
WINDOW: Final = 10.0  # seconds over which the processor's time is taken
ROOM_AN_HOUR: Final = 1.6 * 2**30  # bytes: three people at 1.2 Mbit/s
GIB: Final = 2**30

_log = logging.getLogger(__name__)


class Load:
    """Which share of one core the event loop's thread takes. Pure.

    All forwarding is done by that one thread: when it is full, every room stutters.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._seen: deque[tuple[float, float]] = deque(maxlen=round(WINDOW / LOOK_EVERY) + 1)

    def note(self, busy: float, at: float) -> None:
        """Take in how long the thread has been busy since it began, at a time; seconds, monotonic."""
        self._seen.append((busy, at))

    @property
    def share(self) -> float:
        if len(self._seen) < 2 or self._seen[-1][1] <= self._seen[0][1]:  # noqa: PLR2004
            return 0.0
        (busy, at), (busy_now, now) = self._seen[0], self._seen[-1]
        return (busy_now - busy) / (now - at)

    @property
    def full(self) -> bool:
        """Whether another room would make those that are open stutter."""
        return self.share >= self.limit


class Disk:
    """How long can still be recorded. `low` is told the hours of one room when that changes; None: enough."""

    def __init__(self, folder: Path, least: float) -> None:
        self.hours: int | None = None
        self.low: Callable[[int | None], None] = _nobody
        self._folder = folder
        self._least = least  # bytes

    def look(self) -> None:
        """Look at the disk; blocks for as long as it takes to answer."""
        free = shutil.disk_usage(self._folder).free
        self.hours = int(free / ROOM_AN_HOUR) if free < self._least else None


class Watch:
    """The one task that looks."""

    def __init__(self, load: Load, disk: Disk) -> None:
        self.load, self.disk = load, disk

    async def run(self) -> None:
        """Look until cancelled. A disk that does not answer holds up the next look and nothing else."""
        looks = 0
        while True:
            self.load.note(time.thread_time(), time.monotonic())
            if looks % DISK_EVERY == 0:
                await self._look_at_the_disk()
            looks += 1
            await asyncio.sleep(LOOK_EVERY)

    async def _look_at_the_disk(self) -> None:
        before = self.disk.hours
        try:
            await asyncio.to_thread(self.disk.look)
        except OSError as error:
            _log.error("the disk cannot be looked at: %s", error.strerror)
            return
        if self.disk.hours != before:
            if self.disk.hours is not None:
                _log.warning("the disk is nearly full: %d hours of one room are left", self.disk.hours)
            self.disk.low(self.disk.hours)


def _nobody(_hours: int | None) -> None:
    """Nobody asked to be told."""
