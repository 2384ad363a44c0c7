"""RTCP: read what browsers send, write what they need of us (RFC 3550, 4585, 5104, REMB)."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from typing import Final

from signaling.rtp import MASK32

NACKED: Final = 256  # packets that one NACK may ask for; a longer hole is filled by a keyframe
SENDER: Final = 1  # the SSRC under which this server reports, as libwebrtc's own receivers do


class _Type(IntEnum):
    SR = 200
    RR = 201
    TRANSPORT = 205  # feedback about a transport, RFC 4585 section 6.2
    PAYLOAD = 206  # feedback about a payload, section 6.3


class _Format(IntEnum):
    NACK = 1  # of TRANSPORT
    PLI = 1  # of PAYLOAD, as are the rest
    FIR = 4
    APPLICATION = 15


_HEADER = 8  # bytes: the common header and the SSRC of who sends
_BLOCK = struct.Struct("!LLLLLL")
_UNMASKED = 17  # the first distance that the mask of a NACK does not reach
_REMB_MANTISSA = 0x3FFFF


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What one receiver has seen of the stream `ssrc` (RFC 3550 section 6.4.1).

    `fraction_lost` in 1/256, `highest` the extended sequence number, `jitter` in timestamp units,
    `last_report` the middle 32 bits of an NTP time, `delay` in 1/65536 s.
    """

    ssrc: int
    fraction_lost: int
    lost: int
    highest: int
    jitter: int
    last_report: int
    delay: int


@dataclass(frozen=True, slots=True)
class SenderReport:
    """`ntp` is 32.32 fixed point in the sender's own clock; `rtp_time` the same instant in media time."""

    ssrc: int
    ntp: int
    rtp_time: int
    packets: int
    octets: int


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    blocks: tuple[ReportBlock, ...]


@dataclass(frozen=True, slots=True)
class KeyframeRequest:
    """A PLI, or a FIR, whose common header carries media SSRC 0 (RFC 5104 section 4.3.1.2)."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class Nack:
    ssrc: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Remb:
    """A receiver's estimate for all of `ssrcs` together, in bit/s."""

    bitrate: int
    ssrcs: tuple[int, ...]


Report = SenderReport | ReceiverReport | KeyframeRequest | Nack | Remb


def parse(compound: bytes) -> tuple[Report, ...]:
    """Return the parts of a compound packet that mean something here.

    SDES and BYE do not: browsers say BYE when a track is swapped. What is malformed ends the reading.
    """
    return tuple(_reports(compound))


def _reports(compound: bytes) -> Iterator[Report]:
    at = 0
    while at + _HEADER <= len(compound):
        count, kind = compound[at] & 0x1F, compound[at + 1]
        size = 4 * (int.from_bytes(compound[at + 2 : at + 4], "big") + 1)
        part = compound[at : at + size]
        if compound[at] & 0xC0 != 0x80 or len(part) < size or size < _HEADER:  # noqa: PLR2004
            return
        try:
            yield from _part(kind, count, part)
        except struct.error:
            return
        at += size


def _part(kind: int, count: int, part: bytes) -> Iterator[Report]:
    match kind, count:
        case (_Type.SR, _):
            ssrc, ntp, rtp_time, packets, octets = struct.unpack_from("!LQLLL", part, 4)
            yield SenderReport(ssrc, ntp, rtp_time, packets, octets)
            if count:
                yield ReceiverReport(_blocks(part, 28, count))
        case (_Type.RR, _):
            yield ReceiverReport(_blocks(part, 8, count))
        case (_Type.PAYLOAD, _Format.PLI):
            yield KeyframeRequest(*struct.unpack_from("!L", part, 8))
        case (_Type.PAYLOAD, _Format.FIR):
            for at in range(12, len(part) - 7, 8):
                yield KeyframeRequest(*struct.unpack_from("!L", part, at))
        case (_Type.PAYLOAD, _Format.APPLICATION) if part[12:16] == b"REMB":
            yield _remb(part)
        case (_Type.TRANSPORT, _Format.NACK):
            yield Nack(int.from_bytes(part[8:12], "big"), tuple(islice(_lost(part), NACKED)))
        case _:
            pass


def _blocks(part: bytes, at: int, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for start in range(at, at + count * _BLOCK.size, _BLOCK.size):
        ssrc, loss, highest, jitter, last, delay = _BLOCK.unpack_from(part, start)
        lost = loss & 0xFFFFFF
        lost -= (lost & 0x800000) << 1  # 24 bits, signed
        blocks.append(ReportBlock(ssrc, loss >> 24, lost, highest, jitter, last, delay))
    return tuple(blocks)


def _lost(part: bytes) -> Iterator[int]:
    """RFC 4585 section 6.2.1: a sequence number, and a mask of the 16 behind it."""
    for at in range(12, len(part) - 3, 4):
        first, mask = struct.unpack_from("!HH", part, at)
        yield first
        yield from ((first + 1 + bit) & 0xFFFF for bit in range(16) if mask >> bit & 1)


def _remb(part: bytes) -> Remb:
    count, high, low = struct.unpack_from("!BBH", part, 16)
    mantissa = (high & 0x03) << 16 | low
    return Remb(mantissa << (high >> 2), struct.unpack_from(f"!{count}L", part, 20))


def receiver_report(blocks: tuple[ReportBlock, ...]) -> bytes:
    """Return an RR with at most 31 blocks."""
    body = b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << 24 | max(-0x800000, min(block.lost, 0x7FFFFF)) & 0xFFFFFF,
            block.highest & MASK32,
            block.jitter & MASK32,
            block.last_report,
            block.delay & MASK32,
        )
        for block in blocks
    )
    return struct.pack("!BBHL", 0x80 | len(blocks), _Type.RR, 1 + len(body) // 4, SENDER) + body


def sender_report(report: SenderReport) -> bytes:
    return struct.pack(
        "!BBHLQLLL",
        0x80,
        _Type.SR,
        6,
        report.ssrc,
        report.ntp,
        report.rtp_time & MASK32,
        report.packets & MASK32,
        report.octets & MASK32,
    )


def picture_loss(ssrc: int) -> bytes:
    """Return a PLI (RFC 4585 section 6.3.1)."""
    return struct.pack("!BBHLL", 0x80 | _Format.PLI, _Type.PAYLOAD, 2, SENDER, ssrc)


def nack(ssrc: int, sequences: Iterable[int]) -> bytes:
    """Return a NACK (RFC 4585 section 6.2.1) for 16-bit sequence numbers in rising order, at least one."""
    masks: list[tuple[int, int]] = []
    for sequence in sequences:
        ahead = (sequence - masks[-1][0]) & 0xFFFF if masks else _UNMASKED
        if ahead < _UNMASKED:
            masks[-1] = (masks[-1][0], masks[-1][1] | 1 << ahead >> 1)
        else:
            masks.append((sequence, 0))
    head = struct.pack("!BBHLL", 0x80 | _Format.NACK, _Type.TRANSPORT, 2 + len(masks), SENDER, ssrc)
    return head + b"".join(struct.pack("!HH", *mask) for mask in masks)


def remb(bitrate: int, ssrcs: tuple[int, ...]) -> bytes:
    """Return a REMB that grants `ssrcs` together `bitrate` bit/s (draft-alvestrand-rmcat-remb-03)."""
    exponent = max(0, bitrate.bit_length() - 18)
    mantissa = bitrate >> exponent & _REMB_MANTISSA
    head = struct.pack("!BBHLL", 0x80 | _Format.APPLICATION, _Type.PAYLOAD, 4 + len(ssrcs), SENDER, 0)
    grant = struct.pack("!BBH", len(ssrcs), exponent << 2 | mantissa >> 16, mantissa & 0xFFFF)
    return head + b"REMB" + grant + struct.pack(f"!{len(ssrcs)}L", *ssrcs)
