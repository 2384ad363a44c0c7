"""Time that a step of the machine's clock does not move.

An expiry must not come ten minutes early because somebody corrected the server's clock, so a
process reads the wall clock once, at its start, and counts on from there by the monotonic clock.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]  # aware, UTC

SHANGHAI = ZoneInfo("Asia/Shanghai")


def steady_clock(
    wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
) -> Clock:
    """Return a clock (aware UTC datetimes) that follows `monotonic` from the first reading of `wall`."""
    start = datetime.fromtimestamp(wall(), UTC)
    zero = monotonic()

    def now() -> datetime:
        return start + timedelta(seconds=monotonic() - zero)

    return now


def iso(at: datetime) -> str:
    """Return `at` as UTC with microseconds, the one spelling used in rows and hashes."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_iso(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
