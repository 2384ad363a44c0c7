"""The only file that touches what aiortc, aioice and pylibsrtp keep private.

They negotiate (SDP, ICE, DTLS) and encrypt (SRTP); their receivers and senders start nothing. Media go
past them: from our own sockets through libsrtp, in place, to whoever listens, without a queue or a task
in between. The three are pinned exactly, `check_pins` looks whether what is used here is there, and a
loopback test guards the behaviour.
"""
# ruff: noqa: SLF001

import asyncio
import importlib.metadata
import logging
import random
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol, cast

import aioice.ice
import aioice.stun
import pylibsrtp
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    rtcrtpreceiver,
)
from aiortc.rtcdtlstransport import State
from pylibsrtp._binding import ffi, lib

from cases.errors import Broken, Reason, Refused
from signaling import guard, rtp
from signaling.datagrams import ROOM, Address, NoFreePort, UdpSocket
from signaling.guard import Dropped, Guard
from signaling.ice import IceSettings
from signaling.rtp import Write

PINS: Final = {"aiortc": "1.16.0", "aioice": "0.13.0", "pylibsrtp": "1.0.0"}
LOOPBACK: Final = ("127.0.0.1", "::1")
CONSENT_EVERY: Final = 5.0  # seconds, RFC 7675 section 5.1
ASK_AFTER: Final = 1.0  # seconds in which nothing was heard: is anybody there?
CONSENT_LOST: Final = 30.0  # seconds without an answer, RFC 7675 section 5.1
REMOTE_ADDRESSES: Final = 20  # that one seat may send checks from
CLOSING: Final = 5.0  # seconds

_protect, _protect_rtcp = lib.srtp_protect, lib.srtp_protect_rtcp
_unprotect, _unprotect_rtcp = lib.srtp_unprotect, lib.srtp_unprotect_rtcp
_DESCRIPTIONS: Final = tuple(
    f"_RTCPeerConnection__{which}{side}Description"
    for which in ("current", "pending")
    for side in ("Local", "Remote")
)
_OPUS = {"minptime": 10, "useinbandfec": 1}
_log = logging.getLogger(__name__)

# One datagram in and one out at a time, for all connections: the memory stays warm in the processor.
_INBOUND = bytearray(ROOM)
_INBOUND_MEMORY = ffi.from_buffer(_INBOUND)
_RECEIVED = cast(bytes, ffi.buffer(_INBOUND_MEMORY))  # the same; what is cut out of it are bytes
_OUTBOUND = memoryview(bytearray(ROOM))
_OUTBOUND_MEMORY = ffi.from_buffer(_OUTBOUND)
_LENGTH = ffi.new("int *")

for _name in ("aiortc", "aioice"):  # below this level they log SDP and addresses
    logging.getLogger(_name).setLevel(logging.WARNING)


class _NoEstimate:
    """Stands where a receiver of aiortc estimates a bitrate: nothing is received there.

    Each of nine in a connection would make 1,800 objects, and a join 5 ms longer.
    """


setattr(rtcrtpreceiver, "RemoteBitrateEstimator", _NoEstimate)  # noqa: B010  its type is another


def check_pins() -> None:
    """Raise Broken, in one sentence, if a pinned library is not the one this file was written for."""
    for name, wanted in PINS.items():
        found = importlib.metadata.version(name)
        if found != wanted:
            raise Broken(f"{name} {found} is installed, but signaling/aiortc_seam.py needs {wanted}.")
    for owner, names in _used():
        for name in names:
            if not hasattr(owner, name):
                raise Broken(f"{owner!r} has no {name}, which signaling/aiortc_seam.py needs.")


def _used() -> list[tuple[object, tuple[str, ...]]]:
    connection = aioice.ice.Connection(ice_controlling=False)
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = pc.addTransceiver("audio")
    return [
        (connection, ("_nominated", "_check_list", "_protocols", "_queue", "_local_candidates")),
        (connection, ("_local_candidates_start", "_local_candidates_end", "_query_consent_task", "_closing")),
        (connection, ("gather_candidates", "query_consent", "build_request", "_remote_candidates")),
        (aioice.ice.StunProtocol, ("datagram_received", "request")),
        (transceiver, ("_codecs", "_headerExtensions", "_offerDirection")),
        (transceiver.sender, ("_ssrc", "_rtx_ssrc", "_stream_id")),
        (transceiver.receiver.transport, ("_rx_srtp", "_tx_srtp", "_state", "_task")),
        (pylibsrtp.Session(), ("_srtp",)),
        (lib, ("srtp_protect", "srtp_protect_rtcp", "srtp_unprotect", "srtp_unprotect_rtcp")),
        (transceiver.receiver.transport.transport, ("_connection",)),
        (pc, ("_RTCPeerConnection__connect", "_RTCPeerConnection__transceivers", *_DESCRIPTIONS)),
        (pc, ("_RTCPeerConnection__remoteDtls", "_RTCPeerConnection__remoteIce")),
        (rtcrtpreceiver, ("RemoteBitrateEstimator",)),
    ]


@dataclass(frozen=True, slots=True)
class Line:
    """What aiortc negotiated for one m-line; ids of header extensions are 0 where there is none.

    `ssrc` and `repair_ssrc` are ours, for what is sent on this line; `repair_type` is the payload type
    of retransmission, 0 where there is none.
    """

    payload_type: int
    repair_type: int
    clock_rate: int
    ssrc: int
    repair_ssrc: int
    mid_extension: int
    abs_send_time: int


class Sender(Protocol):
    """`signaling.link.Send` and `SendPicture` in one."""

    def __call__(
        self, mark: int, sequence: int, timestamp: int, payload: bytes, now: float, word: int = 0, /
    ) -> None: ...


class Ears(Protocol):
    """Who takes what a wire hears. Called on the event loop; may not block."""

    def on_rtp(self, packet: bytes, size: int, arrived: float) -> None:
        """Take `packet[:size]`, HEADER bytes of version 2 at least; it is overwritten afterwards."""

    def on_rtcp(self, packet: bytes, arrived: float) -> None: ...
    def on_connected(self) -> None: ...
    def on_closed(self) -> None: ...


def received(size: int) -> bytes:
    """Return a copy of the datagram that is being taken."""
    return _RECEIVED[:size]


class Entry(aioice.ice.StunProtocol):
    """A socket of aioice with the guard in front of everything.

    STUN goes to aioice and DTLS to aiortc's queue. Media stay in `buffer`, out of which `take(size)` has
    to read them at once.
    """

    buffer = _INBOUND

    def __init__(self, connection: Any, judge: Guard, heard: Callable[[], None], take: "Take") -> None:
        super().__init__(connection)
        self._judge = judge
        self._heard = heard
        self._take = take
        self._validated: set[Address] = set()

    def on_datagram(self, size: int, source: Address) -> None:
        if guard.is_media(_INBOUND, size):
            if source in self._validated or self._is_validated(source):
                self._take(size)
            else:
                self._judge.drop_foreign(source[0])
            return
        protocol = self._judge.protocol(_INBOUND, size)
        if protocol is guard.Protocol.STUN:
            self._stun(received(size), source)
        elif protocol is guard.Protocol.DTLS:
            queue = self.receiver._queue
            known = self._is_validated(source)
            if self._judge.admits(source[0], validated=known, queued=queue.qsize()):
                queue.put_nowait((received(size), self.local_candidate.component))

    def _stun(self, data: bytes, source: Address) -> None:
        known = self._is_validated(source)
        if not known and not self._judge.hears(source[0]):
            return None
        if not known and len(self.receiver._remote_candidates) >= REMOTE_ADDRESSES:
            return self._judge.drop(Dropped.FOREIGN)
        try:
            aioice.stun.parse_message(data)
            self.datagram_received(data, source)
        except Exception:  # noqa: BLE001  aioice raises struct.error, KeyError and more on bad bytes
            self._judge.drop(Dropped.MALFORMED)
        else:
            if known:
                self._heard()

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


Take = Callable[[int], None]


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


async def _consent(connection: Any, silent_for: Callable[[], float]) -> None:
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


class _Nominated(dict[int, Any]):
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


def _nowhere(_datagram: memoryview, _address: object) -> None:
    """Send nothing: there is no pair."""


class Wire:
    """One connection to one browser: packets in and out, encrypted on the way."""

    def __init__(self, ears: Ears, ice: IceSettings, monotonic: Callable[[], float]) -> None:
        self.guard = Guard(loopback=ice.loopback_only)
        self.lines: tuple[Line, ...] = ()
        self.last_heard = monotonic()
        self._ears = ears
        self._ice = ice
        self._monotonic = monotonic
        self._ended = False
        self._connecting: asyncio.Task[None] | None = None
        self._connection: Any = None
        self._dtls: Any = None
        self._sessions: Any = None  # pylibsrtp's, which own libsrtp's two
        self._inbound: Any = None  # libsrtp's, while media can be read
        self._outbound: Any = None  # and sent
        self._put: Callable[[memoryview, Any], object] = _nowhere
        self._address: Any = None
        self._pc: Any = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._pc.on("connectionstatechange", self._on_state)

    async def answer(self, offer: str, sending: Sequence[str | None]) -> str:
        """Return the answer to an offer that `sdp.check_offer` let pass.

        `sending` names, for each m-line, the stream that this side sends on it; None where the
        browser sends. Raises Refused when the browser lacks VP8 or Opus.
        """
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        except Exception as error:
            raise Refused(Reason.SDP_BAD) from error
        transceivers = self._pc.getTransceivers()
        self.lines = tuple(
            self._settle(transceiver, stream)
            for transceiver, stream in zip(transceivers, sending, strict=True)
        )
        self._take_over(transceivers[0].receiver.transport)
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        return str(self._pc.localDescription.sdp)

    def _settle(self, transceiver: Any, stream: str | None) -> Line:
        """Fix direction, codec and stream of an m-line, and start nothing on it."""

        async def nothing(_parameters: object) -> None:
            pass

        transceiver.receiver.receive = nothing
        transceiver.sender.send = nothing
        transceiver.direction = "recvonly" if stream is None else "sendonly"
        if stream is not None:
            transceiver.sender._stream_id = stream
        wanted = "audio/opus" if transceiver.kind == "audio" else "video/vp8"
        codec = next((c for c in transceiver._codecs if c.mimeType.lower() == wanted), None)
        if codec is None:
            raise Refused(Reason.SDP_BAD)
        if transceiver.kind == "audio":
            codec.parameters = dict(_OPUS)
        repairs = [c for c in transceiver._codecs if c.parameters.get("apt") == codec.payloadType]
        transceiver._codecs = [codec, *repairs[:1]]
        ids = {x.uri: x.id for x in transceiver._headerExtensions if x.id in rtp.ONE_BYTE_IDS}
        return Line(
            payload_type=codec.payloadType,
            repair_type=repairs[0].payloadType if repairs else 0,
            clock_rate=codec.clockRate,
            ssrc=transceiver.sender._ssrc,
            repair_ssrc=transceiver.sender._rtx_ssrc,
            mid_extension=ids.get(rtp.URI_MID, 0),
            abs_send_time=ids.get(rtp.URI_ABS_SEND_TIME, 0),
        )

    def _take_over(self, dtls: Any) -> None:
        """Put our own between the libraries, before the first socket is open."""
        connection = dtls.transport._connection
        connect = self._pc._RTCPeerConnection__connect

        async def tracked_connect() -> None:
            self._connecting = asyncio.current_task()
            await connect()
            self._lighten()

        dtls.on("statechange", self._on_dtls)
        connection.gather_candidates = lambda: gather(
            connection, self._ice, self.guard, self._heard, self._on_media
        )
        connection.query_consent = lambda: _consent(connection, lambda: self._monotonic() - self.last_heard)
        self._pc._RTCPeerConnection__connect = tracked_connect
        connection._nominated = _Nominated(self._on_pair)
        self._dtls, self._connection = dtls, connection

    def _lighten(self) -> None:
        """Let go of what only the negotiation needed: half a megabyte of SDP, senders and receivers."""
        if self._pc.connectionState == "connected":
            del self._pc._RTCPeerConnection__transceivers[1:]  # closing goes by the first one's transport
            self._pc._RTCPeerConnection__remoteDtls.clear()
            self._pc._RTCPeerConnection__remoteIce.clear()
            for name in _DESCRIPTIONS:
                setattr(self._pc, name, None)

    def _heard(self) -> None:
        self.last_heard = self._monotonic()

    def _on_dtls(self) -> None:
        if self._dtls._state is State.CONNECTED and not self._ended:
            self._sessions = (self._dtls._rx_srtp, self._dtls._tx_srtp)
            self._inbound, self._outbound = (session._srtp[0] for session in self._sessions)
        else:
            self._inbound = self._outbound = None

    def _on_pair(self, pair: Any) -> None:
        """Send to another address from now on; nowhere without a pair."""
        self._put = pair.protocol.transport.put if pair is not None else _nowhere
        self._address = pair.remote_addr if pair is not None else None

    def _on_media(self, size: int) -> None:
        """Take SRTP or SRTCP out of the buffer, and decrypt it there."""
        session = self._inbound
        if session is None:
            return
        _LENGTH[0] = size
        is_rtp = _INBOUND[1] not in guard.RTCP_TYPES
        if (_unprotect if is_rtp else _unprotect_rtcp)(session, _INBOUND_MEMORY, _LENGTH):
            self.guard.drop(Dropped.UNREADABLE)
            return
        self.last_heard = now = self._monotonic()
        try:
            if is_rtp:
                self._ears.on_rtp(_RECEIVED, _LENGTH[0], now)
            else:
                self._ears.on_rtcp(_RECEIVED[: _LENGTH[0]], now)
        except Exception:  # noqa: BLE001  one packet's fault is not the next one's
            _log.exception("a packet could not be handled")

    def _on_state(self) -> None:
        match self._pc.connectionState:
            case "connected":
                self._heard()
                self._ears.on_connected()
            case "failed" | "closed":
                self._ears.on_closed()
            case _:
                pass

    def sender(self, write: Write) -> Sender:
        """Return what sends on one stream, at once or not at all: nothing waits for a slow network."""

        def send(mark: int, sequence: int, timestamp: int, payload: bytes, now: float, word: int = 0) -> None:
            session = self._outbound
            if session is None:
                return
            _LENGTH[0] = write(_OUTBOUND, mark, sequence, timestamp, payload, now, word)
            if _protect(session, _OUTBOUND_MEMORY, _LENGTH):
                return
            try:
                self._put(_OUTBOUND[: _LENGTH[0]], self._address)
            except OSError:  # a full socket, an unreachable or a closed one
                self.guard.drop(Dropped.UNSENT)

        return send

    def send_rtcp(self, compound: bytes) -> None:
        session = self._outbound
        if session is None:
            return
        _LENGTH[0] = size = len(compound)
        _OUTBOUND[:size] = compound
        if not _protect_rtcp(session, _OUTBOUND_MEMORY, _LENGTH):
            with suppress(OSError):  # as above
                self._put(_OUTBOUND[: _LENGTH[0]], self._address)

    def silence(self) -> None:
        """Let no packet pass from now on."""
        self._ended = True
        self._inbound = self._outbound = None

    async def close(self) -> None:
        """End the connection; no task and no socket is left."""
        self.silence()
        pump = self._dtls._task if self._dtls is not None else None
        try:
            async with asyncio.timeout(CLOSING):
                await self._pc.close()
        except TimeoutError:
            _log.warning("a connection did not close in %s s", CLOSING)
        left = [task for task in (pump, self._connecting) if task is not None and not task.done()]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=CLOSING)
