"""Half an hour of four people whose clocks, lines and habits are as bad as they get, and how well it is kept."""

import math
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

from recordings.model import EndCause, Segment
from tests.builders.drift import Sitter, Sitting, Span
from tests.builders.landmarks import Recorded, apart, at_landmarks, together
from tests.builders.recordings import Studio

SECONDS: Final = 1800.0
PAUSED: Final[tuple[Span, ...]] = ((1000.0, 1040.0),)  # by the mediator
YEAR: Final = 365.25 * 86400
PPM: Final = 1e-6

SITTERS: Final = (
    Sitter(  # a phone: camera off for the first minute, turned on its side and back
        "phone", ahead=-3 * YEAR, drift=20 * PPM, sound_drift=-20 * PPM, way=(0.05, 0.07),
        camera=((60.0, math.inf),), turned=(900.0, 1300.0),
    ),
    Sitter(  # quick line; two reports that are wrong, a long and a short time muted, camera off for a while
        "desk", ahead=2 * YEAR, drift=-20 * PPM, sound_drift=20 * PPM, way=(0.01, 0.02),
        lies=((300.0, 10.0), (600.0, -10.0)), muted=((400.0, 430.0), (800.0, 801.3)),
        camera=((0.0, 1200.0), (1230.0, math.inf)), talks=(5.0, 11.0, 4.0),
    ),
    Sitter(  # no report for eight seconds, later other streams in the middle of a segment
        "late", ahead=40.0, drift=-20 * PPM, sound_drift=-20 * PPM, way=(0.03, 0.05),
        reports_from=8.0, renewed=(700.0,), talks=(3.0, 9.0, 2.0),
    ),
    Sitter(  # sound only; the first report is held up
        "voice", ahead=-40.0, drift=20 * PPM, sound_drift=20 * PPM, camera=(),
        first_reports_late=0.4, talks=(4.0, 12.0, 8.0),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """What a sitting left. Offsets in seconds at each landmark: one a second where both were recorded.

    `lips`: by how much a seat's sound is placed later than its pictures. `between`: what one seat's sound,
    or pictures, are placed later than another's.
    """

    segments: list[Segment]
    seats: dict[str, Recorded]
    lips: dict[str, list[float]]
    between: dict[tuple[str, str], list[float]]


async def keep(
    sitters: Iterable[Sitter] = SITTERS,
    seconds: float = SECONDS,
    paused: Iterable[Span] = PAUSED,
    seed: int = 1,
) -> Kept:
    """Record a sitting in simulated time, and read the files."""
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder) / "vault")
        begin = studio.now
        try:
            segments = await Sitting(studio, sitters, seed).record(seconds, paused)
            seats = together((segment, studio.content(segment)) for segment in segments)
        finally:
            await studio.recorder.aclose(EndCause.SHUTDOWN)
    beeps = {name: at_landmarks(seat.sound, begin, begin + seconds) for name, seat in seats.items()}
    flashes = {name: at_landmarks(seat.pictures, begin, begin + seconds) for name, seat in seats.items()}
    lips = {name: list(apart(beeps[name], flashes[name]).values()) for name in seats}
    between = {
        (one, other): [
            offset for marks in (beeps, flashes) for offset in apart(marks[one], marks[other]).values()
        ]
        for one, other in combinations(sorted(seats), 2)
    }
    return Kept(segments, seats, {name: found for name, found in lips.items() if found}, between)
