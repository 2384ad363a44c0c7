"""Which role may ask for what."""

from collections.abc import Callable
from typing import get_args

import pytest

from cases.errors import Reason, Refused
from cases.ids import DeviceId, SeatId
from cases.model import Ground, Role, Side
from rooms import commands as c
from rooms.policy import check
from tests.builders.room import CAUCUS, CONSUMER, INSURER, MEDIATOR

ROLES = {SeatId(role): role for role in Role}
OTHER = SeatId("another")
DEVICE = DeviceId("d")
EVERYBODY = frozenset(Role)
THE_MEDIATOR = frozenset({Role.MEDIATOR})
NOBODY: frozenset[Role] = frozenset()

# Each command, as asked by a seat, and the roles that may.
RIGHTS: dict[str, tuple[Callable[[SeatId], c.Command], frozenset[Role]]] = {
    "knock": (lambda by: c.Knock(by, DEVICE), EVERYBODY),
    "stop knocking": (lambda by: c.StopKnocking(by, DEVICE), EVERYBODY),
    "leave": (c.Leave, EVERYBODY),
    "own mic on": (lambda by: c.SetMic(by, by, on=True), EVERYBODY),
    "own mic off": (lambda by: c.SetMic(by, by, on=False), EVERYBODY),
    "camera": (lambda by: c.SetCamera(by, on=True), EVERYBODY),
    "share a screen": (lambda by: c.ShareScreen(by, private=False), EVERYBODY),
    "stop one's own screen": (lambda by: c.StopScreen(by, by), EVERYBODY),
    "stop another's screen": (lambda by: c.StopScreen(by, OTHER), THE_MEDIATOR),
    "lose one's screen": (c.LoseScreen, EVERYBODY),
    "consent": (lambda by: c.SetConsent(by, ready=True, recorded=True), EVERYBODY),
    "mute another": (lambda by: c.SetMic(by, OTHER, on=False), THE_MEDIATOR),
    "unmute another": (lambda by: c.SetMic(by, OTHER, on=True), NOBODY),
    "admit": (lambda by: c.Admit(by, OTHER), THE_MEDIATOR),
    "refuse": (lambda by: c.Refuse(by, OTHER), THE_MEDIATOR),
    "send to waiting": (lambda by: c.SendToWaiting(by, OTHER), THE_MEDIATOR),
    "remove": (lambda by: c.Remove(by, OTHER), THE_MEDIATOR),
    "refuse oneself": (lambda by: c.Refuse(by, by), NOBODY),
    "send oneself to waiting": (lambda by: c.SendToWaiting(by, by), NOBODY),
    "remove oneself": (lambda by: c.Remove(by, by), NOBODY),
    "open": (lambda by: c.OpenSession(by, recorder_ready=True), THE_MEDIATOR),
    "pause the recording": (c.PauseRecording, THE_MEDIATOR),
    "record again": (lambda by: c.ResumeRecording(by, recorder_ready=True, failed=True), THE_MEDIATOR),
    "open a caucus": (lambda by: c.OpenCaucus(by, Side.APPLICANT, CAUCUS), THE_MEDIATOR),
    "close a caucus": (c.CloseCaucus, THE_MEDIATOR),
    "close": (lambda by: c.CloseSession(by, Ground.OTHER, sealed=False), THE_MEDIATOR),
}


def allowed(command: c.Command) -> bool:
    try:
        check(command, {**ROLES, OTHER: Role.CONSUMER})
    except Refused as refused:
        return refused.reason is not Reason.NOT_YOURS
    return True


@pytest.mark.parametrize("what", RIGHTS)
def test_who_may(what: str) -> None:
    command, roles = RIGHTS[what]
    assert {role for role in Role if allowed(command(SeatId(role)))} == roles


def test_every_command_has_a_line_above() -> None:
    asked = {type(command(CONSUMER)) for command, _ in RIGHTS.values()}
    assert asked == set(get_args(c.Command))


@pytest.mark.parametrize("by", [CONSUMER, INSURER, MEDIATOR])
def test_a_seat_of_another_room_may_nothing(by: SeatId) -> None:
    with pytest.raises(Refused):
        check(c.Leave(by), ROLES)
