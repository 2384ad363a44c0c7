"""Who may ask for what: the one place where a role decides."""

from typing import Final

from cases.errors import Reason, Refused
from cases.ids import SeatId
from cases.model import Role
from rooms import commands as c

# Commands of the mediator alone. Everything else is asked by a seat about itself.
OF_THE_MEDIATOR: Final = (
    c.Admit,
    c.Refuse,
    c.SendToWaiting,
    c.Remove,
    c.OpenSession,
    c.PauseRecording,
    c.ResumeRecording,
    c.OpenCaucus,
    c.CloseCaucus,
    c.CloseSession,
)

# These come in without knocking: the room is theirs.
ADMITS_THEMSELVES: Final = frozenset({Role.MEDIATOR})

# Recorded by duty, not by consent.
RECORDED_BY_DUTY: Final = frozenset({Role.MEDIATOR})


def presides(role: Role) -> bool:
    """Return whether the room is led by this role: without it nobody hears anybody."""
    return role is Role.MEDIATOR


def check(command: c.Command, roles: dict[SeatId, Role]) -> None:
    """Refuse (NOT_YOURS) what the role of `command.by` gives no right to."""
    role = roles.get(command.by)
    if role is None:
        raise Refused(Reason.NOT_YOURS)
    if isinstance(command, OF_THE_MEDIATOR) and not presides(role):
        raise Refused(Reason.NOT_YOURS)
    if isinstance(command, c.SetMic) and not _may_switch(command, role):
        raise Refused(Reason.NOT_YOURS)
    if isinstance(command, c.StopScreen) and not (command.seat == command.by or presides(role)):
        raise Refused(Reason.NOT_YOURS)
    if isinstance(command, c.Remove | c.Refuse | c.SendToWaiting) and command.seat == command.by:
        raise Refused(Reason.NOT_YOURS)


def _may_switch(command: c.SetMic, role: Role) -> bool:
    """To silence somebody is the mediator's; to make somebody heard is nobody's but their own."""
    return command.seat == command.by or (presides(role) and not command.on)
