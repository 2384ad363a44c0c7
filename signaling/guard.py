"""What may go on from a socket to aioice, to the queue in front of DTLS, or to SRTP.

Anybody who finds the port can send to it. Behind the queue an empty or an oversized datagram ends
the call of the person it was sent to, and the queue itself has no bound.
"""

from collections import Counter
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from signaling.rtp import HEADER

MTU: Final = 1500  # bytes; no browser sends more, and a tunnel carries less
QUEUE: Final = 512  # datagrams of DTLS that wait for aiortc
RTCP_TYPES: Final = range(192, 224)  # of the second byte, RFC 5761 section 4

# Where no browser is: what is said to come from there is forged, and an answer would reach what only
# trusts this machine or its neighbours.
UNROUTED: Final = tuple(
    ip_network(network)
    for network in (
        "169.254.0.0/16",  # link-local (RFC 3927), with the metadata service of most clouds
        "fe80::/10",  # link-local (RFC 4291)
        "fd00:ec2::254/128",  # metadata by IPv6
        "100.100.100.200/32",  # metadata, in the shared space of RFC 6598
        "168.63.129.16/32",  # metadata, at an address that is public by its number
    )
)


class Dropped(StrEnum):
    """Why a datagram was dropped."""

    EMPTY = "empty"
    OVERSIZE = "oversize"
    RUNT = "runt"
    FOREIGN = "foreign"  # neither STUN nor from an address that passed a connectivity check
    UNKNOWN = "unknown"  # no protocol of RFC 7983
    MALFORMED = "malformed"  # said to be STUN, and is not
    FULL = "full"
    UNROUTED = "unrouted"  # from an address where no browser is (`is_unrouted`)
    UNSIGNED = "unsigned"  # STUN without the password of this connection
    UNREADABLE = "unreadable"  # to SRTP: forged, repeated, or too old
    EXCESS = "excess"  # media of one source above what a browser ever sends
    UNSENT = "unsent"  # on the way out: the socket is full, or nothing leads there


class Protocol(StrEnum):
    """What the first byte says (RFC 7983 section 7)."""

    STUN = "stun"
    DTLS = "dtls"
    RTP = "rtp"


def is_media(buffer: bytes | bytearray, size: int) -> bool:
    """Return whether `buffer[:size]` claims to be RTP or RTCP, as nearly every datagram does."""
    return HEADER <= size <= MTU and 128 <= buffer[0] <= 191  # noqa: PLR2004  RFC 7983


class Guard:
    """Judges datagrams one by one and counts what it drops, by cause.

    `loopback`: browsers are on this machine, and nowhere else.
    """

    def __init__(self, *, loopback: bool = False) -> None:
        self.dropped: Counter[Dropped] = Counter()
        self._loopback = loopback

    def drop(self, cause: Dropped) -> None:
        self.dropped[cause] += 1

    def protocol(self, buffer: bytes | bytearray, size: int) -> Protocol | None:
        """Return what the datagram `buffer[:size]` claims to be; None when it was dropped."""
        if is_media(buffer, size):
            return Protocol.RTP
        judged = _judged(buffer, size)
        if isinstance(judged, Protocol):
            return judged
        self.drop(judged)
        return None

    def hears(self, host: str) -> bool:
        """Return whether a first check may come from `host`, a literal."""
        if is_unrouted(host, loopback=self._loopback):
            self.drop(Dropped.UNROUTED)
            return False
        return True

    def drop_foreign(self, host: str) -> None:
        """Drop what is no check, from an address that passed none."""
        self.drop(Dropped.UNROUTED if is_unrouted(host, loopback=self._loopback) else Dropped.FOREIGN)

    def admits(self, host: str, *, validated: bool, queued: int) -> bool:
        """Return whether DTLS from `host` may enter a queue of `queued` datagrams."""
        if not validated:
            self.drop_foreign(host)
        elif queued >= QUEUE:
            self.drop(Dropped.FULL)
        else:
            return True
        return False


def is_unrouted(host: str, *, loopback: bool) -> bool:
    """Return whether no browser can be at `host`, a literal; `loopback` says that they are on this machine."""
    address = ip_address(host)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return not loopback
    return any(address in network for network in UNROUTED)


def _judged(buffer: bytes | bytearray, size: int) -> Protocol | Dropped:
    """Judge what is not media: the ranges of RFC 7983."""
    if size == 0:
        return Dropped.EMPTY
    if size > MTU:
        return Dropped.OVERSIZE
    first = buffer[0]
    if first <= 3:  # noqa: PLR2004
        return Protocol.STUN
    if 20 <= first <= 63:  # noqa: PLR2004
        return Protocol.DTLS
    return Dropped.RUNT if 128 <= first <= 191 else Dropped.UNKNOWN  # noqa: PLR2004
