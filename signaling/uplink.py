"""What a seat's own camera may send, decided from what is lost on the way here: sound first. Pure.

A browser's own estimate follows a narrow line only after ten seconds and more, in which its sound and its
websocket are lost as well.
"""

from collections import deque
from typing import Final

from signaling.downlink import BAD, CEILING, ENOUGH, GOOD, narrowed, widened

HELD: Final = 3  # periods; what is lost here stands in a listener's report up to two seconds later


class Uplink:
    """The line from one seat, told once a second. `rate` is of the camera, bit/s; `loss` a share of one."""

    def __init__(self) -> None:
        self.rate = CEILING
        self.loss = 0.0

    def report(self, lost: float, due: int) -> None:
        """Take in how many packets of all streams did not come, of those that were due."""
        self.loss = lost / due if due >= ENOUGH else 0.0
        if self.loss >= BAD:
            self.rate = narrowed(self.rate, self.loss)
        elif self.loss <= GOOD:
            self.rate = widened(self.rate)


class Missed:
    """Which share of one stream did not come here lately: the worst of the last periods."""

    def __init__(self) -> None:
        self._losses: deque[float] = deque(maxlen=HELD)

    def note(self, loss: float) -> None:
        self._losses.append(loss)

    @property
    def share(self) -> float:
        return min(0.95, max(self._losses, default=0.0))
