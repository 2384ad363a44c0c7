"""Who hears and sees whom. Everything else makes reality match this function."""

from collections.abc import Iterable
from typing import Final

from cases.ids import SeatId
from rooms.edges import RECORDER, Edge, Kind, Listener, ear
from rooms.model import Room, Seat
from rooms.policy import RECORDED_BY_DUTY

FLOWING: Final = (Kind.MIC, Kind.CAMERA)
SHARING: Final = (*FLOWING, Kind.SCREEN)


def flowing(seat: Seat) -> tuple[Kind, ...]:
    """Return what may flow from a seat that is in the conversation: its screen while it shares one."""
    return SHARING if seat.screen else FLOWING


def who_hears(
    room: Room, present: frozenset[SeatId], untaped: frozenset[SeatId] = frozenset()
) -> frozenset[Edge]:
    """Return the upper bound of what may flow, given who is connected and whose recording failed.

    No edge without a connected mediator in the conversation; nothing to or from a seat outside an
    open caucus; the recorder hears the joint session only, while it is not paused, and only seats that agreed to it.
    """
    talking = room.conversation & present
    if not talking & room.mediators:
        return frozenset()
    edges = {
        Edge(source, kind, ear(listener))
        for source in talking
        for listener in talking
        if source != listener
        for kind in flowing(room.seat(source))
    }
    if room.caucus is None and not room.paused:
        edges |= {
            Edge(source, kind, RECORDER)
            for source in (talking & recorded(room)) - untaped
            for kind in flowing(room.seat(source))
        }
    return frozenset(edges)


def recorded(room: Room) -> frozenset[SeatId]:
    """Return the seats that may be recorded: those who agreed, and those whose duty it is."""
    return frozenset(s.id for s in room.seats if s.recorded or s.role in RECORDED_BY_DUTY)


def audience(edges: Iterable[Edge], source: SeatId) -> frozenset[Listener]:
    """Return who can hear or see `source`."""
    return frozenset(edge.listener for edge in edges if edge.source == source)
