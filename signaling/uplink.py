"""What a seat's own camera and screen may send, decided from what is lost on the way here: sound first. Pure.

A browser's own estimate follows a narrow line only after ten seconds and more, in which its sound and its
websocket are lost as well.
"""

from signaling.downlink import (
    BAD,
    CEILING,
    ENOUGH,
    GOOD,
    SCREEN_CEILING,
    SCREEN_FLOOR,
    narrowed,
    widened,
)


class Uplink:
    """The line from one seat, told once a second. `loss` is a share of one.

    `rate` is of the camera, `screen_rate` of the screen, bit/s: both go by this line, and give way together.
    """

    def __init__(self) -> None:
        self.rate = CEILING
        self.screen_rate = SCREEN_CEILING
        self.loss = 0.0

    def report(self, lost: float, due: int) -> None:
        """Take in how many packets of all streams did not come, of those that were due."""
        self.loss = lost / due if due >= ENOUGH else 0.0
        if self.loss >= BAD:
            self.rate = narrowed(self.rate, self.loss)
            self.screen_rate = narrowed(self.screen_rate, self.loss, SCREEN_FLOOR)
        elif self.loss <= GOOD:
            self.rate = widened(self.rate)
            self.screen_rate = widened(self.screen_rate, SCREEN_CEILING)
