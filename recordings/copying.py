"""Makes the copy of one segment: the original is read and verified, then written once more. All of it blocks.

First the whole original is read: the hash of its row, each block, what time does. Only then is anything
written, and what is written has no name before all of it is on the disk. The clusters are taken over as
they are; each record of both objects is authenticated, so none can change between the two readings.
"""

import errno
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from cases.ids import ObjectId
from recordings.copies import Copy, Figures, NoCopy, NotCopied
from recordings.indexed import indexed_head
from recordings.model import Segment
from recordings.objects import ObjectReader
from recordings.records import Missing, VaultError
from recordings.scan import Scan
from recordings.vault import Vault

OFF: Final = 1000  # ms that the media of a file may end before or after what its row says

_ABOUT: Final = "copy"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class _Read:
    head: bytes
    figures: Figures


def make_copy(
    vault: Vault,
    segment: Segment,
    object_id: ObjectId,
    rest: float = 0.0,
    wanted: Callable[[], bool] = lambda: True,
) -> Copy:
    """Make `object_id` the copy of a segment that has ended; raise NotCopied, and leave nothing behind.

    After each record it sleeps for `rest` times as long as the record took. It ends, with STOPPED, when it
    is no longer `wanted`.
    """
    try:
        reader = vault.open(segment.object, unfinished=segment.cut_off)
    except Missing as error:
        raise NotCopied(NoCopy.MISSING) from error
    except (VaultError, OSError) as error:
        raise NotCopied(NoCopy.ALTERED) from error
    with reader:
        pace = _Pace(rest, wanted)
        read = _verified(reader, segment, pace)
        return _written(vault, reader, segment, object_id, read, pace)


def _verified(reader: ObjectReader, segment: Segment, pace: "_Pace") -> _Read:
    scan, total = Scan(), hashlib.sha256()
    fault: ValueError | NotCopied | None = None
    try:
        for record in pace.of(reader.records()):
            total.update(record)
            if fault is None:
                fault = _taken(scan, record)
    except (VaultError, OSError) as error:
        raise NotCopied(NoCopy.ALTERED) from error
    if total.hexdigest() != segment.sha256:
        raise NotCopied(NoCopy.ALTERED)
    if isinstance(fault, NotCopied):
        raise fault
    if fault is not None or scan.head is None:
        raise NotCopied(NoCopy.NO_FILE) from fault
    ended_at = segment.ended_at or segment.started_at
    wall_ms = round((ended_at - segment.started_at).total_seconds() * 1000)
    figures = scan.figures(wall_ms)
    if abs(figures.media_ms - wall_ms) > OFF:
        raise NotCopied(NoCopy.TIME)
    return _Read(indexed_head(scan.head, figures.media_ms, scan.cues, scan.sizes), figures)


def _taken(scan: Scan, record: bytes) -> ValueError | NotCopied | None:
    """Let a record be scanned; return what is wrong with it. The hash decides first what is said."""
    try:
        scan.take(record)
    except (ValueError, NotCopied) as fault:
        return fault
    return None


def _written(
    vault: Vault, reader: ObjectReader, segment: Segment, object_id: ObjectId, read: _Read, pace: "_Pace"
) -> Copy:
    def parts() -> Iterator[bytes]:
        yield read.head
        clusters = reader.records()
        next(clusters)  # the head of the original
        yield from pace.of(clusters)

    try:
        total = vault.store(object_id, parts(), about_copy(segment))
    except (VaultError, OSError) as error:
        cause = error.__cause__ or error
        full = isinstance(cause, OSError) and cause.errno in _FULL
        raise NotCopied(NoCopy.DISK_FULL if full else NoCopy.DISK) from error
    return Copy(segment.id, object_id, total.sha256, total.size, read.figures)


@dataclass(frozen=True, slots=True)
class _Pace:
    rest: float
    wanted: Callable[[], bool]

    def of(self, records: Iterator[bytes]) -> Iterator[bytes]:
        """Return the records, with a rest after each; raise NotCopied when nobody waits any more."""
        began = time.monotonic()
        for record in records:
            yield record
            if not self.wanted():
                raise NotCopied(NoCopy.STOPPED)
            if self.rest:
                time.sleep(self.rest * (time.monotonic() - began))
                began = time.monotonic()


def about_copy(segment: Segment) -> bytes:
    """Return what a copy says of itself."""
    return json.dumps({"kind": _ABOUT, "segment": segment.id, "of": segment.object}).encode()


def is_copy(described: bytes) -> bool:
    """Say whether an object says that it is a copy."""
    try:
        return bool(json.loads(described)["kind"] == _ABOUT)
    except (ValueError, KeyError, TypeError):
        return False
