"""Installs who hears whom. What that is, `rooms` computes; here it is only made true.

`cut` and `connect` are synchronous: when they return, the next packet goes by the new edges.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from cases.errors import Reason, Refused
from cases.ids import RoomId, SeatId
from rooms.edges import Edge, Kind
from signaling.aiortc_seam import Wire
from signaling.downlink import Health
from signaling.exchange import Exchange, Seat
from signaling.guard import Dropped
from signaling.ice import IceSettings
from signaling.link import Outlet
from signaling.pace import Pace
from signaling.peer import NewWire, Peer
from signaling.tape import TapeDeck
from signaling.traffic import Traffic

HEARD_WITHIN: Final = 5.0  # seconds; a seat not heard for longer is not there: two checks and half a one
CONNECT_WITHIN: Final = 20.0  # seconds from the answer until DTLS is up
OFFERS: Final = 5  # of one seat in OFFERS_WITHIN: an answer costs 30 ms of everybody's only processor
OFFERS_WITHIN: Final = 10.0  # seconds
GONE_WITHIN: Final = 2.0  # seconds that a command waits for a connection to end; it is silent at once
BEAT: Final = 0.1  # seconds between looks at who waits for a keyframe
LOOK_EVERY: Final = 5  # beats between looks at who is there: who is gone is known within 6 s
REPORT_EVERY: Final = 10  # beats between receiver reports

OnPresence = Callable[[RoomId, SeatId, bool], None]
OnHealth = Callable[[RoomId, SeatId, Health], None]
OnSeconds = Callable[[float], object]
_log = logging.getLogger(__name__)


class Switchboard:
    """`on_presence` is told, on the event loop, when a seat's media comes and goes, `on_health` how its
    line is, `on_join` how long a connection took from its offer, `on_way` each second how long the way
    there and back of each is. None may block or raise.
    """

    def __init__(
        self,
        ice: IceSettings,
        tapes: TapeDeck,
        monotonic: Callable[[], float] = time.monotonic,
        on_presence: OnPresence | None = None,
        new_wire: NewWire = Wire,
    ) -> None:
        self.on_presence = on_presence
        self.on_health: OnHealth | None = None
        self.on_join: OnSeconds = _nobody
        self.on_way: OnSeconds = _nobody
        self._ice = ice
        self._tapes = tapes
        self._new_wire = new_wire
        self._monotonic = monotonic
        self._rooms: dict[RoomId, Exchange] = {}
        self._owners: dict[Peer, tuple[RoomId, SeatId]] = {}
        self._paces: dict[tuple[RoomId, SeatId], Pace] = {}  # of those who offered a moment ago
        self._closing: set[asyncio.Task[None]] = set()
        self._past = Traffic()  # of connections and rooms that have ended
        self._heart: asyncio.Task[None] | None = None
        self._closed = False

    async def answer(self, room: RoomId, seat: SeatId, place: int, sdp: str) -> str:
        """Return the answer to a seat's offer.

        A connection that the seat has goes on until the new one is up. Raises Refused for a bad
        offer or one too many, or when the seat was closed meanwhile; ValueError for a place that is
        not free.
        """
        if self._closed:
            raise Refused(Reason.ROOM_CLOSED)
        if not self._paces.setdefault((room, seat), Pace(OFFERS, OFFERS_WITHIN)).admits(self._monotonic()):
            raise Refused(Reason.MEDIA_TOO_MANY)
        exchange = self._exchange(room)
        exchange.take_place(seat, place)
        peer = Peer(self, self._ice, self._monotonic, self._new_wire)
        former, exchange.seat(seat).next_peer = exchange.seat(seat).next_peer, peer
        self._owners[peer] = (room, seat)
        self._retire(former)
        if self._heart is None:
            self._heart = asyncio.create_task(self._beat(), name="switchboard")
        try:
            return await peer.answer(sdp)
        except BaseException:
            self._drop_next(peer)
            raise

    def cut(self, room: RoomId, allowed: frozenset[Edge], cause: str = "cut") -> None:
        """Remove every installed edge that is not allowed. `cause` is told to the tapes that end."""
        if (exchange := self._rooms.get(room)) is not None:
            exchange.cut(allowed, cause)

    def connect(self, room: RoomId, edges: frozenset[Edge]) -> None:
        """Install exactly these edges; those that stay keep their interval."""
        if not self._closed:
            self._exchange(room).connect(edges)

    def set_publishing(self, room: RoomId, seat: SeatId, kind: Kind, on: bool) -> None:
        """Let a seat's stream pass to its listeners or not: narrower than the edges, never wider.

        It is forgotten with a room that has no peer and no edge; whoever connects edges says it first.
        """
        self._exchange(room).seat(seat).sources[kind].gate(on=on)

    def alive(self, room: RoomId, seat: SeatId) -> bool:
        """Return whether the seat is connected and was heard within `HEARD_WITHIN`."""
        exchange = self._rooms.get(room)
        found = exchange.seats.get(seat) if exchange is not None else None
        return found is not None and self._is_alive(found)

    def dropped(self, room: RoomId, seat: SeatId) -> Mapping[Dropped, int]:
        """Return how many datagrams the guard of a seat's connection dropped, by cause."""
        exchange = self._rooms.get(room)
        found = exchange.seats.get(seat) if exchange is not None else None
        return dict(found.peer.guard.dropped) if found is not None and found.peer is not None else {}

    @property
    def connected(self) -> int:
        """How many seats are connected and heard."""
        return sum(seat.alive for _, _, seat in self._seats())

    @property
    def traffic(self) -> Traffic:
        """What all connections carried since the start. It goes through every room: not for each packet."""
        arrived = sum((exchange.traffic for exchange in self._rooms.values()), self._past)
        return sum((peer.traffic for peer in self._owners), arrived)

    async def close_seat(self, room: RoomId, seat: SeatId) -> None:
        """End a seat's media: nothing reaches it from the moment of the call.

        A connection that does not end in GONE_WITHIN goes on ending when this has returned.
        """
        await self._finish(self._let_go(room, seat))

    async def close_room(self, room: RoomId) -> None:
        if (exchange := self._rooms.get(room)) is not None:
            exchange.cut(frozenset(), "closed")
            tasks = [task for seat in tuple(exchange.seats) for task in self._let_go(room, seat)]
            self._forget(room)
            await self._finish(tasks)

    def silence_room(self, room: RoomId) -> None:
        """End all connections of a room at once: its edges could not be changed. Never raises.

        Nothing of the room is kept, so whoever connects again begins with nobody.
        """
        exchange = self._rooms.pop(room, None)
        if exchange is None:
            return
        for seat in exchange.seats.values():
            for peer in (seat.peer, seat.next_peer):
                self._retire(peer)
        self._past += exchange.traffic
        try:
            exchange.cut(frozenset(), "fault")
        except Exception:  # noqa: BLE001  its connections are closed already
            _log.exception("what was left of a room could not be cut")

    async def aclose(self) -> None:
        """Close all rooms and end every task."""
        self._closed = True
        if self._heart is not None:
            self._heart.cancel()
            await asyncio.wait([self._heart])
        for room in tuple(self._rooms):
            await self.close_room(room)
        if self._closing:
            await asyncio.wait(self._closing)

    def _exchange(self, room: RoomId) -> Exchange:
        if room not in self._rooms:
            self._rooms[room] = Exchange(room, self._tapes, self._monotonic)
        return self._rooms[room]

    def _forget(self, room: RoomId) -> None:
        """Keep nothing of a room but what it carried."""
        if (exchange := self._rooms.pop(room, None)) is not None:
            self._past += exchange.traffic

    def _let_go(self, room: RoomId, name: SeatId) -> list[asyncio.Task[None]]:
        exchange = self._rooms.get(room)
        seat = exchange.seats.get(name) if exchange is not None else None
        if exchange is None or seat is None:
            return []
        exchange.forget(name, "closed")
        tasks = [task for peer in (seat.peer, seat.next_peer) if (task := self._retire(peer))]
        seat.peer = seat.next_peer = None
        self._tell(room, name, seat)
        return tasks

    def _retire(self, peer: Peer | None) -> asyncio.Task[None] | None:
        """Close a peer in the background; nothing of it is heard from here on."""
        if peer is None or self._owners.pop(peer, None) is None:
            return None
        peer.silence()
        self._past += peer.traffic
        task = asyncio.create_task(peer.close(), name="closing a peer")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        return task

    async def _finish(self, tasks: list[asyncio.Task[None]]) -> None:
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=GONE_WITHIN)
            if late:
                _log.warning("%d connections take more than %g s to end", len(late), GONE_WITHIN)

    def _drop_next(self, peer: Peer) -> None:
        """Give up a peer that is not connected yet."""
        if peer in self._owners:
            room, name = self._owners[peer]
            seat = self._rooms[room].seats[name]
            if seat.next_peer is peer:
                seat.next_peer = None
            self._retire(peer)

    # What peers tell. A peer that was retired has no owner, and is not listened to.

    def peer_connected(self, peer: Peer) -> None:
        if peer not in self._owners:
            return
        self.on_join(self._monotonic() - peer.began)
        room, name = self._owners[peer]
        exchange = self._rooms[room]
        seat = exchange.seats[name]
        former, seat.next_peer = seat.peer, None
        exchange.adopt(name, peer)
        self._retire(former)
        self._tell(room, name, seat)

    def peer_closed(self, peer: Peer) -> None:
        if peer not in self._owners:
            return
        room, name = self._owners[peer]
        exchange = self._rooms[room]
        seat = exchange.seats[name]
        if seat.next_peer is peer:
            seat.next_peer = None
        else:
            exchange.orphan(seat)
        self._retire(peer)
        self._tell(room, name, seat)

    def peer_wants_keyframe(self, peer: Peer, outlet: Outlet) -> None:
        if self._carried_by(peer) is not None:
            room, name = self._owners[peer]
            for source in self._rooms[room].feeding(name, outlet):
                source.want_keyframe()

    def peer_misses(self, peer: Peer, outlet: Outlet, numbers: Sequence[int], now: float) -> None:
        if self._carried_by(peer) is not None:
            room, name = self._owners[peer]
            for source in self._rooms[room].feeding(name, outlet):
                source.repeat(outlet, numbers, now)

    def _carried_by(self, peer: Peer) -> Seat | None:
        """Return the seat that this peer carries now."""
        owner = self._owners.get(peer)
        if owner is None:
            return None
        seat = self._rooms[owner[0]].seats[owner[1]]
        return seat if seat.peer is peer else None

    # The one task: a beat ten times a second, a look around once.

    async def _beat(self) -> None:
        beats = 0
        while True:
            await asyncio.sleep(BEAT)
            beats += 1
            try:
                self._ask_if_needed()
                if beats % LOOK_EVERY == 0:
                    self._look()
                if beats % REPORT_EVERY == 0:
                    self._report()
            except Exception:  # noqa: BLE001  whatever it is, the others go on
                # The heart of every room of the process: one fault may cost a beat, not the rest.
                _log.exception("a beat of the switchboard failed")

    def _ask_if_needed(self) -> None:
        for exchange in tuple(self._rooms.values()):
            exchange.ask_if_needed()

    def _look(self) -> None:
        now = self._monotonic()
        for room, name, seat in tuple(self._seats()):
            late = seat.next_peer
            if late is not None and now - late.began > CONNECT_WITHIN:
                self._drop_next(late)
            self._tell(room, name, seat)

    def _report(self) -> None:
        now = self._monotonic()
        for exchange in self._rooms.values():
            exchange.report(now)
            exchange.adapt()
        for room, name, seat in tuple(self._seats()):
            self._tell_health(room, name, seat, now)
            if seat.peer is not None and (way := seat.peer.downlink.way):
                self.on_way(way)
        for room in [room for room, exchange in self._rooms.items() if exchange.idle]:
            self._forget(room)
        self._paces = {whose: pace for whose, pace in self._paces.items() if not pace.rested(now)}

    def _tell_health(self, room: RoomId, name: SeatId, seat: Seat, now: float) -> None:
        health = self._rooms[room].health(name, now)
        if health is None or health == seat.health:
            return
        seat.health = health
        if self.on_health is not None:
            self.on_health(room, name, health)

    def _seats(self) -> Iterator[tuple[RoomId, SeatId, Seat]]:
        for room, exchange in self._rooms.items():
            for name, seat in exchange.seats.items():
                yield room, name, seat

    def _is_alive(self, seat: Seat) -> bool:
        peer = seat.peer
        if peer is None or not peer.connected:
            return False
        return self._monotonic() - peer.last_heard < HEARD_WITHIN

    def _tell(self, room: RoomId, name: SeatId, seat: Seat) -> None:
        """Tell of a seat that came or went."""
        alive = self._is_alive(seat)
        if alive == seat.alive:
            return
        seat.alive = alive
        if self.on_presence is None:
            return
        try:
            self.on_presence(room, name, alive)
        except Exception:  # noqa: BLE001  whoever listens may fail; the beat goes on
            _log.exception("presence could not be told")


def _nobody(_seconds: float) -> None:
    """Nobody asked to be told how long it takes."""
