"""What a row of samples says: does something grow? No clock, no process, no file."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

HOUR: Final = 3600.0  # seconds
MAD_TO_SIGMA: Final = 1.4826  # of a normal spread
SIGMAS: Final = 3.0
LEAST_SHARE: Final = 0.02  # of the first quarter: two runs of the same work differ by as much


@dataclass(frozen=True, slots=True)
class Trend:
    """Medians of the first and the last quarter; `slope` an hour.

    `risen` is what the slope makes of the whole span, `noise` what it may be by chance.
    """

    first: float
    last: float
    slope: float
    risen: float
    noise: float

    @property
    def grows(self) -> bool:
        return self.risen > self.noise


def trend(points: Sequence[tuple[float, float]]) -> Trend:
    """Return the trend of at least four pairs (seconds, value), in order of time.

    The slope is the median of those of all pairs (Theil and Sen), so that a value caught at a bad moment
    does not tilt it. Noise is three times the spread of what the slope leaves, and at least two percent.
    """
    quarter = len(points) // 4
    if not quarter:
        raise ValueError("a trend needs four samples")
    first = median(value for _, value in points[:quarter])
    last = median(value for _, value in points[-quarter:])
    slope = median(
        (b - a) / (then - at)
        for number, (at, a) in enumerate(points)
        for then, b in points[number + 1 :]
        if then > at
    )
    rests = [value - slope * at for at, value in points]
    middle = median(rests)
    spread = MAD_TO_SIGMA * median(abs(rest - middle) for rest in rests)
    risen = slope * (points[-1][0] - points[0][0])
    return Trend(first, last, slope * HOUR, risen, max(SIGMAS * spread, LEAST_SHARE * first))
