"""What aiortc and pylibsrtp keep private; with `aioice_seam.py` the only files that touch such things.

They negotiate (SDP, ICE, DTLS) and encrypt (SRTP); their receivers and senders start nothing. Media go
past them: from our own sockets through libsrtp, in place, to whoever listens, without a queue or a task
in between. The three are pinned exactly, `check_pins` looks whether what is used here is there, and a
loopback test guards the behaviour.
"""
# ruff: noqa: SLF001

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    rtcrtpreceiver,
)
from aiortc.rtcdtlstransport import State
from pylibsrtp._binding import ffi, lib

from cases.errors import Reason, Refused
from signaling import guard, rtp
from signaling.aioice_seam import INBOUND, Nominated, consent, gather
from signaling.datagrams import ROOM
from signaling.ears import DEAF, Ears
from signaling.guard import Dropped, Guard
from signaling.ice import IceSettings
from signaling.pins import DESCRIPTIONS
from signaling.rtp import Write

CLOSING: Final = 5.0  # seconds

_protect, _protect_rtcp = lib.srtp_protect, lib.srtp_protect_rtcp
_unprotect, _unprotect_rtcp = lib.srtp_unprotect, lib.srtp_unprotect_rtcp
_OPUS = {"minptime": 10, "useinbandfec": 1}
_log = logging.getLogger(__name__)
logging.getLogger("aiortc").setLevel(logging.WARNING)  # below this level it logs SDP

# One datagram out at a time for all connections, as one in (`INBOUND`).
_INBOUND_MEMORY = ffi.from_buffer(INBOUND)
_RECEIVED = cast(bytes, ffi.buffer(_INBOUND_MEMORY))  # the same; what is cut out of it are bytes
_OUTBOUND = memoryview(bytearray(ROOM))
_OUTBOUND_MEMORY = ffi.from_buffer(_OUTBOUND)
_LENGTH = ffi.new("int *")


class _NoEstimate:
    """Stands where a receiver of aiortc estimates a bitrate: nothing is received there.

    Each of nine in a connection would make 1,800 objects, and a join 5 ms longer.
    """


setattr(rtcrtpreceiver, "RemoteBitrateEstimator", _NoEstimate)  # noqa: B010  its type is another


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


def _nowhere(_datagram: memoryview, _address: object) -> None:
    """Send nothing: there is no pair."""


class Wire:
    """One connection to one browser: packets in and out, encrypted on the way."""

    def __init__(self, ears: Ears, ice: IceSettings, monotonic: Callable[[], float]) -> None:
        self.guard = Guard(loopback=ice.loopback_only, monotonic=monotonic)
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
        connection.query_consent = lambda: consent(connection, lambda: self._monotonic() - self.last_heard)
        self._pc._RTCPeerConnection__connect = tracked_connect
        connection._nominated = Nominated(self._on_pair)
        self._dtls, self._connection = dtls, connection

    def _lighten(self) -> None:
        """Let go of what only the negotiation needed: half a megabyte of SDP, senders and receivers."""
        if self._pc.connectionState == "connected":
            del self._pc._RTCPeerConnection__transceivers[1:]  # closing goes by the first one's transport
            self._pc._RTCPeerConnection__remoteDtls.clear()
            self._pc._RTCPeerConnection__remoteIce.clear()
            for name in DESCRIPTIONS:
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
        is_rtp = INBOUND[1] not in guard.RTCP_TYPES
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
        """Let no packet pass from now on, and tell nobody anything."""
        self._ended = True
        self._ears = DEAF
        self._inbound = self._outbound = None

    async def close(self) -> None:
        """End the connection; no task and no socket is left."""
        self.silence()
        pump, whole = self._dtls._task if self._dtls is not None else None, True
        try:
            async with asyncio.timeout(CLOSING):
                await self._pc.close()
        except TimeoutError:
            whole = False
            _log.warning("a connection did not close in %s s", CLOSING)
        left = [task for task in (pump, self._connecting) if task is not None and not task.done()]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=CLOSING)
        if whole and all(task.done() for task in left):  # else something of it still runs
            self._let_go()

    def _let_go(self) -> None:
        """Break the cycles of what was closed: a third of a megabyte, and the collector looks seldom."""
        ice, ssl = (getattr(self._dtls, name, None) for name in ("transport", "_ssl"))
        verifying = ssl.get_context()._verify_helper if ssl is not None else None
        for part in filter(None, (self._pc, self._dtls, ice, self._connection, verifying)):
            vars(part).clear()
        self._pc = self._dtls = self._connection = self._connecting = self._sessions = None
        self._put, self._address, self.lines = _nowhere, None, ()
