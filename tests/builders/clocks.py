"""A clock for tests."""

from datetime import datetime, timedelta


class StillClock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now
