"""Encoded media and RTP packets for tests: what a browser would send."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import numpy as np

AUDIO_RATE, VIDEO_RATE = 48000, 90000
MTU = 1100
NTP_OF_UNIX = 2_208_988_800  # seconds from 1900 to 1970


@dataclass(frozen=True)
class Encoded:
    """One encoded frame and its time in seconds from the beginning."""

    at: float
    data: bytes
    key: bool


@cache
def vp8(
    seconds: float, size: tuple[int, int] = (192, 144), rate: int = 25, every: int = 25
) -> tuple[Encoded, ...]:
    """Encode a moving picture with a keyframe each `every` frames."""
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height = size
    codec.pix_fmt, codec.time_base, codec.framerate = "yuv420p", Fraction(1, rate), Fraction(rate)
    codec.bit_rate, codec.gop_size = 400_000, every
    codec.options = {"deadline": "realtime", "lag-in-frames": "0", "cpu-used": "8", "error-resilient": "1"}
    width, height = size
    frames = []
    for number in range(round(seconds * rate)):
        picture = np.zeros((height, width, 3), np.uint8)
        picture[:, :] = (200, 40, 40)
        picture[:, (number * 8) % (width - 16) :][:, :16] = (255, 255, 255)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = number
        frames += codec.encode(frame)
    frames += codec.encode(None)
    return tuple(Encoded((p.pts or 0) / rate, bytes(p), p.is_keyframe) for p in frames)


@cache
def opus(seconds: float, hertz: float = 440.0) -> tuple[Encoded, ...]:
    """Encode a tone in packets of 20 ms."""
    codec = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = AUDIO_RATE, "stereo", "s16"
    codec.options = {"application": "voip", "frame_duration": "20"}
    codec.open()
    packets = []
    for number in range(round(seconds * 50)):
        t = (np.arange(960) + number * 960) / AUDIO_RATE
        wave = (np.sin(2 * np.pi * hertz * t) * 8000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[None, :], format="s16", layout="stereo")
        frame.sample_rate, frame.pts = AUDIO_RATE, number * 960
        packets += codec.encode(frame)
    return tuple(Encoded(number * 0.02, bytes(p), key=True) for number, p in enumerate(packets))


Cut = tuple[int, int, int, bytes]  # number, media time, marker bit (0 or not), payload


@dataclass
class Packetizer:
    """Cuts frames of one track into packets; `seq` and `time` are where its counters start."""

    rate: int
    seq: int = 65000  # wraps soon
    time: int = 0xFFFF_0000  # wraps soon

    def stamp(self, at: float) -> int:
        return (self.time + round(at * self.rate)) & 0xFFFFFFFF

    def vp8(self, frame: Encoded) -> list[Cut]:
        """Packets of one picture, with a 15-bit picture id (RFC 7741)."""
        parts = [frame.data[i : i + MTU] for i in range(0, len(frame.data), MTU)]
        return [
            self._packet(
                frame.at, bytes([0x90 if i == 0 else 0x80, 0x80, 0x81, 0x23]) + part, i == len(parts) - 1
            )
            for i, part in enumerate(parts)
        ]

    def opus(self, frame: Encoded) -> Cut:
        return self._packet(frame.at, frame.data, False)

    def probe(self, at: float) -> Cut:
        """A packet of padding only."""
        return self._packet(at, b"", False)

    def _packet(self, at: float, payload: bytes, marker: bool) -> Cut:
        self.seq += 1
        return (self.seq - 1) & 0xFFFF, self.stamp(at), int(marker), payload


def ntp(unix: float) -> int:
    """The 64-bit NTP timestamp of a time of some clock, seconds since 1970."""
    return round((unix + NTP_OF_UNIX) * 2**32)
