"""What may go on from a socket to aioice, to the queue in front of DTLS, or to SRTP.

Anybody who finds the port can send to it. Behind the queue an empty or an oversized datagram ends
the call of the person it was sent to, and the queue itself has no bound. Nothing is parsed, and no
object made of a datagram, before the tests of its first bytes: a flood costs what these cost.
"""

import time
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from ipaddress import IPv6Address, ip_network
from typing import Final

from signaling.pace import Pace
from signaling.rtp import HEADER

MTU: Final = 1500  # bytes; no browser sends more, and a tunnel carries less
QUEUE: Final = 512  # datagrams of DTLS that wait for aiortc
RTCP_TYPES: Final = range(192, 224)  # of the second byte, RFC 5761 section 4
CHECKS: Final = (
    100  # messages of STUN in a second that are parsed and whose MAC is computed; a browser sends twenty
)
STUN_HEADER: Final = 20  # bytes, RFC 8489 section 5
COOKIE: Final = b"\x21\x12\xa4\x42"

# Where no browser is: what is said to come from there is forged, and an answer would reach what only
# trusts this machine or its neighbours. IPv4 as the kernel writes it: to parse an address takes longer
# than all the rest that is done for a datagram of a stranger.
LINK_LOCAL: Final = "169.254."  # RFC 3927, with the metadata service of most clouds
METADATA: Final = frozenset(
    {
        "100.100.100.200",  # in the shared space of RFC 6598
        "168.63.129.16",  # at an address that is public by its number
    }
)
UNROUTED_IPV6: Final = tuple(
    ip_network(network)
    for network in (
        "fe80::/10",  # link-local (RFC 4291)
        "fd00:ec2::254/128",  # metadata
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
    UNSIGNED = "unsigned"  # STUN without the name or the password of this connection, or an answer to nothing
    UNCHECKED = "unchecked"  # STUN beyond what is looked at in a second
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

    def __init__(self, *, loopback: bool = False, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.dropped: Counter[Dropped] = Counter()
        self._loopback = loopback
        self._monotonic = monotonic
        self._strangers, self._members = Pace(CHECKS, 1.0), Pace(CHECKS, 1.0)

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

    def affords(self, *, validated: bool) -> bool:
        """Return whether one more message of STUN may be parsed and its MAC computed.

        What strangers send takes nothing from whom is known.
        """
        if (self._members if validated else self._strangers).admits(self._monotonic()):
            return True
        self.drop(Dropped.UNCHECKED)
        return False

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
    if ":" not in host:
        if host.startswith("127."):
            return not loopback
        return host.startswith(LINK_LOCAL) or host in METADATA
    address = IPv6Address(host)
    if address.ipv4_mapped is not None:
        return is_unrouted(str(address.ipv4_mapped), loopback=loopback)
    if address.is_loopback:
        return not loopback
    return any(address in network for network in UNROUTED_IPV6)


def is_stun(buffer: bytes | bytearray, size: int) -> bool:
    """Return whether `buffer[:size]` has the header of one message of STUN (RFC 8489 section 5)."""
    return (
        size >= STUN_HEADER
        and buffer[4:8] == COOKIE
        and STUN_HEADER + int.from_bytes(buffer[2:4]) == size
        and size % 4 == 0
    )


def _judged(buffer: bytes | bytearray, size: int) -> Protocol | Dropped:
    """Judge what is not media: the ranges of RFC 7983."""
    if size == 0:
        return Dropped.EMPTY
    if size > MTU:
        return Dropped.OVERSIZE
    first = buffer[0]
    if first <= 3:  # noqa: PLR2004
        return Protocol.STUN if is_stun(buffer, size) else Dropped.MALFORMED
    if 20 <= first <= 63:  # noqa: PLR2004
        return Protocol.DTLS
    return Dropped.RUNT if 128 <= first <= 191 else Dropped.UNKNOWN  # noqa: PLR2004
