"""What a recording is made of: segments, and the holes between them.

A segment is one object of the vault: what one seat sent in one interval, as one WebM file. Where a
seat was not recorded, there is a gap, and a gap has a cause.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.ids import ObjectId, RoomId, SeatId, SegmentId


class EndCause(StrEnum):
    """Why a segment ended."""

    CAUCUS = "caucus"
    LEFT = "left"
    SCREEN_STOPPED = "screen-stopped"  # by its person, or by the mediator
    LINE_LOST = "line-lost"
    REMOVED = "removed"
    PAUSED = "paused"  # by the mediator
    CLOSED = "closed"
    STREAM_CHANGED = "stream-changed"  # a new source, codec, frame size, or a track that joined
    SHUTDOWN = "shutdown"
    CRASH = "crash"
    FAULT = "fault"  # of the disk, or of the recorder
    CONSENT_WITHDRAWN = "consent-withdrawn"


CUT_OFF = frozenset({None, EndCause.CRASH, EndCause.FAULT})  # their objects may lack the last record


class Track(StrEnum):
    AUDIO = "audio"  # Opus
    VIDEO = "video"  # VP8
    SCREEN = "screen"  # VP8 as well; always alone in its segment


@dataclass(frozen=True, slots=True)
class Segment:
    """One object: what one seat sent in one interval.

    `started_at` and `ended_at` are the server's time of the first and of the end of the last medium.
    `sha256` (hexadecimal) and `bytes` are of the plaintext as written. Without an end, it is still
    being written, or the process that wrote it was killed.
    """

    id: SegmentId
    room: RoomId
    seat: SeatId
    object: ObjectId
    started_at: datetime
    tracks: tuple[Track, ...] = ()
    ended_at: datetime | None = None
    cause: EndCause | None = None
    sha256: str = ""
    bytes: int = 0
    media_ms: int = 0

    @property
    def of_screen(self) -> bool:
        """Say whether it is what the seat shared, and not the person."""
        return Track.SCREEN in self.tracks

    @property
    def unwritten(self) -> bool:
        """Say whether the disk refused it from its first byte, so that there is no object."""
        return self.cause is EndCause.FAULT and self.bytes == 0

    @property
    def cut_off(self) -> bool:
        """Say whether its object may be without a last record (`Vault.open(…, unfinished=True)`)."""
        return self.cause in CUT_OFF


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which a seat was not recorded. No cause: nothing had been received from it yet."""

    seat: SeatId
    begins_at: datetime
    ends_at: datetime
    cause: EndCause | None


def gaps(segments: Iterable[Segment], opened_at: datetime, closed_at: datetime) -> tuple[Gap, ...]:
    """Return every hole of each recorded seat between opening and closing, by seat, then by time.

    The cause is that of the segment before the hole. A segment without an end covers all that follows.
    A screen fills no hole, and is missed by nobody while it is not shared.
    """
    by_seat: dict[SeatId, list[Segment]] = defaultdict(list)
    for segment in (one for one in segments if not one.of_screen):
        by_seat[segment.seat].append(segment)
    return tuple(
        gap for seat in sorted(by_seat) for gap in _gaps_of(seat, by_seat[seat], opened_at, closed_at)
    )


def _gaps_of(seat: SeatId, segments: list[Segment], opened_at: datetime, closed_at: datetime) -> list[Gap]:
    found: list[Gap] = []
    covered, cause = opened_at, None
    for segment in sorted(segments, key=lambda s: s.started_at):
        begins = min(segment.started_at, closed_at)
        if begins > covered:
            found.append(Gap(seat, covered, begins, cause))
        end = segment.ended_at or closed_at
        if end >= covered:
            covered, cause = end, segment.cause
    if covered < closed_at:
        found.append(Gap(seat, covered, closed_at, cause))
    return found
