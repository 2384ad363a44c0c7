"""Where a recording puts what was captured at the same instants, read with FFmpeg's demuxer."""

import io
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import av

from recordings.model import Segment
from tests.builders.drift import CAPTURED
from tests.builders.recordings import EPOCH

NEAR: Final = 0.25  # seconds between a landmark and the frame that stands for it; silence sends each 0.4 s
_PRE_SKIP: Final = (
    312 / 48000
)  # seconds; players take Opus' look-ahead off, the captured sound has it as well

Placed = list[tuple[float, float]]  # when a frame was captured, and how much later it is placed; seconds


@dataclass
class Recorded:
    """The frames of one seat, in the order of capture."""

    sound: Placed = field(default_factory=list)
    pictures: Placed = field(default_factory=list)


def read(segment: Segment, content: bytes) -> Recorded:
    """Read one segment's file; a frame's place is `started_at` and its time in the file."""
    found = Recorded()
    began = (segment.started_at - EPOCH).total_seconds()
    with av.open(io.BytesIO(content), "r") as file:
        for packet in file.demux():
            if packet.pts is None:
                continue
            sounds = packet.stream.type == "audio"
            (captured,) = CAPTURED.unpack(bytes(packet)[-CAPTURED.size :])
            at = began + float(packet.pts * packet.time_base) + (_PRE_SKIP if sounds else 0.0)
            (found.sound if sounds else found.pictures).append((captured, at - captured))
    return found


def together(segments: Iterable[tuple[Segment, bytes]]) -> dict[str, Recorded]:
    """Return what there is of each seat."""
    seats: dict[str, Recorded] = {}
    for segment, content in segments:
        seat = seats.setdefault(segment.seat, Recorded())
        one = read(segment, content)
        seat.sound += one.sound
        seat.pictures += one.pictures
    for seat in seats.values():
        seat.sound.sort()
        seat.pictures.sort()
    return seats


def at_landmarks(placed: Placed, begin: float, end: float) -> dict[int, float]:
    """Return how much later the beep (or flash) of each second is placed, where one was recorded."""
    times = [captured for captured, _ in placed]
    found = {}
    for second in range(int(begin), int(end)):
        at = bisect_left(times, second)
        near = min(placed[max(0, at - 1) : at + 1], key=lambda one: abs(one[0] - second), default=None)
        if near is not None and abs(near[0] - second) <= NEAR:
            found[second] = near[1]
    return found


def apart(one: Mapping[int, float], other: Mapping[int, float]) -> dict[int, float]:
    """Return by how much they differ at each landmark that both have."""
    return {second: one[second] - other[second] for second in one if second in other}
