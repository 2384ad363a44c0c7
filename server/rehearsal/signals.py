"""What synthetic people send, and how it is recognised: a tone and a colour each.

Encoded once and replayed, decoded only when somebody asks: a rehearsal must leave the processor to
the server that it watches.
"""

import math
import random
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Final

import av
from aiortc.codecs.vpx import VpxPayloadDescriptor

RATE: Final = 48_000  # Opus, samples a second
SAMPLES: Final = 960  # of one packet: 20 ms
TONE_PACKETS: Final = 50  # one second: every tone below has whole periods in it
WIDTH, HEIGHT = 320, 240
FRAMES: Final = 25  # from one keyframe to the next: 2 s at 12.5 frames/s
FRAME_TICKS: Final = 4  # a frame every so many audio packets
VIDEO_CLOCK: Final = 90_000
PAYLOAD: Final = 1100  # bytes of VP8 a packet, at most
NUMBER: Final = 4  # bytes of a packet's number
NOISE_ROWS: Final = 32  # at the foot of the picture: keyframes of several packets

_SCALE = 6  # analysis at 8 kHz is enough for tones below 4 kHz
_WARM_UP = 3  # packets that a fresh decoder needs
_LOUD = 300.0  # root mean square of 16-bit samples that counts as sound
_CLEAR = 0.6  # share of the energy that counts as a tone
_NEAR = 24  # per component: what encoding does to a colour

Colour = tuple[int, int, int]  # Y, Cb, Cr, each 0 to 255


@dataclass(frozen=True, slots=True)
class Signal:
    """Who this is, to eye and ear: a tone in Hz and a colour."""

    name: str
    tone: int
    colour: Colour


CONSUMER: Final = Signal("consumer", 440, (82, 90, 240))  # red
INSURER: Final = Signal("insurer", 880, (145, 54, 34))  # green
MEDIATOR: Final = Signal("mediator", 1320, (41, 240, 110))  # blue
PROBE: Final = Signal("probe", 2000, (210, 16, 146))  # yellow: the consumer in a caucus
ANSWER: Final = Signal("answer", 2600, (170, 166, 16))  # cyan: the mediator in a caucus
SIGNALS: Final = {s.name: s for s in (CONSUMER, INSURER, MEDIATOR, PROBE, ANSWER)}
SECRET: Final = (PROBE, ANSWER)  # what is sent in a caucus only


@dataclass(frozen=True, slots=True)
class Programme:
    """A signal ready to be sent, to be repeated from the start: `frames` begin with a keyframe."""

    packets: tuple[bytes, ...]  # Opus, 20 ms each
    frames: tuple[tuple[bytes, ...], ...]  # VP8 without payload descriptors, as packets carry them


@cache
def programme(signal: Signal) -> Programme:
    """Return the encoded signal: the same bytes for the same signal, in every process of one machine."""
    frames = tuple(
        tuple(frame[at : at + PAYLOAD] for at in range(0, len(frame), PAYLOAD))
        for frame in _encode_frames(signal.colour)
    )
    return Programme(_encode_tone(signal.tone), frames)


def _encode_tone(hertz: int) -> tuple[bytes, ...]:
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "s16"
    encoder.bit_rate = 24_000
    packets: list[bytes] = []
    for number in range(TONE_PACKETS + _WARM_UP):
        start = number * SAMPLES
        wave = (8000 * math.sin(2 * math.pi * hertz * n / RATE) for n in range(start, start + SAMPLES))
        frame: Any = av.AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(array("h", (round(value) for value in wave)).tobytes())
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(packets[-TONE_PACKETS:])


def _encode_frames(colour: Colour) -> list[bytes]:
    encoder: Any = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.bit_rate, encoder.gop_size, encoder.thread_count = 300_000, 3000, 1
    encoder.time_base = Fraction(FRAME_TICKS, 50)
    encoder.options = {"deadline": "realtime", "cpu-used": "-6", "lag-in-frames": "0"}
    picture = _picture(colour)
    frames: list[bytes] = []
    for number in range(FRAMES):
        picture.pts, picture.time_base = number, encoder.time_base
        frames.append(b"".join(bytes(packet) for packet in encoder.encode(picture)))
    return [frame for frame in frames if frame]


def _picture(colour: Colour) -> Any:
    frame: Any = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    dice = random.Random(7)  # noqa: S311  a fixed pattern
    for plane, value in zip(frame.planes, colour, strict=True):
        rows = bytearray([value]) * plane.buffer_size
        if plane is frame.planes[0] or plane.width == WIDTH:
            foot = NOISE_ROWS * plane.line_size
            rows[-foot:] = bytes(dice.randrange(16, 236) for _ in range(foot))
        plane.update(bytes(rows))
    return frame


def numbered(packet: bytes, number: int) -> bytes:
    """Return an Opus packet of one frame with a number in its padding (RFC 6716, section 3.2.5).

    It sounds the same, and no other packet is equal to it.
    """
    return bytes((packet[0] | 3, 0x41, NUMBER)) + packet[1:] + number.to_bytes(NUMBER, "big")


def unnumbered(packet: bytes) -> bytes:
    """Return the packet that was numbered."""
    return bytes((packet[0] & ~3,)) + packet[3:-NUMBER]


def vp8_body(payload: bytes) -> tuple[bool, bytes]:
    """Return whether an RTP payload begins a VP8 keyframe, and its body (RFC 7741, section 4)."""
    descriptor, body = VpxPayloadDescriptor.parse(payload)
    begins = bool(descriptor.partition_start) and descriptor.partition_id == 0
    return begins and bool(body) and not body[0] & 1, body


def tone_share(samples: Sequence[float], rate: int, hertz: int) -> float:
    """Return how much of the energy is at `hertz`, 0.0 to 1.0, by Goertzel's algorithm."""
    energy = sum(sample * sample for sample in samples)
    if not energy:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * hertz / rate)
    before, last = 0.0, 0.0
    for sample in samples:
        before, last = last, sample + turn * last - before
    power = before * before + last * last - turn * before * last
    return min(1.0, 2 * power / (len(samples) * energy))


def name_of_tone(samples: Sequence[float], rate: int) -> str:
    """Return which signal's tone this is; empty for silence and for anything else."""
    if not samples or math.sqrt(sum(s * s for s in samples) / len(samples)) < _LOUD:
        return ""
    share, name = max((tone_share(samples, rate, s.tone), s.name) for s in SIGNALS.values())
    return name if share > _CLEAR else ""


def name_of_colour(colour: Colour) -> str:
    """Return which signal's colour this is, or nothing."""
    for signal in SIGNALS.values():
        if all(abs(is_ - want) <= _NEAR for is_, want in zip(colour, signal.colour, strict=True)):
            return signal.name
    return ""


def samples_of(frames: Iterable[Any]) -> list[int]:
    """Return decoded audio (16 bit or float) as the first channel at 8 kHz, 16 bit."""
    found: list[int] = []
    for frame in frames:
        channels = 1 if frame.format.is_planar else frame.layout.nb_channels
        kind, scale = ("h", 1) if frame.format.name.startswith("s16") else ("f", 32767)
        plane = array(kind)
        plane.frombytes(bytes(frame.planes[0])[: frame.samples * channels * plane.itemsize])
        found.extend(max(-32768, min(32767, int(value * scale))) for value in plane[:: channels * _SCALE])
    return found


def tone_of_packets(packets: Sequence[bytes]) -> str:
    """Return whose tone a run of Opus packets carries."""
    decoder: Any = av.CodecContext.create("libopus", "r")
    frames = [frame for packet in packets for frame in decoder.decode(av.Packet(packet))]
    return name_of_tone(samples_of(frames[_WARM_UP:]), RATE // _SCALE)


def colour_of_frame(frame: Any) -> str:
    """Return whose colour a decoded picture has in its middle."""
    found = []
    for plane in frame.reformat(format="yuv420p").planes:
        row = bytes(plane)[plane.height // 2 * plane.line_size :]
        middle = row[plane.width // 2 - 4 : plane.width // 2 + 4]
        found.append(round(sum(middle) / len(middle)))
    return name_of_colour((found[0], found[1], found[2]))


def colour_of_keyframe(frame: bytes) -> str:
    """Return whose colour an encoded VP8 keyframe has; empty when it cannot be decoded."""
    decoder: Any = av.CodecContext.create("libvpx", "r")
    try:
        pictures = decoder.decode(av.Packet(frame))
    except av.FFmpegError:
        return ""
    return colour_of_frame(pictures[0]) if pictures else ""


@cache
def caucus_payloads() -> frozenset[bytes]:
    """Return what is sent in a caucus and never outside: Opus packets and bodies of VP8 packets."""

    def payloads(signal: Signal) -> set[bytes]:
        sent = programme(signal)
        return {*sent.packets, *(body for frame in sent.frames for body in frame)}

    secret = set[bytes]().union(*(payloads(signal) for signal in SECRET))
    return frozenset(secret.difference(*(payloads(s) for s in SIGNALS.values() if s not in SECRET)))
