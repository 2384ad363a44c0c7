"""A shared screen: one at a time, and only while its conversation lasts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import Reason, Refused
from cases.ids import SeatId
from cases.model import Ground, Side
from rooms import commands as c
from rooms import events as e
from rooms.model import Room
from tests.builders.room import (
    AGENT,
    CAUCUS,
    CONSUMER,
    INSURER,
    MEDIATOR,
    NOON,
    SEATS,
    after,
    caucus_room,
    closed_room,
    joint_room,
    new_room,
    other_of,
    phone_of,
)
from tests.builders.wishes import about_oneself, of_the_mediator, one_of, rooms, some, tried


def share(seat: SeatId, *, private: bool = False) -> c.ShareScreen:
    return c.ShareScreen(seat, private)


def sharing(seat: SeatId = INSURER) -> Room:
    return after(joint_room(), share(seat))


def refusal(room: Room, command: c.Command) -> Refused:
    with pytest.raises(Refused) as refused:
        room.decide(command, NOON)
    return refused.value


@pytest.mark.parametrize("seat", SEATS)
def test_whoever_is_inside_may_share(seat: SeatId) -> None:
    assert sharing(seat).sharing == seat


def test_a_second_one_is_refused_and_told_who_shares() -> None:
    refused = refusal(sharing(INSURER), share(CONSUMER))
    assert (refused.reason, refused.facts) == (Reason.SCREEN_TAKEN, {"seat": INSURER})
    assert after(sharing(INSURER), c.StopScreen(INSURER, INSURER), share(CONSUMER)).sharing == CONSUMER


@some
@given(rooms())
def test_of_all_seats_at_most_one_shares_and_it_is_in_the_conversation(room: Room) -> None:
    shares = {seat.id for seat in room.seats if seat.screen}
    assert len(shares) <= 1
    assert shares <= room.conversation
    assert all(seat.screen_ended is None for seat in room.seats if seat.screen)


def test_sharing_twice_is_sharing_once() -> None:
    assert sharing().decide(share(INSURER), NOON) == ()


@pytest.mark.parametrize(
    "command",
    [
        c.OpenCaucus(MEDIATOR, Side.APPLICANT, CAUCUS),
        c.OpenCaucus(MEDIATOR, Side.RESPONDENT, CAUCUS),
        c.Remove(MEDIATOR, INSURER),
        c.SendToWaiting(MEDIATOR, INSURER),
        c.Leave(INSURER),
        c.CloseSession(MEDIATOR, Ground.UNWILLING, sealed=False),
    ],
    ids=lambda command: f"{type(command).__name__} {getattr(command, 'side', '')}",
)
def test_it_ends_before_its_conversation_is_another_one(command: c.Command) -> None:
    room = sharing(INSURER)
    events = room.decide(command, NOON)
    assert events[0] == e.ScreenStopped(INSURER, command.by, e.ScreenEnd.CONVERSATION)
    assert after(room, command).sharing is None


def test_it_ends_when_another_device_takes_over() -> None:
    room = after(sharing(INSURER), c.Knock(INSURER, other_of(INSURER)))
    assert room.sharing == INSURER
    assert after(room, c.Admit(MEDIATOR, INSURER)).sharing is None


def test_it_ends_with_the_caucus_that_it_was_shared_in() -> None:
    inside = after(caucus_room(), share(CONSUMER, private=True))
    events = inside.decide(c.CloseCaucus(MEDIATOR), NOON)
    assert [type(event) for event in events] == [e.ScreenStopped, e.CaucusClosed]
    assert after(inside, c.CloseCaucus(MEDIATOR)).sharing is None


def test_what_somebody_else_does_does_not_end_it() -> None:
    room = after(
        sharing(INSURER),
        c.Leave(CONSUMER),
        c.SetMic(MEDIATOR, INSURER, on=False),
        c.SetCamera(INSURER, on=False),
        c.SetConsent(INSURER, ready=True, recorded=False),
        c.StopScreen(MEDIATOR, CONSUMER),
        c.Knock(CONSUMER, phone_of(CONSUMER)),
        c.Admit(MEDIATOR, CONSUMER),
    )
    assert room.sharing == INSURER


@pytest.mark.parametrize("room", [new_room(), after(joint_room(), c.Leave(INSURER))])
def test_nobody_shares_who_is_not_in_a_conversation(room: Room) -> None:
    assert refusal(room, share(INSURER)).reason is Reason.NOT_NOW


def test_what_is_meant_for_one_conversation_is_not_shown_to_another() -> None:
    """The caucus opened, or closed, while somebody was choosing what to show."""
    assert refusal(joint_room(), share(CONSUMER, private=True)).reason is Reason.NOT_NOW
    assert refusal(caucus_room(), share(CONSUMER)).reason is Reason.NOT_NOW


def test_nothing_is_shared_after_the_end() -> None:
    assert refusal(closed_room(), share(INSURER)).reason is Reason.ROOM_CLOSED


@some
@given(st.lists(one_of(about_oneself((CONSUMER, AGENT)), of_the_mediator((CONSUMER, AGENT))), max_size=15))
def test_who_is_apart_is_answered_alike_whatever_is_shared_inside(inside: list[c.Command]) -> None:
    room = caucus_room()
    for command in inside:
        room = tried(room, command)
        for private in (False, True):
            refused = refusal(room, share(INSURER, private=private))
            assert (refused.reason, refused.facts) == (Reason.NOT_NOW, {})
        assert room.decide(c.StopScreen(INSURER, INSURER), NOON) == ()
        assert refusal(room, c.StopScreen(INSURER, CONSUMER)).reason is Reason.NOT_YOURS
    assert after(room, c.CloseCaucus(MEDIATOR), share(INSURER)).sharing == INSURER
