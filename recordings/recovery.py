"""After a crash: what is in the vault becomes segments again. No object of a segment is changed. All blocks.

A segment without an end was being written when its process was killed: its object is read up to its
last whole record. An object without a row was begun just before: it says itself what it is.
"""

import hashlib
import logging
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from cases.ids import ObjectId
from recordings.model import EndCause, Segment
from recordings.muxer import extent
from recordings.objects import ObjectReader
from recordings.records import Damaged, Missing, VaultError
from recordings.take import PROBE, segment_of
from recordings.vault import Vault

_log = logging.getLogger(__name__)


def recover(vault: Vault, open_segments: Iterable[Segment], now: datetime) -> list[Segment]:
    """Return each segment with its end, for CRASH.

    One whose object is missing, unreadable or damaged ends for FAULT, with what can be read of it
    (0 bytes if nothing). No segment ends after `now`. To be called before anything is recorded.
    """
    return [_recovered(vault, segment, now) for segment in open_segments]


def orphans(vault: Vault, known: Container[ObjectId], now: datetime) -> list[Segment]:
    """Return the segments, with their ends, of objects that hold one and belong to no row.

    Test records that a killed process left are deleted. Anything else without a row stays as it is.
    """
    adopted: list[Segment] = []
    for object_id in vault.objects():
        if object_id in known:
            continue
        try:
            with vault.open(object_id, unfinished=True) as reader:
                described = reader.about
            if described == PROBE:
                vault.delete(object_id)
        except VaultError as error:
            _log.error("object %s cannot be adopted: %s", object_id, type(error).__name__)
            continue
        segment = segment_of(object_id, described)
        if segment is not None:
            _log.warning("object %s is adopted as segment %s", object_id, segment.id)
            adopted.append(_recovered(vault, segment, now))
    return sorted(adopted, key=lambda segment: (segment.started_at, segment.id))


def _recovered(vault: Vault, segment: Segment, now: datetime) -> Segment:
    try:
        with vault.open(segment.object, unfinished=True) as reader:
            ended = _measured(reader, segment)
    except Missing:
        _log.error("segment %s has no object", segment.id)
        ended = replace(segment, cause=EndCause.FAULT)
    except VaultError as error:
        _log.error("the object of segment %s is not readable: %s", segment.id, type(error).__name__)
        ended = replace(segment, cause=EndCause.FAULT)
    ended_at = segment.started_at + timedelta(milliseconds=ended.media_ms)
    return replace(ended, ended_at=max(segment.started_at, min(ended_at, now)))


def _measured(reader: ObjectReader, segment: Segment) -> Segment:
    """Return the segment with hash, size and length of what can be read."""
    reading = _Reading()
    try:
        measured = extent(reading.records(reader))
    except ValueError as error:
        _log.error("the object of segment %s holds no file of the recorder's: %s", segment.id, error)
        return replace(segment, cause=EndCause.FAULT)
    return replace(
        segment,
        tracks=measured.tracks or segment.tracks,
        cause=EndCause.FAULT if reading.damaged else EndCause.CRASH,
        sha256=reading.hash.hexdigest(),
        bytes=reading.size,
        media_ms=measured.ms,
    )


class _Reading:
    """Hashes records as they pass by, and ends before the first that was changed."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = 0
        self.damaged = False

    def records(self, reader: ObjectReader) -> Iterator[bytes]:
        try:
            for plain in reader.records():
                self.hash.update(plain)
                self.size += len(plain)
                yield plain
        except Damaged:
            self.damaged = True
