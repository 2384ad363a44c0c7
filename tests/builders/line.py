"""A synthetic browser that tests its line: one m-line, one connection, no media."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from signaling import aioice_seam
from signaling.guard import Guard
from signaling.sdp import PROBE
from tests.builders.peer import LOOPBACK, WAIT, _leave_to_aiortc, _nothing


class Line:
    """The browser's end of a probe."""

    def __init__(self) -> None:
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self.pc: Any = RTCPeerConnection(configuration)
        transceiver: Any = self.pc.addTransceiver(PROBE[0][0], direction=PROBE[0][1])
        transceiver.receiver.receive = transceiver.sender.send = _nothing
        self.dtls = transceiver.receiver.transport
        connection = self.dtls.transport._connection
        connection.gather_candidates = lambda: aioice_seam.gather(
            connection,
            LOOPBACK,
            Guard(loopback=True),
            lambda: None,
            lambda size: _leave_to_aiortc(connection, size),
        )
        self._changed = asyncio.Event()
        self.pc.on("connectionstatechange", self._changed.set)

    async def offer(self) -> str:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return str(self.pc.localDescription.sdp)

    async def connect(self, answer: str) -> None:
        """Take the answer and wait until the connection is up."""
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        async with asyncio.timeout(WAIT):
            while self.pc.connectionState != "connected":
                self._changed.clear()
                await self._changed.wait()

    async def send(self, packet: bytes) -> None:
        """Send RTP or RTCP as it is, encrypted."""
        await self.dtls._send_rtp(packet)


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    opened = Line()
    try:
        yield opened
    finally:
        pump = opened.dtls._task
        await opened.pc.close()
        if pump is not None and not pump.done():
            await asyncio.wait([pump])
