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
import time
from collections import deque
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
from aiortc.codecs import get_capabilities, is_rtx
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtp import (
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtpPacket,
)

from server.rehearsal.failing import Failed
from server.rehearsal.hearing import SLOTS, Hearing
from server.rehearsal.outgoing import Loss, Outgoing, Repeats, Sent, name_of
from server.rehearsal.signals import (
    FRAME_TICKS,
    SAMPLES,
    VIDEO_CLOCK,
    Programme,
    Signal,
    numbered,
    programme,
)

SENDING: Final = ("audio", "video", "video")  # microphone, camera, screen
RECEIVING: Final = ("audio", "video") * SLOTS + ("video",)
TICK: Final = 0.02  # seconds: one Opus packet
REPORT_TICKS: Final = 50  # a sender report every second
CONNECTING: Final = 8.0  # seconds
KEPT: Final = 6000  # packets that are noted: longer than a rehearsal lasts

_SSRC = re.compile(r"^a=ssrc:(\d+) ", re.MULTILINE)
_REPEATS = re.compile(r"^a=ssrc-group:FID \d+ (\d+)", re.MULTILINE)
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


class _Unplugged:
    """A socket of aioice with its cable out: what is sent goes nowhere, and nobody is told."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def sendto(self, *_: object) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Connection:
    """One peer connection: `offer`, `accept`, then `play` until `close`.

    `ledger` is what went out, or was withheld; `loss_up` takes packets of the own picture before they go,
    `loss_down` those of others' pictures when they come.
    """

    def __init__(self, signal: Signal) -> None:
        self.hearing = Hearing()
        self.ledger: deque[Sent] = deque(maxlen=KEPT)
        self.loss_up, self.loss_down = Loss(), Loss()
        self._programme: Programme = programme(signal)
        self._frame = 0
        self._picture_id = random.randrange(1 << 10, 1 << 14)  # noqa: S311
        self._pump: asyncio.Task[None] | None = None
        self._mic: Outgoing | None = None
        self._camera: Outgoing | None = None
        self._repeats: Repeats | None = None
        self._lines: dict[int, int] = {}  # SSRC of the server -> receiving line
        self._repeating: dict[int, int] = {}  # the same for its repair streams
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
        wanted = {"audio/opus", "video/vp8", "video/rtx"}
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
            repeating = {int(ssrc): line for ssrc in _REPEATS.findall(section)}
            every = {int(ssrc): line for ssrc in _SSRC.findall(section)}
            self._repeating |= repeating
            self._lines |= {ssrc: line for ssrc, line in every.items() if ssrc not in repeating}
        self._dtls._handle_rtp_data = self._on_rtp
        self._dtls._handle_rtcp_data = self._on_rtcp
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        try:
            await asyncio.wait_for(self._connected.wait(), CONNECTING)
        except TimeoutError as error:
            raise Failed(f"媒体连接在 {CONNECTING:.0f} 秒内没有接通。") from error
        self._mic = self._outgoing(0, SAMPLES)
        self._camera = self._outgoing(1, round(VIDEO_CLOCK * FRAME_TICKS * TICK))
        self._repeats = self._repeats_of(1)
        self._pump = asyncio.create_task(self._run(), name="media")

    def _outgoing(self, line: int, step: int) -> Outgoing:
        transceiver = self._transceivers[line]
        return Outgoing(transceiver.sender._ssrc, transceiver._codecs[0].payloadType, step)

    def _repeats_of(self, line: int) -> Repeats | None:
        transceiver = self._transceivers[line]
        found = next((codec.payloadType for codec in transceiver._codecs if is_rtx(codec)), None)
        return Repeats(transceiver.sender._rtx_ssrc, found) if found is not None else None

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
                await self._tick(tick)
                due, tick = due + TICK, tick + 1

    async def _tick(self, tick: int) -> None:
        if self._mic is None or self._camera is None:
            return
        sounds = self._programme.packets
        await self._say(self._mic, (numbered(sounds[tick % len(sounds)], tick),))
        if tick % FRAME_TICKS == 0:
            await self._say(self._camera, self._next_frame())
        if tick % REPORT_TICKS == 0:
            for stream in (self._mic, self._camera):
                await self._dtls._send_rtp(stream.report())

    async def _say(self, stream: Outgoing, payloads: tuple[bytes, ...]) -> None:
        sound = stream is self._mic
        for payload, packet in zip(payloads, stream.packets(payloads), strict=True):
            withheld = not sound and self.loss_up.takes_this()
            if not sound and self._repeats is not None:
                self._repeats.keep(packet)
            self.ledger.append(Sent(name_of(payload, sound=sound), time.monotonic(), sound, withheld))
            if not withheld:
                await self._dtls._send_rtp(packet)

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
        line, repeated = self._lines.get(packet.ssrc), self._repeating.get(packet.ssrc)
        if repeated is not None:
            self.hearing.lines[repeated].take_repeat(packet)
        elif line is not None and RECEIVING[line] == "video" and self.loss_down.takes_this():
            self.hearing.lines[line].withhold(packet)
            await self.ask_again(line, [packet.sequence_number])
        elif line is not None:
            self.hearing.lines[line].take(packet)

    async def _on_rtcp(self, data: bytes) -> None:
        for packet in RtcpPacket.parse(data):
            if isinstance(packet, RtcpPsfbPacket) and packet.fmt in {RTCP_PSFB_PLI, RTCP_PSFB_FIR}:
                self._frame = 0  # the next frame is a keyframe
            if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
                await self._repeat(packet)

    async def _repeat(self, nack: RtcpRtpfbPacket) -> None:
        """Answer as a browser does: by the repair stream."""
        if self._repeats is None or self._camera is None or nack.media_ssrc != self._camera.ssrc:
            return
        for packet in self._repeats.of(nack.lost):
            await self._dtls._send_rtp(packet)

    async def ask_again(self, line: int, sequences: list[int]) -> None:
        """Send a NACK (RFC 4585, section 6.2.1) for packets of a receiving line."""
        ssrc = next(ssrc for ssrc, index in self._lines.items() if index == line)
        own = self._transceivers[0].sender._ssrc
        for at in range(0, len(sequences), 32):
            nack = RtcpRtpfbPacket(RTCP_RTPFB_NACK, own, ssrc, sequences[at : at + 32])
            await self._dtls._send_rtp(_receiver_report(own) + bytes(nack))

    def fall_silent(self) -> None:
        """Send and take nothing more, as when the network is gone: no BYE, and no answer to a check."""
        if self._pump is not None:
            self._pump.cancel()
        for protocol in self._dtls.transport._connection._protocols:
            protocol.transport = _Unplugged(protocol.transport)
            protocol.datagram_received = lambda *_: None

    async def close(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait([self._pump])
        await self._pc.close()


def _receiver_report(ssrc: int) -> bytes:
    """Return an empty receiver report: a compound packet begins with a report (RFC 3550, section 6.1)."""
    return struct.pack("!BBHL", 0x80, 201, 1, ssrc)
