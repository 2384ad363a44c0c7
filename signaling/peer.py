"""One connection of one seat: fourteen m-lines, offered once by the browser, never renegotiated."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cases.errors import Broken, Reason, Refused
from rooms.edges import SLOTS, Kind
from signaling import rtcp, sdp
from signaling.aiortc_seam import Line, Sender, Wire
from signaling.downlink import CEILING, SCREEN_CEILING, Downlink
from signaling.ears import Ears
from signaling.guard import Guard
from signaling.ice import IceSettings
from signaling.inlets import Inlet, Inlets
from signaling.link import Outlet
from signaling.pace import Pace
from signaling.rtcp import KeyframeRequest, Nack, ReceiverReport, ReportBlock, SenderReport
from signaling.rtp import (
    MARK,
    MASK32,
    Write,
    fields,
    parse,
    payload_bounds,
    repeat_stamp,
    repeated,
    stamp,
)
from signaling.source import Source
from signaling.traffic import Traffic

UPLINK: Final = (
    CEILING + SCREEN_CEILING
)  # bit/s granted to a browser for all that it sends: camera and screen
REPEATS_AT_ONCE: Final = 100  # packets that the NACKs of one datagram are answered for
FEEDBACK: Final = 300  # datagrams of RTCP in a second: each costs up to a hundred times what a packet does
ANSWER_WITHIN: Final = 5.0  # seconds; 20 ms is usual

_PUBLISHED = len(sdp.UP)
_STREAMS = (  # the stream that each m-line belongs to on the way down
    *(None for _ in sdp.UP),
    *(f"slot{slot}" for slot in range(SLOTS) for _ in ("audio", "video")),
    f"slot{SLOTS}",
)


@dataclass(frozen=True, slots=True)
class Slots:
    """What a browser receives: `audio[k]` and `video[k]` of the person in slot k, and one screen."""

    audio: tuple[Outlet, ...]
    video: tuple[Outlet, ...]
    screen: Outlet


class AnyWire(Protocol):
    """The network below a peer, as `signaling.aiortc_seam.Wire` is it."""

    @property
    def lines(self) -> tuple[Line, ...]: ...
    @property
    def guard(self) -> Guard: ...
    @property
    def last_heard(self) -> float: ...
    async def answer(self, offer: str, sending: Sequence[str | None], /) -> str: ...
    def sender(self, write: Write, /) -> Sender: ...
    def send_rtcp(self, compound: bytes, /) -> None: ...
    def silence(self) -> None: ...
    async def close(self) -> None: ...


NewWire = Callable[[Ears, IceSettings, Callable[[], float]], AnyWire]


class PeerEvents(Protocol):
    """Who is told what happens on a peer; called on the event loop."""

    def peer_connected(self, peer: "Peer") -> None: ...
    def peer_closed(self, peer: "Peer") -> None: ...
    def peer_wants_keyframe(self, peer: "Peer", outlet: Outlet) -> None: ...
    def peer_misses(self, peer: "Peer", outlet: Outlet, numbers: Sequence[int], now: float) -> None: ...


class Peer:
    """`slots` is None until the offer has been answered; `connected` from DTLS on until the end.

    What is published goes to `sources`: those of the seat while this peer carries it, else none.
    """

    def __init__(
        self,
        events: PeerEvents,
        ice: IceSettings,
        monotonic: Callable[[], float],
        new_wire: NewWire = Wire,
    ) -> None:
        self.connected = False
        self.closed = False
        self.slots: Slots | None = None
        self.began = monotonic()
        self.downlink = Downlink()
        self._events = events
        self._wire = new_wire(self, ice, monotonic)
        self._inlets = Inlets({})
        self._feedback = Pace(FEEDBACK, 1.0)
        self._sources: Mapping[Kind, Source] = {}
        self._routes: dict[int, tuple[int, Source]] = {}  # payload type and source of an SSRC
        self._outlets: dict[int, Outlet] = {}
        self._told: dict[int, tuple[int, float]] = {}  # last sender report a stream: its name, and when

    @property
    def sources(self) -> Mapping[Kind, Source]:
        return self._sources

    @sources.setter
    def sources(self, sources: Mapping[Kind, Source]) -> None:
        self._sources, self._routes = sources, {}

    @property
    def last_heard(self) -> float:
        """When anything authenticated came from the browser; seconds, monotonic."""
        return self._wire.last_heard

    @property
    def guard(self) -> Guard:
        return self._wire.guard

    @property
    def traffic(self) -> Traffic:
        """What went out on this connection, and what its guard dropped."""
        sent = sum(outlet.packets for outlet in self._outlets.values())
        return Traffic(sent=sent, lost=self.downlink.lost, dropped=self.guard.dropped.copy())

    async def answer(self, offer_sdp: str) -> str:
        """Return the answer; raise Refused for an offer that is not of our page's shape."""
        offer = sdp.check_offer(offer_sdp)
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                answer = await self._wire.answer(offer.text, _STREAMS)
        except TimeoutError as error:
            raise Broken("an offer took too long to answer") from error
        except Exception as error:
            if self.closed:  # what was closed meanwhile fails in aiortc in one way or another
                raise Refused(Reason.NOT_NOW) from error
            raise
        if self.closed:
            raise Refused(Reason.NOT_NOW)
        up = zip(sdp.UP, offer.lines, self._wire.lines, strict=False)
        self._inlets = Inlets(
            {
                kind: Inlet(offered, line.payload_type, line.repair_type, line.mid_extension)
                for kind, offered, line in up
            }
        )
        down = [self._outlet(line) for line in self._wire.lines[_PUBLISHED:]]
        self.slots = Slots(tuple(down[0:-1:2]), tuple(down[1:-1:2]), down[-1])
        self._outlets = {outlet.ssrc: outlet for outlet in down}
        return answer

    def _outlet(self, line: Line) -> Outlet:
        send = self._wire.sender(stamp(line.payload_type, line.ssrc, line.abs_send_time))
        outlet = Outlet(
            ssrc=line.ssrc,
            clock_rate=line.clock_rate,
            send=send,
            send_picture=send,
            report=lambda ntp, rtp_time, arrived: self._report_time(outlet, ntp, rtp_time, arrived),
            again=self._wire.sender(repeat_stamp(line.repair_type, line.repair_ssrc, line.abs_send_time))
            if line.repair_type
            else None,
        )
        return outlet

    def _report_time(self, outlet: Outlet, ntp: int, rtp_time: int, now: float) -> None:
        self._told[outlet.ssrc] = (ntp >> 16 & MASK32, now)
        report = SenderReport(outlet.ssrc, ntp, rtp_time, outlet.packets, outlet.octets)
        self._wire.send_rtcp(rtcp.sender_report(report))

    def request_keyframe(self, ssrc: int) -> None:
        self._wire.send_rtcp(rtcp.picture_loss(ssrc))

    def request_again(self, ssrc: int, sequences: Iterable[int]) -> None:
        self._wire.send_rtcp(rtcp.nack(ssrc, sequences))

    def report(self, blocks: tuple[ReportBlock, ...]) -> None:
        """Send a receiver report, and grant the browser its rate from the first second."""
        if blocks:
            granted = rtcp.remb(UPLINK, tuple(block.ssrc for block in blocks))
            self._wire.send_rtcp(rtcp.receiver_report(blocks) + granted)

    def on_connected(self) -> None:
        if not self.closed and not self.connected:
            self.connected = True
            self._events.peer_connected(self)

    def on_closed(self) -> None:
        if not self.closed:
            self.closed = True
            self.connected = False
            self._events.peer_closed(self)

    def on_rtp(self, packet: bytes, size: int, arrived: float) -> None:
        """Take `packet[:size]`, HEADER bytes of version 2 at least."""
        first, second, sequence, timestamp, ssrc = fields(packet)
        at, end = payload_bounds(packet, first, size)
        if end < at:
            return
        route = self._routes.get(ssrc)
        if route is not None and route[0] == second & 0x7F:
            route[1].rtp(ssrc, second & MARK, sequence, timestamp, packet[at:end], arrived)
        elif self._sources:
            self._learn(packet[:size], arrived)

    def _learn(self, packet: bytes, arrived: float) -> None:
        """Take a packet of a stream that has no route: a new one, a repair, or nobody's."""
        head = parse(packet)
        if head is None:
            return
        payload = packet[head.payload_at : head.payload_end]
        kind = self._inlets.kind_of(head, packet)
        if kind is not None:
            known = self._inlets.media.items()
            self._routes = {ssrc: (code, self._sources[kind]) for ssrc, (kind, code) in known}
            self._sources[kind].rtp(head.ssrc, head.mark, head.sequence, head.timestamp, payload, arrived)
        elif (kind := self._inlets.repairs(head, packet)) and (repeat := repeated(payload)):
            self._sources[kind].repaired(head.mark, head.timestamp, repeat, arrived)

    def on_rtcp(self, packet: bytes, arrived: float) -> None:
        if self.closed or not self._feedback.admits(arrived):
            return
        left, asked, told = REPEATS_AT_ONCE, set[int](), set[int]()
        for report in rtcp.parse(packet):
            match report:
                case SenderReport(ssrc=ssrc):
                    kind = self._inlets.known(ssrc)
                    if kind is not None and self._sources and ssrc not in told:
                        told.add(ssrc)  # each is passed on to everybody, and fifty fit into a datagram
                        self._sources[kind].sender_report(report, arrived)
                case KeyframeRequest(ssrc=ssrc):
                    outlet = self._outlets.get(ssrc)
                    if outlet is not None and ssrc not in asked:
                        asked.add(ssrc)
                        self._events.peer_wants_keyframe(self, outlet)
                case Nack(ssrc=ssrc, sequences=sequences):
                    if left and (outlet := self._outlets.get(ssrc)) is not None:
                        self._events.peer_misses(self, outlet, sequences[:left], arrived)
                        left -= len(sequences[:left])
                case ReceiverReport(blocks=blocks):
                    self._hear_of(blocks, arrived)
                case _:  # a browser's estimate of its line follows what it gets, and says little
                    pass

    def _hear_of(self, blocks: tuple[ReportBlock, ...], arrived: float) -> None:
        """Take in what the browser says of the streams that it gets."""
        way: float | None = None
        screen = self.slots.screen.ssrc if self.slots is not None else None
        for block in blocks:
            if (outlet := self._outlets.get(block.ssrc)) is None:
                continue
            outlet.loss = block.fraction_lost
            of_screen = block.ssrc == screen
            self.downlink.hear(block.ssrc, block.highest, block.lost, outlet.skipped(), screen=of_screen)
            told, at = self._told.get(block.ssrc, (0, 0.0))
            if told and block.last_report == told:
                way = max(way or 0.0, arrived - at - block.delay / 65536)
        self.downlink.step(way, arrived)

    def silence(self) -> None:
        """Send and take nothing more."""
        self.closed = True
        self.connected = False
        for outlet in self._outlets.values():
            outlet.close()
        self.sources = {}
        self._wire.silence()

    async def close(self) -> None:
        """Send and take nothing more, at once; then end the connection."""
        self.silence()
        await self._wire.close()
