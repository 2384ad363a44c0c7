import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings.frames import MOST_FRAME, Frame, Packet, Reorder, Vp8Frames, opus_ms
from tests.builders.rtp import Packetizer, vp8

KEYFRAME = bytes([0x10, 0, 0, 0x9D, 0x01, 0x2A]) + struct.pack("<HH", 320, 240) + b"picture"
INTER = b"\x11picture"


def packet(
    seq: int, payload: bytes = b"x", *, time: int = 0, marker: bool = True, arrived: float = 0.0
) -> Packet:
    return seq & 0xFFFF, time, int(marker), payload, arrived


def reordered(arrivals: list[Packet], most: int = 8) -> list[tuple[int, bool]]:
    out: list[tuple[int, bool]] = []
    reorder = Reorder(lambda p, gap: out.append((p[0], gap)), most, patience=0.5)
    for arrival in arrivals:
        reorder.push(arrival)
    reorder.flush()
    return out


def pictures(packets: list[tuple[Packet, bool]]) -> list[Frame]:
    frames = Vp8Frames()
    return [frame for p, gap in packets if (frame := frames.push(p, gap)) is not None]


@settings(deadline=None)
@given(st.integers(0, 0xFFFF), st.lists(st.integers(0, 6), min_size=1, max_size=80), st.data())
def test_late_and_doubled_packets_come_out_once_and_in_order(
    start: int, late: list[int], data: st.DataObject
) -> None:
    """Each packet is up to six places late; the numbers wrap wherever they start."""
    late[0] = 0
    order = sorted(range(len(late)), key=lambda i: (i + late[i], i))
    doubled = [i for i in order for _ in range(data.draw(st.integers(1, 2)))]
    out = reordered([packet(start + i) for i in doubled])
    assert out == [((start + i) & 0xFFFF, False) for i in range(len(late))]


@settings(deadline=None)
@given(st.integers(0, 0xFFFF), st.sets(st.integers(1, 60), max_size=20))
def test_what_is_lost_shows_as_a_gap_once(start: int, lost: set[int]) -> None:
    kept = [i for i in range(70) if i not in lost]
    out = reordered([packet(start + i) for i in kept], most=3)
    assert out == [((start + i) & 0xFFFF, i - 1 in lost) for i in kept]


def test_a_gap_is_given_up_after_a_while_even_if_nothing_comes() -> None:
    out: list[int] = []
    reorder = Reorder(lambda p, _gap: out.append(p[0]), 100, patience=0.5)
    reorder.push(packet(1))
    reorder.push(packet(3, arrived=1.0))
    reorder.expire(1.4)
    assert out == [1]
    reorder.expire(1.6)
    assert out == [1, 3]


def test_a_sender_that_counts_anew_is_followed() -> None:
    assert [seq for seq, _ in reordered([packet(s) for s in (40_000, 40_001, 20_000, 20_001, 20_002)])] == [
        40_000,
        40_001,
        20_001,
        20_002,
    ]


def test_one_old_packet_is_no_restart() -> None:
    assert reordered([packet(s) for s in (40_000, 20_000, 40_001)]) == [(40_000, False), (40_001, False)]


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_no_bytes_raise(payload: bytes) -> None:
    Vp8Frames().push((7, 9, 0x80, payload, 0.0), False)
    opus_ms(payload)


def test_pictures_come_out_as_they_were_encoded() -> None:
    encoded = vp8(1.0)
    cutter = Packetizer(90000)
    out = pictures([((*part, 0.0), False) for frame in encoded for part in cutter.vp8(frame)])
    assert [f.data for f in out] == [f.data for f in encoded]
    assert [f.key for f in out] == [f.key for f in encoded]
    assert out[0].size == (192, 144)


def test_nothing_comes_before_a_keyframe() -> None:
    assert pictures([(packet(1, b"\x10" + INTER), False)]) == []


def test_after_a_gap_nothing_comes_before_a_keyframe() -> None:
    key, inter = b"\x10" + KEYFRAME, b"\x10" + INTER
    run = [
        (1, key, False),
        (2, inter, False),
        (4, inter, True),
        (5, inter, False),
        (6, key, False),
        (7, inter, False),
    ]
    out = pictures([(packet(seq, payload, time=seq), gap) for seq, payload, gap in run])
    assert [f.time for f in out] == [1, 2, 6, 7]


def test_a_packet_of_padding_only_disturbs_no_picture() -> None:
    first, rest = packet(1, b"\x10" + KEYFRAME, marker=False), packet(3, b"\x00more")
    out = pictures([(first, False), (packet(2, b"", marker=False), False), (rest, False)])
    assert [f.data for f in out] == [KEYFRAME + b"more"]


@pytest.mark.parametrize(
    "descriptor",
    [
        b"\x10",
        b"\x90\x00",
        b"\x90\x80\x11",
        b"\x90\x80\x81\x23",
        b"\x90\xe0\x81\x23\x07\x20",
        b"\x90\x10\x05",
    ],
)
def test_every_payload_descriptor_is_understood(descriptor: bytes) -> None:
    (frame,) = pictures([(packet(1, descriptor + KEYFRAME), False)])
    assert (frame.data, frame.size) == (KEYFRAME, (320, 240))


def test_a_picture_that_never_ends_is_given_up() -> None:
    frames = Vp8Frames()
    part = bytes(60_000)
    frames.push(packet(0, b"\x10" + KEYFRAME, marker=False), False)
    for seq in range(1, MOST_FRAME // len(part) + 3):
        assert frames.push(packet(seq, b"\x00" + part, marker=False), False) is None
    assert (frames._bytes, frames.waiting) == (0, True)


@pytest.mark.parametrize(
    ("data", "ms"),
    [
        (b"\x08", 20.0),
        (b"\x18", 60.0),
        (b"\x78\x01", 20.0),
        (b"\xfc", 20.0),
        (b"\xe1", 5.0),
        (b"\xfb\x03", 60.0),
        (b"", 0.0),
    ],
)
def test_an_opus_packet_says_how_long_it_plays(data: bytes, ms: float) -> None:
    assert opus_ms(data) == ms
