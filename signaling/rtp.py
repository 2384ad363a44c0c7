"""RTP packets as bytes: read what forwarding needs, write a new header (RFC 3550, 8285, 7741)."""

import secrets
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

MASK16: Final = 0xFFFF
MASK32: Final = 0xFFFFFFFF
URI_MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
URI_ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
ONE_BYTE_IDS: Final = range(1, 15)  # of header extensions, RFC 8285 section 4.2; a browser may offer any

HEADER: Final = 12  # bytes without contributing sources, RFC 3550 section 5.1
MARK: Final = 0x80  # the marker bit, where it stands in the second byte

# First and second byte, sequence number, timestamp and SSRC, of HEADER bytes at least.
fields: Final = struct.Struct("!BBHLL").unpack_from
_put = struct.Struct("!BBHLL").pack_into
_put_timed = struct.Struct("!BBHLLHHL").pack_into
_put_word = struct.Struct("!H").pack_into
_word = struct.Struct("!H").unpack_from
_VERSION = 0x80
_PADDING = 0x20
_EXTENSION = 0x10
_EXTENDED = _VERSION | _EXTENSION
_ONE_BYTE_PROFILE = 0xBEDE
_TWO_BYTE_PROFILE = 0x1000  # its low four bits are free
_VP8_START_CODE = b"\x9d\x01\x2a"


class Write(Protocol):
    """Writes a packet into a buffer and returns its length in bytes.

    `mark` is MARK or 0, `now` seconds of any steady clock. `word`, if not 0, takes the place of the
    payload's third and fourth byte. A closure and no method: it runs twice for each packet.
    """

    def __call__(
        self,
        into: memoryview,
        mark: int,
        sequence: int,
        timestamp: int,
        payload: bytes,
        now: float,
        word: int = 0,
        /,
    ) -> int: ...


class Header(NamedTuple):
    """What is needed of a packet's header.

    `mark` is MARK or 0, `timestamp` in units of the codec's clock. The payload is
    `packet[payload_at:payload_end]`; what stands behind it is padding.
    """

    mark: int
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload_at: int
    payload_end: int


def parse(packet: bytes) -> Header | None:
    """Return the header of a packet; None if it is not a whole RTP packet of version 2."""
    if len(packet) < HEADER or packet[0] & 0xC0 != _VERSION:
        return None
    first, second, sequence, timestamp, ssrc = fields(packet)
    at, end = payload_bounds(packet, first, len(packet))
    if end < at:
        return None
    return Header(second & MARK, second & 0x7F, sequence, timestamp, ssrc, at, end)


def payload_bounds(packet: bytes, first: int, size: int) -> tuple[int, int]:
    """Return where the payload of `packet[:size]`, HEADER at least, begins and ends.

    `first` is its first byte. The end lies before the beginning if the packet is cut short.
    """
    at, end = HEADER + 4 * (first & 0x0F), size
    if first & _EXTENSION:
        if size < at + 4:
            return at, 0
        at += 4 + 4 * _word(packet, at + 2)[0]
    if first & _PADDING:
        end -= packet[size - 1 : size][0]  # cut, because a buffer of cffi gives bytes and no numbers
    return at, end


def extensions(packet: bytes) -> dict[int, bytes]:
    """Return the header extensions of a packet that `parse` accepted, by their negotiated id."""
    if not packet[0] & _EXTENSION:
        return {}
    at = HEADER + 4 * (packet[0] & 0x0F)
    profile, words = struct.unpack_from("!HH", packet, at)
    block = packet[at + 4 : at + 4 + 4 * words]
    if profile == _ONE_BYTE_PROFILE:
        return dict(_one_byte(block))
    if profile & 0xFFF0 == _TWO_BYTE_PROFILE:
        return dict(_two_byte(block))
    return {}


def _one_byte(block: bytes) -> Iterator[tuple[int, bytes]]:
    """RFC 8285 section 4.2: four bits of id, four of length less one; id 15 ends the block."""
    at = 0
    while at < len(block):
        number, size = block[at] >> 4, (block[at] & 0x0F) + 1
        if number == 15:  # noqa: PLR2004
            return
        if number == 0:
            at += 1
            continue
        if at + 1 + size > len(block):
            return
        yield number, block[at + 1 : at + 1 + size]
        at += 1 + size


def _two_byte(block: bytes) -> Iterator[tuple[int, bytes]]:
    """RFC 8285 section 4.3: a byte of id, a byte of length."""
    at = 0
    while at + 1 < len(block):
        number, size = block[at], block[at + 1]
        if number == 0:
            at += 1
            continue
        if at + 2 + size > len(block):
            return
        yield number, block[at + 2 : at + 2 + size]
        at += 2 + size


def stamp(payload_type: int, ssrc: int, abs_send_time: int = 0) -> Write:
    """Return what writes the packets of one outgoing stream, without extensions of the publisher's.

    `abs_send_time` is the id under which the listener wants the time of sending, or 0.
    """
    if not abs_send_time:

        def plain(
            into: memoryview,
            mark: int,
            sequence: int,
            timestamp: int,
            payload: bytes,
            _now: float,
            word: int = 0,
        ) -> int:
            _put(into, 0, _VERSION, payload_type | mark, sequence, timestamp, ssrc)
            end = 12 + len(payload)
            into[12:end] = payload
            if word:
                _put_word(into, 14, word)
            return end

        return plain

    element = abs_send_time << 28 | 2 << 24

    def timed(
        into: memoryview, mark: int, sequence: int, timestamp: int, payload: bytes, now: float, word: int = 0
    ) -> int:
        sent = element | int(now * 0x40000) & 0xFFFFFF  # 6.18 fixed point
        second = payload_type | mark
        _put_timed(into, 0, _EXTENDED, second, sequence, timestamp, ssrc, _ONE_BYTE_PROFILE, 1, sent)
        end = 20 + len(payload)
        into[20:end] = payload
        if word:
            _put_word(into, 22, word)
        return end

    return timed


def repeat_stamp(payload_type: int, ssrc: int, abs_send_time: int = 0) -> Write:
    """Return what writes repeats for one outgoing stream as packets of another (RFC 4588 section 4)."""
    write = stamp(payload_type, ssrc, abs_send_time)
    own = secrets.randbits(15)  # SRTP loses its count when an early loss hides a wrap

    def repeat(
        into: memoryview, mark: int, sequence: int, timestamp: int, payload: bytes, now: float, _word: int = 0
    ) -> int:
        nonlocal own
        own = (own + 1) & MASK16
        return write(into, mark, own, timestamp, sequence.to_bytes(2, "big") + payload, now)

    return repeat


class Repeat(NamedTuple):
    """What a packet of a repair stream repeats: the 16-bit number, and the payload without padding."""

    sequence: int
    payload: bytes


def repeated(payload: bytes) -> Repeat | None:
    """Unpack a packet of a repair stream (RFC 4588 section 4); None for one that only probes the line."""
    if len(payload) <= 2:  # noqa: PLR2004
        return None
    return Repeat(payload[0] << 8 | payload[1], payload[2:])


def starts_vp8_keyframe(payload: bytes) -> bool:
    """Return whether a VP8 keyframe begins with this payload (RFC 7741 sections 4.2 and 4.3)."""
    at = vp8_descriptor_size(payload)
    if at is None or not payload[0] & 0x10 or payload[0] & 0x07 or at >= len(payload):
        return False  # no start of a first partition
    return not payload[at] & 0x01 and payload[at + 3 : at + 6] == _VP8_START_CODE


def vp8_descriptor_size(payload: bytes) -> int | None:
    """Return how many bytes stand before the VP8 payload header; None if it is cut short."""
    if not payload:
        return None
    size = 1
    if payload[0] & 0x80:  # X
        if len(payload) < 3:  # noqa: PLR2004
            return None
        flags = payload[1]
        size = 2
        if flags & 0x80:  # I: a picture id of 7 or 15 bits
            size += 2 if payload[2] & 0x80 else 1
        if flags & 0x40:  # L
            size += 1
        if flags & 0x30:  # T, K
            size += 1
    return size if size <= len(payload) else None


def signed16(value: int) -> int:
    """Return the difference of two sequence numbers as -32768 to 32767."""
    return ((value + 0x8000) & MASK16) - 0x8000


def signed32(value: int) -> int:
    """Return the difference of two timestamps as -2**31 to 2**31 - 1."""
    return ((value + 0x80000000) & MASK32) - 0x80000000
