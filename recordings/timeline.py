"""When a medium was captured, on the server's clock.

A sender stamps media with RTP times (an arbitrary origin for each track) and says in its sender reports
(RFC 3550 section 6.4.1) which of them belongs to which time of its own NTP clock. That clock is not
ours; how far it is off is seen when something arrives whose NTP time is known, a report or a medium:
arrival minus NTP time is the clocks' difference plus the way, and the least of a minute is the best
estimate. Media count as well as reports because there are many of them: one report that was held up on
its way would move a seat by as much. Both tracks of a seat share the estimate, so lips and voice stay
together whatever it is. Corrections are slewed, and no report can move a medium far from when it arrived:
a sender's clock is never trusted.

All times in seconds of one monotonic clock, passed in. Pure.
"""

from collections import deque
from typing import Final

WINDOW: Final = 60.0  # seconds that an estimate rests on
MOST_SEEN: Final = 256
SLEW: Final = 0.005  # seconds of correction in a second of media
STEP: Final = 0.5  # a larger disagreement is no drift: ignored until the estimate follows
MOST_DELAY: Final = 3.0  # between capture and arrival
USUAL: Final = 64  # media of which a usual delay is

_NTP_FRACTION: Final = 2**32


class SeatClock:
    """How far a seat's NTP clock is from the server's, estimated from what arrives on both tracks.

    `offset`: the server's time minus the seat's, the quickest way included. `setting` counts how often the
    seat's clock was set: what was said in its terms before no longer holds.
    """

    def __init__(self) -> None:
        self.offset: float | None = None
        self.setting = 0
        self._least: deque[tuple[float, float]] = deque(maxlen=MOST_SEEN)  # arrival, offset; both rise

    def report(self, ntp: float, arrived: float) -> None:
        """Take in a report's time. When it is far from all before, the clock was set, or is wrong for once:
        then each track keeps its place until it has a report in the new terms.
        """
        seen = arrived - ntp
        if self.offset is not None and abs(seen - self.offset) >= MOST_DELAY:
            self._least.clear()
            self.setting += 1
        self.see(seen, arrived)

    def see(self, seen: float, arrived: float) -> None:
        """Take in an offset that includes the way of what arrived."""
        least = self._least
        while least and least[-1][1] >= seen:
            least.pop()
        least.append((arrived, seen))
        while arrived - least[0][0] > WINDOW:
            least.popleft()
        self.offset = least[0][1]


class TrackTimeline:
    """Maps the RTP times of one track of `rate` ticks a second."""

    def __init__(self, rate: int, seat: SeatClock) -> None:
        self._rate = rate
        self._seat = seat
        self._last: int | None = None  # RTP time without wraps
        self._ntp_zero: float | None = None  # the seat's NTP time at RTP time 0
        self._setting = 0  # of the seat's clock, when it said so
        self._quickest: float | None = None  # the least of arrival minus RTP time before the first was asked
        self._zero: float | None = None  # in use: the server's time at RTP time 0
        self._mapped = 0.0
        self._delay = 0.0  # the usual one between capture and arrival
        self._joined = False  # an interval has begun, and no report has said when
        self._mean, self._heard = 0.0, 0  # of arrival minus RTP time since, and of how many

    @property
    def reported(self) -> bool:
        return self._ntp_zero is not None

    def begin(self) -> None:
        """Begin an interval: media time was made to go on by an arrival, and no report of before says when
        that was. Until the next one its media are taken to come as late as those before; that one is then
        followed at once.
        """
        self._ntp_zero = None
        self._joined = self._zero is not None
        self._mean, self._heard = 0.0, 0

    def report(self, ntp: int, rtp_time: int, arrived: float) -> None:
        """Take in a sender report; `ntp` is its 64-bit timestamp, 32 bits of which are a fraction."""
        seconds = ntp / _NTP_FRACTION
        self._seat.report(seconds, arrived)
        if self._last is None:
            self._last = rtp_time
        self._ntp_zero = seconds - self._unwrap(rtp_time) / self._rate
        self._setting = self._seat.setting

    def see(self, rtp_time: int, arrived: float) -> None:
        """Note an arrival before times are asked for: without reports they rest on the quickest."""
        zero = arrived - self._advance(rtp_time) / self._rate
        if self._quickest is None or zero < self._quickest:
            self._quickest = zero
        target = self._target()
        if self._ntp_zero is not None and target is not None and abs(zero - target) < MOST_DELAY:
            self._seat.see(zero - self._ntp_zero, arrived)

    def at(self, rtp_time: int, arrived: float) -> float:
        """Return when the medium was captured; call it in the order of capture."""
        media = self._advance(rtp_time) / self._rate
        latest = arrived - media
        zero = self._zero
        if zero is None:
            zero = self._first(latest, arrived)
        elif self._joined:
            zero = self._anew(latest)
        else:
            target = self._target()
            if target is not None and target != zero and abs(target - zero) < STEP:
                most = SLEW * max(0.0, media - self._mapped)
                zero += min(most, max(-most, target - zero))
            if -STEP < latest - zero < MOST_DELAY:
                self._delay += (latest - zero - self._delay) / USUAL
                if self._ntp_zero is not None and self._setting == self._seat.setting:
                    self._seat.see(latest - self._ntp_zero, arrived)
        if not -STEP < latest - zero < MOST_DELAY:
            target = self._target()
            zero = target if target is not None and -STEP < latest - target < MOST_DELAY else latest
        self._zero, self._mapped = zero, media
        return zero + media

    def _first(self, latest: float, arrived: float) -> float:
        """Place the first medium of all: by a report, and never after the quickest arrival."""
        quickest = latest if self._quickest is None else min(latest, self._quickest)
        target = self._target()
        if target is None or self._ntp_zero is None:
            return quickest
        if target - MOST_DELAY < quickest < target:
            self._seat.see(quickest - self._ntp_zero, arrived)  # the reports were held up
        return min(target, quickest)

    def _anew(self, latest: float) -> float:
        """Place a medium of an interval that was joined to the last one."""
        target = self._target()
        if target is not None:
            self._joined = False
            return target
        self._heard += 1
        self._mean += (latest - self._mean) / self._heard
        return self._mean - self._delay

    def _target(self) -> float | None:
        offset = self._seat.offset
        if self._ntp_zero is None or offset is None or self._setting != self._seat.setting:
            return None
        return self._ntp_zero + offset

    def _advance(self, rtp_time: int) -> int:
        self._last = rtp_time if self._last is None else self._unwrap(rtp_time)
        return self._last

    def _unwrap(self, rtp_time: int) -> int:
        last = self._last or 0
        return last + ((rtp_time - last + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
