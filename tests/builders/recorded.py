"""What a recorded segment shows and lets hear, decoded with PyAV."""

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import av
import numpy as np

from tests.builders.journey import LIKENESS
from tests.builders.senses import whose

RATE: Final = 48_000
PIECE: Final = RATE // 5  # samples judged together
NEAR: Final = 30.0  # hertz
AUDIBLE: Final = 0.005  # of full scale, root mean square
TOP: Final = 0.8  # of a picture: below it something moves


@dataclass(frozen=True, slots=True)
class Decoded:
    """One segment: whose colour and tone its frames and pieces of sound have, empty for nobody's."""

    pictures: Counter[str]
    tones: Counter[str]
    seconds: float  # of the last medium's end


def decode(content: bytes) -> Decoded:
    """Decode a WebM of VP8 and Opus. Silence is not counted; a tone that is nobody's counts as such."""
    pictures: Counter[str] = Counter()
    sound: list[Any] = []
    seconds = 0.0
    with av.open(io.BytesIO(content), mode="r") as container:
        for frame in container.decode():
            seconds = max(seconds, frame.time or 0.0)
            if isinstance(frame, av.VideoFrame):
                pictures[whose(_mean_colour(frame))] += 1
            elif isinstance(frame, av.AudioFrame):
                sound.append(_first_channel(frame))
    return Decoded(pictures, Counter(_tones(sound)), seconds)


def _mean_colour(frame: av.VideoFrame) -> list[float]:
    pixels = frame.to_ndarray(format="rgb24")
    top = pixels[: int(pixels.shape[0] * TOP)]
    return [float(channel) for channel in top.reshape(-1, 3).mean(axis=0)]


def _first_channel(frame: av.AudioFrame) -> Any:
    samples = frame.to_ndarray()
    return samples[0] if frame.format.is_planar else samples[0, :: frame.layout.nb_channels]


def _tones(sound: list[Any]) -> Iterator[str]:
    if not sound:
        return
    samples = np.concatenate(sound)
    for at in range(0, len(samples) - PIECE, PIECE):
        piece = samples[at : at + PIECE]
        if float(np.sqrt(np.mean(piece**2))) < AUDIBLE:
            continue
        strongest = float(np.argmax(np.abs(np.fft.rfft(piece * np.hanning(PIECE))))) * RATE / PIECE
        yield next((role for role, one in LIKENESS.items() if abs(one.tone - strongest) < NEAR), "")
