"""What aioice keeps private: sockets with the guard in front, candidates, consent, the pair in use.

The other half of the seam is `aiortc_seam.py`, which puts this between the libraries.
"""
# ruff: noqa: SLF001

import asyncio
import logging
import random
import socket
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final, cast

import aioice.ice
import aioice.stun
from aioice.candidate import Candidate, candidate_foundation, candidate_priority

from cases.errors import Broken, Reason, Refused
from signaling import guard
from signaling.datagrams import ROOM, Address, NoFreePort, UdpSocket
from signaling.guard import Dropped, Guard
from signaling.ice import IceSettings

LOOPBACK: Final = ("127.0.0.1", "::1")
CONSENT_EVERY: Final = 5.0  # seconds, RFC 7675 section 5.1
ASK_AFTER: Final = 1.0  # seconds in which nothing was heard: is anybody there?
CONSENT_LOST: Final = 30.0  # seconds without an answer, RFC 7675 section 5.1
REMOTE_ADDRESSES: Final = 20  # that one seat may send checks from
CLASS_HIGH, CLASS_LOW = 0x01, 0x10  # of the first two bytes; neither is set in a request (RFC 8489 section 5)

# One datagram in at a time, for all connections: the memory stays warm in the processor.
INBOUND: Final = bytearray(ROOM)

Take = Callable[[int], None]
_log = logging.getLogger(__name__)

logging.getLogger("aioice").setLevel(logging.WARNING)  # below this level it logs addresses


def received(size: int) -> bytes:
    """Return a copy of the datagram that is being taken."""
    return bytes(INBOUND[:size])


class Entry(aioice.ice.StunProtocol):
    """A socket of aioice with the guard in front of everything.

    STUN goes to aioice and DTLS to aiortc's queue. Media stay in `buffer`, out of which `take(size)` has
    to read them at once.
    """

    buffer = INBOUND

    def __init__(self, connection: Any, judge: Guard, heard: Callable[[], None], take: Take) -> None:
        super().__init__(connection)
        self._judge = judge
        self._heard = heard
        self._take = take
        self._validated: set[Address] = set()

    async def request(self, *asked: Any, **how: Any) -> Any:
        """Ask, and wait for the answer. The error of one that does not come is kept by nobody."""
        try:
            return await super().request(*asked, **how)
        except aioice.stun.TransactionError as error:
            raise error.with_traceback(None) from None  # it leads to the transaction, which has the error

    def on_datagram(self, size: int, source: Address) -> None:
        if guard.is_media(INBOUND, size):
            if source in self._validated or self._is_validated(source):
                self._take(size)
            else:
                self._judge.drop_foreign(source[0])
            return
        protocol = self._judge.protocol(INBOUND, size)
        if protocol is guard.Protocol.STUN:
            self._stun(size, source)
        elif protocol is guard.Protocol.DTLS:
            queue = self.receiver._queue
            known = self._is_validated(source)
            if self._judge.admits(source[0], validated=known, queued=queue.qsize()):
                queue.put_nowait((received(size), self.local_candidate.component))

    def _stun(self, size: int, source: Address) -> None:
        """Take a message of STUN; what costs least is looked at first."""
        if not self._is_meant_for_us(size):
            return self._judge.drop(Dropped.UNSIGNED)
        known = self._is_validated(source)
        if not known and not self._judge.hears(source[0]):
            return None
        if not known and len(self.receiver._remote_candidates) >= REMOTE_ADDRESSES:
            return self._judge.drop(Dropped.FOREIGN)
        if not self._judge.affords(validated=known):
            return None
        data = received(size)
        try:
            message = aioice.stun.parse_message(data)
            if not self._is_signed(message):
                return self._judge.drop(Dropped.UNSIGNED)
            self.datagram_received(data, source)
        except Exception:  # noqa: BLE001  aioice raises struct.error, KeyError and more on bad bytes
            self._judge.drop(Dropped.MALFORMED)
        else:
            if known:
                self._heard()

    def _is_meant_for_us(self, size: int) -> bool:
        """Return whether a check has our name in it, or an answer the number of a check of ours.

        Whoever is not on the way knows neither.
        """
        if INBOUND[0] & CLASS_HIGH or INBOUND[1] & CLASS_LOW:
            return bytes(INBOUND[8:20]) in self.transactions
        return INBOUND.find(f"{self.receiver.local_username}:".encode(), guard.STUN_HEADER, size) > 0

    def _is_signed(self, message: aioice.stun.Message) -> bool:
        """Return whether a check, or what answers one, was written by who knows the password for it.

        aioice says to anybody else what is wrong with a check, in more bytes than the check had. Where the
        sender's address is forged, those go to somebody who asked for nothing (RFC 8489 section 16.2.1).
        """
        connection = self.receiver
        if message.message_class is not aioice.stun.Class.REQUEST:
            password = connection.remote_password
            return password is not None and message.check_message_integrity(password.encode())
        return (
            message.message_method is aioice.stun.Method.BINDING
            and "USERNAME" in message.attributes
            and connection._valid_username(message.attributes["USERNAME"])
            and message.check_message_integrity(connection.local_password.encode())
        )

    def _is_validated(self, source: Address) -> bool:
        """Return whether `source` answered a connectivity check of ours, which needs the password."""
        if source in self._validated:
            return True
        succeeded = aioice.ice.CandidatePair.State.SUCCEEDED
        for pair in self.receiver._check_list:
            if pair.protocol is self and pair.remote_addr == source and pair.state == succeeded:
                self._validated.add(source)
                return True
        return False


def host_addresses(ice: IceSettings) -> tuple[str, ...]:
    """Return the literals to bind to."""
    if ice.loopback_only:
        return LOOPBACK if _has_ipv6() else LOOPBACK[:1]
    return ice.addresses or tuple(aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True))


@cache
def _has_ipv6() -> bool:
    """Return whether this machine has ::1: some have IPv6 switched off."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind((LOOPBACK[1], 0))
    except OSError:
        return False
    return True


async def gather(
    connection: Any, ice: IceSettings, judge: Guard, heard: Callable[[], None], take: Take
) -> None:
    """Open one guarded socket an address, in place of aioice's own gathering, which skips loopback.

    Raises Refused when no port is free, Broken when no address is ours.
    """
    if connection._local_candidates_start:
        return
    connection._local_candidates_start = True
    addresses, full = host_addresses(ice), False
    for address, announced in zip(addresses, ice.announced or addresses, strict=True):
        if connection._closing:
            break
        entry = Entry(connection, judge, heard, take)
        try:
            transport = UdpSocket(address, entry, entry.buffer, ice.ports)
        except NoFreePort as error:
            full = True
            _log.error("%s: %s", address, error.strerror)
            continue
        except OSError as error:
            _log.warning("no socket on a configured address: %s", error.strerror)
            continue
        entry.transport = cast(asyncio.DatagramTransport, transport)
        entry.local_candidate = Candidate(
            foundation=candidate_foundation("host", "udp", announced),
            component=1,
            transport="udp",
            priority=candidate_priority(1, "host"),
            host=announced,
            port=transport.get_extra_info("sockname")[1],
            type="host",
        )
        connection._protocols.append(entry)
        connection._local_candidates.append(entry.local_candidate)
    if not connection._local_candidates and not connection._closing:
        if full:
            raise Refused(Reason.MEDIA_FULL)
        raise Broken("none of the configured addresses can be bound")
    connection._local_candidates_end = True


async def consent(connection: Any, silent_for: Callable[[], float]) -> None:
    """Ask for consent to send (RFC 7675); from somebody who is silent more often, as a sign of life."""
    answered = time.monotonic()
    while time.monotonic() - answered < CONSENT_LOST:
        await asyncio.sleep(ASK_AFTER * random.uniform(0.8, 1.2))  # noqa: S311
        due = time.monotonic() - answered >= CONSENT_EVERY - ASK_AFTER
        pair = connection._nominated.get(1)
        if pair is None or not (due or silent_for() >= ASK_AFTER):
            continue
        try:
            await pair.protocol.request(
                connection.build_request(pair, nominate=False),
                pair.remote_addr,
                integrity_key=connection.remote_password.encode(),
                retransmissions=1,  # so a way of half a second and more there and back is no loss of consent
            )
        except aioice.stun.TransactionError:
            continue
        answered = time.monotonic()
    connection._query_consent_task = None  # or close() would cancel, and wait for, this very task
    await connection.close()


class Nominated(dict[int, Any]):
    """aioice's pairs in use; it tells when one is set, so that nobody has to look for each packet."""

    def __init__(self, changed: Callable[[Any], None]) -> None:
        super().__init__()
        self._changed = changed

    def __setitem__(self, component: int, pair: Any) -> None:
        super().__setitem__(component, pair)
        self._changed(pair)

    def clear(self) -> None:
        super().clear()
        self._changed(None)
