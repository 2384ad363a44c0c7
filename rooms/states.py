"""The two state machines of a room: its phase, and each seat's admission. Every transition stands here."""

from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"


class Admission(StrEnum):
    CHECKING = "checking"  # consents and device check: nobody sees this person yet
    WAITING = "waiting"  # has knocked
    ADMITTED = "admitted"
    LEFT = "left"
    REFUSED = "refused"  # may not knock again; the mediator may still change their mind
    REMOVED = "removed"  # final


PHASES: Final[dict[Phase, frozenset[Phase]]] = {
    Phase.SCHEDULED: frozenset({Phase.OPEN, Phase.CLOSED}),
    Phase.OPEN: frozenset({Phase.CLOSED}),
    Phase.CLOSED: frozenset(),
}

ADMISSIONS: Final[dict[Admission, frozenset[Admission]]] = {
    Admission.CHECKING: frozenset({Admission.WAITING, Admission.ADMITTED}),
    Admission.WAITING: frozenset({Admission.ADMITTED, Admission.REFUSED, Admission.LEFT}),
    Admission.ADMITTED: frozenset({Admission.WAITING, Admission.LEFT, Admission.REMOVED}),
    Admission.LEFT: frozenset({Admission.WAITING, Admission.ADMITTED}),
    Admission.REFUSED: frozenset({Admission.ADMITTED}),
    Admission.REMOVED: frozenset(),
}
