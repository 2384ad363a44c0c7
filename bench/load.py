"""Media of a person at the lowest cost: the same packets as a person's, received without being looked at.

A rehearsal's connection decrypts and keeps what arrives; here it is counted as it comes from the
socket, so that one core can speak for 24 people and the server's cost is all that is measured.
"""
# ruff: noqa: SLF001

import asyncio
import contextlib
import math
import random
from typing import Final

from bench.content import RATE, content
from server.rehearsal.media import Connection, Outgoing
from server.rehearsal.signals import SAMPLES, VIDEO_CLOCK, Signal

CYCLE: Final = 1 / RATE  # seconds: one picture and two packets of sound
SOUNDS: Final = 2  # packets of sound a cycle
REPORT_CYCLES: Final = RATE  # a sender report every second
PICTURE_LINE: Final = 4  # the m-line of the first slot's picture

_RTP = range(128, 192)  # first byte, RFC 7983
_RTCP = range(192, 224)  # second byte, RFC 5761


class Stream(Outgoing):
    """A stream that may pause: its media time goes on meanwhile."""

    def skip(self, steps: int) -> None:
        self._time = (self._time + steps * self._step) & 0xFFFFFFFF


class Talker(Connection):
    """A connection under load. It sends while `flowing` is set.

    `sent` and `received` count RTP packets, `pictures_sent` and `pictures_received` frames.
    """

    def __init__(self, signal: Signal, flowing: asyncio.Event) -> None:
        super().__init__(signal)
        self.sent = self.received = self.pictures_sent = self.pictures_received = 0
        self._flowing = flowing
        self._programme = content()
        self._picture_end = -1  # second byte of a picture's last packet

    async def _run(self) -> None:
        """Send until cancelled, or until the transport is gone; out of step with everybody else."""
        self._take_over()
        mic, camera = self._stream(0, SAMPLES), self._stream(1, round(VIDEO_CLOCK * CYCLE))
        loop = asyncio.get_running_loop()
        begun, cycle = loop.time() + random.random() * CYCLE, 0
        with contextlib.suppress(ConnectionError):
            while True:
                if not self._flowing.is_set():
                    await self._flowing.wait()
                    now = math.ceil((loop.time() - begun) / CYCLE)
                    mic.skip(SOUNDS * (now - cycle))
                    camera.skip(now - cycle)
                    cycle = now
                await self._cycle(begun + cycle * CYCLE, cycle, mic, camera)
                cycle += 1

    async def _cycle(self, begin: float, cycle: int, mic: Stream, camera: Stream) -> None:
        """Send sound, a picture a moment later, sound again."""
        sounds = self._programme.packets
        await _until(begin)
        self._send(mic.packets((sounds[SOUNDS * cycle % len(sounds)],)))
        await _until(begin + CYCLE / 4)
        self._send(camera.packets(self._next_frame()))
        self.pictures_sent += 1
        await _until(begin + CYCLE / 2)
        self._send(mic.packets((sounds[(SOUNDS * cycle + 1) % len(sounds)],)))
        if cycle % REPORT_CYCLES == 0:
            for report in (mic.report(), camera.report()):
                await self._dtls._send_rtp(report)

    def _stream(self, line: int, step: int) -> Stream:
        transceiver = self._transceivers[line]
        return Stream(transceiver.sender._ssrc, transceiver._codecs[0].payloadType, step)

    def _send(self, packets: list[bytes]) -> None:
        protect = self._dtls._tx_srtp.protect
        for packet in packets:
            self._transport.sendto(protect(packet), self._address)
        self.sent += len(packets)

    def _take_over(self) -> None:
        """Stand at the socket: nothing of the libraries between it and what is sent and counted."""
        connection = self._dtls.transport._connection
        pair = connection._nominated[1]
        self._transport, self._address = pair.protocol.transport, pair.remote_addr
        self._queue: asyncio.Queue[tuple[bytes, int]] = connection._queue
        self._picture_end = 0x80 | self._transceivers[PICTURE_LINE]._codecs[0].payloadType
        connection.data_received = self._take

    def _take(self, data: bytes, component: int) -> None:
        if data[0] in _RTP and data[1] not in _RTCP:
            self.received += 1
            self.pictures_received += data[1] == self._picture_end
        else:
            self._queue.put_nowait((data, component))


async def _until(due: float) -> None:
    await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
