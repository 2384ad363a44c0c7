"""A WebM file that is only ever appended to (RFC 9559; WebM guidelines): no seeking, no I/O.

EBML header, a segment of unknown size, info and tracks; then clusters of known size and at most one
second. What was written before a kill is a file that plays. Times are milliseconds from its beginning.
"""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, NamedTuple

from recordings.ebml import (
    CLUSTER,
    CLUSTER_TIME,
    EBML,
    INFO,
    SEGMENT,
    SIMPLE_BLOCK,
    TRACKS,
    UNKNOWN_SIZE,
    element,
    elements,
    id_bytes,
    uint,
)
from recordings.frames import opus_ms
from recordings.model import Track

CLUSTER_MS: Final = 1000
MOST_CLUSTER: Final = 2**20  # bytes; a cluster is written early rather than held

NUMBER: Final = {Track.VIDEO: 1, Track.AUDIO: 2, Track.SCREEN: 3}  # a file says by itself what it shows

TRACK_ENTRY: Final = 0xAE
TRACK_NUMBER: Final = 0xD7

_BLOCK: Final = struct.Struct(">BhB")  # track number as a one-byte vint, time in the cluster, flags
# A block with all that stands in front of it: its size takes two bytes, or four.
_SHORT: Final = struct.Struct(">BHBhB")
_LONG: Final = struct.Struct(">BIBhB")
_SHORT_SIZE, _LONG_SIZE = 0x4000, 0x1000_0000
_MOST_SHORT: Final = 0x3FFF  # all ones would be an unknown size
_MATROSKA_EPOCH: Final = datetime(2001, 1, 1, tzinfo=UTC)
_PRE_SKIP: Final = 312  # samples at 48 kHz: libopus' look-ahead of 6.5 ms
_OPUS_HEAD: Final = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, _PRE_SKIP, 48000, 0, 0)


class WebmWriter:
    """Muxes VP8 and Opus. `size` (width, height) is needed when there is a video track."""

    def __init__(
        self, tracks: Iterable[Track], began_at: datetime, size: tuple[int, int] | None = None
    ) -> None:
        self._tracks = tuple(sorted(set(tracks), key=NUMBER.__getitem__))
        if set(self._tracks) - {Track.AUDIO} and size is None:
            raise ValueError("a track of pictures has a size")
        self._began_at = began_at
        self._size = size or (0, 0)
        self._blocks: list[tuple[int, int, int, bytes]] = []  # time, number of the track, flags, data
        self._bytes = 0
        self._first = 0  # the least and the greatest time in the cluster
        self._last = 0

    def head(self) -> bytes:
        """Return all that stands before the first cluster."""
        ebml = (
            uint(0x4286, 1), uint(0x42F7, 1), uint(0x42F2, 4), uint(0x42F3, 8),
            element(0x4282, b"webm"), uint(0x4287, 4), uint(0x4285, 2),
        )  # fmt: skip
        since = self._began_at - _MATROSKA_EPOCH
        nanoseconds = ((since.days * 86400 + since.seconds) * 10**6 + since.microseconds) * 1000
        info = (
            uint(0x2AD7B1, 10**6),  # a tick is a millisecond
            element(0x4461, struct.pack(">q", nanoseconds)),
            element(0x4D80, b"heyi"), element(0x5741, b"heyi"),
        )  # fmt: skip
        entries = (_audio() if track is Track.AUDIO else self._video(track) for track in self._tracks)
        return b"".join((
            element(EBML, b"".join(ebml)),
            id_bytes(SEGMENT), UNKNOWN_SIZE,
            element(INFO, b"".join(info)),
            element(TRACKS, b"".join(entries)),
        ))  # fmt: skip

    def add(self, track: Track, ms: int, data: bytes, *, key: bool) -> bytes:
        """Take in a frame of a track that was named, none of whose frames is as late; return a cluster if
        it had to be ended first.
        """
        done = b""
        first, last = self._first, self._last
        if ms > last:
            last = ms
        elif ms < first:
            first = ms
        if self._blocks and (last - first >= CLUSTER_MS or self._bytes + len(data) > MOST_CLUSTER):
            done = self.flush()
        if not self._blocks:
            first = last = ms
        self._first, self._last = first, last
        self._blocks.append((ms, NUMBER[track], 0x80 if key else 0, data))
        self._bytes += len(data)
        return done

    def flush(self) -> bytes:
        """Return what is there as a cluster, in order of time; nothing if nothing is there."""
        if not self._blocks:
            return b""
        self._blocks.sort()
        body = [uint(CLUSTER_TIME, self._first)]
        for ms, number, flags, data in self._blocks:
            size = len(data) + _BLOCK.size
            if size < _MOST_SHORT:
                front = _SHORT.pack(SIMPLE_BLOCK, _SHORT_SIZE | size, 0x80 | number, ms - self._first, flags)
            else:
                front = _LONG.pack(SIMPLE_BLOCK, _LONG_SIZE | size, 0x80 | number, ms - self._first, flags)
            body += (front, data)
        self._blocks, self._bytes = [], 0
        return element(CLUSTER, b"".join(body))

    def _video(self, track: Track) -> bytes:
        width, height = self._size
        return _entry(track, b"V_VP8", 1, element(0xE0, uint(0xB0, width) + uint(0xBA, height)))


class Extent(NamedTuple):
    """What a file holds: its tracks, and the end of its last medium in milliseconds."""

    tracks: tuple[Track, ...]
    ms: int


def block_end(track: Track, ms: int, data: bytes) -> int:
    """Return when a frame ends, milliseconds; a picture has no length of its own."""
    return ms + (round(opus_ms(data)) if track is Track.AUDIO else 0)


def extent(records: Iterable[bytes]) -> Extent:
    """Measure a file of this writer's from its records, each of whole elements; raise ValueError."""
    names = {number: track for track, number in NUMBER.items()}
    tracks: set[Track] = set()
    end = 0
    for record in records:
        for kind, body in elements(record):
            if kind == TRACKS:
                for _, entry in elements(body):
                    tracks.update(
                        _named(int.from_bytes(child, "big"), names)
                        for number, child in elements(entry)
                        if number == TRACK_NUMBER
                    )
            elif kind == CLUSTER:
                end = max(end, _cluster_end(body, names))
    return Extent(tuple(sorted(tracks)), end)


def _cluster_end(body: bytes, names: dict[int, Track]) -> int:
    begins = end = 0
    for kind, content in elements(body):
        if kind == CLUSTER_TIME:
            begins = int.from_bytes(content, "big")
        elif kind == SIMPLE_BLOCK:
            if len(content) < _BLOCK.size:
                raise ValueError("a block was cut short")
            number, ms, _ = _BLOCK.unpack_from(content)
            track = _named(number & 0x7F, names)
            end = max(end, block_end(track, begins + ms, content[_BLOCK.size :][:2]))
    return end


def _named(number: int, names: dict[int, Track]) -> Track:
    if number not in names:
        raise ValueError("no track of this writer's")
    return names[number]


def _audio() -> bytes:
    sound = element(0xB5, struct.pack(">d", 48000.0)) + uint(0x9F, 2)
    return _entry(
        Track.AUDIO,
        b"A_OPUS",
        2,
        element(0x63A2, _OPUS_HEAD),
        uint(0x56AA, _PRE_SKIP * 10**9 // 48000),  # CodecDelay, nanoseconds
        uint(0x56BB, 80_000_000),  # SeekPreRoll, nanoseconds (RFC 7845 section 4.6)
        element(0xE1, sound),
    )


def _entry(track: Track, codec: bytes, kind: int, *rest: bytes) -> bytes:
    number = NUMBER[track]
    common = (uint(TRACK_NUMBER, number), uint(0x73C5, number), uint(0x83, kind), uint(0x9C, 0))
    return element(TRACK_ENTRY, b"".join((*common, element(0x86, codec), *rest)))
