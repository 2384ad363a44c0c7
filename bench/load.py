"""Media of a person at the lowest cost: the same packets as a person's, received without being looked at.

A rehearsal's connection decrypts and keeps what arrives; here it is counted as it comes from the
socket, so that one core can speak for 60 people and the server's cost is all that is measured.
"""
# ruff: noqa: SLF001

import asyncio
import contextlib
import math
import random
import socket
import struct
import time
from typing import Any, Final

import aioice.ice
from aiortc.codecs import get_capabilities

from bench.content import RATE, content
from server.rehearsal.media import Connection
from server.rehearsal.outgoing import Outgoing
from server.rehearsal.signals import SAMPLES, VIDEO_CLOCK, Signal

CYCLE: Final = 1 / RATE  # seconds: one picture and two packets of sound
SOUNDS: Final = 2  # packets of sound a cycle
REPORT_CYCLES: Final = RATE  # a sender report every second
LINES: Final = (3, 4)  # the m-lines of the first slot's sound and picture
KERNEL_BUFFER: Final = 1 << 22  # bytes: what arrives while this process looks elsewhere
BURST: Final = 256  # datagrams at one wake-up
ROOM: Final = 2048  # bytes of a datagram, at most

_RTP = range(128, 192)  # first byte, RFC 7983
_PSFB = 206  # RFC 4585
_PLI, _FIR = 1, 4
_SO_TIMESTAMPNS = 35  # asm-generic/socket.h; Python has no name for it
_TIMESPEC = struct.Struct("@qq")
_STAMP = struct.Struct("!q")  # nanoseconds of the machine's clock, at the end of a packet of sound


def stay_on_this_machine() -> str:
    """Let this process's connections use one IPv4 address, and return it.

    What goes to an address of the machine itself goes through the kernel's loopback.
    """
    address = str(aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=False)[0])
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [address]  # noqa: ARG005  aioice's names
    return address


def stay_on_loopback() -> None:
    """Let this process's connections use 127.0.0.1 alone."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]  # noqa: ARG005  aioice's names


class Stream(Outgoing):
    """A stream that may pause: its media time goes on meanwhile."""

    def skip(self, steps: int) -> None:
        self._time = (self._time + steps * self._step) & 0xFFFFFFFF

    def packets(self, payloads: tuple[bytes, ...]) -> list[bytes]:
        """Return one frame as RTP packets without extensions and move on."""
        made = []
        for number, payload in enumerate(payloads, 1):
            kind = self._payload_type | (0x80 if number == len(payloads) else 0)
            made.append(struct.pack("!BBHLL", 0x80, kind, self._sequence, self._time, self.ssrc) + payload)
            self._sequence = (self._sequence + 1) & 0xFFFF
            self._packets += 1
            self._octets += len(payload)
        self._time = (self._time + self._step) & 0xFFFFFFFF
        return made


class Port:
    """The UDP socket under a connected peer connection, with nothing of the libraries in front of it.

    `received` counts packets of the two payload types (sound, picture), `pictures` the last packets
    of pictures, `sent` what the kernel took. STUN and RTCP go to the libraries as before. It is read
    when something arrives, or while not `watched` when somebody calls `drain`: a wake-up a packet would
    cost the load, and whoever sends to it, more than the packet.
    """

    def __init__(self, dtls: Any, types: tuple[int, int]) -> None:
        self.sent = self.received = self.pictures = 0
        self.delays: list[float] = []
        self._dtls = dtls
        self._media = frozenset(kind | mark for kind in types for mark in (0, 0x80))
        self._sound, self._picture_end = types[0], types[1] | 0x80
        pair = dtls.transport._connection._nominated[1]
        self._protocol, self._address = pair.protocol, pair.remote_addr
        self._socket: socket.socket = pair.protocol.transport._sock
        self._buffer = bytearray(ROOM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER)
        self._timed = False
        self.watched(on=True)

    def watched(self, *, on: bool) -> None:
        loop: Any = asyncio.get_running_loop()  # its public calls refuse the socket of a transport
        loop._remove_reader(self._socket.fileno())
        if on:
            loop._add_reader(self._socket.fileno(), self.drain)

    @property
    def number(self) -> int:
        """The local port."""
        return int(self._socket.getsockname()[1])

    @property
    def server(self) -> tuple[str, int]:
        """Where the server takes this person's datagrams."""
        return str(self._address[0]), int(self._address[1])

    @property
    def name(self) -> str:
        """What stands in this person's checks: our name at the server, and theirs."""
        ice = self._dtls.transport._connection
        return f"{ice.remote_username}:{ice.local_username}"

    def send(self, packets: list[bytes]) -> None:
        protect, put, address = self._dtls._tx_srtp.protect, self._socket.sendto, self._address
        for packet in packets:
            try:
                put(protect(packet), address)
            except OSError:
                continue
            self.sent += 1

    async def report(self, packet: bytes) -> None:
        await self._dtls._send_rtp(packet)

    def take_times(self, *, on: bool) -> None:
        """Note in `delays` (s), for each packet of sound, how long after its stamp the kernel had it.

        The kernel's time of arrival, not ours: this process may be slow to look.
        """
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, int(on))
        self._timed = on

    def drain(self) -> None:
        """Take what has arrived."""
        if self._timed:
            self._take_timed()
        else:
            self._take()

    def _take(self) -> None:
        receive, buffer, media = self._socket.recvfrom_into, self._buffer, self._media
        for _ in range(BURST):
            try:
                size, source = receive(buffer)
            except OSError:
                return
            kind = buffer[1]
            if kind in media and buffer[0] in _RTP:
                self.received += 1
                self.pictures += kind == self._picture_end
            else:
                self._protocol.datagram_received(bytes(buffer[:size]), source)

    def _take_timed(self) -> None:
        for _ in range(BURST):
            try:
                data, extra, _, source = self._socket.recvmsg(ROOM, 64)
            except OSError:
                return
            if data[1] in self._media and data[0] in _RTP:
                self.received += 1
                self.pictures += data[1] == self._picture_end
                if data[1] & 0x7F == self._sound and extra:
                    self._note(data, extra[0][2])
            else:
                self._protocol.datagram_received(data, source)

    def _note(self, data: bytes, arrival: bytes) -> None:
        seconds, nanoseconds = _TIMESPEC.unpack(arrival[: _TIMESPEC.size])
        (sent,) = _STAMP.unpack(self._dtls._rx_srtp.unprotect(data)[-_STAMP.size :])
        self.delays.append((seconds * 10**9 + nanoseconds - sent) / 10**9)


class Speaker:
    """A microphone and a camera, out of step with everybody else's, that send while `flowing` is set.

    When `stamped`, a packet of sound ends with the time at which it was sent. Meanwhile `hearing` is
    read once a picture.
    """

    def __init__(self, port: Port, mic: Stream, camera: Stream, flowing: asyncio.Event) -> None:
        self.pictures = 0
        self.stamped = False
        self.hearing: Port | None = None
        self._port, self._mic, self._camera, self._flowing = port, mic, camera, flowing
        self._programme = content()
        self._frame = 0
        self._picture_id = random.randrange(1 << 15)

    def begin_picture(self) -> None:
        """Make the next picture a keyframe."""
        self._frame = 0

    async def run(self) -> None:
        """Send until cancelled, or until the transport is gone."""
        loop = asyncio.get_running_loop()
        begun, cycle = loop.time() + random.random() * CYCLE, 0
        with contextlib.suppress(ConnectionError):
            while True:
                if not self._flowing.is_set():
                    self._watch(on=True)
                    await self._flowing.wait()
                    self._watch(on=False)
                    now = math.ceil((loop.time() - begun) / CYCLE)
                    self._mic.skip(SOUNDS * (now - cycle))
                    self._camera.skip(now - cycle)
                    cycle = now
                await self._cycle(begun + cycle * CYCLE, cycle)
                cycle += 1

    def _watch(self, *, on: bool) -> None:
        if self.hearing is not None:
            self.hearing.watched(on=on)

    async def _cycle(self, begin: float, cycle: int) -> None:
        """Send sound, a picture a moment later, sound again."""
        await _until(begin)
        self._speak(SOUNDS * cycle)
        await _until(begin + CYCLE / 4)
        self._port.send(self._camera.packets(self._next_frame()))
        self.pictures += 1
        await _until(begin + CYCLE / 2)
        self._speak(SOUNDS * cycle + 1)
        if self.hearing is not None:
            self.hearing.drain()
        if cycle % REPORT_CYCLES == 0:
            for stream in (self._mic, self._camera):
                await self._port.report(stream.report())

    def _speak(self, number: int) -> None:
        sounds = self._programme.packets
        sound = sounds[number % len(sounds)]
        if self.stamped:
            sound = sound[: -_STAMP.size] + _STAMP.pack(time.time_ns())
        self._port.send(self._mic.packets((sound,)))

    def _next_frame(self) -> tuple[bytes, ...]:
        """Return the payloads of a picture (RFC 7741, section 4.2, with a picture id of 15 bits)."""
        bodies = self._programme.frames[self._frame % len(self._programme.frames)]
        self._frame += 1
        self._picture_id = (self._picture_id + 1) % (1 << 15)
        return tuple(
            struct.pack("!BBH", 0x80 if number else 0x90, 0x80, 0x8000 | self._picture_id) + body
            for number, body in enumerate(bodies)
        )


class Talker(Connection):
    """A connection under load. It sends while `flowing` is set.

    `sent` and `received` count RTP packets, `pictures_sent` and `pictures_received` frames. What comes
    is read once a picture, or `at_once`.
    """

    def __init__(self, signal: Signal, flowing: asyncio.Event, *, at_once: bool = False) -> None:
        super().__init__(signal)
        self._at_once = at_once
        self.port: Port | None = None  # from when it is connected
        self.speaker: Speaker | None = None
        self._flowing = flowing

    @property
    def sent(self) -> int:
        return self.port.sent if self.port else 0

    @property
    def received(self) -> int:
        return self.port.received if self.port else 0

    @property
    def pictures_sent(self) -> int:
        return self.speaker.pictures if self.speaker else 0

    @property
    def pictures_received(self) -> int:
        return self.port.pictures if self.port else 0

    async def _run(self) -> None:
        port = self.port = self._port()
        mic, camera = stream(self._transceivers[0]), stream(self._transceivers[1])
        self.speaker = Speaker(port, mic, camera, self._flowing)
        self.speaker.hearing = None if self._at_once else port
        await self.speaker.run()

    def _port(self) -> Port:
        sound, picture = (payload_type(self._transceivers[line]) for line in LINES)
        return Port(self._dtls, (sound, picture))

    async def _on_rtcp(self, data: bytes) -> None:
        if self.speaker and asks_for_picture(data):
            self.speaker.begin_picture()


def offer_with_repair(transceiver: Any) -> None:
    """Offer what browsers do: Opus, or VP8 with retransmission (RFC 4588)."""
    wanted = {"audio/opus", "video/vp8", "video/rtx"}
    codecs = get_capabilities(transceiver.kind).codecs
    transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType.lower() in wanted])


def payload_type(transceiver: Any) -> int:
    return int(transceiver._codecs[0].payloadType)


def stream(transceiver: Any) -> Stream:
    """Return what is sent on a connected m-line."""
    step = SAMPLES if transceiver.kind == "audio" else round(VIDEO_CLOCK * CYCLE)
    return Stream(transceiver.sender._ssrc, payload_type(transceiver), step)


def asks_for_picture(compound: bytes) -> bool:
    """Say whether RTCP asks for a keyframe: PLI (RFC 4585) or FIR (RFC 5104)."""
    at = 0
    while at + 4 <= len(compound):
        if compound[at + 1] == _PSFB and compound[at] & 31 in {_PLI, _FIR}:
            return True
        at += 4 * (int.from_bytes(compound[at + 2 : at + 4]) + 1)
    return False


async def _until(due: float) -> None:
    await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
