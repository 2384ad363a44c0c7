"""Elements of EBML (RFC 8794), as far as a WebM file of ours has them: written and read, no I/O."""

from collections.abc import Iterator
from typing import Final

EBML: Final = 0x1A45DFA3
SEGMENT: Final = 0x18538067
SEEK_HEAD: Final = 0x114D9B74
INFO: Final = 0x1549A966
TRACKS: Final = 0x1654AE6B
CUES: Final = 0x1C53BB6B
CLUSTER: Final = 0x1F43B675
CLUSTER_TIME: Final = 0xE7
SIMPLE_BLOCK: Final = 0xA3

UNKNOWN_SIZE: Final = b"\x01" + b"\xff" * 7
_MOST_NUMBER: Final = (1 << 56) - 2  # all ones would be an unknown size


def id_bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def element(number: int, body: bytes) -> bytes:
    """Return an element; its size takes as few bytes as it can."""
    return id_bytes(number) + _size(len(body)) + body


def uint(number: int, value: int, width: int = 1) -> bytes:
    """Return an element with a number in at least `width` bytes."""
    return element(number, value.to_bytes(max(width, (value.bit_length() + 7) // 8), "big"))


def long_size(length: int) -> bytes:
    """Return a size in eight bytes, whatever it is: what stands behind it does not move with it."""
    if not 0 <= length <= _MOST_NUMBER:
        raise ValueError("no size of an element")
    return (length | 1 << 56).to_bytes(8, "big")


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Return ids and contents; the segment, whatever its size, is entered, not returned. Raise ValueError."""
    at = 0
    while at < len(data):
        width = 9 - data[at].bit_length()
        number = int.from_bytes(data[at : at + width], "big")
        at += width
        if at >= len(data) or not data[at]:
            raise ValueError("not an element")
        width = 9 - data[at].bit_length()
        size = int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
        at += width
        if number == SEGMENT:
            continue
        if at + size > len(data):
            raise ValueError("an element was cut short")
        yield number, data[at : at + size]
        at += size


def _size(length: int) -> bytes:
    width = 1
    while length >= (1 << 7 * width) - 1:
        width += 1
    return (length | 1 << 7 * width).to_bytes(width, "big")
