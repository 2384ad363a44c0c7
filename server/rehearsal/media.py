"""The media connection of a synthetic person: aiortc for SDP, ICE and DTLS, its own packets.

aiortc's senders and receivers start nothing; packets are prepared (`signals`) and what arrives is
counted below any jitter buffer (`hearing`), so that not one packet goes unseen.
"""
# ruff: noqa: SLF001

import asyncio
import contextlib
import random
import re
import struct
from typing import Any, Final

import aioice.ice
import pylibsrtp
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    rtcdtlstransport,
)
from aiortc.clock import current_ntp_time
from aiortc.codecs import get_capabilities
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtp import (
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    RtpPacket,
)

from server.rehearsal.failing import Failed
from server.rehearsal.hearing import SLOTS, Hearing
from server.rehearsal.signals import FRAME_TICKS, SAMPLES, VIDEO_CLOCK, Programme, Signal, programme

SENDING: Final = ("audio", "video", "video")  # microphone, camera, screen
RECEIVING: Final = ("audio", "video") * SLOTS + ("video",)
TICK: Final = 0.02  # seconds: one Opus packet
REPORT_TICKS: Final = 50  # a sender report every second
CONNECTING: Final = 8.0  # seconds

_SSRC = re.compile(r"^a=ssrc:(\d+) ", re.MULTILINE)
_skipping_loopback = aioice.ice.get_host_addresses


def _host_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """Add loopback where there is nothing else; aioice leaves it out."""
    return _skipping_loopback(use_ipv4=use_ipv4, use_ipv6=use_ipv6) or ["127.0.0.1"]


class _Undeceived(pylibsrtp.Session):
    """An SRTP session that also shows what comes again under a known number.

    libsrtp drops it as a replay; but a packet of a caucus could come as an answer to a NACK.
    """

    def __init__(self, policy: pylibsrtp.Policy) -> None:
        super().__init__(policy)
        self._policy = policy

    def unprotect(self, packet: bytes) -> bytes:
        try:
            return bytes(super().unprotect(packet))
        except pylibsrtp.Error:
            return bytes(pylibsrtp.Session(self._policy).unprotect(packet))


aioice.ice.get_host_addresses = _host_addresses
vars(rtcdtlstransport)["Session"] = _Undeceived


class Outgoing:
    """One stream that is sent."""

    def __init__(self, ssrc: int, payload_type: int, step: int) -> None:
        self.ssrc = ssrc
        self._payload_type = payload_type
        self._step = step
        self._sequence = random.randrange(1 << 15)  # noqa: S311  RFC 3550: unpredictable enough
        self._time = random.getrandbits(31)
        self._packets = self._octets = 0

    def packets(self, payloads: tuple[bytes, ...]) -> list[bytes]:
        """Return one frame as RTP packets and move on."""
        made = []
        for number, payload in enumerate(payloads, 1):
            packet = RtpPacket(
                payload_type=self._payload_type,
                marker=int(number == len(payloads)),
                sequence_number=self._sequence,
                timestamp=self._time,
                ssrc=self.ssrc,
                payload=payload,
            )
            made.append(packet.serialize())
            self._sequence = (self._sequence + 1) & 0xFFFF
            self._packets += 1
            self._octets += len(payload)
        self._time = (self._time + self._step) & 0xFFFFFFFF
        return made

    def report(self) -> bytes:
        """Return a sender report (RFC 3550, section 6.4.1)."""
        info = RtcpSenderInfo(
            ntp_timestamp=current_ntp_time(),
            rtp_timestamp=self._time,
            packet_count=self._packets,
            octet_count=self._octets,
        )
        return bytes(RtcpSrPacket(ssrc=self.ssrc, sender_info=info))


class Connection:
    """One peer connection: `offer`, `accept`, then `play` until `close`."""

    def __init__(self, signal: Signal) -> None:
        self.hearing = Hearing()
        self._programme: Programme = programme(signal)
        self._frame = 0
        self._picture_id = random.randrange(1 << 14)  # noqa: S311
        self._pump: asyncio.Task[None] | None = None
        self._mic: Outgoing | None = None
        self._camera: Outgoing | None = None
        self._lines: dict[int, int] = {}  # SSRC of the server -> receiving line
        self._connected = asyncio.Event()
        self._pc: Any = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._pc.on("connectionstatechange", self._on_state)
        for kind in SENDING:
            self._add(kind, "sendonly")
        for kind in RECEIVING:
            self._add(kind, "recvonly")
        self._transceivers: list[Any] = self._pc.getTransceivers()

    def _add(self, kind: str, direction: str) -> None:
        async def nothing(_parameters: object) -> None:
            pass

        transceiver = self._pc.addTransceiver(kind, direction=direction)
        wanted = {"audio/opus", "video/vp8"}
        codecs = [c for c in get_capabilities(kind).codecs if c.mimeType.lower() in wanted]
        transceiver.setCodecPreferences(codecs)
        transceiver.receiver.receive = nothing
        transceiver.sender.send = nothing

    @property
    def _dtls(self) -> Any:
        return self._transceivers[0].receiver.transport

    def _on_state(self) -> None:
        if self._pc.connectionState == "connected":
            self._connected.set()

    async def offer(self) -> str:
        await self._pc.setLocalDescription(await self._pc.createOffer())
        return str(self._pc.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        """Take the server's answer, connect and start to send. Raises Failed."""
        sections = answer.split("\nm=")[1:]
        if len(sections) != len(SENDING) + len(RECEIVING):
            raise Failed(f"服务器的 SDP 有 {len(sections)} 个 m 行，应为 14 个。")
        for line, section in enumerate(sections[len(SENDING) :]):
            self._lines |= {int(ssrc): line for ssrc in _SSRC.findall(section)}
        self._dtls._handle_rtp_data = self._on_rtp
        self._dtls._handle_rtcp_data = self._on_rtcp
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        try:
            await asyncio.wait_for(self._connected.wait(), CONNECTING)
        except TimeoutError as error:
            raise Failed(f"媒体连接在 {CONNECTING:.0f} 秒内没有接通。") from error
        self._mic = self._outgoing(0, SAMPLES)
        self._camera = self._outgoing(1, round(VIDEO_CLOCK * FRAME_TICKS * TICK))
        self._pump = asyncio.create_task(self._run())

    def _outgoing(self, line: int, step: int) -> Outgoing:
        transceiver = self._transceivers[line]
        return Outgoing(transceiver.sender._ssrc, transceiver._codecs[0].payloadType, step)

    def play(self, signal: Signal) -> None:
        """Send another tone and colour from the next packet on, beginning with a keyframe."""
        self._programme, self._frame = programme(signal), 0

    async def _run(self) -> None:
        """Send until cancelled, or until the transport is gone."""
        loop = asyncio.get_running_loop()
        due, tick = loop.time(), 0
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(max(0.0, due - loop.time()))
                for packet in self._packets_of(tick):
                    await self._dtls._send_rtp(packet)
                due, tick = due + TICK, tick + 1

    def _packets_of(self, tick: int) -> list[bytes]:
        if self._mic is None or self._camera is None:
            return []
        packets = self._programme.packets
        made = self._mic.packets((packets[tick % len(packets)],))
        if tick % FRAME_TICKS == 0:
            made += self._camera.packets(self._next_frame())
        if tick % REPORT_TICKS == 0:
            made += [self._mic.report(), self._camera.report()]
        return made

    def _next_frame(self) -> tuple[bytes, ...]:
        bodies = self._programme.frames[self._frame % len(self._programme.frames)]
        self._frame += 1
        self._picture_id = (self._picture_id + 1) % (1 << 15)
        return tuple(
            bytes(VpxPayloadDescriptor(int(not n), 0, picture_id=self._picture_id)) + body
            for n, body in enumerate(bodies)
        )

    async def _on_rtp(self, data: bytes, arrival_time_ms: int) -> None:  # noqa: ARG002  aiortc's name
        packet = RtpPacket.parse(data)
        line = self._lines.get(packet.ssrc)
        if line is not None:
            self.hearing.lines[line].take(packet)

    async def _on_rtcp(self, data: bytes) -> None:
        for packet in RtcpPacket.parse(data):
            if isinstance(packet, RtcpPsfbPacket) and packet.fmt in {RTCP_PSFB_PLI, RTCP_PSFB_FIR}:
                self._frame = 0  # the next frame is a keyframe

    async def ask_again(self, line: int, sequences: list[int]) -> None:
        """Send a NACK (RFC 4585, section 6.2.1) for packets of a receiving line."""
        ssrc = next(ssrc for ssrc, index in self._lines.items() if index == line)
        own = self._transceivers[0].sender._ssrc
        for at in range(0, len(sequences), 32):
            nack = RtcpRtpfbPacket(RTCP_RTPFB_NACK, own, ssrc, sequences[at : at + 32])
            await self._dtls._send_rtp(_receiver_report(own) + bytes(nack))

    async def close(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait([self._pump])
        await self._pc.close()


def _receiver_report(ssrc: int) -> bytes:
    """Return an empty receiver report: a compound packet begins with a report (RFC 3550, section 6.1)."""
    return struct.pack("!BBHL", 0x80, 201, 1, ssrc)
