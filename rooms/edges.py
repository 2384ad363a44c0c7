"""The words in which "who hears whom" is said."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from cases.ids import SeatId

PLACES: Final = 6  # seats that publish media, at most
SLOTS: Final = PLACES - 1  # what one browser receives: audio and video of each other seat


class Kind(StrEnum):
    MIC = "mic"
    CAMERA = "camera"
    SCREEN = "screen"


Listener = NewType("Listener", str)  # a seat, or the recorder
RECORDER: Final = Listener("recorder")


def ear(seat: SeatId) -> Listener:
    """Return a seat in its part as a listener."""
    return Listener(seat)


@dataclass(frozen=True, slots=True)
class Edge:
    """`source`'s media of `kind` may reach `listener`."""

    source: SeatId
    kind: Kind
    listener: Listener


def slot_of(listener_place: int, source_place: int) -> int:
    """Return which of a listener's slots (0 to 4) carries a source; places run from 0 to 5.

    Fixed by the two places, so that nothing needs to be negotiated when people come and go.
    """
    if listener_place == source_place:
        raise ValueError("nobody listens to themselves")
    return source_place if source_place < listener_place else source_place - 1
