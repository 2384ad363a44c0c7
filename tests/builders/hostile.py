"""Bytes as somebody hostile writes them: something whole with bytes, numbers and ends changed, parts of it
doubled, dropped or put elsewhere, or nothing but noise.
"""

import struct
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

Bytes = st.SearchStrategy[bytes]

EDGES_8 = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)
EDGES_16 = (0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF)
EDGES_32 = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@st.composite
def mangled(draw: st.DrawFn, whole: Bytes, *, edits: int = 3) -> bytes:
    """Return something whole, with up to so many edits."""
    data: bytes = draw(whole)
    for _ in range(draw(st.integers(0, edits))):
        data = draw(_edited(data, whole))
    return data


@st.composite
def _edited(draw: st.DrawFn, data: bytes, whole: Bytes) -> bytes:
    at = draw(st.integers(0, len(data)))
    to = draw(st.integers(at, min(len(data), at + 32)))
    match draw(st.integers(0, 6)):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + bytes([draw(st.sampled_from(EDGES_8))]) + data[at + 1 :]
        case 2:  # a length, mostly
            return data[:at] + struct.pack("!H", draw(st.sampled_from(EDGES_16))) + data[at + 2 :]
        case 3:
            return data[:at] + draw(st.binary(max_size=16)) + data[to:]
        case 4:
            return data[:to] + data[at:]
        case 5:
            return data[:at] + data[to:]
        case _:
            other: bytes = draw(whole)
            return data[:at] + other[draw(st.integers(0, len(other))) :]


@st.composite
def shuffled(
    draw: st.DrawFn, parts: Sequence[Any], strange: st.SearchStrategy[Any], *, edits: int = 3
) -> list[Any]:
    """Return a list of parts, some dropped, doubled, moved, or replaced by something strange."""
    found = list(parts)
    for _ in range(draw(st.integers(0, edits))):
        at = draw(st.integers(0, max(0, len(found) - 1)))
        match draw(st.integers(0, 3)):
            case 0:
                found[at : at + 1] = []
            case 1:
                found[at:at] = found[at : at + 1] * draw(st.integers(1, 3))
            case 2:
                found.insert(draw(st.integers(0, len(found))), found.pop(at) if found else draw(strange))
            case _:
                found[at : at + 1] = [draw(strange)]
    return found


# RTP and RTCP, in the clear.


@st.composite
def rtp_packets(draw: st.DrawFn, ssrcs: Sequence[int], types: Sequence[int], near: int) -> bytes:
    """Return a packet of version 2 whose sequence number is near `near`, or anywhere."""
    count = draw(st.sampled_from((0, 0, 0, 1, 15)))
    extended, padded = draw(st.booleans()), draw(st.booleans())
    first = 0x80 | count | 0x10 * extended | 0x20 * padded
    number = draw(st.one_of(st.integers(near - 40, near + 300), st.integers(0, 0xFFFF))) & 0xFFFF
    stamp = draw(st.one_of(st.integers(0, 100_000), st.sampled_from(EDGES_32)))
    second = draw(st.sampled_from((0, 0x80))) | draw(st.sampled_from(types))
    packet = struct.pack("!BBHLL", first, second, number, stamp, draw(st.sampled_from(ssrcs)))
    packet += bytes(4 * count)
    if extended:
        block = draw(st.binary(max_size=24))
        words = draw(st.one_of(st.just(len(block) // 4), st.sampled_from(EDGES_16)))
        packet += struct.pack("!HH", draw(st.sampled_from((0xBEDE, 0x1000, 0x1005, 7))), words) + block
    packet += draw(payloads())
    return packet + (bytes([draw(st.sampled_from(EDGES_8))]) if padded else b"")


def payloads() -> Bytes:
    """VP8 behind every kind of descriptor, repeats, sound, nothing."""
    key, delta = b"\x10\x00\x00\x9d\x01\x2a\x10\x00\x10\x00hostile", b"\x11\x00\x00hostile"
    heads = (b"\x10", b"\x90\x80\x81\x23", b"\x90\xf0\x81\x23\x07\x20", b"\x90\x80\x11", b"\x80\xff", b"\x00")
    framed = st.builds(bytes.__add__, st.sampled_from(heads), st.sampled_from((key, delta, b"")))
    return mangled(st.one_of(framed, st.just(b"\x00\x07" + key), st.binary(max_size=64)), edits=2)


@st.composite
def rtcp_compounds(draw: st.DrawFn, ssrcs: Sequence[int]) -> bytes:
    """Return a few parts, most of them whole."""
    ssrc = st.sampled_from(ssrcs)
    words = st.one_of(st.sampled_from(EDGES_32), st.integers(0, 0xFFFFFFFF), ssrc)
    part = st.one_of(
        _part(200, st.tuples(ssrc, *(words,) * 5)),
        _part(201, st.tuples(words, ssrc, *(words,) * 5), count=1),
        _part(205, st.tuples(words, ssrc, words, words), count=1),
        _part(206, st.tuples(words, ssrc), count=1),
        _part(206, st.tuples(words, ssrc, ssrc, words), count=4),
        _part(206, st.tuples(words, words, st.just(0x52454D42), words, ssrc), count=15),
        _part(202, st.tuples(words, words)),
        _part(203, st.tuples(ssrc), count=1),
        mangled(_part(200, st.tuples(ssrc, *(words,) * 11), count=1)),
    )
    return b"".join(draw(st.lists(part, min_size=1, max_size=4)))


@st.composite
def stuffed_compounds(draw: st.DrawFn, ssrcs: Sequence[int]) -> bytes:
    """Return whole parts of one kind about these streams, as many as fit into a datagram."""
    ssrc, word = draw(st.sampled_from(ssrcs)), draw(st.sampled_from((0, 1 << 30, 1 << 31, 3 << 30)))
    kind, count, fields = draw(
        st.sampled_from((
            (200, 0, (ssrc, 1, 1, word, 1, 1)),
            (201, 1, (1, ssrc, 0xFF00_0000, word, 1, 1, 1)),
            (205, 1, (1, ssrc, word)),
            (206, 1, (1, ssrc)),
            (206, 4, (1, 0, ssrc, word)),
        ))
    )  # fmt: skip
    part = struct.pack(f"!BBH{len(fields)}L", 0x80 | count, kind, len(fields), *fields)
    return part * (1400 // len(part))


@st.composite
def _part(draw: st.DrawFn, kind: int, body: st.SearchStrategy[tuple[int, ...]], count: int = 0) -> bytes:
    fields = draw(body)
    said = draw(st.sampled_from((count, count, count, count, 31)))
    size = draw(st.sampled_from((len(fields),) * 5 + (0, 0xFFFF)))
    return struct.pack(f"!BBH{len(fields)}L", 0x80 | said, kind, size, *fields)


# What anybody can send to a port.


@st.composite
def stun_messages(draw: st.DrawFn, usernames: Sequence[bytes]) -> bytes:
    """Return a request, a response, an error or an indication that nobody signed, or signed wrongly."""
    kind = draw(st.sampled_from((0x0001, 0x0001, 0x0101, 0x0111, 0x0011, 0x0003, 0x0004, 0x3FFF)))
    attribute = st.one_of(
        st.sampled_from(usernames).map(lambda name: (0x0006, name)),
        st.binary(min_size=20, max_size=20).map(lambda digest: (0x0008, digest)),
        st.binary(min_size=4, max_size=4).map(lambda crc: (0x8028, crc)),
        st.sampled_from(
            ((0x0024, b"\x7e\x7f\xff\xff"), (0x0025, b""), (0x8029, bytes(8)), (0x802A, b"\xff" * 8))
        ),
        st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=40)),
    )
    body = b"".join(_attribute(*each) for each in draw(st.lists(attribute, max_size=5)))
    return struct.pack("!HHL", kind, len(body), 0x2112A442) + draw(st.binary(min_size=12, max_size=12)) + body


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def dtls_records() -> Bytes:
    """A ClientHello, an alert, a change of ciphers, sealed data; of any epoch."""
    hello = b"\x01\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00\x40\xfe\xfd" + bytes(range(62))
    bodies = ((22, hello), (21, b"\x02\x28"), (21, b"\x01\x00"), (20, b"\x01"), (23, bytes(32)))
    return st.builds(
        lambda body, epoch, number: (
            struct.pack("!BHHHLH", body[0], 0xFEFD, epoch, number >> 32, number & 0xFFFFFFFF, len(body[1]))
            + body[1]
        ),
        st.sampled_from(bodies),
        st.sampled_from((0, 1, 2, 0xFFFF)),
        st.sampled_from((0, 1, 2, (1 << 48) - 1)),
    )


def datagrams(usernames: Sequence[bytes]) -> Bytes:
    """What a stranger sends: each protocol as it is and mangled, and noise."""
    clear = rtp_packets((1, 11, 21), (96, 111), 100)
    whole = st.one_of(stun_messages(usernames), dtls_records(), clear, rtcp_compounds((1, 11, 21)))
    return st.one_of(mangled(whole), st.binary(max_size=200), st.sampled_from((b"", bytes(1600))))
