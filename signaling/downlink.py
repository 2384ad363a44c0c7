"""What the line to one listener carries, decided from its receiver reports: sound first. Pure.

A browser's own estimate (REMB) follows what it gets and is no help. What it lost, and how long the way
is, says whether there is too much: then the cameras are held to less; if that is not enough they pause,
then the screen, and sound never does. They come back one by one, and after each failure later.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

CEILING: Final = 1_200_000  # bit/s of one camera
FLOOR: Final = 150_000  # bit/s; below it a face is none
GROWTH: Final = 1.08  # of the rate, with each good report
GOOD: Final = 0.04  # share that is lost
BAD: Final = 0.10  # more than a radio loses by itself: the line is full
HEAVY: Final = 0.25
LONG_WAY: Final = 1.0  # seconds there and back: a full buffer on the way
PATIENCE: Final = 3  # bad reports in a row, at the floor
PAUSE: Final = 8.0  # seconds until the first attempt to go on
LONGEST_PAUSE: Final = 64.0
CAMERAS_AFTER: Final = 3.0  # seconds from the screen's return to theirs
PROVEN: Final = 15.0  # seconds of pictures after which an attempt has succeeded
WEAK_WAY: Final = 0.4  # seconds
CALM: Final = 5.0  # seconds without trouble until a line is called good again
STEP: Final = 1.0  # seconds between reports that count: browsers send one for each stream


class Quality(StrEnum):
    """How well a line works, in the words of the screen."""

    GOOD = "good"
    WEAK = "weak"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may go to a listener. `bitrate` is of each camera, bit/s."""

    cameras: bool = True
    screen: bool = True
    bitrate: int = CEILING


@dataclass(frozen=True, slots=True)
class Health:
    """How a seat's line is, for its own screen and the mediator's.

    `cameras` and `screen`: whether it carries others' pictures. `camera_rate` is what its own camera may
    send, bit/s, so that whoever sees it on the narrowest line still does.
    """

    quality: Quality = Quality.GOOD
    cameras: bool = True
    screen: bool = True
    camera_rate: int = CEILING


class Downlink:
    """The line to one listener. Times in seconds, monotonic; losses as a share of one."""

    def __init__(self) -> None:
        self.allowance = Allowance()
        self._bad = 0  # reports in a row
        self._worst = 0.0  # loss since the last step
        self._way = 0.0
        self._stepped_at = float("-inf")
        self._paused_at = 0.0
        self._resumed_at = float("-inf")
        self._pause = PAUSE
        self._troubled_at = float("-inf")

    def report(self, loss: float, way: float | None, now: float) -> None:
        """Take in the worst loss of a receiver report, and the time there and back if it says so."""
        self._worst = max(self._worst, loss)
        if way is not None:
            self._way = way
        if now - self._stepped_at >= STEP:
            self._stepped_at = now
            self._step(self._worst, now)
            self._worst = 0.0

    def quality(self, upstream_loss: float, now: float) -> Quality:
        """Return how to call this line, with what is lost on the way here."""
        if upstream_loss > GOOD or not self.allowance.cameras:
            self._troubled_at = now
        return Quality.WEAK if now - self._troubled_at < CALM else Quality.GOOD

    def _step(self, loss: float, now: float) -> None:
        if loss > GOOD or self._way > WEAK_WAY:
            self._troubled_at = now
        if loss >= BAD or self._way >= LONG_WAY:
            self._less(max(loss, HEAVY) if self._way >= LONG_WAY else loss, now)
        elif loss <= GOOD:
            self._more(now)

    def _less(self, loss: float, now: float) -> None:
        self._bad += 1
        before = self.allowance
        lower = max(FLOOR, round(before.bitrate * (1 - loss / 2)))
        self.allowance = replace(before, bitrate=lower)
        exhausted = self._bad >= PATIENCE if before.bitrate > FLOOR else self._bad >= 2  # noqa: PLR2004
        if not (exhausted and (lower == FLOOR or loss >= HEAVY)):
            return
        if before.cameras:
            self._pause_from(now, replace(self.allowance, cameras=False, bitrate=FLOOR))
        elif before.screen:
            self._pause_from(now, replace(self.allowance, screen=False))
        else:
            self._paused_at = now

    def _pause_from(self, now: float, allowance: Allowance) -> None:
        failed = now - self._resumed_at < PROVEN
        self._pause = min(LONGEST_PAUSE, self._pause * 2) if failed else PAUSE
        self._paused_at = now
        self._bad = 0
        self.allowance = allowance

    def _more(self, now: float) -> None:
        self._bad = 0
        allowance = self.allowance
        if allowance.cameras and allowance.screen:
            higher = min(CEILING, round(allowance.bitrate * GROWTH))
            self.allowance = replace(allowance, bitrate=higher)
        elif now - self._paused_at >= self._pause:
            self._resumed_at = now
            self._paused_at = now - self._pause + CAMERAS_AFTER
            self.allowance = replace(allowance, screen=True, cameras=allowance.screen)
