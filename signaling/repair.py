"""What a video stream's numbers say is missing, and when to ask for it (RFC 4585 section 6.2.1). Pure."""

from typing import Final

AGAIN: Final = 0.1  # seconds between two requests for the same packet
TOO_OLD: Final = 1.0  # seconds after which no picture waits for it any more
MOST: Final = 256  # packets; a longer hole is filled quicker by a keyframe


class Missing:
    """Packets that did not come, by extended sequence number. Times are seconds, monotonic.

    `add` and `due` return what to ask for now. `lost` says, once, that something was given up.
    """

    __slots__ = ("_asked_at", "_lost", "_since")

    def __init__(self) -> None:
        self._since: dict[int, float] = {}  # in the order of time
        self._asked_at = float("-inf")
        self._lost = False

    def __bool__(self) -> bool:
        return bool(self._since)

    def add(self, first: int, end: int, now: float) -> tuple[int, ...]:
        """Note that `first` to `end`, exclusive, did not come."""
        if end - first + len(self._since) > MOST:
            self._since.clear()
            self._lost = True
            return ()
        numbers = tuple(range(first, end))
        self._since.update(dict.fromkeys(numbers, now))
        return numbers

    def fill(self, number: int) -> bool:
        """Return whether a late packet was missing; if not it is a copy, or was given up."""
        return self._since.pop(number, None) is not None

    def due(self, now: float) -> tuple[int, ...]:
        """Return what has waited since the last request, and give up what nobody waits for."""
        while self._since:
            number, since = next(iter(self._since.items()))
            if now - since < TOO_OLD:
                break
            del self._since[number]
            self._lost = True
        if now - self._asked_at < AGAIN:
            return ()
        self._asked_at = now
        return tuple(number for number, since in self._since.items() if now - since >= AGAIN / 2)

    def lost(self) -> bool:
        lost, self._lost = self._lost, False
        return lost
