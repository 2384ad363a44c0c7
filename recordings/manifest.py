"""What a room's recording consists of, for people and for machines: segments, hashes, gaps, totals."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from cases.clocks import iso
from cases.ids import RoomId, SegmentId
from recordings.copies import Copy
from recordings.model import Gap, Segment, gaps

FORMAT = "heyi-recording/1.1"  # 1.1 says what 1 said, and the copy of each segment
CLOCK = "server, UTC; media placed by RTCP sender reports (RFC 3550)"
NOT_YET = "nothing-received-yet"


def manifest(
    room: RoomId,
    opened_at: datetime,
    closed_at: datetime,
    segments: Iterable[Segment],
    copies: Mapping[SegmentId, Copy],
) -> bytes:
    """Return the manifest as JSON (UTF-8, sorted keys, so that equal facts give equal bytes).

    Times are UTC with microseconds, lengths milliseconds, sizes bytes, hashes SHA-256 in hexadecimal of
    the objects' content as written. Everybody who was recorded is in it; gaps are of them alone. A segment's
    copy says from which content it is derived, and what was found when each block of that was read.
    """
    ordered = sorted(segments, key=lambda s: (s.started_at, s.seat, s.id))
    holes = gaps(ordered, opened_at, closed_at)
    facts = {
        "format": FORMAT,
        "clock": CLOCK,
        "room": room,
        "opened_at": iso(opened_at),
        "closed_at": iso(closed_at),
        "segments": [_segment(segment, copies.get(segment.id)) for segment in ordered],
        "gaps": [_gap(gap) for gap in holes],
        "totals": {
            "segments": len(ordered),
            "seats": len({segment.seat for segment in ordered}),
            "bytes": sum(segment.bytes for segment in ordered),
            "media_ms": sum(segment.media_ms for segment in ordered),
            "copies": sum(segment.id in copies for segment in ordered),
            "gaps": len(holes),
            "gap_ms": sum(_gap_ms(gap) for gap in holes),
        },
    }
    return json.dumps(facts, sort_keys=True, indent=1).encode()


def _segment(segment: Segment, copy: Copy | None) -> dict[str, object]:
    return {
        "id": segment.id,
        "seat": segment.seat,
        "object": segment.object,
        "tracks": list(segment.tracks),
        "started_at": iso(segment.started_at),
        "ended_at": iso(segment.ended_at) if segment.ended_at else None,
        "cause": segment.cause,
        "sha256": segment.sha256,
        "bytes": segment.bytes,
        "media_ms": segment.media_ms,
        "copy": _copy(segment, copy) if copy is not None else None,
    }


def _copy(segment: Segment, copy: Copy) -> dict[str, object]:
    return {
        "object": copy.object,
        "sha256": copy.sha256,
        "bytes": copy.bytes,
        "derived_from": segment.sha256,
        "found": asdict(copy.figures),
    }


def _gap(gap: Gap) -> dict[str, object]:
    return {
        "seat": gap.seat,
        "begins_at": iso(gap.begins_at),
        "ends_at": iso(gap.ends_at),
        "ms": _gap_ms(gap),
        "cause": gap.cause or NOT_YET,
    }


def _gap_ms(gap: Gap) -> int:
    return round((gap.ends_at - gap.begins_at).total_seconds() * 1000)
