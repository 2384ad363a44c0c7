"""When a camera was off while its person was recorded: the file keeps the last picture, which is not live."""

from collections.abc import Iterable
from datetime import datetime

from cases.ids import SeatId
from rooms import events as e

Journal = Iterable[tuple[datetime, e.Event]]
Interval = tuple[datetime, datetime]


def dark(journal: Journal, seat: SeatId, begins: datetime, ends: datetime) -> tuple[Interval, ...]:
    """Return the times, cut to the given ones, in which the camera of a seat was off.

    What is not in a recorded interval is not told: it may have been in a private conversation.
    """
    found: list[Interval] = []
    off: datetime | None = None
    for at, event in journal:
        match event:
            case e.CameraSet(whose, on) if whose == seat:
                if off is not None and on:
                    found.append((off, at))
                off = None if on else off or at
            case _:
                pass
    if off is not None:
        found.append((off, ends))
    cut = ((max(begin, begins), min(end, ends)) for begin, end in found)
    return tuple((begin, end) for begin, end in cut if begin < end)
