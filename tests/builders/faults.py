"""Faults at the edge of a process: real calls of the system and the database, counted, and one of them goes wrong.

Nothing of the program is replaced: `os.write` and its like, and the driver's COMMIT, are called as ever, by the
code that is under test. They are only counted before, and at one point fail, take long, or are the last.
"""

import errno
import os
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Any, Final, assert_never

from sqlalchemy.engine.default import DefaultDialect

from tests.builders.house import PACKAGES, ROOT

CALLS: Final = ("write", "fdatasync", "fsync", "rename", "unlink", "mkdir")
HOMES: Final = tuple(str(ROOT / package) + os.sep for package in PACKAGES)
NAMES: Final = 4  # of functions that say where a call comes from
LONG: Final = 2.0  # seconds of a write that takes long
COMMIT: Final = "commit"


class Do(StrEnum):
    """What happens at a point."""

    KILL = "kill"  # kill -9, before the call
    TORN = "torn"  # kill -9 in the middle of a write
    POWER = "power"  # the power fails before the call: what was not synced is gone
    REFUSE = "refuse"  # EIO once; of a commit, "database is locked"
    FULL = "full"  # half of it, then ENOSPC, from here on
    SLOW = "slow"  # the call takes long


@dataclass(frozen=True, slots=True)
class Point:
    """The `turn`-th time (from 1) that a `site` is reached."""

    site: str
    turn: int
    do: Do

    def __str__(self) -> str:
        return f"{self.do} at {self.site}, {self.turn}"


@dataclass(slots=True)
class _Cache:
    """What a disk has not been told to keep: what a failing power takes away."""

    synced: dict[str, int] = field(default_factory=dict)  # bytes of each file that was written
    named: list[tuple[str, str]] = field(default_factory=list)  # renames: to, from
    made: list[str] = field(default_factory=list)  # folders

    def note(self, call: str, arguments: tuple[Any, ...]) -> None:
        """Take in a call that has been made."""
        match call:
            case "write":
                self.synced.setdefault(_path(arguments[0]), 0)
            case "fdatasync":
                self.synced[_path(arguments[0])] = os.fstat(arguments[0]).st_size
            case "fsync":
                self._settle(_path(arguments[0]))
            case "rename":
                before, after = map(os.fspath, arguments)
                self.synced[after] = self.synced.pop(before, 0)
                self.named.append((after, before))
            case "unlink":
                self.synced.pop(os.fspath(arguments[0]), None)
            case _:
                self.made.append(os.fspath(arguments[0]))

    def _settle(self, folder: str) -> None:
        if Path(folder).is_file():
            self.synced[folder] = Path(folder).stat().st_size
        self.named = [pair for pair in self.named if str(Path(pair[0]).parent) != folder]
        self.made = [made for made in self.made if str(Path(made).parent) != folder]

    def lose(self, rename: Callable[[str, str], None]) -> None:
        """Leave what a disk has after the power came back."""
        for path, size in self.synced.items():
            if Path(path).exists():
                os.truncate(path, size)
        for after, before in reversed(self.named):
            rename(after, before)
        for folder in reversed(self.made):
            rename(folder, f"{folder}-was-never-made")


class Edge:
    """Counts the steps of this process by site, and does at `point` what is to happen there.

    A step is a call of `CALLS` by the program, and each COMMIT of what it writes: before it and after it.
    `last` is called, with the site, just before the process is killed.
    """

    def __init__(self, point: Point | None = None, last: Callable[[str], None] = lambda _site: None) -> None:
        self.turns: Counter[str] = Counter()
        self.reached = False
        self._point, self._last = point, last
        self._lock = threading.Lock()
        self._cache = _Cache()
        self._real = {call: getattr(os, call) for call in CALLS}

    def install(self) -> None:
        """Stand between the program and the system from now on, until the process ends."""
        for call in CALLS:
            setattr(os, call, self._counted(call))
        commit: Any = DefaultDialect.do_commit

        def do_commit(dialect: DefaultDialect, connection: Any) -> None:
            what = _written()
            if what is not None:
                self._at_commit(f"{COMMIT} of {what}", _locked)
            commit(dialect, connection)
            if what is not None:
                self._at_commit(f"{COMMIT} of {what}, done", None)

        DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]

    def _counted(self, call: str) -> Callable[..., Any]:
        real = self._real[call]

        def counted(*arguments: Any, **named: Any) -> Any:
            site = _site(call, sys._getframe(1))
            if site is None:
                return real(*arguments, **named)
            with self._lock:  # so that a failing power finds a call done or not done
                self._step(site, lambda: self._half(call, arguments))
                done = real(*arguments, **named)
                self._cache.note(call, arguments)
            return done

        return counted

    def _at_commit(self, site: str, fail: Callable[[], None] | None) -> None:
        """Take a step beside the calls of other threads; a failing power stops those first."""
        if self._point is not None and self._point.do is Do.POWER:
            with self._lock:
                self._step(site, fail)
        else:
            self._step(site, fail)

    def _half(self, call: str, arguments: tuple[Any, ...]) -> None:
        """Do half of a write, and fail as a full disk does."""
        if call == "write":
            self._real["write"](arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _step(self, site: str, fail: Callable[[], None] | None) -> None:
        self.turns[site] += 1
        point = self._point
        if point is None:
            return
        if point.do is Do.FULL and self.reached and fail is not None and not site.startswith("unlink"):
            fail()  # a full disk stays full
        if (site, self.turns[site]) == (point.site, point.turn):
            self.reached = True
            self._happen(point, fail)

    def _happen(self, point: Point, fail: Callable[[], None] | None) -> None:
        match point.do:
            case Do.KILL:
                self._die(point)
            case Do.TORN:
                try:
                    if fail is not None:
                        fail()
                except (OSError, sqlite3.OperationalError):
                    self._die(point)
                self._die(point)
            case Do.POWER:
                self._cache.lose(self._real["rename"])
                self._die(point)
            case Do.REFUSE if fail is _locked:
                fail()
            case Do.REFUSE if fail is not None:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            case Do.FULL if fail is not None:
                fail()
            case Do.SLOW:
                time.sleep(LONG)
            case Do.REFUSE | Do.FULL:
                pass  # a commit that is done cannot fail any more
            case _:
                assert_never(point.do)

    def _die(self, point: Point) -> None:
        self._last(point.site)
        os.kill(os.getpid(), signal.SIGKILL)


def _locked() -> None:
    raise sqlite3.OperationalError("database is locked")


def _path(fd: int) -> str:
    return str(Path(f"/proc/self/fd/{fd}").readlink())


def _site(call: str, frame: FrameType | None) -> str | None:
    """Return who makes a call, innermost first; None for calls that are none of the program's."""
    names: list[str] = []
    while frame is not None and len(names) < NAMES:
        if frame.f_code.co_filename.startswith(HOMES):
            names.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return f"{call} by {' < '.join(names)}" if names else None


def _written() -> str | None:
    """Return what this thread commits: the function of the unit of work, and the events that it writes."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_qualname == "Database._write":
            events = [
                type(e).__name__
                for given in frame.f_locals["args"]
                if isinstance(given, tuple)
                for e in given
            ]
            return " ".join((frame.f_locals["fn"].__qualname__.rpartition(".")[2], *events))
        frame = frame.f_back
    return None
