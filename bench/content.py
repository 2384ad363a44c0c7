"""What is sent under load: Opus and VP8, encoded once, replayed by everybody.

A person sends 50 audio and about 155 video packets a second, 1.14 Mbit/s of VP8: what Chromium
sends at 640x360.
"""

import random
from fractions import Fraction
from functools import cache
from typing import Any, Final

import av

from server.rehearsal.signals import CONSUMER, Programme, programme

WIDTH, HEIGHT = 640, 360
RATE: Final = 25  # frames a second
FRAMES: Final = 100  # of the loop: 4 s, begun by its only keyframe
BIT_RATE: Final = 1_140_000  # bit/s of video
PAYLOAD: Final = 975  # bytes of VP8 a packet, at most
STEP: Final = 3  # rows by which the picture moves with each frame
NOISE: Final = 12  # rows of it that are new in each frame


@cache
def content() -> Programme:
    """Return the loop: sound of a rehearsal, pictures that take as much as a person's do."""
    frames = tuple(
        tuple(frame[at : at + PAYLOAD] for at in range(0, len(frame), PAYLOAD)) for frame in _encode()
    )
    return Programme(programme(CONSUMER).packets, frames)


def _encode() -> list[bytes]:
    encoder: Any = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.bit_rate, encoder.gop_size, encoder.thread_count = BIT_RATE, 3000, 1
    encoder.time_base = Fraction(1, RATE)
    encoder.options = {
        "deadline": "realtime",
        "cpu-used": "-8",
        "lag-in-frames": "0",
        "minrate": str(BIT_RATE),
        "maxrate": str(BIT_RATE),
        "bufsize": str(BIT_RATE // 2),
    }
    frames: list[bytes] = []
    for number, picture in enumerate(_pictures()):
        picture.pts, picture.time_base = number, encoder.time_base
        frames.append(b"".join(bytes(packet) for packet in encoder.encode(picture)))
    return [frame for frame in frames if frame]


def _pictures() -> list[Any]:
    """Return a texture that scrolls, with some rows of noise: neither still nor all new."""
    dice = random.Random(7)  # the same load in every run
    rows = HEIGHT + STEP * FRAMES
    blocks = [bytes([dice.randrange(40, 216)]) * 16 for _ in range(WIDTH // 16 * (rows // 8 + 1))]
    texture = b"".join(b"".join(blocks[row // 8 * (WIDTH // 16) :][: WIDTH // 16]) for row in range(rows))
    pictures = []
    for number in range(FRAMES):
        frame: Any = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        start = number * STEP * WIDTH
        luma = texture[start : start + (HEIGHT - NOISE) * WIDTH] + dice.randbytes(NOISE * WIDTH)
        planes = (luma, bytes([110]) * (WIDTH * HEIGHT // 4), bytes([140]) * (WIDTH * HEIGHT // 4))
        for plane, values in zip(frame.planes, planes, strict=True):
            plane.update(_padded(values, plane.width, plane.line_size))
        pictures.append(frame)
    return pictures


def _padded(values: bytes, width: int, line_size: int) -> bytes:
    """Return rows of `width` as rows of `line_size`."""
    filler = bytes(line_size - width)
    return b"".join(values[at : at + width] + filler for at in range(0, len(values), width))
