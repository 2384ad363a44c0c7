"""How often something may be done."""

from collections import deque


class Pace:
    """Admits at most `most` in any `seconds`. What it refuses does not count: whoever waits comes through."""

    def __init__(self, most: int, seconds: float) -> None:
        self._seconds = seconds
        self._times: deque[float] = deque(maxlen=most)

    def admits(self, now: float) -> bool:
        """Return whether one more may be done at `now` (seconds of any steady clock), and count it if so."""
        if len(self._times) == self._times.maxlen and now - self._times[0] < self._seconds:
            return False
        self._times.append(now)
        return True

    def rested(self, now: float) -> bool:
        """Return whether nothing of the past counts any more."""
        return not self._times or now - self._times[-1] >= self._seconds
