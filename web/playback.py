"""A session on one clock: what each person and each screen shows at each time, for the player and for the lanes.

Times are whole milliseconds since the beginning of the first thing that is known of the recording.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from cases.model import Role, Side
from web.translating import gettext
from web.translating import marked as _
from web.views import GapRow, SegmentRow
from web.words import GAP_CAUSES

BRIEF: Final = timedelta(minutes=10)
TICKS: Final = 5
SIDES: Final = (Side.APPLICANT, Side.CENTRE, Side.RESPONDENT)  # the mediator between the two

# Why a segment is not played; what may be played is not among them.
UNPLAYED: Final[dict[str, str]] = {
    "altered": _("这一段的散列不符，所以不放"),
    "missing": _("这一段的文件不见了"),
    "unwritten": _("这一段当时没有写下"),
}
NOT_RECORDED: Final = _("这时没有录")
NOT_SHARED: Final = _("这时没有共享画面")


class Kind(StrEnum):
    MEDIA = "media"
    HOLE = "hole"  # something is missing, and `words` say why
    NOTHING = "nothing"  # nothing is missing: a screen that is not shared


@dataclass(frozen=True, slots=True)
class Part:
    """`number` is that of the segment in the list, from 1; 0 for what is none. `dark`: the camera was off."""

    kind: Kind
    at: int
    till: int
    words: str = ""
    url: str = ""
    number: int = 0
    open: bool = False
    pictures: bool = False
    dark: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """One person, or one screen. Its parts follow each other and cover the whole session."""

    name: str
    side: Side
    role: Role
    screen: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Playback:
    """`ticks` are equally far apart, from the beginning to the end. Without a recording there are none."""

    begins_at: datetime | None
    length: int
    tracks: tuple[Track, ...]
    ticks: tuple[datetime, ...]

    @property
    def brief(self) -> bool:
        """Say whether minutes alone would not tell the ticks apart."""
        return timedelta(milliseconds=self.length) < BRIEF

    def seconds(self, at: datetime) -> float | None:
        """Return when something happened; None for what was before the beginning or after the end."""
        if self.begins_at is None:
            return None
        ms = _ms(at - self.begins_at)
        return ms / 1000 if 0 <= ms <= self.length else None

    def share(self, ms: int) -> float:
        """Return a length as percent of the whole."""
        return round(ms / max(self.length, 1) * 100, 3)

    def to_json(self) -> dict[str, Any]:
        """Return what the player needs: `begins` is milliseconds since 1970."""
        begins = _ms(self.begins_at - _EPOCH) if self.begins_at is not None else 0
        tracks = [{"name": track.name, "parts": [asdict(p) for p in track.parts]} for track in self.tracks]
        return {"begins": begins, "length": self.length, "tracks": tracks}


_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def playback(segments: tuple[SegmentRow, ...], gaps: tuple[GapRow, ...], now: datetime) -> Playback:
    """Return the session. What is still being recorded, and a hole that still lasts, reach to the end."""
    begins = [segment.started_at for segment in segments] + [gap.from_at for gap in gaps]
    ends = [_end(segment, now) for segment in segments] + [gap.to_at for gap in gaps if gap.to_at]
    if not ends:
        return Playback(None, 0, (), ())
    first = min(begins)
    length = max(_ms(max(ends) - first), 1)

    def offset(at: datetime) -> int:
        return _ms(at - first)

    parts: dict[tuple[str, bool], list[Part]] = defaultdict(list)
    who: dict[tuple[str, bool], SegmentRow | GapRow] = {}
    for number, segment in enumerate(segments, 1):
        key = (segment.seat, segment.screen)
        who.setdefault(key, segment)
        parts[key].append(_of_segment(segment, number, now, offset))
    for gap in gaps:
        key = (gap.seat, False)
        who.setdefault(key, gap)
        till = offset(gap.to_at) if gap.to_at else length
        parts[key].append(Part(Kind.HOLE, offset(gap.from_at), till, gettext(GAP_CAUSES[gap.cause])))
    tracks = tuple(
        Track(who[key].name, who[key].side, who[key].role, key[1], _covering(own, length, screen=key[1]))
        for key, own in sorted(parts.items(), key=lambda item: (SIDES.index(who[item[0]].side), item[0]))
    )
    ticks = tuple(first + timedelta(milliseconds=length * step / (TICKS - 1)) for step in range(TICKS))
    return Playback(first, length, tracks, ticks)


def _of_segment(segment: SegmentRow, number: int, now: datetime, offset: Callable[[datetime], int]) -> Part:
    at, till = offset(segment.started_at), offset(_end(segment, now))
    if segment.state in UNPLAYED:
        return Part(Kind.HOLE, at, till, gettext(UNPLAYED[segment.state]), number=number)
    return Part(
        Kind.MEDIA,
        at,
        till,
        url=segment.url,
        number=number,
        open=segment.state == "open",
        pictures=segment.pictures,
        dark=tuple((offset(begin), offset(end)) for begin, end in segment.dark),
    )


def _covering(parts: Iterable[Part], length: int, *, screen: bool) -> tuple[Part, ...]:
    """Return parts that follow each other: what begins ends what was before it, and what is not told is named."""
    words = gettext(NOT_SHARED if screen else NOT_RECORDED)
    kind = Kind.NOTHING if screen else Kind.HOLE
    found: list[Part] = []
    covered = 0
    for part in sorted(parts, key=lambda one: (one.at, one.till)):
        if found and part.at < found[-1].till:
            found[-1] = replace(found[-1], till=part.at)
        elif part.at > covered:
            found.append(Part(kind, covered, part.at, words))
        found.append(part)
        covered = part.till
    if covered < length:
        found.append(Part(kind, covered, length, words))
    return tuple(part for part in found if part.till > part.at)


def _end(segment: SegmentRow, now: datetime) -> datetime:
    if segment.state == "open":
        return max(now, segment.started_at)
    return segment.started_at + timedelta(seconds=segment.seconds)


def _ms(length: timedelta) -> int:
    return round(length / timedelta(milliseconds=1))
