"""The same room by aiortc's own means: MediaRelay to the others, MediaRecorder to a WebM file a person.

A process of its own: `python -m bench.relay FOLDER`. It reads one offer a line from its standard input
(a JSON string), three in all, writes the answer of each as a line, and ends when its input ends.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Final

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRecorder, MediaRelay

import server.rehearsal.media  # noqa: F401  adds loopback where there is no other network
from signaling.sdp import UP

PEOPLE: Final = 3
PUBLISHED: Final = 2  # of the m-lines up: microphone and camera
RECEIVED: Final = range(len(UP), len(UP) + 2 * (PEOPLE - 1))  # sound and picture of each other person
LINE: Final = 1 << 20  # bytes of one offer, at most


class Member:
    """One connection; `tracks` are what it sends."""

    def __init__(self) -> None:
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self.pc: Any = RTCPeerConnection(configuration)
        self.tracks: list[Any] = []
        self.connected = asyncio.Event()
        self.pc.on("track", self._on_track)
        self.pc.on("connectionstatechange", self._on_state)

    def _on_track(self, track: Any) -> None:
        if len(self.tracks) < PUBLISHED:
            self.tracks.append(track)

    def _on_state(self) -> None:
        if self.pc.connectionState == "connected":
            self.connected.set()

    async def answer(self, offer: str) -> str:
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        for number, transceiver in enumerate(self.pc.getTransceivers()):
            if number < PUBLISHED:
                transceiver.direction = "recvonly"
            else:
                transceiver.direction = "sendonly" if number in RECEIVED else "inactive"
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        return str(self.pc.localDescription.sdp)


async def connect(members: list[Member], folder: Path) -> None:
    """Let everybody receive everybody else, and record everybody."""
    relay = MediaRelay()
    for number, member in enumerate(members):
        recorder = MediaRecorder(str(folder / f"{number}.webm"))
        for track in member.tracks:
            recorder.addTrack(relay.subscribe(track))
        await recorder.start()
        tracks = [track for other in members if other is not member for track in other.tracks]
        for line, track in zip(RECEIVED, tracks, strict=True):
            member.pc.getTransceivers()[line].sender.replaceTrack(relay.subscribe(track))


async def main(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    offers = asyncio.StreamReader(limit=LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(offers), sys.stdin)
    members = [Member() for _ in range(PEOPLE)]
    for member in members:
        answer = await member.answer(json.loads(await offers.readline()))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for member in members:
        await member.connected.wait()
    await connect(members, folder)
    await offers.read()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
