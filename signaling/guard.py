"""What may enter the queue in front of DTLS.

Anybody who finds the port can send to it. Behind the queue an empty or an oversized datagram ends
the call of the person it was sent to, and the queue itself has no bound.
"""

from collections import Counter
from enum import StrEnum
from typing import Final

MTU: Final = 1500  # bytes; libsrtp's buffer takes no more
QUEUE: Final = 512  # datagrams: about a second of one seat's media
RTP_HEADER: Final = 12  # bytes, RFC 3550 section 5.1


class Dropped(StrEnum):
    """Why a datagram was dropped."""

    EMPTY = "empty"
    OVERSIZE = "oversize"
    RUNT = "runt"
    FOREIGN = "foreign"  # neither STUN nor from an address that passed a connectivity check
    UNKNOWN = "unknown"  # no protocol of RFC 7983
    MALFORMED = "malformed"  # said to be STUN, and is not
    FULL = "full"


class Protocol(StrEnum):
    """What the first byte says (RFC 7983 section 7)."""

    STUN = "stun"
    DTLS = "dtls"
    RTP = "rtp"


class Guard:
    """Judges datagrams one by one and counts what it drops, by cause."""

    def __init__(self) -> None:
        self.dropped: Counter[Dropped] = Counter()

    def drop(self, cause: Dropped) -> None:
        self.dropped[cause] += 1

    def protocol(self, data: bytes) -> Protocol | None:
        """Return what a datagram claims to be; None when it was dropped."""
        judged = _judged(data)
        if isinstance(judged, Protocol):
            return judged
        self.drop(judged)
        return None

    def admits(self, *, validated: bool, queued: int) -> bool:
        """Return whether DTLS, RTP or RTCP may enter a queue of `queued` datagrams."""
        if not validated:
            self.drop(Dropped.FOREIGN)
        elif queued >= QUEUE:
            self.drop(Dropped.FULL)
        else:
            return True
        return False


def _judged(data: bytes) -> Protocol | Dropped:
    if not data:
        return Dropped.EMPTY
    if len(data) > MTU:
        return Dropped.OVERSIZE
    first = data[0]
    if first <= 3:  # noqa: PLR2004  the ranges of RFC 7983
        return Protocol.STUN
    if 20 <= first <= 63:  # noqa: PLR2004
        return Protocol.DTLS
    if 128 <= first <= 191:  # noqa: PLR2004
        return Protocol.RTP if len(data) >= RTP_HEADER else Dropped.RUNT
    return Dropped.UNKNOWN
