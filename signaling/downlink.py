"""What the line to one listener carries, decided from its receiver reports: sound first. Pure.

A browser's own estimate (REMB) follows what it gets and is no help. What it lost, and how long the way
is, says whether there is too much: then the cameras and a shared screen are held to less; if that is not enough
the cameras pause, then the screen, and sound never does. They come back one by one, and after each failure
later.

What is lost is counted over all streams of the line together: one second of one voice is 50 packets, of
which a radio that loses 5 % by itself loses 10 % every tenth second. Numbers under which nothing was sent,
because it never came here, are not lost on this line.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

CEILING: Final = 1_200_000  # bit/s of one camera
FLOOR: Final = 150_000  # bit/s; below it a face is none
SCREEN_CEILING: Final = 1_300_000  # bit/s of a shared screen
# bit/s; a page of small print, whole and readable, is 80 kB and takes 3 s, a full table 5 s. Less is no sharing;
# with more, a line of 300 kbit/s would not carry two voices beside it.
SCREEN_FLOOR: Final = 200_000
GROWTH: Final = 1.08  # of the rate, with each good report
GOOD: Final = 0.04  # share that is lost
BAD: Final = 0.10  # more than a radio loses by itself: the line is full
HEAVY: Final = 0.25
LONG_WAY: Final = 1.0  # seconds there and back: a full buffer on the way
FLOOD: Final = 0.5
PATIENCE: Final = 3  # bad steps in a row
SHORT_PATIENCE: Final = 2  # in a flood, which drowns the sound as well, or at the floor
SETTLED: Final = 3.0  # seconds after a pause in which reports still tell of what was before it
PAUSE: Final = 8.0  # seconds until the first attempt to go on
LONGEST_PAUSE: Final = 64.0
LEAD: Final = 2.0  # seconds in which those who are about to be seen again have come down to the rate
CAMERAS_AFTER: Final = 3.0  # seconds from the screen's return to theirs
PROVEN: Final = 15.0  # seconds of pictures after which an attempt has succeeded
WEAK_WAY: Final = 0.4  # seconds
CALM: Final = 5.0  # seconds without trouble until a line is called good again
STEP: Final = 1.0  # seconds between reports that count: browsers send one for each stream
ENOUGH: Final = 20  # packets; a share of fewer says little
BEGUN_ANEW: Final = 1000  # packets; a listener that takes back so many losses counts from the beginning
_CYCLE: Final = 1 << 32


class Quality(StrEnum):
    """How well a line works, in the words of the screen."""

    GOOD = "good"
    WEAK = "weak"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may go to a listener. `bitrate` is of each camera, `screen_rate` of the screen, bit/s.

    `coming`: what is paused, the screen before the cameras, is about to go on, so whoever sends it must be
    held to its rate by now.
    """

    cameras: bool = True
    screen: bool = True
    coming: bool = False
    bitrate: int = CEILING
    screen_rate: int = SCREEN_CEILING

    @property
    def camera_bound(self) -> int:
        """What a camera that may be seen here is held to; what is paused holds nobody to anything."""
        return self.bitrate if self.cameras or (self.screen and self.coming) else CEILING

    @property
    def screen_bound(self) -> int:
        """What a screen that may be seen here is held to."""
        return self.screen_rate if self.screen or self.coming else SCREEN_CEILING

    @property
    def least(self) -> bool:
        """Whether what would pause next is as low as it can be."""
        return self.bitrate == FLOOR if self.cameras else self.screen_rate == SCREEN_FLOOR


@dataclass(frozen=True, slots=True)
class Health:
    """How a seat's line is, for its own screen and the mediator's.

    `cameras` and `screen`: whether it carries others' pictures. `camera_rate` and `screen_rate` are what its
    own camera and screen may send, bit/s, so that whoever sees them on the narrowest line still does.
    """

    quality: Quality = Quality.GOOD
    cameras: bool = True
    screen: bool = True
    camera_rate: int = CEILING
    screen_rate: int = SCREEN_CEILING


class Told(NamedTuple):
    """What is known of one stream: its newest number, and what is missing since it began.

    `lost` packets on the line; `skipped` numbers had none, because it never came here.
    """

    highest: int
    lost: int
    skipped: int


class Downlink:
    """The line to one listener. Times in seconds, monotonic; losses as a share of one.

    `way` there and back is that of the newest report that told it, 0 before; `lost` packets in all were
    lost, as of the last step.
    """

    def __init__(self) -> None:
        self.allowance = Allowance()
        self.way = 0.0
        self.lost = 0
        self._told: dict[int, Told] = {}  # by SSRC
        self._lost = 0  # packets since the last step
        self._sent = 0
        self._screened = 0  # of them, packets of a screen
        self._bad = 0  # steps in a row
        self._stepped_at = float("-inf")
        self._paused_at = float("-inf")
        self._resumed_at = float("-inf")
        self._pause = PAUSE
        self._troubled_at = float("-inf")

    def hear(self, ssrc: int, highest: int, absent: int, skipped: int, *, screen: bool = False) -> None:
        """Take in what a receiver report says of one stream.

        `highest` is the newest extended number that came, `absent` how many have not come since the
        stream began; `skipped` how many numbers were left out by us, as of now. A report is older than
        `skipped`: what was just skipped will be reported as absent later, so losses count from their peak.
        `screen`: it is the stream of a shared screen.
        """
        lost = absent - skipped
        before = self._told.get(ssrc)
        self._told[ssrc] = Told(highest, lost, skipped)
        if before is None or (count := (highest - before.highest) % _CYCLE) > _CYCLE // 2:
            return  # the first report, an old one, or of another stream under the same name
        sent = max(0, count - (skipped - before.skipped))
        self._sent += sent
        self._screened += sent if screen else 0
        if lost > before.lost - BEGUN_ANEW:
            self._lost += max(0, lost - before.lost)
            self._told[ssrc] = Told(highest, max(lost, before.lost), skipped)

    def step(self, way: float | None, now: float) -> None:
        """Decide anew when it is time, after a report; `way` there and back, if the report says so."""
        if way is not None:
            self.way = way
        if now - self._stepped_at < STEP or self._sent < ENOUGH:
            return
        loss, screened = min(1.0, self._lost / self._sent), self._screened > 0
        self.lost += min(self._lost, self._sent)  # whatever the listener claims
        self._stepped_at, self._lost, self._sent, self._screened = now, 0, 0, 0
        self._step(loss, now, screened=screened)

    def quality(self, upstream_loss: float, now: float) -> Quality:
        """Return how to call this line, with what is lost on the way here."""
        if upstream_loss > GOOD or not self.allowance.cameras:
            self._troubled_at = now
        return Quality.WEAK if now - self._troubled_at < CALM else Quality.GOOD

    def _step(self, loss: float, now: float, *, screened: bool) -> None:
        if loss > GOOD or self.way > WEAK_WAY:
            self._troubled_at = now
        if loss >= BAD or self.way >= LONG_WAY:
            self._less(max(loss, HEAVY) if self.way >= LONG_WAY else loss, now)
        else:
            self._bad = 0
            if loss <= GOOD:
                self._more(screened=screened)
            if not (self.allowance.cameras and self.allowance.screen):
                self._go_on(now)

    def _more(self, *, screened: bool) -> None:
        """Widen what flows. Beside paused cameras a screen must be there to show that the line carries it."""
        allowance = self.allowance
        whole = allowance.cameras and allowance.screen
        if whole:
            allowance = replace(allowance, bitrate=widened(allowance.bitrate))
        if whole or (allowance.screen and screened):
            rate = widened(allowance.screen_rate, SCREEN_CEILING)
            allowance = replace(allowance, screen_rate=rate)
        self.allowance = allowance

    def _less(self, loss: float, now: float) -> None:
        self._bad += 1
        before = self.allowance
        self.allowance = replace(
            before,
            coming=False,
            bitrate=narrowed(before.bitrate, loss),
            screen_rate=narrowed(before.screen_rate, loss, SCREEN_FLOOR),
        )
        if not (self._exhausted(before, loss, now) and (self.allowance.least or loss >= HEAVY)):
            return
        if before.cameras:
            self._pause_from(now, replace(self.allowance, cameras=False, bitrate=FLOOR))
        elif before.screen:
            self._pause_from(now, replace(self.allowance, screen=False, screen_rate=SCREEN_FLOOR))
        else:
            self._paused_at = now

    def _exhausted(self, before: Allowance, loss: float, now: float) -> bool:
        """Return whether there was patience enough; an attempt to go on gets none."""
        if not before.cameras and now - self._paused_at < SETTLED:
            return False
        if before.cameras and now - self._resumed_at < PROVEN:
            return True
        short = before.least or loss >= FLOOD
        return self._bad >= (SHORT_PATIENCE if short else PATIENCE)

    def _pause_from(self, now: float, allowance: Allowance) -> None:
        failed = now - self._resumed_at < PROVEN
        self._pause = min(LONGEST_PAUSE, self._pause * 2) if failed else PAUSE
        self._paused_at = now
        self._bad = 0
        self.allowance = allowance

    def _go_on(self, now: float) -> None:
        """Attempt it when the pause is over: what a radio loses by itself does not keep pictures away."""
        allowance = self.allowance
        rested = now - self._paused_at
        if rested >= self._pause:
            self._resumed_at = now
            self._paused_at = now - self._pause + CAMERAS_AFTER
            self.allowance = replace(allowance, screen=True, cameras=allowance.screen, coming=False)
        elif rested >= self._pause - LEAD:
            self.allowance = replace(allowance, coming=True)


def narrowed(rate: int, loss: float, floor: int = FLOOR) -> int:
    """Return what a full line carries of `rate`, bit/s: what came through, and not less than is worth it."""
    return max(floor, round(rate * (1 - loss)))


def widened(rate: int, ceiling: int = CEILING) -> int:
    return min(ceiling, round(rate * GROWTH))
