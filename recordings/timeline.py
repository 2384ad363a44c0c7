"""When a medium was captured, on the server's clock.

A sender stamps media with RTP times (an arbitrary origin for each track) and says in its sender reports
(RFC 3550 section 6.4.1) which of them belongs to which time of its own NTP clock. That clock is not
ours; how far it is off is seen when reports arrive: arrival minus NTP time is the clocks' difference
plus the way, and the least of a minute is the best estimate. Both tracks of a seat share it, so lips
and voice stay together whatever the estimate is. Corrections are slewed, and no report can move a
medium far from when it arrived: a sender's clock is never trusted.

All times in seconds of one monotonic clock, passed in. Pure.
"""

from collections import deque
from typing import Final

WINDOW: Final = 60.0  # seconds of reports that an estimate rests on
MOST_REPORTS: Final = 256
SLEW: Final = 0.005  # seconds of correction in a second of media
STEP: Final = 0.5  # a larger disagreement is a clock that was set: ignored until the estimate follows
MOST_DELAY: Final = 3.0  # between capture and arrival

_NTP_FRACTION: Final = 2**32


class SeatClock:
    """How far a seat's NTP clock is from the server's, estimated from both tracks' reports."""

    def __init__(self) -> None:
        self.offset: float | None = None  # server's time minus the seat's, the way included
        self._seen: deque[tuple[float, float]] = deque(maxlen=MOST_REPORTS)

    def report(self, ntp: float, arrived: float) -> None:
        self._seen.append((arrived, arrived - ntp))
        while arrived - self._seen[0][0] > WINDOW:
            self._seen.popleft()
        self.offset = min(seen for _, seen in self._seen)


class TrackTimeline:
    """Maps the RTP times of one track of `rate` ticks a second."""

    def __init__(self, rate: int, seat: SeatClock) -> None:
        self._rate = rate
        self._seat = seat
        self._last: int | None = None  # RTP time without wraps
        self._ntp_zero: float | None = None  # the seat's NTP time at RTP time 0
        self._arrival_zero: float | None = None  # the least of arrival minus RTP time
        self._zero: float | None = None  # in use: the server's time at RTP time 0
        self._mapped = 0.0

    @property
    def reported(self) -> bool:
        return self._ntp_zero is not None

    def report(self, ntp: int, rtp_time: int, arrived: float) -> None:
        """Take in a sender report; `ntp` is its 64-bit timestamp, 32 bits of which are a fraction."""
        seconds = ntp / _NTP_FRACTION
        self._seat.report(seconds, arrived)
        if self._last is None:
            self._last = rtp_time
        self._ntp_zero = seconds - self._unwrap(rtp_time) / self._rate

    def see(self, rtp_time: int, arrived: float) -> None:
        """Note an arrival before times are asked for: without reports they rest on the quickest."""
        zero = arrived - self._advance(rtp_time) / self._rate
        if self._arrival_zero is None or zero < self._arrival_zero:
            self._arrival_zero = zero

    def at(self, rtp_time: int, arrived: float) -> float:
        """Return when the medium was captured; call it in the order of capture."""
        media = self._advance(rtp_time) / self._rate
        target, zero = self._target(), self._zero
        if zero is None:
            zero = target if target is not None else self._arrival_zero
        elif target is not None and target != zero and abs(target - zero) < STEP:
            most = SLEW * max(0.0, media - self._mapped)
            zero += min(most, max(-most, target - zero))
        if zero is None or not -STEP < arrived - media - zero < MOST_DELAY:
            plausible = target is not None and -STEP < arrived - media - target < MOST_DELAY
            zero = target if target is not None and plausible else arrived - media
        self._zero, self._mapped = zero, media
        return zero + media

    def _target(self) -> float | None:
        offset = self._seat.offset
        return None if self._ntp_zero is None or offset is None else self._ntp_zero + offset

    def _advance(self, rtp_time: int) -> int:
        self._last = rtp_time if self._last is None else self._unwrap(rtp_time)
        return self._last

    def _unwrap(self, rtp_time: int) -> int:
        last = self._last or 0
        return last + ((rtp_time - last + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
