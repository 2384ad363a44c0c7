import struct

import pytest

from signaling import rtp
from tests.builders.peer import vp8


def packet(payload: bytes, *, first: int = 0x80, block: bytes = b"", csrcs: int = 0) -> bytes:
    head = struct.pack("!BBHLL", first | csrcs, 0x80 | 96, 7, 9000, 0xABCD)
    return head + b"\x00\x00\x00\x01" * csrcs + block + payload


def block(profile: int, elements: bytes) -> bytes:
    padded = elements + b"\x00" * (-len(elements) % 4)
    return struct.pack("!HH", profile, len(padded) // 4) + padded


def test_a_header_tells_where_the_payload_is() -> None:
    plain = rtp.parse(packet(b"sound"))
    assert plain == rtp.Header(rtp.MARK, 96, 7, 9000, 0xABCD, 12, 17)
    data = packet(b"sound\x00\x02", first=0xB0, block=block(0xBEDE, b"\x10x"), csrcs=2)
    head = rtp.parse(data)
    assert head is not None
    assert data[head.payload_at : head.payload_end] == b"sound"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80" * 11,
        packet(b"", first=0x40),
        packet(b"", first=0x90),
        packet(b"", first=0x90, block=b"\xbe\xde\x00\x09"),
        packet(b"\xff", first=0xA0),
        packet(b"", csrcs=0)[:1].replace(b"\x80", b"\x8f") + packet(b"")[1:],
    ],
    ids=["empty", "short", "version 1", "no extension", "long extension", "long padding", "15 sources"],
)
def test_what_is_no_whole_packet_is_none(data: bytes) -> None:
    assert rtp.parse(data) is None


def test_both_forms_of_header_extensions_are_read() -> None:
    one = packet(b"", first=0x90, block=block(0xBEDE, b"\x00\x31ab\x12xyz"))
    assert rtp.extensions(one) == {3: b"ab", 1: b"xyz"}
    two = packet(b"", first=0x90, block=block(0x1000, b"\x03\x02ab\x00\x01\x03xyz\x05\x00"))
    assert rtp.extensions(two) == {3: b"ab", 1: b"xyz", 5: b""}
    assert rtp.extensions(packet(b"")) == {}


def test_a_cut_extension_ends_the_reading() -> None:
    assert rtp.extensions(packet(b"", first=0x90, block=block(0xBEDE, b"\x31ab\x1f"))) == {3: b"ab"}
    assert rtp.extensions(packet(b"", first=0x90, block=block(0x1000, b"\x01\x09ab"))) == {}
    assert rtp.extensions(packet(b"", first=0x90, block=block(0xBEDE, b"\xf0\x31ab"))) == {}


def stamped(write: rtp.Write, payload: bytes, *, mark: int = 0, now: float = 0.0) -> bytes:
    buffer = bytearray(100)
    return bytes(buffer[: write(memoryview(buffer), mark, 1, 2, payload, now)])


@pytest.mark.parametrize("mark", [0, rtp.MARK])
def test_a_new_header_has_nothing_of_the_publishers_but_the_mark(mark: int) -> None:
    new = stamped(rtp.stamp(111, 3), b"sound", mark=mark)
    assert rtp.parse(new) == rtp.Header(mark, 111, 1, 2, 3, 12, 17)
    assert new[12:] == b"sound"
    assert rtp.extensions(new) == {}


def test_the_time_of_sending_stands_under_the_listeners_id() -> None:
    new = stamped(rtp.stamp(96, 3, abs_send_time=5), b"picture", now=64 + 1.5)
    assert rtp.extensions(new) == {5: (0x60000).to_bytes(3, "big")}
    head = rtp.parse(new)
    assert head is not None
    assert new[head.payload_at :] == b"picture"


@pytest.mark.parametrize(
    "descriptor",
    [
        b"\x10",
        b"\x90\x00",
        b"\x90\x80\x7f",
        b"\x90\x80\xff\xff",
        b"\x90\xf0\x81\x22\x33\x44",
        b"\x90\x40\x01",
    ],
)
def test_a_keyframe_is_found_behind_every_descriptor(descriptor: bytes) -> None:
    key, lean = vp8(b"", key=True)[1:], vp8(b"", key=False)[1:]
    assert rtp.starts_vp8_keyframe(descriptor + key)
    assert not rtp.starts_vp8_keyframe(descriptor + lean)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x90",
        b"\x90\xf0\x81",
        b"\x10",
        b"\x10\x10\x00\x00",
        b"\x00" + vp8(b"", key=True)[1:],
        b"\x11" + vp8(b"", key=True)[1:],
    ],
    ids=["empty", "cut flags", "cut ids", "no frame", "no start code", "not a start", "second partition"],
)
def test_what_does_not_start_a_keyframe_is_none(payload: bytes) -> None:
    assert not rtp.starts_vp8_keyframe(payload)


def test_differences_wrap() -> None:
    assert rtp.signed16(2 - 0xFFFF) == 3
    assert rtp.signed16(0xFFFF - 2) == -3
    assert rtp.signed32(2 - 0xFFFFFFFF) == 3
