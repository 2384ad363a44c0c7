"""Who may come in, wait, be sent out, and come back."""

import pytest

from cases.errors import NotFound, Reason, Refused
from cases.ids import SeatId
from cases.model import Ground, Side
from rooms import commands as c
from rooms import events as e
from rooms.model import Room
from rooms.states import ADMISSIONS, PHASES, Admission, Phase
from tests.builders.room import (
    CAUCUS,
    CONSUMER,
    INSURER,
    MEDIATOR,
    NOON,
    admission,
    after,
    caucus_room,
    closed_room,
    joint_room,
    new_room,
    other_of,
    phone_of,
    with_seat,
)

KNOCK = c.Knock(CONSUMER, phone_of(CONSUMER))
OTHER_KNOCK = c.Knock(CONSUMER, other_of(CONSUMER))
ADMIT = c.Admit(MEDIATOR, CONSUMER)


def refusal(room: Room, command: c.Command) -> Reason:
    with pytest.raises(Refused) as refused:
        room.decide(command, NOON)
    return refused.value.reason


def consumer_is(state: Admission) -> Room:
    held = state is not Admission.CHECKING
    room = joint_room(MEDIATOR, INSURER)
    return with_seat(room, CONSUMER, admission=state, device=phone_of(CONSUMER) if held else None)


C, W, A, L, F, R = (
    Admission.CHECKING,
    Admission.WAITING,
    Admission.ADMITTED,
    Admission.LEFT,
    Admission.REFUSED,
    Admission.REMOVED,
)
NOT_NOW, GONE, NO = Reason.NOT_NOW, Reason.SEAT_REMOVED, Reason.SEAT_REFUSED

# What each command makes of a seat in each state: the new state, or why not.
MOVES: list[tuple[c.Command, dict[Admission, Admission | Reason]]] = [
    (KNOCK, {C: W, W: W, A: A, L: W, F: NO, R: GONE}),
    (ADMIT, {C: NOT_NOW, W: A, A: A, L: NOT_NOW, F: A, R: NOT_NOW}),
    (c.Refuse(MEDIATOR, CONSUMER), {C: NOT_NOW, W: F, A: NOT_NOW, L: NOT_NOW, F: F, R: NOT_NOW}),
    (c.SendToWaiting(MEDIATOR, CONSUMER), {C: NOT_NOW, W: W, A: W, L: NOT_NOW, F: NOT_NOW, R: NOT_NOW}),
    (c.Remove(MEDIATOR, CONSUMER), {C: NOT_NOW, W: NOT_NOW, A: R, L: NOT_NOW, F: NOT_NOW, R: R}),
    (c.Leave(CONSUMER), {C: C, W: L, A: L, L: L, F: F, R: R}),
]


@pytest.mark.parametrize(
    ("command", "state", "outcome"),
    [(command, state, outcome) for command, row in MOVES for state, outcome in row.items()],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)
def test_what_a_command_makes_of_a_seat(
    command: c.Command, state: Admission, outcome: Admission | Reason
) -> None:
    room = consumer_is(state)
    if isinstance(outcome, Reason):
        assert refusal(room, command) is outcome
    else:
        assert admission(after(room, command)) is outcome
        assert (room.decide(command, NOON) == ()) == (state is outcome)


def test_every_state_stands_in_the_tables_and_removal_is_final() -> None:
    assert set(ADMISSIONS) == set(Admission)
    assert set(PHASES) == set(Phase)
    assert ADMISSIONS[Admission.REMOVED] == frozenset()
    assert PHASES[Phase.CLOSED] == frozenset()


def test_nobody_comes_in_without_their_consents() -> None:
    unready = new_room(ready=False)
    assert refusal(unready, KNOCK) is Reason.CONSENT_MISSING
    waits = after(new_room(), KNOCK, c.SetConsent(CONSUMER, ready=False, recorded=False))
    assert refusal(waits, ADMIT) is Reason.CONSENT_MISSING


def test_who_refuses_the_recording_comes_in_all_the_same() -> None:
    room = new_room(recorded=False)
    assert admission(after(room, KNOCK, ADMIT)) is Admission.ADMITTED


def test_the_mediator_comes_in_without_knocking_and_comes_back() -> None:
    knock = c.Knock(MEDIATOR, phone_of(MEDIATOR))
    room = after(new_room(), knock)
    assert admission(room, MEDIATOR) is Admission.ADMITTED
    assert admission(after(room, c.Leave(MEDIATOR), knock), MEDIATOR) is Admission.ADMITTED


def test_who_comes_back_waits_again_and_keeps_the_seat() -> None:
    room = after(joint_room(), c.Leave(CONSUMER), OTHER_KNOCK)
    assert admission(room) is Admission.WAITING
    assert room.seat(CONSUMER).device == other_of(CONSUMER)  # nobody held it


def test_the_same_browser_returns_at_once() -> None:
    assert joint_room().decide(KNOCK, NOON) == ()


def test_another_device_waits_and_takes_the_seat_only_on_admission() -> None:
    room = after(joint_room(), OTHER_KNOCK)
    seat = room.seat(CONSUMER)
    assert (seat.admission, seat.device, seat.knocking) == (
        Admission.ADMITTED,
        phone_of(CONSUMER),
        other_of(CONSUMER),
    )
    assert room.decide(OTHER_KNOCK, NOON) == ()
    seat = after(room, ADMIT).seat(CONSUMER)
    assert (seat.admission, seat.device, seat.knocking) == (Admission.ADMITTED, other_of(CONSUMER), None)


def test_another_device_never_takes_a_seat_during_a_caucus() -> None:
    for side in (Side.APPLICANT, Side.RESPONDENT):  # neither a member's nor the excluded one's
        assert refusal(after(caucus_room(side), OTHER_KNOCK), ADMIT) is Reason.CAUCUS_OPEN
    room = after(caucus_room(), OTHER_KNOCK, c.CloseCaucus(MEDIATOR), ADMIT)
    assert room.seat(CONSUMER).device == other_of(CONSUMER)


def test_the_mediator_may_change_devices_in_a_caucus_or_nobody_could_end_it() -> None:
    room = after(caucus_room(), c.Knock(MEDIATOR, other_of(MEDIATOR)))
    assert room.seat(MEDIATOR).device == other_of(MEDIATOR)
    assert room.caucus is not None


def test_another_device_can_be_refused_while_the_first_stays() -> None:
    seat = after(joint_room(), OTHER_KNOCK, c.Refuse(MEDIATOR, CONSUMER)).seat(CONSUMER)
    assert (seat.admission, seat.device, seat.knocking) == (Admission.ADMITTED, phone_of(CONSUMER), None)


def test_another_device_that_went_away_is_not_admitted() -> None:
    room = after(joint_room(), OTHER_KNOCK, c.StopKnocking(CONSUMER, other_of(CONSUMER)))
    assert room.decide(ADMIT, NOON) == ()
    assert after(room, OTHER_KNOCK).decide(c.StopKnocking(CONSUMER, phone_of(CONSUMER)), NOON) == ()


def test_leaving_forgets_the_other_device() -> None:
    assert after(joint_room(), OTHER_KNOCK, c.Leave(CONSUMER)).seat(CONSUMER).knocking is None


def test_opening_needs_the_recorder() -> None:
    assert refusal(new_room(), c.OpenSession(MEDIATOR, recorder_ready=False)) is Reason.RECORDER_DOWN
    room = after(new_room(), c.OpenSession(MEDIATOR, recorder_ready=True))
    assert (room.phase, room.opened_at) == (Phase.OPEN, NOON)
    assert room.decide(c.OpenSession(MEDIATOR, recorder_ready=True), NOON) == ()


@pytest.mark.parametrize("ground", list(Ground))
@pytest.mark.parametrize("sealed", [False, True])
def test_settled_is_the_ground_exactly_when_a_settlement_is_sealed(ground: Ground, sealed: bool) -> None:
    command = c.CloseSession(MEDIATOR, ground, sealed)
    if sealed and ground is not Ground.SETTLED:
        assert refusal(joint_room(), command) is Reason.GROUND_MISSING
    elif not sealed and ground is Ground.SETTLED:
        assert refusal(joint_room(), command) is Reason.NOT_SETTLED
    else:
        room = after(joint_room(), command)
        assert (room.phase, room.ground, room.closed_at) == (Phase.CLOSED, ground, NOON)


def test_a_session_that_never_opened_can_be_closed() -> None:
    room = after(new_room(), c.CloseSession(MEDIATOR, Ground.UNREACHABLE, sealed=False))
    assert room.phase is Phase.CLOSED


def test_a_caucus_takes_the_mediator_and_the_admitted_of_one_side() -> None:
    room = after(joint_room(MEDIATOR, CONSUMER, INSURER), c.OpenCaucus(MEDIATOR, Side.APPLICANT, CAUCUS))
    assert room.caucus is not None
    assert room.caucus.members == {MEDIATOR, CONSUMER}


def test_a_caucus_needs_a_session_a_side_and_the_mediator() -> None:
    command = c.OpenCaucus(MEDIATOR, Side.APPLICANT, CAUCUS)
    assert refusal(new_room(), command) is Reason.NOT_NOW
    assert refusal(joint_room(MEDIATOR, INSURER), command) is Reason.SIDE_ABSENT
    assert refusal(caucus_room(), command) is Reason.CAUCUS_OPEN
    assert refusal(joint_room(), c.OpenCaucus(MEDIATOR, Side.CENTRE, CAUCUS)) is Reason.NOT_NOW
    assert refusal(after(joint_room(), c.Leave(MEDIATOR)), command) is Reason.MEDIATOR_ABSENT
    assert refusal(joint_room(), c.CloseCaucus(MEDIATOR)) is Reason.CAUCUS_NONE


def test_a_caucus_ends_with_the_session() -> None:
    command = c.CloseSession(MEDIATOR, Ground.UNWILLING, sealed=False)
    events = caucus_room().decide(command, NOON)
    assert [type(event) for event in events] == [e.CaucusClosed, e.SessionClosed]
    assert after(caucus_room(), command).caucus is None


def test_a_closed_room_takes_no_command() -> None:
    room = closed_room()
    every = (KNOCK, ADMIT, c.Leave(CONSUMER), c.SetMic(CONSUMER, CONSUMER, on=False), c.CloseCaucus(MEDIATOR))
    assert {refusal(room, command) for command in every} == {Reason.ROOM_CLOSED}


def test_a_seat_of_another_room_does_not_exist() -> None:
    with pytest.raises(NotFound):
        joint_room().decide(c.Admit(MEDIATOR, SeatId("elsewhere")), NOON)


def test_deciding_changes_nothing() -> None:
    room = joint_room()
    before = repr(room)
    room.decide(c.Leave(CONSUMER), NOON)
    assert repr(room) == before


def test_saying_what_is_already_so_does_nothing() -> None:
    room = joint_room()
    assert room.decide(c.SetMic(CONSUMER, CONSUMER, on=True), NOON) == ()
    assert room.decide(c.SetCamera(CONSUMER, on=True), NOON) == ()
    assert room.decide(c.SetConsent(CONSUMER, ready=True, recorded=True), NOON) == ()
