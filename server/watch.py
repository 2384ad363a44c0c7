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
DISK_EVERY: Final = 30.0  # seconds
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
    """How long can still be recorded. `low` is told the hours of one room when that changes; None: enough.

    `free` and `size` are bytes, as of the last look; 0 before the first.
    """

    def __init__(self, folder: Path, least: float) -> None:
        self.free = self.size = 0
        self.hours: int | None = None
        self.low: Callable[[int | None], None] = _nobody
        self._folder = folder
        self._least = least  # bytes

    def look(self) -> None:
        """Look at the disk; blocks for as long as it takes to answer."""
        usage = shutil.disk_usage(self._folder)
        self.free, self.size = usage.free, usage.total

    def takes(self, size: int) -> bool:
        """Say whether, with so many bytes more, as much would be left as recordings should have."""
        return self.free - size >= self._least

    def judge(self) -> None:
        """Say so when what was seen last is another matter than before."""
        before = self.hours
        self.hours = int(self.free / ROOM_AN_HOUR) if self.free < self._least else None
        if self.hours == before:
            return
        if self.hours is not None:
            _log.warning("the disk is nearly full: %d hours of one room are left", self.hours)
        self.low(self.hours)


class Watch:
    """Looks at both, each in its own time: a disk that does not answer holds up nothing else."""

    def __init__(self, load: Load, disk: Disk) -> None:
        self.load, self.disk = load, disk

    async def run(self) -> None:
        """Look until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_load(), name="watch load")
            tasks.create_task(self._watch_disk(), name="watch disk")

    async def _watch_load(self) -> None:
        while True:
            self.load.note(time.thread_time(), time.monotonic())
            await asyncio.sleep(LOOK_EVERY)

    async def _watch_disk(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.disk.look)
                self.disk.judge()
            except Exception:  # noqa: BLE001  the next look may succeed
                _log.exception("the disk cannot be looked at")
            await asyncio.sleep(DISK_EVERY)


def _nobody(_hours: int | None) -> None:
    """Nobody asked to be told."""
