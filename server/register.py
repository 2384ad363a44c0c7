"""Segments and their copies between the recorder and their rows."""

from dataclasses import asdict

from cases.errors import NotFound
from recordings.copies import Copy, Figures
from recordings.model import EndCause, Segment, Track
from storage import recordings
from storage.copies import CopyRow
from storage.database import Database
from storage.recordings import SegmentRow
from storage.unit_of_work import Tx


def row_of(segment: Segment) -> SegmentRow:
    return SegmentRow(
        id=segment.id,
        room=segment.room,
        seat=segment.seat,
        object=segment.object,
        started_at=segment.started_at,
        tracks=tuple(segment.tracks),
        ended_at=segment.ended_at,
        cause=segment.cause,
        sha256=segment.sha256,
        bytes=segment.bytes,
        media_ms=segment.media_ms,
    )


def segment_of(row: SegmentRow) -> Segment:
    return Segment(
        id=row.id,
        room=row.room,
        seat=row.seat,
        object=row.object,
        started_at=row.started_at,
        tracks=tuple(Track(t) for t in row.tracks),
        ended_at=row.ended_at,
        cause=EndCause(row.cause) if row.cause is not None else None,
        sha256=row.sha256,
        bytes=row.bytes,
        media_ms=row.media_ms,
    )


def copy_of(row: CopyRow) -> Copy | None:
    """Return the copy that a row holds; None when it tells of tries in vain."""
    if row.object is None:
        return None
    return Copy(row.segment, row.object, row.sha256, row.bytes, Figures(**row.figures))


def row_of_copy(copy: Copy) -> CopyRow:
    return CopyRow(copy.segment, copy.object, copy.sha256, copy.bytes, asdict(copy.figures))


class DatabaseRegister:
    """`recordings.recorder.SegmentRegister` over the database; each call may be repeated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def began(self, segment: Segment) -> None:
        await self._database.write(_began, row_of(segment))

    async def ended(self, segment: Segment) -> None:
        await self._database.write(keep_ended, row_of(segment))


def _began(tx: Tx, row: SegmentRow) -> None:
    try:
        recordings.segment(tx, row.id)
    except NotFound:
        recordings.began(tx, row)


def keep_ended(tx: Tx, row: SegmentRow) -> None:
    """Keep a segment's end, and its beginning if that was never kept."""
    _began(tx, row)
    recordings.ended(tx, row)
