"""Whether a session is recorded: the mediator's pause, a fault, and an opening without a recorder."""

import pytest

from cases.errors import Reason, Refused
from cases.ids import SeatId
from rooms import commands as c
from rooms import events as e
from rooms.edges import RECORDER
from rooms.model import Room
from rooms.topology import who_hears
from rooms.views import View, view_for
from tests.builders.room import (
    CONSUMER,
    INSURER,
    MEDIATOR,
    NAMES,
    NOON,
    SEATS,
    after,
    caucus_room,
    coming_in,
    joint_room,
    new_room,
)

ALL = frozenset(SEATS)
PAUSE = c.PauseRecording(MEDIATOR)
REASON = "磁盘坏了，双方同意先谈"


def view(room: Room, seat: SeatId, untaped: frozenset[SeatId] = frozenset()) -> View:
    return view_for(room, seat, ALL, ALL, NAMES, untaped=untaped)


def decide(room: Room, command: c.Command) -> tuple[e.Event, ...]:
    return room.decide(command, NOON)


def refusal(room: Room, command: c.Command) -> Reason:
    with pytest.raises(Refused) as refused:
        decide(room, command)
    return refused.value.reason


def again(*, ready: bool = True, failed: bool = False) -> c.ResumeRecording:
    return c.ResumeRecording(MEDIATOR, recorder_ready=ready, failed=failed)


def test_a_pause_takes_the_recorder_away_and_leaves_the_people() -> None:
    room = after(joint_room(), PAUSE)
    assert who_hears(room, ALL) == {x for x in who_hears(joint_room(), ALL) if x.listener != RECORDER}
    assert after(room, again()) == joint_room()


def test_everybody_sees_a_pause_and_nobody_takes_it_for_a_fault() -> None:
    room = after(joint_room(), PAUSE)
    for seat in (CONSUMER, INSURER, MEDIATOR):
        seen = view(room, seat, untaped=frozenset({CONSUMER}))
        assert (seen.recording_paused, seen.recorder_failed) == (True, False)
        assert (seen.recording, seen.session_recorded) == (False, False)


def test_what_is_so_already_is_done_without_a_trace() -> None:
    assert decide(joint_room(), again()) == ()
    assert decide(after(joint_room(), PAUSE), PAUSE) == ()


def test_after_a_fault_the_mediator_decides_when_it_records_again() -> None:
    assert decide(joint_room(), again(failed=True)) == (e.RecordingResumed(MEDIATOR),)


@pytest.mark.parametrize("command", [PAUSE, again(failed=True)])
def test_during_a_caucus_the_recording_is_left_as_it_is(command: c.Command) -> None:
    assert refusal(caucus_room(), command) is Reason.CAUCUS_OPEN


@pytest.mark.parametrize("command", [PAUSE, again(failed=True)])
def test_before_the_opening_there_is_nothing_to_pause(command: c.Command) -> None:
    assert refusal(new_room(), command) is Reason.NOT_NOW


def test_a_recorder_that_does_not_keep_what_is_written_is_not_begun_again() -> None:
    assert refusal(after(joint_room(), PAUSE), again(ready=False)) is Reason.RECORDER_DOWN


def test_without_a_recorder_a_session_opens_with_a_reason_and_says_that_it_is_not_recorded() -> None:
    waiting = after(new_room(), *coming_in(CONSUMER, INSURER, MEDIATOR))
    command = c.OpenSession(MEDIATOR, recorder_ready=False, reason=REASON)
    assert [type(event) for event in decide(waiting, command)] == [e.RecordingPaused, e.SessionOpened]
    room = after(waiting, command)
    assert view(room, CONSUMER).recording_paused
    assert not any(edge.listener == RECORDER for edge in who_hears(room, ALL))
    assert any(edge.listener == RECORDER for edge in who_hears(after(room, again()), ALL))


def test_a_reason_is_no_way_around_a_recorder_that_works() -> None:
    waiting = after(new_room(), *coming_in(CONSUMER, INSURER, MEDIATOR))
    room = after(waiting, c.OpenSession(MEDIATOR, recorder_ready=True, reason=REASON))
    assert not room.paused
