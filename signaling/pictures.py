"""The counters in front of a VP8 picture (RFC 7741 section 4.2), counted anew for each interval.

A publisher's encoder counts each picture that it makes. Passed on as they are, the first numbers after a
pause tell a listener how many pictures there were in it: whether a camera was on in a conversation without
them, and for how long. Pure.
"""

from typing import Final, NamedTuple

PICTURES: Final = 60  # a second; no camera makes more
MASK15: Final = 0x7FFF
WIDE: Final = 0x8000  # says that a picture id has 15 bits
_EXTENDED, _WIDE = 0x80, 0x80
_I, _L, _TK = 0x80, 0x40, 0x30  # of the second byte: what follows
_KEY = 0x1F


class _Places(NamedTuple):
    """Where the counters stand in a payload, 0 for one that is not there. `wide`: 15 bits and not 7."""

    picture: int
    wide: bool
    base: int  # TL0PICIDX, 8 bits
    key: int  # KEYIDX, 5 bits


class Recount(NamedTuple):
    """What to add to the counters of one interval's pictures."""

    picture: int = 0
    base: int = 0
    key: int = 0

    def put(self, payload: bytes) -> bytes:
        """Return a payload with its counters moved; one without counters, or cut short, as it is."""
        places = _places(payload)
        if places is None:
            return payload
        moved = bytearray(payload)
        if places.picture and places.wide:
            number = (moved[places.picture] << 8 | moved[places.picture + 1]) + self.picture & MASK15
            moved[places.picture], moved[places.picture + 1] = _WIDE | number >> 8, number & 0xFF
        elif places.picture:
            moved[places.picture] = moved[places.picture] + self.picture & 0x7F
        if places.base:
            moved[places.base] = moved[places.base] + self.base & 0xFF
        if places.key:
            moved[places.key] = moved[places.key] & ~_KEY | moved[places.key] + self.key & _KEY
        return bytes(moved)


AS_IT_IS: Final = Recount()


def picture_id(payload: bytes) -> int:
    """Return the id of a picture whose only counter it is, with 15 bits, as browsers send it; -1 for others.

    It stands in the payload's third and fourth byte.
    """
    if len(payload) > 3 and payload[0] & _EXTENDED and payload[1] == _I and payload[2] & _WIDE:  # noqa: PLR2004
        return (payload[2] << 8 | payload[3]) & MASK15
    return -1


def recount(payload: bytes, now: float) -> Recount:
    """Return how to count from the first picture of an interval on, `now` in seconds of any steady clock.

    What time it is says where the numbers start, and not what was counted meanwhile. So they go forward from
    one interval to the next, as a decoder expects.
    """
    places = _places(payload)
    if places is None:
        return AS_IT_IS
    start = int(now * PICTURES)
    picture = payload[places.picture] if places.picture else 0
    if places.wide:
        picture = picture << 8 | payload[places.picture + 1]
    return Recount(
        start - picture,
        start - (payload[places.base] if places.base else 0),
        -(payload[places.key] if places.key else 0),
    )


def _places(payload: bytes) -> _Places | None:
    if len(payload) < 3 or not payload[0] & _EXTENDED:  # noqa: PLR2004
        return None
    flags, at = payload[1], 2
    picture = at if flags & _I else 0
    wide = bool(picture and payload[2] & _WIDE)
    at += 0 if not picture else 2 if wide else 1
    base = at if flags & _L else 0
    at += 1 if base else 0
    key = at if flags & _TK else 0
    end = at + (1 if key else 0)
    return _Places(picture, wide, base, key if flags & 0x10 else 0) if end <= len(payload) else None
