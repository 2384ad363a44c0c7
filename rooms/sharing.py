"""A shared screen: one at a time, by a deliberate act, for one conversation."""

from cases.errors import Reason, Refused
from cases.ids import SeatId
from rooms import commands as c
from rooms import events as e


def shared(sharing: SeatId | None, by: SeatId) -> tuple[e.Event, ...]:
    """Return what follows when `by` shares while `sharing` does; refuse a second one, and say whose is first."""
    if sharing is not None and sharing != by:
        raise Refused(Reason.SCREEN_TAKEN, seat=sharing)
    return (e.ScreenShared(by),) if sharing is None else ()


def stopped(sharing: SeatId | None, command: c.StopScreen | c.LoseScreen) -> tuple[e.Event, ...]:
    """Return what follows when a screen is stopped while `sharing` shares; nothing if it is not that one."""
    match command:
        case c.StopScreen(by, seat):
            why = e.ScreenEnd.OWN if by == seat else e.ScreenEnd.MEDIATOR
        case c.LoseScreen(by):
            seat, why = by, e.ScreenEnd.LINE
    return (e.ScreenStopped(seat, by, why),) if seat == sharing else ()


def ended(sharing: SeatId | None, events: tuple[e.Event, ...]) -> tuple[e.Event, ...]:
    """Return the end of the screen that `sharing` shares, if it ends with what happens now.

    It never goes over from one conversation into another, nor comes back with its person.
    """
    if sharing is None:
        return ()
    for event in events:
        match event:
            case e.CaucusOpened() | e.CaucusClosed() | e.SessionClosed():
                return (e.ScreenStopped(sharing, event.by, e.ScreenEnd.CONVERSATION),)
            case e.AdmissionChanged(seat=seat) if seat == sharing:
                return (e.ScreenStopped(sharing, event.by, e.ScreenEnd.CONVERSATION),)
            case _:
                pass
    return ()
