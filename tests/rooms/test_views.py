"""What each seat may know: what the screen says is what flows, and a caucus shows nothing of itself."""

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.clocks import iso
from cases.ids import SeatId
from cases.model import Ground, Role, Side
from rooms import commands as c
from rooms.edges import RECORDER, Kind, ear
from rooms.events import ScreenEnd
from rooms.model import Room
from rooms.states import Admission
from rooms.topology import audience, who_hears
from rooms.views import Truth, View, view_for
from tests.builders.room import (
    AGENT,
    CAUCUS,
    CONSUMER,
    INSURER,
    MEDIATOR,
    NAMES,
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
from tests.builders.wishes import about_oneself, of_the_mediator, one_of, rooms, seats_of, some, tried

ALL = frozenset(SEATS)


def view(room: Room, seat: SeatId, present: frozenset[SeatId] = ALL, **more: frozenset[SeatId]) -> View:
    return view_for(room, seat, present, present, NAMES, **more)  # type: ignore[arg-type]


@some
@given(rooms(), seats_of(), seats_of(), st.sampled_from(SEATS))
def test_the_strip_says_what_the_edges_say(
    room: Room, present: frozenset[SeatId], untaped: frozenset[SeatId], seat: SeatId
) -> None:
    seen = view(room, seat, present, untaped=untaped)
    edges = who_hears(room, present, untaped)
    hears = audience(edges, seat)
    assert seen.recording == (RECORDER in hears)
    assert set(seen.hears_me) == {NAMES[s].name for s in SEATS if ear(s) in hears}
    taped = any(edge.listener == RECORDER for edge in edges)
    assert seen.session_recorded == (taped and seat in room.admitted)


@some
@given(rooms(), seats_of(), st.sampled_from(SEATS))
def test_whom_i_receive_is_among_my_people(room: Room, present: frozenset[SeatId], seat: SeatId) -> None:
    heard = {edge.source for edge in who_hears(room, present) if edge.listener == ear(seat)}
    people = {person.seat: person for person in view(room, seat, present).people}
    assert heard <= set(people)
    assert all(people[source].here for source in heard)


@some
@given(rooms(), seats_of(), st.sampled_from(SEATS))
def test_who_is_not_inside_sees_only_themselves(room: Room, present: frozenset[SeatId], seat: SeatId) -> None:
    seen = view(room, seat, present)
    if seat not in room.admitted:
        assert (seen.people, seen.hears_me, seen.unrecorded, seen.since) == ((), (), (), "")
        assert (seen.recording, seen.session_recorded, seen.recorder_failed) == (False, False, False)
        assert seen.caucus_side is None
    if seat != MEDIATOR:
        assert seen.everybody == ()


@pytest.mark.parametrize("state", [Admission.CHECKING, Admission.WAITING])
@some
@given(doings=st.lists(one_of(about_oneself((CONSUMER, AGENT)), of_the_mediator((CONSUMER, AGENT)))))
def test_the_waiting_room_learns_nothing_of_the_others(state: Admission, doings: list[c.Command]) -> None:
    room = joint_room(MEDIATOR, CONSUMER, AGENT)
    if state is Admission.WAITING:
        room = after(room, c.Knock(INSURER, phone_of(INSURER)))
    before = view(room, INSURER)
    for command in doings:
        room = tried(room, command)
        assert view(room, INSURER) == before


# Two histories that differ only inside a caucus.

INSIDE = {Side.APPLICANT: (CONSUMER, AGENT), Side.RESPONDENT: (INSURER,)}
Doing = tuple[c.Command, frozenset[SeatId]]


def doings(side: Side) -> st.SearchStrategy[list[Doing]]:
    """Return what may happen inside: commands, and who of the members is connected after each."""
    members = INSIDE[side]
    commands = one_of(about_oneself((MEDIATOR, *members)), of_the_mediator(members))
    return st.lists(st.tuples(commands, seats_of(MEDIATOR, *members)), max_size=15)


@pytest.mark.parametrize("side", [Side.APPLICANT, Side.RESPONDENT])
@some
@given(data=st.data())
def test_a_caucus_shows_the_excluded_nothing_of_itself(side: Side, data: st.DataObject) -> None:
    room = caucus_room(side)
    apart = ALL - {MEDIATOR} - set(INSIDE[side])
    before = {seat: view(room, seat) for seat in apart}
    for command, connected in data.draw(doings(side)):
        room = tried(room, command)
        for seat in apart:
            assert view(room, seat, connected | apart) == before[seat]


@some
@given(doings(Side.APPLICANT), seats_of(INSURER), st.sampled_from((Admission.WAITING, Admission.LEFT)))
def test_nor_those_who_wait_or_have_left(
    inside: list[Doing], insurer: frozenset[SeatId], state: Admission
) -> None:
    leave = c.SendToWaiting(MEDIATOR, INSURER) if state is Admission.WAITING else c.Leave(INSURER)
    room = after(caucus_room(), leave)
    before = view(room, INSURER, insurer | {MEDIATOR})
    for command, connected in inside:
        room = tried(room, command)
        assert view(room, INSURER, insurer | connected) == before


def test_apart_says_that_and_nothing_else() -> None:
    seen = view(caucus_room(), INSURER)
    assert seen.truth is Truth.APART
    assert (seen.people, seen.hears_me, seen.unrecorded, seen.everybody, seen.since) == ((), (), (), (), "")
    assert seen.caucus_side is None
    assert (seen.recording, seen.session_recorded) == (False, False)
    assert view(caucus_room(), INSURER, frozenset({INSURER})) == seen  # not even that a line dropped


def test_members_of_a_caucus_know_with_whom_and_since_when() -> None:
    for seat in (MEDIATOR, CONSUMER, AGENT):
        seen = view(caucus_room(), seat)
        assert (seen.truth, seen.caucus_side, seen.since) == (Truth.PRIVATE, Side.APPLICANT, iso(NOON))
        assert {p.seat for p in seen.people} == {MEDIATOR, CONSUMER, AGENT} - {seat}
    assert view(caucus_room(), CONSUMER).hears_me == ("林静", "刘明")


def test_a_screen_is_known_to_its_conversation_and_to_nobody_else() -> None:
    room = after(caucus_room(), c.ShareScreen(CONSUMER, private=True))
    assert {seat: view(room, seat).screen for seat in SEATS} == {
        MEDIATOR: CONSUMER,
        CONSUMER: CONSUMER,
        AGENT: CONSUMER,
        INSURER: None,
    }
    assert view(room, INSURER) == view(caucus_room(), INSURER)


@some
@given(rooms(), seats_of(), st.sampled_from(SEATS))
def test_what_a_page_says_of_a_screen_is_what_comes(
    room: Room, present: frozenset[SeatId], seat: SeatId
) -> None:
    seen = view(room, seat, present)
    edges = who_hears(room, present)
    sources = {e.source for e in edges if e.kind is Kind.SCREEN and e.listener == ear(seat)}
    assert sources <= {seen.screen}
    if seen.screen not in {None, seat} and seat in present:
        assert sources == {seen.screen}
    assert seen.me.screen == (room.sharing == seat)


def test_without_the_mediators_line_no_screen_is_said_to_be_shown() -> None:
    room = after(joint_room(), c.ShareScreen(INSURER, private=False))
    assert view(room, CONSUMER).screen == INSURER
    assert view(room, CONSUMER, ALL - {MEDIATOR}).screen is None
    assert view(room, CONSUMER, ALL - {INSURER}).screen is None


def test_who_shared_learns_why_it_ended() -> None:
    room = after(joint_room(), c.ShareScreen(INSURER, private=False))
    ends: dict[ScreenEnd, c.Command] = {
        ScreenEnd.OWN: c.StopScreen(INSURER, INSURER),
        ScreenEnd.MEDIATOR: c.StopScreen(MEDIATOR, INSURER),
        ScreenEnd.LINE: c.LoseScreen(INSURER),
        ScreenEnd.CONVERSATION: c.OpenCaucus(MEDIATOR, Side.APPLICANT, CAUCUS),
    }
    for why, command in ends.items():
        stopped = after(room, command)
        assert (view(stopped, INSURER).me.screen, view(stopped, INSURER).me.screen_ended) == (False, why)
        assert view(stopped, CONSUMER).me.screen_ended is None
    again = after(room, c.LoseScreen(INSURER), c.ShareScreen(INSURER, private=False))
    assert view(again, INSURER).me.screen_ended is None


# Each truth.


@pytest.mark.parametrize(
    ("room", "truth"),
    [
        (new_room(), Truth.CHECKING),
        (after(new_room(), c.Knock(CONSUMER, phone_of(CONSUMER))), Truth.WAITING),
        (
            after(new_room(), c.Knock(CONSUMER, phone_of(CONSUMER)), c.Admit(MEDIATOR, CONSUMER)),
            Truth.BEFORE,
        ),
        (joint_room(), Truth.JOINT),
        (caucus_room(), Truth.PRIVATE),
        (caucus_room(Side.RESPONDENT), Truth.APART),
        (after(joint_room(), c.Leave(CONSUMER)), Truth.OUT),
        (after(joint_room(), c.Remove(MEDIATOR, CONSUMER)), Truth.OUT),
        (after(joint_room(), c.Leave(MEDIATOR)), Truth.MEDIATOR_AWAY),
        (closed_room(), Truth.CLOSED),
    ],
)
def test_the_truth_of_the_strip(room: Room, truth: Truth) -> None:
    assert view(room, CONSUMER).truth is truth


@pytest.mark.parametrize("room", [joint_room(), caucus_room()])
def test_without_the_mediators_line_the_strip_says_so(room: Room) -> None:
    seen = view(room, CONSUMER, ALL - {MEDIATOR})
    assert (seen.truth, seen.hears_me, seen.recording) == (Truth.MEDIATOR_AWAY, (), False)


def test_another_device_learns_only_that_it_is_one() -> None:
    seen = partial(view_for, joint_room(), present=ALL, online=ALL, names=NAMES, on_other_device=True)
    for seat in (CONSUMER, MEDIATOR):
        told = seen(seat)
        assert told.truth is Truth.ELSEWHERE
        assert (told.people, told.hears_me, told.everybody, told.recording) == ((), (), (), False)


def test_the_mediator_sees_where_everybody_is() -> None:
    room = after(joint_room(MEDIATOR, CONSUMER), c.Knock(INSURER, phone_of(INSURER)))
    room = after(room, c.Knock(CONSUMER, other_of(CONSUMER)), c.SetMic(CONSUMER, CONSUMER, on=False))
    seen = view_for(room, MEDIATOR, frozenset({MEDIATOR}), frozenset({MEDIATOR, CONSUMER}), NAMES)
    rows = {row.seat: row for row in seen.everybody}
    assert [row.seat for row in seen.everybody] == list(SEATS)
    assert {s: rows[s].admission for s in (CONSUMER, INSURER, AGENT)} == {
        CONSUMER: Admission.ADMITTED,
        INSURER: Admission.WAITING,
        AGENT: Admission.CHECKING,
    }
    assert (rows[CONSUMER].here, rows[INSURER].here) == (True, False)
    assert (rows[CONSUMER].mic, rows[CONSUMER].other_device) == (False, True)
    assert rows[INSURER].organisation == "安和在线财险"


def test_all_see_who_is_never_recorded() -> None:
    room = after(joint_room(), c.SetConsent(CONSUMER, ready=True, recorded=False))
    for seat in SEATS:
        seen = view(room, seat)
        assert seen.unrecorded == ("刘桂英",)
        assert seen.recording == (seat != CONSUMER)
        assert seen.session_recorded
    consumer = next(p for p in view(room, INSURER).people if p.seat == CONSUMER)
    assert not consumer.recorded


def test_all_see_that_a_recording_failed() -> None:
    seen = view(joint_room(), INSURER, untaped=frozenset({CONSUMER}))
    assert (seen.recorder_failed, seen.recording, seen.session_recorded) == (True, True, True)
    assert not view(joint_room(), CONSUMER, untaped=frozenset({CONSUMER})).recording
    assert not view(caucus_room(), CONSUMER, untaped=frozenset({CONSUMER})).recorder_failed


def test_who_refused_the_recording_is_not_said_to_have_failed() -> None:
    room = after(joint_room(), c.SetConsent(CONSUMER, ready=True, recorded=False))
    assert not view(room, INSURER, untaped=frozenset({CONSUMER})).recorder_failed


def test_people_stand_in_the_slots_of_their_places() -> None:
    slots = {seat: {p.seat: p.slot for p in view(joint_room(), seat).people} for seat in SEATS}
    assert slots[MEDIATOR] == {CONSUMER: 0, AGENT: 1, INSURER: 2}
    assert slots[INSURER] == {MEDIATOR: 0, CONSUMER: 1, AGENT: 2}


def test_after_the_end_the_ground_is_said_and_before_it_is_not() -> None:
    assert view(closed_room(), CONSUMER).ground is Ground.UNWILLING
    assert view(joint_room(), CONSUMER).ground is None
    assert view(closed_room(), CONSUMER).people == ()


def test_my_own_switches_are_shown_to_me() -> None:
    room = after(joint_room(), c.SetMic(MEDIATOR, CONSUMER, on=False), c.SetCamera(CONSUMER, on=False))
    me = view(room, CONSUMER).me
    assert (me.seat, me.role, me.side, me.place) == (CONSUMER, Role.CONSUMER, Side.APPLICANT, 1)
    assert (me.mic, me.camera, me.recorded) == (False, False, True)
    assert replace(me, mic=True, camera=True) == view(joint_room(), CONSUMER).me
