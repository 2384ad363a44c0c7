"""Copies of segments: which there are, and which could not be made. What they are is the recorder's business."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, delete, insert, or_, select, update

from cases.ids import ObjectId, RoomId, SegmentId
from storage import recordings
from storage import tables as t
from storage.recordings import SegmentRow
from storage.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class CopyRow:
    """A copy when it has an `object`, else how often it was tried in vain and why.

    `sha256` (hexadecimal) and `bytes` are of its content; `figures` is what was found while it was made.
    """

    segment: SegmentId
    object: ObjectId | None
    sha256: str = ""
    bytes: int = 0
    figures: Mapping[str, int] = field(default_factory=dict)
    tries: int = 0
    reason: str | None = None


def next_due(tx: Tx, closed_before: datetime, tries: int) -> tuple[SegmentRow, CopyRow | None] | None:
    """Return a segment to be copied now, of the session that closed first; None when nothing is due.

    It has ended and was written, has no copy, and fewer than `tries` were made, the last long enough ago.
    """
    s, c = t.segments.c, t.copies.c
    query = (
        select(s.id)
        .select_from(_joined())
        .where(
            t.rooms.c.closed_at <= closed_before,
            s.ended_at.is_not(None),
            s.bytes > 0,
            c.object_id.is_(None),
            or_(c.segment_id.is_(None), and_(c.tries < tries, c.not_before <= tx.now)),
        )
        .order_by(t.rooms.c.closed_at, s.started_at, s.id)
        .limit(1)
    )
    found = tx.connection.execute(query).scalar_one_or_none()
    if found is None:
        return None
    return recordings.segment(tx, SegmentId(found)), _of(tx, SegmentId(found))


def begun(tx: Tx, segment: SegmentId, not_before: datetime) -> None:
    """Count a try before it is made, so that one which takes the service with it counts too."""
    if _change(tx, segment, tries=t.copies.c.tries + 1, not_before=not_before):
        return
    first = {"sha256": "", "bytes": 0, "figures": "{}", "tries": 1, "not_before": not_before}
    tx.connection.execute(insert(t.copies).values(segment_id=segment, **first))


def failed(tx: Tx, segment: SegmentId, reason: str, *, counts: bool) -> None:
    """Keep why the try that was begun made no copy; take its count back when it says nothing of the segment."""
    _change(tx, segment, reason=reason, tries=t.copies.c.tries - (0 if counts else 1))


def made(tx: Tx, copy: CopyRow) -> None:
    """Keep the copy that the try which was begun has made."""
    figures = json.dumps(dict(copy.figures), sort_keys=True)
    values = {"object_id": copy.object, "sha256": copy.sha256, "bytes": copy.bytes, "figures": figures}
    _change(tx, copy.segment, reason=None, **values)


def forget(tx: Tx, objects: Collection[ObjectId]) -> None:
    """Let copies be made anew whose objects are gone."""
    for object_id in objects:
        tx.connection.execute(delete(t.copies).where(t.copies.c.object_id == object_id))


def try_again(tx: Tx) -> None:
    """Count tries from the beginning, as at a start of the service: what was in the way may have been mended."""
    query = update(t.copies).where(t.copies.c.object_id.is_(None))
    tx.connection.execute(query.values(tries=0, not_before=tx.now))


def of_room(tx: Tx, room: RoomId) -> dict[SegmentId, CopyRow]:
    """Return the copies of a room's segments, and the tries that made none."""
    query = select(t.copies).join(t.segments, t.segments.c.id == t.copies.c.segment_id)
    query = query.where(t.segments.c.room_id == room)
    found = (_copy(row) for row in tx.connection.execute(query))
    return {row.segment: row for row in found}


def of_segment(tx: Tx, segment: SegmentId) -> CopyRow | None:
    """Return the copy of a segment; None when there is none."""
    found = _of(tx, segment)
    return found if found is not None and found.object is not None else None


def doubtful(
    tx: Tx, closed_before: datetime, missing: Collection[ObjectId]
) -> tuple[tuple[SegmentRow, CopyRow | None], ...]:
    """Return each segment of sessions that closed before which has no end, no copy, or a `missing` object.

    With it comes its copy, or the tries that made none.
    """
    s, c = t.segments.c, t.copies.c
    lacking = (
        s.ended_at.is_(None),
        c.object_id.is_(None),
        s.object_id.in_(missing),
        c.object_id.in_(missing),
    )
    query = (
        select(s.id)
        .select_from(_joined())
        .where(t.rooms.c.closed_at <= closed_before, or_(*lacking))
        .order_by(s.started_at, s.id)
    )
    ids = [SegmentId(id_) for id_ in tx.connection.execute(query).scalars()]
    return tuple((recordings.segment(tx, id_), _of(tx, id_)) for id_ in ids)


def objects(tx: Tx) -> frozenset[ObjectId]:
    """Return the objects of all copies."""
    query = select(t.copies.c.object_id).where(t.copies.c.object_id.is_not(None))
    return frozenset(ObjectId(id_) for id_ in tx.connection.execute(query).scalars())


def _joined() -> Any:  # the type of a join is that of its tables
    rooms = t.segments.join(t.rooms, t.rooms.c.id == t.segments.c.room_id)
    return rooms.outerjoin(t.copies, t.copies.c.segment_id == t.segments.c.id)


def _change(tx: Tx, segment: SegmentId, **values: Any) -> bool:
    query = update(t.copies).where(t.copies.c.segment_id == segment).values(**values)
    return tx.connection.execute(query).rowcount > 0


def _of(tx: Tx, segment: SegmentId) -> CopyRow | None:
    row = tx.connection.execute(select(t.copies).where(t.copies.c.segment_id == segment)).one_or_none()
    return _copy(row) if row is not None else None


def _copy(row: Row[Any]) -> CopyRow:
    return CopyRow(
        SegmentId(row.segment_id),
        ObjectId(row.object_id) if row.object_id else None,
        row.sha256,
        row.bytes,
        json.loads(row.figures),
        row.tries,
        row.reason,
    )
