"""Silence that people asked for about themselves and that could not be written down: it stays."""

from functools import reduce

from cases.ids import SeatId
from rooms import commands as c
from rooms import events as e
from rooms.model import Room


class Asked:
    """One entry a seat and matter, until the same matter is asked again and can be written down."""

    def __init__(self) -> None:
        self._events: dict[tuple[SeatId, str], tuple[e.Event, ...]] = {}

    def unwritten(self, command: c.Command, events: tuple[e.Event, ...]) -> None:
        """Note that `events` of `command` are not committed, or not yet; what silences its own seat holds."""
        matter = _matter(command)
        if matter is not None and silences_oneself(command):
            self._events[matter] = events

    def settled(self, command: c.Command) -> bool:
        """Note that `command` is done; return whether it ended a silence."""
        matter = _matter(command)
        return matter is not None and self._events.pop(matter, None) is not None

    def applied(self, room: Room) -> Room:
        """Return `room` as if all that was asked for had been committed."""
        return reduce(Room.after, (event for events in self._events.values() for event in events), room)


def silences_oneself(command: c.Command) -> bool:
    """Return whether `command` asks for less of its own seat, and of nobody else's."""
    match command:
        case c.Leave() | c.SetConsent(recorded=False) | c.SetCamera(on=False) | c.LoseScreen():
            return True
        case c.SetMic(by=by, seat=seat, on=False) | c.StopScreen(by=by, seat=seat):
            return by == seat
        case _:
            return False


def _matter(command: c.Command) -> tuple[SeatId, str] | None:
    match command:
        case c.Leave(by=seat) | c.Knock(by=seat):
            return seat, "place"
        case c.SetMic(seat=seat):
            return seat, "mic"
        case c.SetCamera(by=seat):
            return seat, "camera"
        case c.ShareScreen(by=seat) | c.StopScreen(seat=seat) | c.LoseScreen(by=seat):
            return seat, "screen"
        case c.SetConsent(by=seat):
            return seat, "consent"
        case _:
            return None
