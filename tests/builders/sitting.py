"""A switchboard with synthetic peers in one room, over real UDP on loopback."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from cases.ids import RoomId, SeatId
from rooms.edges import RECORDER, Edge, Kind, ear
from rooms.topology import FLOWING
from signaling.downlink import Health
from signaling.switchboard import Switchboard
from tests.builders.peer import LOOPBACK, WAIT, SyntheticPeer

ROOM = RoomId("room")


class TapedTrack:
    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.times: list[int] = []
        self.numbers: list[int] = []
        self.reports: list[tuple[int, int]] = []

    def begin(self) -> None:
        """An interval shows in the times of what comes."""

    def rtp(self, mark: int, sequence: int, timestamp: int, payload: bytes, arrived: float) -> None:
        self.payloads.append(payload)
        self.numbers.append(sequence)
        self.times.append(timestamp)

    def sender_report(self, ntp: int, rtp_time: int, arrived: float) -> None:
        self.reports.append((ntp, rtp_time))


class KeptTape:
    """A tape that keeps packets in memory."""

    def __init__(self, seat: SeatId, *, screen: bool = False) -> None:
        self.seat, self.screen = seat, screen
        self.audio = TapedTrack()
        self.video = TapedTrack()
        self.stopped: str | None = None

    def stop(self, cause: str) -> None:
        self.stopped = cause


class KeptTapes:
    def __init__(self) -> None:
        self.tapes: list[KeptTape] = []

    def start(
        self, room: RoomId, seat: SeatId, request_keyframe: Callable[[], None], *, screen: bool = False
    ) -> KeptTape:
        self.tapes.append(KeptTape(seat, screen=screen))
        return self.tapes[-1]


class Sitting:
    """`presence` and `lines` are what the switchboard told, in order; its clock is `ahead` by that many seconds."""

    def __init__(self) -> None:
        self.deck = KeptTapes()
        self.presence: list[tuple[SeatId, bool]] = []
        self.lines: list[tuple[SeatId, Health]] = []
        self._told = asyncio.Event()
        self.ahead = 0.0
        self.switchboard = Switchboard(
            LOOPBACK, self.deck, lambda: time.monotonic() + self.ahead, self._on_presence
        )
        self.switchboard.on_health = self._on_health
        self.peers: list[SyntheticPeer] = []

    def _on_presence(self, room: RoomId, seat: SeatId, alive: bool) -> None:
        self.presence.append((seat, alive))
        self._told.set()

    def _on_health(self, room: RoomId, seat: SeatId, health: Health) -> None:
        self.lines.append((seat, health))
        self._told.set()

    async def join(self, name: str, place: int) -> SyntheticPeer:
        """Seat a peer and wait until both ends are connected."""
        before = self.presence.count((SeatId(name), True))
        peer = await self.call(name, place)
        await self.until(lambda: self.presence.count((SeatId(name), True)) > before)
        return peer

    async def call(self, name: str, place: int) -> SyntheticPeer:
        """Connect a peer for a seat, as seen from the peer alone."""
        peer = self.peer()
        await peer.accept(await self.switchboard.answer(ROOM, SeatId(name), place, await peer.offer()))
        return peer

    def peer(self) -> SyntheticPeer:
        """Return a peer that has no seat yet."""
        self.peers.append(SyntheticPeer())
        return self.peers[-1]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; looked at again whenever presence is told."""
        async with asyncio.timeout(WAIT):
            while not holds():
                self._told.clear()
                await self._told.wait()


def all_hear_all(*names: str, taped: bool = False) -> frozenset[Edge]:
    """Return an edge for each kind from each seat to each other, and to the recorder if `taped`."""
    edges = {
        Edge(SeatId(source), kind, ear(SeatId(listener)))
        for source in names
        for listener in names
        for kind in Kind
        if source != listener
    }
    if taped:
        edges |= {Edge(SeatId(name), kind, RECORDER) for name in names for kind in FLOWING}
    return frozenset(edges)


def edge(source: str, kind: Kind, listener: str) -> Edge:
    return Edge(SeatId(source), kind, ear(SeatId(listener)))


@asynccontextmanager
async def sitting() -> AsyncIterator[Sitting]:
    """Open a sitting, and close everything in it."""
    held = Sitting()
    try:
        yield held
    finally:
        for peer in held.peers:
            await peer.close()
        await held.switchboard.aclose()


async def two(held: Sitting, *, taped: bool = False) -> tuple[SyntheticPeer, SyntheticPeer]:
    """Return two peers who hear each other."""
    anna, ben = await held.join("anna", 0), await held.join("ben", 1)
    held.switchboard.connect(ROOM, all_hear_all("anna", "ben", taped=taped))
    return anna, ben


async def flush(speaker: SyntheticPeer, listener: SyntheticPeer) -> None:
    """Return when all that `speaker` sent so far has been dealt with.

    A marked screen keyframe is sent behind it on the same path, which keeps the order.
    """
    mark = b"mark%d" % len(listener.heard["screen"])
    await speaker.video(mark, key=True, kind=Kind.SCREEN)
    await listener.until(lambda: any(mark in payload for payload in listener.payloads("screen")))
