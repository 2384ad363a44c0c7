"""What connections carried and lost, as sums that say nothing of whose they are.

Nothing is counted here: totals that the path of a packet keeps anyway are added up when somebody asks, and
when what keeps them ends.
"""

from collections import Counter
from dataclasses import dataclass, field

from signaling.guard import Dropped


@dataclass(frozen=True, slots=True)
class Traffic:
    """Packets of media: `received` from browsers, `missed` of those that were due, `sent` to browsers, `lost` of
    those by what the browsers said; and what was `dropped`, by cause. None of it ever becomes less.
    """

    received: int = 0
    missed: int = 0
    sent: int = 0
    lost: int = 0
    dropped: Counter[Dropped] = field(default_factory=Counter)

    def __add__(self, other: "Traffic") -> "Traffic":
        return Traffic(
            self.received + other.received,
            self.missed + other.missed,
            self.sent + other.sent,
            self.lost + other.lost,
            self.dropped + other.dropped,
        )
