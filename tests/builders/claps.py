"""When a recorded person claps (`tests/journeys/js/clapper.js`): each flash and each beep, decoded with PyAV."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import av
import numpy as np

RATE: Final = 48_000
PIECE: Final = RATE // 500  # samples judged together: 2 ms
AUDIBLE: Final = 0.05  # of full scale
BRIGHT: Final = 128  # of 255, mean of a picture
DARK_FOR: Final = 0.3  # seconds between two claps, at least
TOGETHER: Final = 0.5  # seconds; what is further apart is of another second


@dataclass(frozen=True, slots=True)
class Claps:
    """Seconds of the file at which each begins."""

    flashes: tuple[float, ...]
    beeps: tuple[float, ...]

    def offsets(self) -> list[float]:
        """Return by how many seconds each beep is later than its flash."""
        return apart(self.flashes, self.beeps)


def apart(these: Sequence[float], those: Sequence[float]) -> list[float]:
    """Return by how much the nearest of `those` is later, for each of `these` that has one in its second."""
    nearest = [min((other - one for other in those), key=abs, default=TOGETHER) for one in these]
    return [offset for offset in nearest if abs(offset) < TOGETHER]


def claps(content: bytes) -> Claps:
    """Return what is heard and seen in a WebM of VP8 and Opus."""
    bright: list[float] = []
    loud: list[float] = []
    with av.open(io.BytesIO(content), mode="r") as container:
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame):
                if frame.to_ndarray(format="gray").mean() > BRIGHT:
                    bright.append(frame.time or 0.0)
            elif isinstance(frame, av.AudioFrame):
                loud += _loud(frame)
    return Claps(_begins(bright), _begins(loud))


def _loud(frame: av.AudioFrame) -> list[float]:
    """Return when the pieces of a frame that can be heard begin."""
    samples: Any = frame.to_ndarray()
    first = samples[0] if frame.format.is_planar else samples[0, :: frame.layout.nb_channels]
    pieces = first[: len(first) // PIECE * PIECE].reshape(-1, PIECE)
    heard = np.sqrt(np.mean(pieces**2, axis=1)) > AUDIBLE
    return [(frame.time or 0.0) + int(at) * PIECE / RATE for at in np.flatnonzero(heard)]


def _begins(moments: Sequence[float]) -> tuple[float, ...]:
    """Return the first of each run of moments; what lasts from the beginning of the file has none."""
    ordered = sorted(moments)
    return tuple(one for before, one in pairwise(ordered) if one - before > DARK_FOR)
