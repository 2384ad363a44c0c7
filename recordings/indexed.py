"""What stands before the first cluster of a copy: as in its original, with length and index. Pure.

    EBML, segment of known size, SeekHead, Info with Duration, Tracks, Cues; then the original's clusters

All of it is known before the first cluster is written, and the index stands in front: a browser that has
read the beginning can seek. Equal originals give equal copies (RFC 9559; WebM guidelines).
"""

import struct
from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from recordings.ebml import (
    CUES,
    EBML,
    INFO,
    SEEK_HEAD,
    SEGMENT,
    TRACKS,
    element,
    id_bytes,
    long_size,
    uint,
)
from recordings.scan import Cue, Head

_DURATION: Final = 0x4489
_SEEK, _SEEK_ID, _SEEK_POSITION = 0x4DBB, 0x53AB, 0x53AC
_CUE_POINT, _CUE_TIME, _CUE_PLACE, _CUE_TRACK, _CUE_CLUSTER = 0xBB, 0xB3, 0xB7, 0xF7, 0xF1
_POSITION: Final = 8  # bytes: so that no place moves when another is known


def indexed_head(head: Head, media_ms: int, cues: Iterable[Cue], sizes: list[int]) -> bytes:
    """Return it for clusters of these sizes (bytes); places count from the content of the segment."""
    cues = sorted(cues)
    info = element(INFO, head.info + element(_DURATION, struct.pack(">d", float(media_ms))))
    tracks = element(TRACKS, head.tracks)
    before = len(_seek_head(0, 0, 0 if cues else None))
    at_tracks = before + len(info)
    at_cues = at_tracks + len(tracks)
    places = [0, *accumulate(sizes)]
    first = at_cues + len(_index(cues, [0] * len(places)))
    index = _index(cues, [first + place for place in places])
    seek = _seek_head(before, at_tracks, at_cues if cues else None)
    content = seek + info + tracks + index
    return element(EBML, head.ebml) + id_bytes(SEGMENT) + long_size(len(content) + places[-1]) + content


def _seek_head(info: int, tracks: int, cues: int | None) -> bytes:
    found = [(INFO, info), (TRACKS, tracks), *([(CUES, cues)] if cues is not None else [])]
    return element(SEEK_HEAD, b"".join(_seek(kind, place) for kind, place in found))


def _seek(kind: int, place: int) -> bytes:
    return element(_SEEK, element(_SEEK_ID, id_bytes(kind)) + uint(_SEEK_POSITION, place, _POSITION))


def _index(cues: list[Cue], places: list[int]) -> bytes:
    """Return the index; nothing when nothing was recorded, for it may not be empty."""
    points = b"".join(
        element(
            _CUE_POINT,
            uint(_CUE_TIME, cue.ms)
            + element(
                _CUE_PLACE, uint(_CUE_TRACK, cue.track) + uint(_CUE_CLUSTER, places[cue.cluster], _POSITION)
            ),
        )
        for cue in cues
    )
    return element(CUES, points) if points else b""
