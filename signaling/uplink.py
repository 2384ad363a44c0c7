"""What a seat's own camera may send, decided from what is lost on the way here: sound first. Pure.

A browser's own estimate follows a narrow line only after ten seconds and more, in which its sound and its
websocket are lost as well.
"""

from signaling.downlink import BAD, CEILING, ENOUGH, GOOD, narrowed, widened


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
