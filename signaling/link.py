"""One installed edge, and the outgoing stream that it feeds.

Whoever is excluded for a while must learn nothing of that while afterwards: each connect begins a
new interval, and an interval begins with something that holds nothing of what was before.
"""

import secrets
from collections.abc import Callable
from typing import Final

from rooms.edges import Listener
from signaling import rtp
from signaling.pictures import AS_IT_IS, recount
from signaling.reception import Place
from signaling.rtp import MASK16, MASK32, Header

# A packet's own header, its new sequence number and timestamp, its payload with any padding, and when
# it arrived here (seconds, monotonic).
Send = Callable[[Header, int, int, bytes, float], None]
ReportTime = Callable[[int, int, float], None]  # NTP time (32.32), RTP time; when it arrived

REPEATS: Final = 100.0  # a second, and at once, to one listener on one stream: less than the stream itself
_HALF16: Final = 1 << 15
_SEQUENCE_BITS: Final = 15  # SRTP loses its count when an early loss hides the first wrap


class Outlet:
    """An outgoing stream: a slot of a browser, or a track of a tape. Intervals follow each other on it.

    `clock_rate` in Hz. `again` repeats a packet; None where that was not negotiated: under its own
    number it would be a second text under one nonce of SRTP. `loss` is what the listener last reported,
    in 1/256.
    """

    __slots__ = (
        "_at",
        "_repeats",
        "_repeats_at",
        "_sequence",
        "_timestamp",
        "again",
        "clock_rate",
        "feeder",
        "loss",
        "octets",
        "packets",
        "report",
        "send",
        "ssrc",
    )

    def __init__(
        self,
        *,
        ssrc: int,
        clock_rate: int,
        send: Send,
        report: ReportTime,
        again: Send | None = None,
    ) -> None:
        self.ssrc = ssrc
        self.clock_rate = clock_rate
        self.send = send
        self.report = report
        self.again = again
        self.loss = 0
        self.packets = 0
        self.octets = 0
        self.feeder: Link | None = None
        self._sequence = secrets.randbits(_SEQUENCE_BITS)
        self._timestamp = secrets.randbits(32)
        self._at: float | None = None
        self._repeats = REPEATS
        self._repeats_at = 0.0

    def offsets(self, sequence: int, timestamp: int, now: float) -> tuple[int, int]:
        """Return what to add to sequence numbers and timestamps so that this packet comes next.

        No number is skipped; media time goes on by the time that has passed.
        """
        passed = 0 if self._at is None else max(1, round((now - self._at) * self.clock_rate))
        return (
            (self._sequence + 1 - sequence) & MASK16,
            (self._timestamp + passed - timestamp) & MASK32,
        )

    def forward(self, head: Header, payload: bytes, offsets: tuple[int, int], now: float) -> None:
        sequence = (head.sequence + offsets[0]) & MASK16
        timestamp = (head.timestamp + offsets[1]) & MASK32
        if 0 < (sequence - self._sequence) & MASK16 < _HALF16:
            self._sequence, self._timestamp, self._at = sequence, timestamp, now
        self.packets += 1
        self.octets += head.payload_end - head.payload_at
        self.send(head, sequence, timestamp, payload, now)

    def repeat(self, head: Header, payload: bytes, offsets: tuple[int, int], now: float) -> None:
        """Send again what was forwarded with these arguments, unless too much was repeated lately."""
        if self.again is None:
            return
        self._repeats = min(REPEATS, self._repeats + (now - self._repeats_at) * REPEATS)
        self._repeats_at = now
        if self._repeats < 1:
            return
        self._repeats -= 1
        sequence = (head.sequence + offsets[0]) & MASK16
        self.again(head, sequence, (head.timestamp + offsets[1]) & MASK32, payload, now)


class Link:
    """A source's way to one listener. `waiting` says that its interval has not begun yet."""

    __slots__ = (
        "_first",
        "_floor",
        "_offsets",
        "_pictures",
        "_start_time",
        "_video",
        "listener",
        "outlet",
        "waiting",
    )

    def __init__(self, listener: Listener, outlet: Outlet, floor: Place | None, *, video: bool) -> None:
        self.listener = listener
        self.outlet = outlet
        self._video = video
        self.begin(floor)

    def begin(self, floor: Place | None) -> None:
        """Begin a new interval: nothing up to `floor`, the newest that the source has sent, passes."""
        self.waiting = True
        self._floor = floor
        self._first: int | None = None
        self._start_time = 0
        self._offsets = (0, 0)
        self._pictures = AS_IT_IS

    def take(self, head: Header, sequence: int, payload: bytes, now: float, keyframe: bool) -> None:
        """Forward a packet, if it belongs to this interval. `sequence` is the extended number."""
        outlet = self.outlet
        if self.waiting:
            if not self._opens(head, sequence, keyframe=keyframe):
                return
            self._first, self._start_time = sequence, head.timestamp
            self._offsets = outlet.offsets(head.sequence, head.timestamp, now)
            if self._video:
                self._pictures = recount(payload, now)
            outlet.feeder = self
            self.waiting = False
        elif self._first is None or sequence < self._first or outlet.feeder is not self:
            return
        if self._video:
            payload = self._pictures.put(payload)
        outlet.forward(head, payload, self._offsets, now)

    def _opens(self, head: Header, sequence: int, *, keyframe: bool) -> bool:
        """Return whether the interval begins here.

        Video: with a keyframe taken after the connect. Audio: with the packet after the first one,
        because Opus repeats in each packet what the one before it said.
        """
        if self._floor is not None and sequence <= self._floor.sequence:
            return False
        if self._video:
            old = self._floor is not None and rtp.signed32(head.timestamp - self._floor.timestamp) <= 0
            return keyframe and not old
        if self._first is not None:
            return sequence >= self._first
        self._first = sequence + 1
        return False

    def sequence_of(self, number: int, highest: int) -> int | None:
        """Return which packet of the source, by extended number, was forwarded under `number`.

        None unless it belongs to this interval: what was said while the listener was excluded must not
        be had by asking afterwards. `highest` is the newest that the source has sent.
        """
        if self.waiting or self._first is None or self.outlet.feeder is not self:
            return None
        sequence = highest + rtp.signed16(number - self._offsets[0] - highest)
        return sequence if self._first <= sequence <= highest else None

    def repeat(self, head: Header, payload: bytes, now: float) -> None:
        self.outlet.repeat(head, self._pictures.put(payload), self._offsets, now)

    def report(self, ntp: int, rtp_time: int, arrived: float) -> None:
        """Pass on that `rtp_time` was at `ntp`, in the listener's media time."""
        if self.waiting or self.outlet.feeder is not self:
            return
        if rtp.signed32(rtp_time - self._start_time) >= 0:
            self.outlet.report(ntp, (rtp_time + self._offsets[1]) & MASK32, arrived)
