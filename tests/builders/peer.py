"""A synthetic browser: offers the fourteen m-lines, sends made-up RTP, counts what it gets by slot."""

import asyncio
import socket
import struct
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from rooms.edges import SLOTS, Kind
from signaling import aioice_seam, rtcp, rtp
from signaling.guard import RTCP_TYPES, Guard
from signaling.ice import IceSettings
from signaling.sdp import LAYOUT, UP

LOOPBACK = IceSettings(loopback_only=True)
WAIT = 10.0  # seconds until a wait for something that should come fails

SLOT_NAMES = (*(f"{medium}{k}" for k in range(SLOTS) for medium in ("audio", "video")), "screen")
_STEP = {Kind.MIC: 960, Kind.CAMERA: 3000, Kind.SCREEN: 3000}


def vp8(tag: bytes, *, key: bool) -> bytes:
    """Return a one-packet VP8 frame of 16x16 that carries `tag` where its data would be."""
    descriptor = b"\x10"
    if not key:
        return descriptor + b"\x11\x00\x00" + tag
    return descriptor + b"\x10\x00\x00\x9d\x01\x2a\x10\x00\x10\x00" + tag


@dataclass(frozen=True, slots=True)
class Heard:
    """One packet that arrived in a slot."""

    sequence: int
    timestamp: int
    payload: bytes
    extensions: dict[int, bytes]


class Stream:
    """What a browser sends on one m-line."""

    def __init__(self, transceiver: Any, kind: Kind) -> None:
        self.transceiver = transceiver
        self.kind = kind
        self.ssrc: int = transceiver.sender._ssrc
        self.repair_ssrc: int = transceiver.sender._rtx_ssrc
        self.sequence = 100
        self.timestamp = 50_000

    def repeat(self, sequence: int, timestamp: int, payload: bytes) -> bytes:
        """Return an earlier packet as a packet of the repair stream."""
        codec = self.transceiver._codecs[0]
        repair = next(c for c in self.transceiver._codecs if c.parameters.get("apt") == codec.payloadType)
        head = struct.pack("!BBHLL", 0x80, 0x80 | repair.payloadType, 7, timestamp, self.repair_ssrc)
        return head + struct.pack("!H", sequence & 0xFFFF) + payload

    def packet(self, payload: bytes, *, extension: bytes = b"") -> bytes:
        """Return the next packet; `extension` is a padded block of one-byte header extensions."""
        self.sequence += 1
        self.timestamp += _STEP[self.kind]
        payload_type = self.transceiver._codecs[0].payloadType
        first = 0x90 if extension else 0x80
        head = struct.pack("!BBHLL", first, 0x80 | payload_type, self.sequence, self.timestamp, self.ssrc)
        if extension:
            head += struct.pack("!HH", 0xBEDE, len(extension) // 4) + extension
        return head + payload


class SyntheticPeer:
    """`heard[slot]` lists what arrived, slots named audio0, video0, … screen; `reports` is parsed RTCP.

    What came as a repeat (RFC 4588) is in `heard["video0 again"]`, with the number it repeats in front.
    """

    def __init__(self, ice: IceSettings = LOOPBACK) -> None:
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self.pc: Any = RTCPeerConnection(configuration)
        self.heard: dict[str, list[Heard]] = defaultdict(list)
        self.reports: list[rtcp.Report] = []
        self._changed = asyncio.Event()
        self._slots: dict[int, str] = {}
        self._kept: tuple[socket.socket, tuple[str, int]] | None = None
        transceivers: list[Any] = [self.pc.addTransceiver(kind, direction=way) for kind, way in LAYOUT]
        for transceiver in transceivers:
            transceiver.receiver.receive = transceiver.sender.send = _nothing
        self._dtls: Any = transceivers[0].receiver.transport
        self._dtls._handle_rtp_data = self._on_rtp
        self._dtls._handle_rtcp_data = self._on_rtcp
        connection = self._dtls.transport._connection
        connection.gather_candidates = lambda: aioice_seam.gather(
            connection,
            ice,
            Guard(loopback=ice.loopback_only),
            lambda: None,
            lambda size: _leave_to_aiortc(connection, size),
        )
        connection.query_consent = _silent  # what the server hears is what the server asked for
        self.streams = {kind: Stream(t, kind) for kind, t in zip(UP, transceivers, strict=False)}
        self.pc.on("connectionstatechange", self._changed.set)

    async def offer(self) -> str:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return str(self.pc.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        """Take the answer and wait until the connection is up."""
        sections = answer.split("m=")[1:]
        for name, section in zip(SLOT_NAMES, sections[len(UP) :], strict=True):
            ssrcs = [int(part.split(" ")[0]) for part in section.split("a=ssrc:")[1:]]
            self._slots[ssrcs[0]] = name
            if len(ssrcs) > 1:
                self._slots[ssrcs[1]] = f"{name} again"
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        await self.until(lambda: self.pc.connectionState == "connected")

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; looked at again with each packet and each change of state."""
        async with asyncio.timeout(WAIT):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    def payloads(self, slot: str) -> list[bytes]:
        return [heard.payload for heard in self.heard[slot]]

    async def audio(self, *tags: bytes) -> None:
        """Send one packet of sound for each tag."""
        for tag in tags:
            await self.send(self.streams[Kind.MIC].packet(tag))

    async def video(self, tag: bytes, *, key: bool = False, kind: Kind = Kind.CAMERA) -> None:
        await self.send(self.streams[kind].packet(vp8(tag, key=key)))

    async def send(self, packet: bytes) -> None:
        """Send RTP or RTCP as it is, encrypted."""
        await self._dtls._send_rtp(packet)

    async def ask_again(self, slot: str, numbers: Iterable[int]) -> None:
        """Say that these did not come."""
        for number in numbers:
            await self.send(rtcp.nack(self.ssrc_of(slot), (number & 0xFFFF,)))

    def ssrc_of(self, slot: str) -> int:
        """Return the SSRC under which the server sends in a slot."""
        return next(ssrc for ssrc, name in self._slots.items() if name == slot)

    @property
    def ssrcs(self) -> tuple[int, ...]:
        """What the server sends under, repeats included."""
        return tuple(self._slots)

    def keep_line(self) -> None:
        """Keep the socket, so that `throw` works also when the server has ended the connection."""
        pair = self._dtls.transport._connection._nominated[1]
        self._kept = pair.protocol.transport._socket.dup(), pair.remote_addr

    def sealed(self, packet: bytes) -> bytes:
        """Return the datagram that carries RTP or RTCP."""
        srtp = self._dtls._tx_srtp
        is_rtcp = packet[1] in RTCP_TYPES
        return bytes(srtp.protect_rtcp(packet) if is_rtcp else srtp.protect(packet))

    def throw(self, datagram: bytes) -> None:
        """Send a datagram as it is, on the line that was kept."""
        assert self._kept is not None
        self._kept[0].sendto(datagram, self._kept[1])

    def server_address(self) -> tuple[str, int]:
        """Return where the server takes this peer's datagrams."""
        pair = self._dtls.transport._connection._nominated[1]
        return (str(pair.remote_addr[0]), int(pair.remote_addr[1]))

    def stranger(self) -> socket.socket:
        """Return a socket of somebody else that sends to where the server takes this peer's datagrams."""
        address = self.server_address()
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        another = socket.socket(family, socket.SOCK_DGRAM)
        another.setblocking(False)
        another.connect(address)
        return another

    def check(self, *, nominate: bool = False) -> bytes:
        """Return a connectivity check as this browser would send it, with the right password.

        Chromium nominates its pair again with each, for as long as a call lasts.
        """
        connection = self._dtls.transport._connection
        request = connection.build_request(connection._nominated[1], nominate=nominate)
        request.add_message_integrity(connection.remote_password.encode())
        return bytes(request)

    def vanish(self) -> None:
        """Lose the network without a word."""
        for protocol in self._dtls.transport._connection._protocols:
            protocol.transport.close()

    async def close(self) -> None:
        """End the connection and everything that aiortc left running for it."""
        pump = self._dtls._task
        if self._kept is not None:
            self._kept[0].close()
        await self.pc.close()
        if pump is not None and not pump.done():
            await asyncio.wait([pump])

    async def _on_rtp(self, data: bytes, arrival_time_ms: int) -> None:
        head = rtp.parse(data)
        assert head is not None
        payload = data[head.payload_at : head.payload_end]
        heard = Heard(head.sequence, head.timestamp, payload, rtp.extensions(data))
        self.heard[self._slots[head.ssrc]].append(heard)
        self._changed.set()

    async def _on_rtcp(self, data: bytes) -> None:
        self.reports.extend(rtcp.parse(data))
        self._changed.set()


async def _silent() -> None:
    pass


async def _nothing(_parameters: object) -> None:
    pass


def _leave_to_aiortc(connection: Any, size: int) -> None:
    connection.data_received(aioice_seam.received(size), 1)
