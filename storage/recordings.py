"""Segments of recordings: one object a seat and interval. What they mean is the recorder's business."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from cases.errors import NotFound
from cases.ids import ObjectId, RoomId, SeatId, SegmentId
from storage import tables as t
from storage.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """`sha256` (hexadecimal) and `bytes` are of the plaintext as written; empty and 0 until it ended."""

    id: SegmentId
    room: RoomId
    seat: SeatId
    object: ObjectId
    started_at: datetime
    tracks: tuple[str, ...] = ()
    ended_at: datetime | None = None
    cause: str | None = None
    sha256: str = ""
    bytes: int = 0
    media_ms: int = 0


def began(tx: Tx, segment: SegmentRow) -> None:
    """Keep a segment that is being written from now on."""
    tx.connection.execute(
        insert(t.segments).values(
            id=segment.id,
            room_id=segment.room,
            seat_id=segment.seat,
            object_id=segment.object,
            started_at=segment.started_at,
            **_outcome(segment),
        )
    )


def ended(tx: Tx, segment: SegmentRow) -> None:
    """Keep how a segment ended; raise NotFound when it never began."""
    query = update(t.segments).where(t.segments.c.id == segment.id).values(**_outcome(segment))
    if tx.connection.execute(query).rowcount == 0:
        raise NotFound(f"segment {segment.id}")


def segment(tx: Tx, id_: SegmentId) -> SegmentRow:
    """Return one segment; raise NotFound."""
    row = tx.connection.execute(select(t.segments).where(t.segments.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound(f"segment {id_}")
    return _segment(row)


def of_room(tx: Tx, room: RoomId) -> tuple[SegmentRow, ...]:
    """Return the segments of a room in the order in which they began."""
    query = select(t.segments).where(t.segments.c.room_id == room)
    return _all(tx, query.order_by(t.segments.c.started_at, t.segments.c.id))


def open_segments(tx: Tx) -> tuple[SegmentRow, ...]:
    """Return the segments without an end: being written, or cut off when the process was killed."""
    query = select(t.segments).where(t.segments.c.ended_at.is_(None))
    return _all(tx, query.order_by(t.segments.c.started_at, t.segments.c.id))


def newest(tx: Tx) -> datetime | None:
    """Return the latest time that any segment bears; None when there is none."""
    s = t.segments.c
    times = tx.connection.execute(select(func.max(s.started_at), func.max(s.ended_at))).one()
    return max((at for at in times if at is not None), default=None)


def _all(tx: Tx, query: Any) -> tuple[SegmentRow, ...]:  # the type of a select changes with its columns
    return tuple(_segment(row) for row in tx.connection.execute(query))


def _outcome(segment: SegmentRow) -> dict[str, Any]:
    return {
        "tracks": ",".join(segment.tracks),
        "ended_at": segment.ended_at,
        "cause": segment.cause,
        "sha256": segment.sha256,
        "bytes": segment.bytes,
        "media_ms": segment.media_ms,
    }


def _segment(row: Row[Any]) -> SegmentRow:
    return SegmentRow(
        SegmentId(row.id),
        RoomId(row.room_id),
        SeatId(row.seat_id),
        ObjectId(row.object_id),
        row.started_at,
        tuple(row.tracks.split(",")) if row.tracks else (),
        row.ended_at,
        row.cause,
        row.sha256,
        row.bytes,
        row.media_ms,
    )
