"""One published m-line of a seat, whoever's connection carries it at the moment."""

import logging
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Final, Protocol

from rooms.edges import RECORDER, Kind, Listener
from signaling import rtp
from signaling.guard import Dropped
from signaling.link import Link, Outlet
from signaling.pictures import picture_id
from signaling.reception import Reception
from signaling.repair import Missing
from signaling.rtcp import ReportBlock, SenderReport
from signaling.rtp import MASK16, Repeat
from signaling.traffic import Traffic

CLOCK_RATE: Final = {Kind.MIC: 48_000, Kind.CAMERA: 90_000, Kind.SCREEN: 90_000}  # Opus, VP8
# Bytes that a source may bring in a second, and at once: more than a browser ever sends. What is above ends
# here, or one party could fill everybody's line, and the disk, with what is called sound. A packet counts with
# what it takes on a listener's line, or seventy thousand of one byte each would be little.
MOST: Final = {Kind.MIC: 75_000, Kind.CAMERA: 625_000, Kind.SCREEN: 625_000}
KEYFRAME_EVERY: Final = 0.3  # seconds between two requests to one source
AROUND: Final = 60  # bytes of IP, UDP, RTP and SRTP around a payload
KEPT: Final = 512  # packets of a picture's stream that can be repeated: three seconds

Kept = tuple[int, int, int, bytes]  # extended number, MARK or 0, timestamp, payload

_log = logging.getLogger(__name__)


class Upstream(Protocol):
    """Asks whoever sends the stream of an SSRC."""

    def request_keyframe(self, ssrc: int) -> None: ...
    def request_again(self, ssrc: int, sequences: Iterable[int]) -> None: ...


class Source:
    """Forwards one seat's stream of one kind to its listeners.

    `links` is replaced as a whole, never changed: what was cut is cut for the next packet.
    `upstream` is None while nobody sends.
    """

    def __init__(self, kind: Kind, monotonic: Callable[[], float]) -> None:
        self.kind = kind
        self.links: tuple[Link, ...] = ()
        self.open = True
        self.reception: Reception | None = None
        self.upstream: Upstream | None = None
        self._past = Traffic()  # of streams that have ended
        self._excess = 0  # packets
        self._video = kind is not Kind.MIC
        self._left = MOST[kind]  # bytes that may come before it is asked what time it is
        self._left_at = monotonic()
        self._missing = Missing()
        self._kept: list[Kept | None] = []
        self._monotonic = monotonic
        self._awaited = False  # whether some link may be waiting
        self._keyframe_wanted = False
        self._asked_at = float("-inf")

    def install(self, outlets: Mapping[Listener, Outlet]) -> None:
        """Feed exactly these; a listener that stays on the same outlet keeps its interval."""
        kept = {link.listener: link for link in self.links if outlets.get(link.listener) is link.outlet}
        floor = self.reception.newest if self.reception else None
        links = [
            kept.get(listener) or Link(listener, outlet, floor, video=self._video)
            for listener, outlet in outlets.items()
        ]
        links.sort(key=lambda link: link.listener == RECORDER)  # people first
        self.links = tuple(links)
        self._awaited = True
        self.ask_if_needed()

    def retain(self, listeners: Container[Listener]) -> None:
        """Cut every listener that is not among these."""
        self.links = tuple(link for link in self.links if link.listener in listeners)

    def gate(self, *, on: bool) -> None:
        """Let packets pass or not; after a pause every listener begins a new interval."""
        if on != self.open:
            self._forget()
        if on and not self.open:
            self._begin_anew()
        self.open = on
        self.ask_if_needed()

    def restart(self) -> None:
        """Expect another stream: the seat has a new connection, or none."""
        self._past = self.traffic
        self.reception, self._excess = None, 0
        self._forget()
        self._begin_anew()

    def _forget(self) -> None:
        self._missing = Missing()
        self._kept = []

    def _begin_anew(self) -> None:
        floor = self.reception.newest if self.reception else None
        for link in self.links:
            link.begin(floor)
        self._awaited = True

    def rtp(
        self, ssrc: int, mark: int, sequence: int, timestamp: int, payload: bytes, arrived: float
    ) -> None:
        """Take a packet of this source's media, without padding, and forward it."""
        self._left -= len(payload) + AROUND
        if self._left < 0 and self._is_too_much(arrived):
            return
        reception = self.reception
        if reception is None or reception.ssrc != ssrc or reception.began_anew:
            reception = self._follow(ssrc, sequence, timestamp)
        expected = reception.highest + 1
        number = reception.count(sequence, timestamp, arrived)
        if number is None or not self.links or not self.open:
            return
        if number != expected and self._video and not self._is_news(number, expected, arrived):
            return
        self._forward(number, mark, timestamp, payload, arrived)

    def repaired(self, mark: int, timestamp: int, repeat: Repeat, arrived: float) -> None:
        """Take a packet that was asked for again."""
        reception = self.reception
        self._left -= len(repeat.payload) + AROUND
        if reception is None or not self.links or not self.open or self._is_too_much(arrived):
            return
        number = reception.place(repeat.sequence)
        if self._missing.fill(number):
            self._forward(number, mark, timestamp, repeat.payload, arrived)

    def _is_too_much(self, now: float) -> bool:
        most = MOST[self.kind]
        self._left = min(most, self._left + int((now - self._left_at) * most))
        self._left_at = now
        if self._left >= 0:
            return False
        self._left = max(self._left, -most)
        self._excess += 1
        return True

    def _forward(self, number: int, mark: int, timestamp: int, payload: bytes, arrived: float) -> None:
        if self._video:
            if not self._kept:
                self._kept = [None] * KEPT
            self._kept[number % KEPT] = (number, mark, timestamp, payload)
            picture = picture_id(payload)
        else:
            picture = -1
        opened = self._open_links(number, timestamp, payload, arrived) if self._awaited else ()
        if opened:  # a tape places its first frame by it; a browser knows no stream before its first packet
            self._tell_time((x for x in opened if x.listener == RECORDER), timestamp, arrived)
        for link in self.links:
            try:
                link.take(number, mark, timestamp, payload, arrived, picture)
            except Exception:  # noqa: BLE001  it would be silence for all who come after
                self._give_up(link)
        if opened:
            self._tell_time((x for x in opened if x.listener != RECORDER), timestamp, arrived)

    def _is_news(self, number: int, expected: int, arrived: float) -> bool:
        """Note what is missing, and ask for it; return False for a packet that came before."""
        if number < expected:
            return self._missing.fill(number)
        self._ask_again(self._missing.add(expected, number, arrived))
        return True

    def _ask_again(self, numbers: Sequence[int]) -> None:
        if numbers and self.upstream is not None and self.reception is not None:
            self.upstream.request_again(self.reception.ssrc, (number & MASK16 for number in numbers))

    def repeat(self, outlet: Outlet, sequences: Iterable[int], now: float) -> None:
        """Send a listener again what it says did not come, if it was sent in its present interval."""
        link = next((link for link in self.links if link.outlet is outlet), None)
        if link is None or self.reception is None or not self.open or not self._kept:
            return
        for sequence in sequences:
            number = link.number_of(sequence, self.reception.highest)
            kept = self._kept[number % KEPT] if number is not None else None
            if kept is not None and kept[0] == number and not link.repeat(*kept, now):
                return

    def _open_links(self, number: int, timestamp: int, payload: bytes, arrived: float) -> list[Link]:
        """Begin the intervals that begin with this packet; return their links."""
        keyframe = self._video and rtp.starts_vp8_keyframe(payload)
        opened = [
            link
            for link in self.links
            if link.waiting and link.open(number, timestamp, payload, arrived, keyframe=keyframe)
        ]
        self._awaited = self.waiting
        return opened

    def _give_up(self, link: Link) -> None:
        _log.exception("a listener cannot be sent to, and is cut")
        self.links = tuple(other for other in self.links if other is not link)

    def _tell_time(self, opened: Iterable[Link], timestamp: int, arrived: float) -> None:
        """Let sound and picture meet from the first packet on; the next report may be 5 s away."""
        ntp = self.reception.ntp_of(timestamp) if self.reception is not None else None
        if ntp is None:
            return
        for link in opened:
            try:
                link.report(ntp, timestamp, arrived)
            except Exception:  # noqa: BLE001  as above
                self._give_up(link)

    def _follow(self, ssrc: int, sequence: int, timestamp: int) -> Reception:
        """Begin with a stream that is not the one so far."""
        if self.reception is not None:
            self.restart()
        self.reception = Reception(ssrc, sequence, timestamp, CLOCK_RATE[self.kind])
        return self.reception

    def sender_report(self, report: SenderReport, arrived: float) -> None:
        """Take the publisher's report and pass it on, in each listener's own terms."""
        if self.reception is None or report.ssrc != self.reception.ssrc:
            return
        self.reception.sender_report(report, arrived)
        if self.open:
            for link in self.links:
                link.report(report.ntp, report.rtp_time, arrived)

    def report(self, now: float) -> ReportBlock | None:
        """Return the block about this source for a receiver report to its publisher."""
        if self.reception is None:
            return None
        # A speaker's browser repeats sound in advance (Opus FEC) when told of loss, wherever that is.
        downstream = 0 if self._video else max((link.outlet.loss for link in self.links), default=0)
        return self.reception.report(now, downstream)

    @property
    def traffic(self) -> Traffic:
        """What came since the beginning, on each connection that carried the seat."""
        stream = self.reception
        received, missed = (stream.received, stream.missed) if stream is not None else (0, 0)
        return self._past + Traffic(received, missed, dropped=Counter({Dropped.EXCESS: self._excess}))

    @property
    def waiting(self) -> bool:
        return any(link.waiting for link in self.links)

    def want_keyframe(self) -> None:
        """Ask for a keyframe on behalf of a listener, now or when `KEYFRAME_EVERY` allows."""
        self._keyframe_wanted = True
        self.ask_if_needed()

    def ask_if_needed(self) -> None:
        """Ask for what is missing, and for a keyframe if somebody waits for one; neither too often.

        While nobody listens nothing is asked: this is called whenever something happens in the room, and
        whoever is apart must not see when that is.
        """
        if not self._video or not self.open or not self.links:
            return
        if self.upstream is None or self.reception is None:
            return
        now = self._monotonic()
        if self._missing:
            self._ask_again(self._missing.due(now))
        self._keyframe_wanted |= self._missing.lost()
        if (self._keyframe_wanted or self.waiting) and now - self._asked_at >= KEYFRAME_EVERY:
            self._keyframe_wanted = False
            self._asked_at = now
            self.upstream.request_keyframe(self.reception.ssrc)
