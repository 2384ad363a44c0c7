"""What the page after a redirect shows once: in memory alone, so in no address, log or file."""

from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from cases.clocks import Clock

LIFETIME: Final = timedelta(minutes=1)

Key = TypeVar("Key")
Value = TypeVar("Value")


class ShownOnce(Generic[Key, Value]):
    """Values that are given out once and forgotten after a minute; a restart forgets them as well."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[Key, tuple[datetime, Value]] = {}

    def keep(self, key: Key, value: Value) -> None:
        """Keep `value` for the next page; an older one of the same key goes."""
        now = self._clock()
        self._kept = {k: kept for k, kept in self._kept.items() if kept[0] > now}
        self._kept[key] = now + LIFETIME, value

    def take(self, key: Key) -> Value | None:
        """Return the value and forget it; None when there is none, or it is too old."""
        until, value = self._kept.pop(key, (None, None))
        return value if until is not None and until > self._clock() else None
