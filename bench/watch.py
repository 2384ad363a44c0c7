"""What a process holds, seen from outside: its memory, its threads, what its files and sockets are (Linux).

Tasks of its event loop cannot be seen so. A task that is left behind keeps what it works with: a socket,
a thread, or memory, and these are counted.
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.rehearsal.failing import Failed

EVERY: Final = 10.0  # seconds
TABLES: Final = ("tcp", "tcp6", "udp", "udp6")  # of /proc/net: the inode stands in the tenth column
INODE: Final = 9
KIB: Final = 1024  # bytes


@dataclass(frozen=True, slots=True)
class Sample:
    """`at` in seconds (monotonic), `rss` in MiB; the rest are counts.

    `tcp` includes what listens; `others` are pipes, timers, the loop's own descriptors.
    """

    at: float
    rss: float
    threads: int
    tcp: int
    udp: int
    files: int
    others: int


HELD: Final = ("threads", "tcp", "udp", "files", "others")  # what must be as it was when all have left


def look(pid: int) -> Sample:
    """Take one sample. Raises Failed when the process is gone."""
    root = Path(f"/proc/{pid}")
    try:
        status = dict(line.split(":", 1) for line in (root / "status").read_text().splitlines())
        sockets = _sockets(root)
        kinds = [_kind(fd, sockets) for fd in list((root / "fd").iterdir())]
    except (OSError, KeyError) as error:
        raise Failed("The server's process is gone.") from error
    if "VmRSS" not in status:  # a process that has ended and was not waited for
        raise Failed("The server's process is gone.")
    return Sample(
        at=time.monotonic(),
        rss=int(status["VmRSS"].split()[0]) / KIB,
        threads=int(status["Threads"]),
        tcp=kinds.count("tcp"),
        udp=kinds.count("udp"),
        files=kinds.count("file"),
        others=kinds.count("other"),
    )


def _sockets(root: Path) -> dict[str, str]:
    """Return the kind of each socket of the process's network, by inode."""
    found: dict[str, str] = {}
    for table in TABLES:
        try:
            rows = (root / "net" / table).read_text().splitlines()[1:]
        except FileNotFoundError:  # a kernel without IPv6
            continue
        found |= {row.split()[INODE]: table.removesuffix("6") for row in rows}
    return found


def _kind(fd: Path, sockets: dict[str, str]) -> str:
    try:
        target = str(fd.readlink())
    except FileNotFoundError:  # closed between the two looks
        return ""
    if target.startswith("socket:["):
        return sockets.get(target[8:-1], "other")
    return "file" if target.startswith("/") and not target.startswith("/dev/") else "other"


async def watch(pid: int, samples: list[Sample]) -> None:
    """Add a sample every ten seconds, until cancelled. Raises Failed when the process is gone."""
    while True:
        await asyncio.sleep(EVERY)
        samples.append(look(pid))


async def settled(pid: int, before: Sample, within: float) -> tuple[Sample, float]:
    """Wait until nothing more is held than `before`; return what is, and after how many seconds.

    When `within` seconds have passed it returns what is held then.
    """
    began = time.monotonic()
    while True:
        now = look(pid)
        passed = time.monotonic() - began
        if passed >= within or not more(before, now):
            return now, passed
        await asyncio.sleep(1)


def more(before: Sample, after: Sample) -> dict[str, int]:
    """Return what is held beyond what was held before."""
    grown = {name: getattr(after, name) - getattr(before, name) for name in HELD}
    return {name: by for name, by in grown.items() if by > 0}
