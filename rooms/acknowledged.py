"""What a seat's page has shown its person, so that nobody is heard by more people than the screen says."""

from dataclasses import dataclass, field, replace

from cases.ids import SeatId
from rooms.edges import Edge, Listener

NOBODY: frozenset[Listener] = frozenset()


@dataclass(frozen=True, slots=True)
class Shown:
    """One seat: the number of its newest view, the audience that view states, and what was acknowledged."""

    number: int = 0
    audience: frozenset[Listener] = NOBODY
    acknowledged: frozenset[Listener] = NOBODY

    def showing(self, audience: frozenset[Listener]) -> "Shown":
        """Return the state after a new view was sent: an audience that shrank is forgotten at once."""
        return Shown(self.number + 1, audience, self.acknowledged & audience)

    def acked(self, number: int) -> "Shown":
        """Return the state after the page said that it shows view `number`; only the newest one counts."""
        return replace(self, acknowledged=self.audience) if number == self.number else self


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """All seats of a room."""

    seats: dict[SeatId, Shown] = field(default_factory=dict)

    def of(self, seat: SeatId) -> Shown:
        return self.seats.get(seat, Shown())

    def with_(self, seat: SeatId, shown: Shown) -> "Acknowledged":
        return Acknowledged({**self.seats, seat: shown})

    def without(self, seat: SeatId) -> "Acknowledged":
        """Forget a seat whose page is gone: a new page shows nothing yet."""
        return Acknowledged({k: v for k, v in self.seats.items() if k != seat})

    def allowed(self, edges: frozenset[Edge]) -> frozenset[Edge]:
        """Return the edges whose source's page has said that it shows this listener."""
        return frozenset(e for e in edges if e.listener in self.of(e.source).acknowledged)
