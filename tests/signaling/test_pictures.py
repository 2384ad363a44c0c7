"""A listener's pictures are counted without a trace of those that it was not sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.pictures import AS_IT_IS, recount
from signaling.rtp import starts_vp8_keyframe
from tests.builders.wishes import some

KEY = b"\x10\x00\x00\x9d\x01\x2a\x10\x00\x10\x00"


def wide(number: int, rest: bytes = KEY) -> bytes:
    """Return a payload with a picture id of 15 bits, as browsers send it."""
    return b"\x90\x80" + (0x8000 | number & 0x7FFF).to_bytes(2, "big") + rest


def number_of(payload: bytes) -> int:
    return int.from_bytes(payload[2:4], "big") & 0x7FFF


def counted(first: int, *others: int, now: float = 1000.0) -> list[int]:
    """Return how a listener's pictures are numbered whose interval begins with `first`."""
    count = recount(wide(first), now)
    return [number_of(count.put(wide(number))) for number in (first, *others)]


@some
@given(st.integers(0, 0x7FFF), st.integers(0, 0x7FFF))
def test_how_many_pictures_there_were_before_does_not_show(one: int, other: int) -> None:
    assert counted(one, one + 1, one + 4) == counted(other, other + 1, other + 4)


def test_within_an_interval_a_hole_stays_a_hole_and_numbers_wrap() -> None:
    first, second, fourth = counted(0x7FFF, 0, 2)
    assert [(second - first) & 0x7FFF, (fourth - first) & 0x7FFF] == [1, 3]


def test_a_later_interval_counts_forward() -> None:
    [before] = counted(500, now=1000.0)
    [after] = counted(3, now=1010.0)
    assert 0 < (after - before) & 0x7FFF < 0x4000


def test_everything_else_stays_as_it_is() -> None:
    moved = recount(wide(5), 1000.0).put(wide(5))
    assert starts_vp8_keyframe(moved)
    assert (moved[:2], moved[4:], len(moved)) == (wide(5)[:2], wide(5)[4:], len(wide(5)))


@pytest.mark.parametrize(
    ("descriptor", "again"),
    [
        (b"\x90\x80\x05", b"\x90\x80\x41"),  # a picture id of 7 bits
        (b"\x90\xc0\x80\x05\x09", b"\x90\xc0\x80\x77\xa3"),  # and a base layer's
        (b"\x90\xe0\x80\x05\x09\x60", b"\x90\xe0\x80\x77\xa3\x60"),  # and a layer, which is no counter
        (b"\x90\x10\x05", b"\x90\x10\x1e"),  # a keyframe's alone
        (b"\x90\xf0\x05\x09\x65", b"\x90\xf0\x41\xa3\x7e"),
    ],
)
def test_each_counter_of_the_descriptor_begins_anew(descriptor: bytes, again: bytes) -> None:
    now = 3.5
    shown = [recount(d + KEY, now).put(d + KEY) for d in (descriptor, again)]
    assert shown[0] == shown[1]
    assert starts_vp8_keyframe(shown[0])


@pytest.mark.parametrize("payload", [b"", b"\x90", b"\x90\x80", b"\x90\xff\x80\x00", b"\x10" + KEY])
def test_a_payload_without_counters_or_cut_short_is_passed_on(payload: bytes) -> None:
    assert recount(payload, 5.0) == AS_IT_IS
    assert recount(wide(7), 5.0).put(payload) == payload
