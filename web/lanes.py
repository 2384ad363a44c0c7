"""Where the recorded intervals and the holes of a case file lie on a common time axis."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cases.model import Side
from web.views import GapRow, SegmentRow

BRIEF: Final = timedelta(minutes=10)
TICKS: Final = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """`x` and `width` are percent of the axis. `segment` counts from 1; 0 is a hole."""

    x: float
    width: float
    segment: int


@dataclass(frozen=True, slots=True)
class Lane:
    name: str
    side: Side
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """One lane a person, in the order of their first interval; `ticks` are equally far apart."""

    lanes: tuple[Lane, ...]
    ticks: tuple[datetime, ...]

    @property
    def brief(self) -> bool:
        """Say whether minutes alone would not tell the ticks apart."""
        return self.ticks[-1] - self.ticks[0] < BRIEF


def lanes(segments: tuple[SegmentRow, ...], gaps: tuple[GapRow, ...]) -> Axis:
    """Return the axis from the first beginning to the last end; empty when nothing was recorded.

    A hole that still lasts reaches to the end of the axis.
    """
    ends = [_end(segment) for segment in segments] + [gap.to_at for gap in gaps if gap.to_at]
    begins = [segment.started_at for segment in segments] + [gap.from_at for gap in gaps]
    if not ends:
        return Axis((), ())
    first, last = min(begins), max(ends)
    whole = max((last - first).total_seconds(), 1.0)

    def bar(begin: datetime, end: datetime, segment: int) -> Bar:
        x = (begin - first).total_seconds() / whole * 100
        return Bar(round(x, 2), round((end - begin).total_seconds() / whole * 100, 2), segment)

    bars: dict[tuple[str, Side], list[Bar]] = {}
    for number, segment in enumerate(segments, 1):
        bars.setdefault((segment.name, segment.side), []).append(
            bar(segment.started_at, _end(segment), number)
        )
    for gap in gaps:
        bars.setdefault((gap.name, gap.side), []).append(bar(gap.from_at, gap.to_at or last, 0))
    ticks = tuple(first + timedelta(seconds=whole * step / (TICKS - 1)) for step in range(TICKS))
    return Axis(tuple(Lane(name, side, tuple(b)) for (name, side), b in bars.items()), ticks)


def _end(segment: SegmentRow) -> datetime:
    return segment.started_at + timedelta(seconds=segment.seconds)
