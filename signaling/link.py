"""One installed edge, and the outgoing stream that it feeds.

Whoever is excluded for a while must learn nothing of that while afterwards: each connect begins a
new interval, and an interval begins with something that holds nothing of what was before.
"""

import secrets
import weakref
from collections.abc import Callable
from typing import Final

from rooms.edges import Listener
from signaling import rtp
from signaling.pictures import AS_IT_IS, MASK15, WIDE, recount
from signaling.reception import Place
from signaling.rtp import MASK16, MASK32

# MARK or 0, sequence number, timestamp, payload, and when it arrived here (seconds, monotonic).
Send = Callable[[int, int, int, bytes, float], None]
# The same, and the word that takes the place of the payload's third and fourth byte (`WIDE` and a picture id).
SendPicture = Callable[[int, int, int, bytes, float, int], None]
ReportTime = Callable[[int, int, float], None]  # NTP time (32.32), RTP time; when it arrived

NEVER: Final = 1 << 62  # an extended number that no packet reaches
REPEATS: Final = 100.0  # a second, and at once, to one listener on one stream: less than the stream itself
_HALF16: Final = 1 << 15
_SEQUENCE_BITS: Final = 15  # SRTP loses its count when an early loss hides the first wrap


class Outlet:
    """An outgoing stream: a slot of a browser, or a track of a tape. Intervals follow each other on it.

    `clock_rate` in Hz. `again` repeats a packet; None where that was not negotiated: under its own
    number it would be a second text under one nonce of SRTP. `loss` is what the listener last reported,
    in 1/256. Without `send_picture` pictures keep their numbers, as on a tape, which reads none.
    `begin` is told when an interval begins, before its first packet. Who feeds it belongs to its source.
    `sequence`, `timestamp` and `at` are the newest that was sent; `at` is None before it.
    """

    __slots__ = (
        "_repeats",
        "_repeats_at",
        "_span",
        "_span_at",
        "again",
        "at",
        "begin",
        "clock_rate",
        "feeder",
        "loss",
        "octets",
        "packets",
        "report",
        "send",
        "send_picture",
        "sequence",
        "ssrc",
        "timestamp",
    )

    def __init__(
        self,
        *,
        ssrc: int,
        clock_rate: int,
        send: Send,
        report: ReportTime,
        send_picture: SendPicture | None = None,
        again: Send | None = None,
        begin: Callable[[], None] | None = None,
    ) -> None:
        self.ssrc = ssrc
        self.clock_rate = clock_rate
        self.send = send
        self.send_picture = send_picture or _unmoved(send)
        self.report = report
        self.again = again
        self.begin = begin
        self.loss = 0
        self.packets = 0
        self.octets = 0
        self.feeder: weakref.ref[Link] | None = None
        self.sequence = secrets.randbits(_SEQUENCE_BITS)
        self.timestamp = secrets.randbits(32)
        self.at: float | None = None
        self._span, self._span_at = 0, self.sequence
        self._repeats = REPEATS
        self._repeats_at = 0.0

    def offsets(self, sequence: int, timestamp: int, now: float) -> tuple[int, int]:
        """Return what to add to sequence numbers and timestamps so that this packet comes next.

        No number is skipped; media time goes on by the time that has passed.
        """
        passed = 0 if self.at is None else max(1, round((now - self.at) * self.clock_rate))
        return (self.sequence + 1 - sequence) & MASK16, (self.timestamp + passed - timestamp) & MASK32

    def skipped(self) -> int:
        """Return under how many numbers nothing was sent since the first packet; to be asked now and then."""
        self._span += rtp.signed16(self.sequence - self._span_at)
        self._span_at = self.sequence
        return self._span - self.packets

    def close(self) -> None:
        """Send nothing more, and let go of whoever sent it."""
        self.send = self.send_picture = self.report = _nowhere
        self.again = self.begin = None

    def may_repeat(self, now: float) -> bool:
        """Return whether one more repeat can be sent, and count it."""
        self._repeats = min(REPEATS, self._repeats + (now - self._repeats_at) * REPEATS)
        self._repeats_at = now
        if self._repeats < 1:
            return False
        self._repeats -= 1
        return True


def _nowhere(*_: object) -> None:
    """Send nothing."""


def _unmoved(send: Send) -> SendPicture:
    """Return what leaves a picture's number as it is."""
    return lambda mark, sequence, timestamp, payload, now, _word: send(
        mark, sequence, timestamp, payload, now
    )


class Link:
    """A source's way to one listener. `waiting` says that its interval has not begun yet.

    Packets come as: extended sequence number, MARK or 0, timestamp, payload, time of arrival.
    """

    __slots__ = (
        "__weakref__",
        "_ahead",
        "_first",
        "_floor",
        "_later",
        "_opens_at",
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
        self._first = NEVER  # what passes, by extended number
        self._opens_at: int | None = None
        self._start_time = 0
        self._ahead = self._later = 0  # what is added to numbers and to timestamps
        self._pictures = AS_IT_IS

    def open(self, number: int, timestamp: int, payload: bytes, now: float, *, keyframe: bool) -> bool:
        """Begin the interval with this packet if it may; return whether it has begun."""
        if not self._opens(number, timestamp, keyframe=keyframe):
            return False
        if self.outlet.feeder is not None and (former := self.outlet.feeder()) is not None:
            former.end()
        self.outlet.feeder = weakref.ref(self)
        if self.outlet.begin is not None:
            self.outlet.begin()
        self._ahead, self._later = self.outlet.offsets(number, timestamp, now)
        self._first, self._start_time = number, timestamp
        if self._video:
            self._pictures = recount(payload, now)
        self.waiting = False
        return True

    def end(self) -> None:
        """Let nothing more pass: another link feeds the outlet."""
        self._first = NEVER

    def take(self, number: int, mark: int, timestamp: int, payload: bytes, now: float, picture: int) -> None:
        """Forward a packet, if it belongs to this interval. `picture` is what `picture_id` says of it."""
        if number < self._first:
            return
        outlet = self.outlet
        sequence = (number + self._ahead) & MASK16
        timestamp = (timestamp + self._later) & MASK32
        if 0 < (sequence - outlet.sequence) & MASK16 < _HALF16:
            outlet.sequence, outlet.timestamp, outlet.at = sequence, timestamp, now
        outlet.packets += 1
        outlet.octets += len(payload)
        if not self._video:
            outlet.send(mark, sequence, timestamp, payload, now)
        elif picture >= 0:
            word = (picture + self._pictures.picture) & MASK15 | WIDE
            outlet.send_picture(mark, sequence, timestamp, payload, now, word)
        else:
            outlet.send(mark, sequence, timestamp, self._pictures.put(payload), now)

    def _opens(self, number: int, timestamp: int, *, keyframe: bool) -> bool:
        """Return whether the interval begins here.

        Video: with a keyframe taken after the connect. Audio: with the packet after the first one,
        because Opus repeats in each packet what the one before it said.
        """
        if self._floor is not None and number <= self._floor.sequence:
            return False
        if self._video:
            old = self._floor is not None and rtp.signed32(timestamp - self._floor.timestamp) <= 0
            return keyframe and not old
        if self._opens_at is not None:
            return number >= self._opens_at
        self._opens_at = number + 1
        return False

    def number_of(self, sequence: int, highest: int) -> int | None:
        """Return which packet of the source, by extended number, was forwarded under `sequence`.

        None unless it belongs to this interval: what was said while the listener was excluded must not
        be had by asking afterwards. `highest` is the newest that the source has sent.
        """
        number = highest + rtp.signed16(sequence - self._ahead - highest)
        return number if self._first <= number <= highest else None

    def repeat(self, number: int, mark: int, timestamp: int, payload: bytes, now: float) -> bool:
        """Send again what was taken with these arguments; False if too much was repeated lately."""
        outlet = self.outlet
        if outlet.again is None or not outlet.may_repeat(now):
            return False
        sequence, timestamp = (number + self._ahead) & MASK16, (timestamp + self._later) & MASK32
        outlet.again(mark, sequence, timestamp, self._pictures.put(payload), now)
        return True

    def report(self, ntp: int, rtp_time: int, arrived: float) -> None:
        """Pass on that `rtp_time` was at `ntp`, in the listener's media time."""
        if self._first != NEVER and rtp.signed32(rtp_time - self._start_time) >= 0:
            self.outlet.report(ntp, (rtp_time + self._later) & MASK32, arrived)
