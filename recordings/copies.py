"""What a copy of a segment is, what was found while it was made, and why there may be none.

A segment is written as a file without length and index, so that a kill costs nothing; it is the evidence
and is never changed. Its copy is derived from it: the same frames, with length and index, for players.
"""

from dataclasses import dataclass
from enum import StrEnum

from cases.ids import ObjectId, SegmentId


class NoCopy(StrEnum):
    """Why a segment has no copy."""

    MISSING = "missing"  # there is no original
    ALTERED = "altered"  # the original is not what its row says
    NO_FILE = "no-file"  # the original is as it was written, and no file of the recorder's
    TIME = "time"  # its time runs backwards, or is not that of its segment
    DISK_FULL = "disk-full"
    DISK = "disk"  # it does not take what is written
    STOPPED = "stopped"  # the process that made it ended


class NotCopied(Exception):
    """No copy was made, and nothing was left of it."""

    def __init__(self, reason: NoCopy) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found in a segment when each of its blocks was read; lengths are milliseconds.

    `media_ms` is the end of the last medium, `wall_ms` the time from the segment's start to its end as its
    row has them. `keyframe_ms` is the longest way from a keyframe to the last picture that builds on it.
    Gaps are holes inside the file: of sound (silence of a sender that pauses, DTX, is none) and of pictures.
    """

    media_ms: int
    wall_ms: int
    blocks: int
    keyframes: int
    keyframe_ms: int
    sound_gaps: int
    sound_gap_ms: int
    picture_gaps: int
    picture_gap_ms: int


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy of one segment, which is whole and verified. Hashes (hexadecimal) and sizes are of content."""

    segment: SegmentId
    object: ObjectId
    sha256: str
    bytes: int
    figures: Figures
