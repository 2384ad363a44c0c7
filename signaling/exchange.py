"""The media of one room: its sources, what is installed between them, its tapes."""

import logging
from collections.abc import Callable
from typing import Final

from cases.ids import RoomId, SeatId
from rooms.edges import PLACES, RECORDER, Edge, Kind, ear, slot_of
from signaling.downlink import FLOOR, SCREEN_FLOOR, Allowance, Health
from signaling.link import Outlet
from signaling.peer import Peer, Slots
from signaling.source import CLOCK_RATE, Source
from signaling.tape import Tape, TapeDeck, TapeTrack
from signaling.traffic import Traffic
from signaling.uplink import Uplink

RATE_STEP: Final = 50_000  # bit/s
_log = logging.getLogger(__name__)
Reel = tuple[Kind, ...]  # what one tape holds
PERSON: Final[Reel] = (Kind.MIC, Kind.CAMERA)
SCREEN: Final[Reel] = (Kind.SCREEN,)
REELS: Final = (PERSON, SCREEN)


class Seat:
    """What forwarding knows of a seat. `peer` carries its media; `next_peer` is about to replace it."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.place: int | None = None
        self.peer: Peer | None = None
        self.next_peer: Peer | None = None
        self.alive = False
        self.sources = {kind: Source(kind, monotonic) for kind in Kind}
        self.tapes: dict[Reel, Tape] = {}
        self.tracks: dict[Kind, Outlet] = {}
        self.allowance = Allowance()
        self.uplink = Uplink()
        self.health: Health | None = None  # as it was told last

    def note_losses(self) -> None:
        """Take in what did not come here since the last receiver report."""
        lost, due = 0.0, 0
        for source in self.sources.values():
            if (reception := source.reception) is not None:
                lost, due = lost + reception.loss * reception.due, due + reception.due
        self.uplink.report(lost, due)

    @property
    def traffic(self) -> Traffic:
        """What came from this seat; its connections tell themselves what they carried."""
        return sum((source.traffic for source in self.sources.values()), Traffic())

    @property
    def slots(self) -> Slots | None:
        return self.peer.slots if self.peer is not None and self.peer.connected else None


class Exchange:
    """Makes the sources of one room feed exactly the listeners of `edges` that are reachable."""

    def __init__(self, room: RoomId, tapes: TapeDeck, monotonic: Callable[[], float]) -> None:
        self.room = room
        self.seats: dict[SeatId, Seat] = {}
        self.edges: frozenset[Edge] = frozenset()
        self._tapes = tapes
        self._monotonic = monotonic
        self._past = Traffic()  # of seats that were forgotten

    @property
    def traffic(self) -> Traffic:
        """What came from all seats since the beginning."""
        return sum((seat.traffic for seat in self.seats.values()), self._past)

    def seat(self, seat: SeatId) -> Seat:
        """Return a seat; one that was not known yet has no peer."""
        if seat not in self.seats:
            self.seats[seat] = Seat(self._monotonic)
        return self.seats[seat]

    def take_place(self, seat: SeatId, place: int) -> None:
        """Raise ValueError for a place that does not exist or is another seat's."""
        taken = any(other.place == place for name, other in self.seats.items() if name != seat)
        if not 0 <= place < PLACES or taken:
            raise ValueError(f"place {place} is not free")
        self.seat(seat).place = place

    def cut(self, allowed: frozenset[Edge], cause: str) -> None:
        """Remove what is not allowed, at once; add nothing."""
        self.edges &= allowed
        seats = tuple(self.seats.items())
        for name, seat in seats:
            for kind, source in seat.sources.items():
                source.retain({edge.listener for edge in self._from(name, kind)})
        for name, seat in seats:  # when nobody hears any more: a tape may fail, and tell of it
            for reel in REELS:
                if not self._is_taped(name, reel):
                    self._stop_tape(seat, reel, cause)

    def connect(self, edges: frozenset[Edge]) -> None:
        """Install exactly these edges, now or when their peers connect."""
        self.cut(edges, "disconnected")
        self.edges = edges
        for edge in edges:
            self.seat(edge.source)
        self.install()

    def install(self) -> None:
        """Bring the sources in line with the edges and with who is connected."""
        for name, seat in self.seats.items():
            for reel in REELS:
                if self._is_taped(name, reel) and reel not in seat.tapes:
                    self._start_tape(name, seat, reel)
            for kind, source in seat.sources.items():
                reachable = {
                    edge.listener: outlet
                    for edge in self._from(name, kind)
                    if (outlet := self._outlet(seat, edge)) is not None
                }
                source.install(reachable)

    def adopt(self, name: SeatId, peer: Peer) -> None:
        """Let a connected peer carry the seat: its streams go on with a new interval for everybody."""
        seat = self.seats[name]
        seat.peer = peer
        seat.uplink = Uplink()
        for reel in REELS:
            if any(track.packets for kind, track in seat.tracks.items() if kind in reel):
                self._stop_tape(seat, reel, "reconnected")  # another clock, another segment
        for source in seat.sources.values():
            source.restart()
            source.upstream = peer
        peer.sources = seat.sources
        self.install()

    def orphan(self, seat: Seat) -> None:
        """Let nobody carry the seat: nothing comes from it and nothing goes to it."""
        seat.peer = None
        for source in seat.sources.values():
            source.upstream = None
            source.restart()
        self.install()

    def forget(self, name: SeatId, cause: str) -> None:
        """Remove a seat with all its edges, and what its streams kept to repeat: half a megabyte a picture."""
        ears = ear(name)
        self.cut(frozenset(e for e in self.edges if name != e.source and ears != e.listener), cause)
        if (gone := self.seats.pop(name, None)) is None:
            return
        self._past += gone.traffic
        for source in gone.sources.values():  # nothing of it stays for repeats
            source.upstream = None
            source.restart()

    def feeding(self, name: SeatId, outlet: Outlet) -> list[Source]:
        """Return the sources of pictures that may feed `outlet`, a slot of the seat."""
        sources = (
            self.seats[edge.source].sources[edge.kind]
            for edge in self.edges
            if edge.listener == ear(name) and edge.kind is not Kind.MIC
        )
        return [source for source in sources if any(link.outlet is outlet for link in source.links)]

    @property
    def idle(self) -> bool:
        """Whether nothing comes, goes or is about to: no peer, no edge, no tape."""
        busy = (seat.peer or seat.next_peer or seat.tapes for seat in self.seats.values())
        return not self.edges and not any(busy)

    def ask_if_needed(self) -> None:
        """Make the requests to publishers that are due."""
        for seat in self.seats.values():
            for source in seat.sources.values():
                source.ask_if_needed()

    def report(self, now: float) -> None:
        """Send each publisher its receiver report, and note what did not come here."""
        for seat in self.seats.values():
            if seat.peer is not None:
                blocks = (source.report(now) for source in seat.sources.values())
                seat.peer.report(tuple(block for block in blocks if block is not None))
                seat.note_losses()

    def adapt(self) -> None:
        """Let each listener have what its line carries."""
        changed = False
        for seat in self.seats.values():
            allowance = seat.peer.downlink.allowance if seat.peer is not None else Allowance()
            changed = changed or _shown(allowance) != _shown(seat.allowance)
            seat.allowance = allowance
        if changed:
            self.install()

    def health(self, name: SeatId, now: float) -> Health | None:
        """Return how a seat's line is; None for a seat that is not connected."""
        seat = self.seats[name]
        if seat.peer is None:
            return None
        quality = seat.peer.downlink.quality(seat.uplink.loss, now)
        return Health(quality, seat.allowance.cameras, seat.allowance.screen, *self._rates(name))

    def _rates(self, name: SeatId) -> tuple[int, int]:
        """Return what the slowest of those who see a camera takes of it, and no more than its own line does;
        and the same of a screen.

        Whoever sees the camera would see the screen, so that is known before one begins.
        """
        edges = (edge for edge in self._from(name, Kind.CAMERA) if edge.listener != RECORDER)
        watching = [s.allowance for edge in edges if (s := self.seats.get(SeatId(edge.listener)))]
        uplink = self.seats[name].uplink
        camera = min([uplink.rate, *(each.camera_bound for each in watching)])
        screen = min([uplink.screen_rate, *(each.screen_bound for each in watching)])
        return _in_steps(camera, FLOOR), _in_steps(screen, SCREEN_FLOOR)

    def _from(self, name: SeatId, kind: Kind) -> list[Edge]:
        return [edge for edge in self.edges if edge.source == name and edge.kind is kind]

    def _outlet(self, source: Seat, edge: Edge) -> Outlet | None:
        """Return where an edge leads to; None while its listener is not connected."""
        if edge.listener == RECORDER:
            return source.tracks.get(edge.kind)
        listener = self.seats.get(SeatId(edge.listener))
        if listener is None or listener.slots is None or listener.place is None or source.place is None:
            return None
        if edge.kind is Kind.SCREEN:
            return listener.slots.screen if listener.allowance.screen else None
        if edge.kind is Kind.CAMERA and not listener.allowance.cameras:
            return None
        slot = slot_of(listener.place, source.place)
        return (listener.slots.audio if edge.kind is Kind.MIC else listener.slots.video)[slot]

    def _is_taped(self, name: SeatId, reel: Reel) -> bool:
        return any(Edge(name, kind, RECORDER) in self.edges for kind in reel)

    def _start_tape(self, name: SeatId, seat: Seat, reel: Reel) -> None:
        pictures = seat.sources[reel[-1]]
        tape = self._tapes.start(self.room, name, pictures.want_keyframe, screen=reel is SCREEN)
        seat.tapes[reel] = tape
        seat.tracks |= {kind: _track(kind, tape) for kind in reel}

    def _stop_tape(self, seat: Seat, reel: Reel, cause: str) -> None:
        if (tape := seat.tapes.pop(reel, None)) is None:
            return
        for kind in reel:
            source = seat.sources[kind]
            source.retain({link.listener for link in source.links} - {RECORDER})
            del seat.tracks[kind]
        try:
            tape.stop(cause)
        except Exception:  # noqa: BLE001  a tape's fault must not keep somebody in a room
            _log.exception("a tape could not be stopped")


def _shown(allowance: Allowance) -> tuple[bool, bool]:
    return allowance.cameras, allowance.screen


def _in_steps(rate: int, floor: int) -> int:
    """Return a rate rounded down to steps that are worth a message."""
    return max(floor, rate // RATE_STEP * RATE_STEP)


def _track(kind: Kind, tape: Tape) -> Outlet:
    track: TapeTrack = tape.audio if kind is Kind.MIC else tape.video
    return Outlet(
        ssrc=0,
        clock_rate=CLOCK_RATE[kind],
        send=track.rtp,
        report=track.sender_report,
        begin=track.begin,
    )
