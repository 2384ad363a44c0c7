"""What arrived of one stream: extended sequence numbers, loss, jitter (RFC 3550, 6.4 and A)."""

from typing import Final, NamedTuple

from signaling.rtcp import ReportBlock, SenderReport
from signaling.rtp import MASK16, MASK32, signed16, signed32

MAX_DROPOUT: Final = 3000  # a jump further ahead than this is another stream under the same name
MAX_MISORDER: Final = 100
MASK64: Final = (1 << 64) - 1  # NTP time begins anew in 2036, and a sender may say any time
_CYCLE = 1 << 16
_HALF32 = 1 << 31


class Place(NamedTuple):
    """A point in a stream: extended sequence number (it does not wrap) and RTP timestamp."""

    sequence: int
    timestamp: int


class Reception:
    """The receiver's view of one SSRC; `clock_rate` in Hz.

    `highest` is the newest extended sequence number, `latest` the newest timestamp; `due` packets were
    expected in the last period, of which the share `loss` did not come. `received` packets came in all, and
    `missed` did not come in the period that they were due in. `began_anew`: the sender counts from another
    number now.
    """

    __slots__ = (
        "_base",
        "_expected_before",
        "_jitter",
        "_last_sr",
        "_ntp",
        "_received_before",
        "_rtp_time",
        "_sr_at",
        "_suspect",
        "_transit",
        "began_anew",
        "clock_rate",
        "due",
        "highest",
        "latest",
        "loss",
        "missed",
        "received",
        "ssrc",
    )

    def __init__(self, ssrc: int, sequence: int, timestamp: int, clock_rate: int) -> None:
        """Begin with a packet that is about to be counted."""
        self.ssrc = ssrc
        self.clock_rate = clock_rate
        self.highest = sequence - 1
        self.latest = timestamp - 1
        self.loss = 0.0
        self.due = 0
        self.missed = 0
        self.began_anew = False
        self._base = sequence
        self.received = self._expected_before = self._received_before = 0
        self._suspect: int | None = None
        self._transit: float | None = None
        self._jitter = 0.0
        self._last_sr = 0
        self._sr_at = 0.0
        self._ntp: int | None = None
        self._rtp_time = 0

    def count(self, sequence: int, timestamp: int, arrived: float) -> int | None:
        """Take note of a packet; return its extended sequence number.

        None: it is too far off to belong here; a second one in a row shows that the sender began
        anew, which `began_anew` then says.
        """
        ahead = (sequence - self.highest) & MASK16
        if ahead > MAX_DROPOUT:
            ahead -= _CYCLE
            if ahead < -MAX_MISORDER:
                self.began_anew = sequence == self._suspect
                self._suspect = (sequence + 1) % _CYCLE
                return None
        self._suspect = None
        self.received += 1
        number = self.highest + ahead
        if ahead > 0:
            self.highest = number
        if timestamp != self.latest:
            self._measure(timestamp, arrived)
            if (timestamp - self.latest) & MASK32 < _HALF32:
                self.latest = timestamp
        return number

    def place(self, sequence: int) -> int:
        """Return the extended number of a 16-bit one that is near the newest."""
        return self.highest + signed16(sequence - self.highest)

    @property
    def newest(self) -> Place:
        return Place(self.highest, self.latest)

    def _measure(self, timestamp: int, arrived: float) -> None:
        """Take note of when the first packet of a picture, or one of sound, came."""
        transit = arrived * self.clock_rate - timestamp
        if self._transit is not None:
            step = abs(transit - self._transit)
            if step < _HALF32:  # else the timestamps have wrapped
                self._jitter += (step - self._jitter) / 16
        self._transit = transit

    def sender_report(self, report: SenderReport, arrived: float) -> None:
        self._last_sr = report.ntp >> 16 & 0xFFFFFFFF
        self._sr_at = arrived
        self._ntp, self._rtp_time = report.ntp, report.rtp_time

    def ntp_of(self, timestamp: int) -> int | None:
        """Return the sender's time (NTP, 32.32) of a timestamp near its last report; None without one."""
        if self._ntp is None:
            return None
        return self._ntp + signed32(timestamp - self._rtp_time) * (1 << 32) // self.clock_rate & MASK64

    def report(self, now: float, downstream: int = 0) -> ReportBlock:
        """Return the block for the next receiver report, and begin a new period of loss.

        `downstream` is the loss, in 1/256, on the way from here to whoever hears it worst.
        """
        expected = self.highest - self._base + 1
        in_period = expected - self._expected_before
        lost_in_period = in_period - (self.received - self._received_before)
        self._expected_before, self._received_before = expected, self.received
        self.missed += max(0, lost_in_period)
        fraction = min(255, 256 * lost_in_period // in_period) if in_period > 0 < lost_in_period else 0
        self.loss, self.due = fraction / 256, max(0, in_period)
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=max(fraction, downstream),
            lost=expected - self.received,
            highest=self.highest,
            jitter=int(self._jitter),
            last_report=self._last_sr,
            delay=round((now - self._sr_at) * 65536) if self._last_sr else 0,
        )
