"""One published m-line of a seat, whoever's connection carries it at the moment."""

import logging
from collections.abc import Callable, Container, Mapping
from typing import Final

from rooms.edges import RECORDER, Kind, Listener
from signaling import rtp
from signaling.link import Link, Outlet
from signaling.reception import Reception
from signaling.rtcp import ReportBlock, SenderReport
from signaling.rtp import Header

CLOCK_RATE: Final = {Kind.MIC: 48_000, Kind.CAMERA: 90_000, Kind.SCREEN: 90_000}  # Opus, VP8
KEYFRAME_EVERY: Final = 0.3  # seconds between two requests to one source

_log = logging.getLogger(__name__)


class Source:
    """Forwards one seat's stream of one kind to its listeners.

    `links` is replaced as a whole, never changed: what was cut is cut for the next packet.
    `upstream` asks whoever sends the stream of that SSRC for a keyframe; None while nobody does.
    """

    def __init__(self, kind: Kind, monotonic: Callable[[], float]) -> None:
        self.kind = kind
        self.links: tuple[Link, ...] = ()
        self.open = True
        self.reception: Reception | None = None
        self.upstream: Callable[[int], None] | None = None
        self._video = kind is not Kind.MIC
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
        if on and not self.open:
            self._begin_anew()
        self.open = on
        self.ask_if_needed()

    def restart(self) -> None:
        """Expect another stream: the seat has a new connection, or none."""
        self.reception = None
        self._begin_anew()

    def _begin_anew(self) -> None:
        floor = self.reception.newest if self.reception else None
        for link in self.links:
            link.begin(floor)
        self._awaited = True

    def rtp(self, head: Header, packet: bytes, arrived: float) -> None:
        """Take a packet of this source's media and forward it."""
        reception = self.reception
        if reception is None or reception.ssrc != head.ssrc or reception.began_anew:
            reception = self._follow(head)
        sequence = reception.count(head, arrived)
        if sequence is None or not self.links or not self.open:
            return
        payload = packet[head.payload_at :]
        if self._awaited:
            self._take_awaited(reception, head, sequence, payload, arrived)
            return
        for link in self.links:
            try:
                link.take(head, sequence, payload, arrived, False)
            except Exception:  # noqa: BLE001  it would be silence for all who come after
                self._give_up(link)

    def _take_awaited(
        self, reception: Reception, head: Header, sequence: int, payload: bytes, arrived: float
    ) -> None:
        """Forward a packet while some listener's interval has not begun."""
        keyframe = self._video and rtp.starts_vp8_keyframe(payload)
        for link in self.links:
            waited = link.waiting
            try:
                link.take(head, sequence, payload, arrived, keyframe)
                if waited and not link.waiting:
                    self._tell_time(link, reception.ntp_of(head.timestamp), head.timestamp, arrived)
            except Exception:  # noqa: BLE001  as above
                self._give_up(link)
        self._awaited = self.waiting

    def _give_up(self, link: Link) -> None:
        _log.exception("a listener cannot be sent to, and is cut")
        self.links = tuple(other for other in self.links if other is not link)

    def _tell_time(self, link: Link, ntp: int | None, rtp_time: int, arrived: float) -> None:
        """Let sound and picture meet from the first packet on; the next report may be 5 s away."""
        if ntp is not None:
            link.report(ntp, rtp_time, arrived)

    def _follow(self, head: Header) -> Reception:
        """Begin with a stream that is not the one so far."""
        if self.reception is not None:
            self.restart()
        self.reception = Reception(head, CLOCK_RATE[self.kind])
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
        return self.reception.report(now) if self.reception else None

    @property
    def waiting(self) -> bool:
        return any(link.waiting for link in self.links)

    def want_keyframe(self) -> None:
        """Ask for a keyframe on behalf of a listener, now or when `KEYFRAME_EVERY` allows."""
        self._keyframe_wanted = True
        self.ask_if_needed()

    def ask_if_needed(self) -> None:
        """Ask for a keyframe if somebody waits for one and the last request is old enough."""
        if not self._video or not self.open or self.upstream is None or self.reception is None:
            return
        now = self._monotonic()
        if (self._keyframe_wanted or self.waiting) and now - self._asked_at >= KEYFRAME_EVERY:
            self._keyframe_wanted = False
            self._asked_at = now
            self.upstream(self.reception.ssrc)
