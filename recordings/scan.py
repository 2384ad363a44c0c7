"""Reads a file of the recorder's block by block: its figures, and where a player may begin. Pure.

It reads what `recordings.muxer` writes and nothing else: one record with all that stands before the first
cluster, then one record a cluster. An hour of a seat is 740 000 blocks, so a block costs half a microsecond.
"""

import struct
from typing import Final, NamedTuple

from recordings.copies import Figures, NoCopy, NotCopied
from recordings.ebml import CLUSTER, CLUSTER_TIME, EBML, INFO, SIMPLE_BLOCK, TRACKS, elements
from recordings.frames import opus_ms
from recordings.model import Track
from recordings.muxer import NUMBER

SOUND_HOLE: Final = 200  # ms without sound that are a gap; less is loss, which players conceal
SILENCE: Final = 1000  # ms, after a packet that says so: DTX repeats itself every 400 ms, and one may be lost
PICTURE_HOLE: Final = 2000  # ms without a picture that are a gap: the camera was off, or its line
CUE_EVERY: Final = 5000  # ms, in a file without pictures

_QUIET: Final = 2  # bytes: an Opus packet of no more holds no sound (RFC 6716 section 3.4, case of DTX)
_BLOCK: Final = struct.Struct(">BHBhB")  # id, size in two bytes, track, time in the cluster, flags
_LONG_BLOCK: Final = struct.Struct(">BIBhB")
_FRONT: Final = 4  # bytes of a block before its frame
_KEY: Final = 0x80
_SOUND: Final = 0x80 | NUMBER[Track.AUDIO]
_PICTURES: Final = (0x80 | NUMBER[Track.VIDEO], 0x80 | NUMBER[Track.SCREEN])
_LENGTHS: Final = tuple(round(opus_ms(bytes((toc, 0)))) for toc in range(256))  # ms, but of code 3


class Cue(NamedTuple):
    """A place to begin: milliseconds, number of the track, and which of the file's clusters."""

    ms: int
    track: int
    cluster: int


class Head(NamedTuple):
    """Contents of the elements that stand before the first cluster."""

    ebml: bytes
    info: bytes
    tracks: bytes


class Scan:
    """Takes in the records of one file in order; raises ValueError, or NotCopied when time runs backwards."""

    def __init__(self) -> None:
        self.head: Head | None = None
        self.cues: list[Cue] = []  # one a cluster at most
        self.sizes: list[int] = []  # bytes of each cluster, one number a second
        self._sound, self._pictures = _Sound(), _Pictures()
        self._blocks = 0

    def take(self, record: bytes) -> None:
        found = list(elements(record))
        if self.head is None:
            if [kind for kind, _ in found] != [EBML, INFO, TRACKS]:
                raise ValueError("a file of the recorder's begins otherwise")
            self.head = Head(*(body for _, body in found))
            return
        if [kind for kind, _ in found] != [CLUSTER]:
            raise ValueError("a record that is no cluster")
        self._cluster(found[0][1])
        self.sizes.append(len(record))

    def figures(self, wall_ms: int) -> Figures:
        sound, pictures = self._sound, self._pictures
        media_ms = max(sound.end, pictures.last)
        sound.ends(media_ms)
        pictures.ends(media_ms)
        return Figures(
            media_ms=media_ms,
            wall_ms=wall_ms,
            blocks=self._blocks,
            keyframes=pictures.keyframes,
            keyframe_ms=pictures.longest,
            sound_gaps=sound.gaps,
            sound_gap_ms=sound.gap_ms,
            picture_gaps=pictures.gaps,
            picture_gap_ms=pictures.gap_ms,
        )

    def _cluster(self, body: bytes) -> None:
        begins, at = _begins(body)
        sound, pictures, read = self._sound.take, self._pictures.take, _BLOCK.unpack_from
        end, keys, blocks = len(body), self._pictures.keyframes, 0
        while at < end:
            if end - at < _BLOCK.size:
                raise ValueError("a block was cut short")
            kind, size, track, ms, flags = read(body, at)
            front = at + 7
            if size & 0xC000 == 0x4000:  # noqa: PLR2004 - a size of two bytes
                at += 3 + (size & 0x3FFF)
            else:
                size, track, ms, flags = _long(body, at)
                front, at = at + 9, at + 5 + (size & 0xFFF_FFFF)
            if kind != SIMPLE_BLOCK or not front < at <= end:
                raise ValueError("no block of the recorder's")
            if track == _SOUND:
                sound(begins + ms, body[front : front + 2], at - front)
            elif track in _PICTURES:
                if pictures(begins + ms, flags & _KEY) and self._pictures.keyframes == keys + 1:
                    self.cues.append(Cue(begins + ms, track & 0x7F, len(self.sizes)))
            else:
                raise ValueError("no track of the recorder's")
            blocks += 1
        self._blocks += blocks
        if not self._pictures.any:
            self._cue_of_sound(begins)

    def _cue_of_sound(self, begins: int) -> None:
        if not self.cues or begins - self.cues[-1].ms >= CUE_EVERY:
            self.cues.append(Cue(begins, NUMBER[Track.AUDIO], len(self.sizes)))


def _begins(body: bytes) -> tuple[int, int]:
    """Return the time of a cluster, and where its first block stands."""
    size = body[1] & 0x7F if len(body) > 1 and body[0] == CLUSTER_TIME and body[1] & 0x80 else 0
    if not 0 < size <= 8 or len(body) < 2 + size:  # noqa: PLR2004 - bytes of a number
        raise ValueError("a cluster without a time")
    return int.from_bytes(body[2 : 2 + size], "big"), 2 + size


def _long(body: bytes, at: int) -> tuple[int, int, int, int]:
    """Return size, track, time and flags of a block whose size takes four bytes."""
    if len(body) - at < _LONG_BLOCK.size:
        raise ValueError("a block was cut short")
    _, size, track, ms, flags = _LONG_BLOCK.unpack_from(body, at)
    if size >> 28 != 1:
        raise ValueError("no block of the recorder's")
    return size, track, ms, flags


class _Sound:
    def __init__(self) -> None:
        self.end = 0  # of the last packet, milliseconds
        self.gaps = self.gap_ms = 0
        self._at = -1
        self._most = SOUND_HOLE

    def take(self, at: int, front: bytes, size: int, lengths: tuple[int, ...] = _LENGTHS) -> None:
        """Take in a packet: its time, its first two bytes, its length."""
        if at <= self._at:
            raise NotCopied(NoCopy.TIME)
        if at - self.end > self._most and self._at >= 0:
            self._gap(at)
        self._at = at
        toc = front[0]
        self.end = at + (lengths[toc] if toc & 3 != 3 else round(opus_ms(front)))  # noqa: PLR2004 - code 3
        self._most = SOUND_HOLE if size > _QUIET else SILENCE

    def ends(self, at: int) -> None:
        """Count what is missing until the file ends."""
        if self._at >= 0 and at - self.end > self._most:
            self._gap(at)

    def _gap(self, at: int) -> None:
        self.gaps += 1
        self.gap_ms += at - self.end


class _Pictures:
    def __init__(self) -> None:
        self.last = 0  # time of the last picture, milliseconds
        self.keyframes = self.longest = 0
        self.gaps = self.gap_ms = 0
        self.any = False
        self._key_at = 0

    def take(self, at: int, key: int) -> int:
        """Take in a picture; return whether it is a keyframe, as it was said."""
        last = self.last
        if self.any and at <= last:
            raise NotCopied(NoCopy.TIME)
        if key:
            self._run()
            self._key_at = at
            self.keyframes += 1
        if at - last > PICTURE_HOLE and self.any:
            self._gap(at)
        self.any = True
        self.last = at
        return key

    def ends(self, at: int) -> None:
        """Count what is missing until the file ends."""
        self._run()
        if self.any and at - self.last > PICTURE_HOLE:
            self._gap(at)

    def _run(self) -> None:
        self.longest = max(self.longest, self.last - self._key_at)

    def _gap(self, at: int) -> None:
        self.gaps += 1
        self.gap_ms += at - self.last
