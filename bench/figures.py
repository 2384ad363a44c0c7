"""The arithmetic of the benches: no clock, no process, no file."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the 50th and the 95th percentile."""
    p50, p95, _ = percentiles_to_99(values)
    return p50, p95


def percentiles_to_99(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the 50th, the 95th and the 99th percentile; they lie within the values."""
    cuts = quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return ours divided by theirs: the median of the pairs, each from the same round."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def slope(before: tuple[int, float], after: tuple[int, float]) -> float:
    """Return what one more takes, of two pairs (how many, how much)."""
    return (after[1] - before[1]) / (after[0] - before[0])


@dataclass(frozen=True, slots=True)
class Turn:
    """One window in which one server carried its rooms.

    `cpu` and `load` are processor seconds of the server and of the load in `seconds`; `other` those of
    everything else on this machine. `sent` and `forwarded` count packets of media in the window.
    `missing` counts, from the silence before to the silence after, the copies that did not come (of two
    a packet), `dropped` those of them that the load's own sockets had no room for.
    """

    seconds: float
    cpu: float
    load: float
    other: float
    sent: int
    forwarded: int
    missing: int
    dropped: int

    @property
    def percent(self) -> float:
        """Percent of one core."""
        return 100 * self.cpu / self.seconds

    @property
    def us_in(self) -> float:
        """Microseconds of the processor for a packet that came in, with everything that it causes."""
        return 1e6 * self.cpu / self.sent

    @property
    def us_forwarded(self) -> float:
        """The same for a copy that went out."""
        return 1e6 * self.cpu / self.forwarded

    @property
    def lost(self) -> int:
        """Copies that the server did not deliver."""
        return self.missing - self.dropped
