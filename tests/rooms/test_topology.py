"""Who hears and sees whom, in every room that people can get into."""

from hypothesis import given
from hypothesis import strategies as st

from cases.ids import SeatId
from cases.model import Side
from rooms import commands as c
from rooms.edges import RECORDER, Edge, Kind, ear
from rooms.model import Room
from rooms.states import Phase
from rooms.topology import audience, recorded, who_hears
from tests.builders.room import (
    AGENT,
    CAUCUS,
    CONSUMER,
    INSURER,
    MEDIATOR,
    SEATS,
    after,
    caucus_room,
    closed_room,
    joint_room,
    new_room,
    phone_of,
)
from tests.builders.wishes import rooms, seats_of, some

ALL = frozenset(SEATS)


def pairs(edges: frozenset[Edge]) -> set[tuple[str, str]]:
    return {(edge.source, edge.listener) for edge in edges}


@some
@given(rooms(), seats_of(), seats_of())
def test_no_edge_without_a_connected_mediator_in_the_conversation(
    room: Room, present: frozenset[SeatId], untaped: frozenset[SeatId]
) -> None:
    inside = room.admitted & (room.caucus.members if room.caucus else ALL)
    if MEDIATOR not in inside & present or room.phase is not Phase.OPEN:
        assert who_hears(room, present, untaped) == frozenset()


@some
@given(rooms(), seats_of(), seats_of())
def test_no_edge_to_or_from_who_is_not_admitted_and_connected(
    room: Room, present: frozenset[SeatId], untaped: frozenset[SeatId]
) -> None:
    for edge in who_hears(room, present, untaped):
        assert edge.source in room.admitted & present
        assert edge.listener in {RECORDER, *map(ear, room.admitted & present)}
        assert edge.listener != ear(edge.source)


@some
@given(rooms(), seats_of())
def test_no_edge_across_the_border_of_a_caucus(room: Room, present: frozenset[SeatId]) -> None:
    if room.caucus is not None:
        for edge in who_hears(room, present):
            assert {ear(edge.source), edge.listener} <= {ear(seat) for seat in room.caucus.members}


@some
@given(rooms(), seats_of(), seats_of())
def test_the_recorder_hears_the_joint_session_and_who_agreed(
    room: Room, present: frozenset[SeatId], untaped: frozenset[SeatId]
) -> None:
    taped = {edge.source for edge in who_hears(room, present, untaped) if edge.listener == RECORDER}
    assert not (taped and (room.caucus or room.paused))
    assert not taped & untaped
    assert all(room.seat(seat).recorded or seat == MEDIATOR for seat in taped)


@some
@given(rooms(), seats_of())
def test_all_inside_hear_and_see_each_other(room: Room, present: frozenset[SeatId]) -> None:
    edges = who_hears(room, present)
    inside = room.admitted & present & (room.caucus.members if room.caucus else ALL)
    if room.phase is Phase.OPEN and MEDIATOR in inside:
        for kind in (Kind.MIC, Kind.CAMERA):
            heard = {(e.source, e.listener) for e in edges if e.kind is kind and e.listener != RECORDER}
            assert heard == {(a, ear(b)) for a in inside for b in inside if a != b}


@some
@given(rooms(), seats_of())
def test_a_screen_flows_from_who_shares_it_to_all_others_inside(
    room: Room, present: frozenset[SeatId]
) -> None:
    inside = room.admitted & present & (room.caucus.members if room.caucus else ALL)
    seen = {(e.source, e.listener) for e in who_hears(room, present) if e.kind is Kind.SCREEN}
    assert len({source for source, _ in seen}) <= 1
    if room.sharing in inside and MEDIATOR in inside:
        recording = room.caucus is None and not room.paused
        taped = {RECORDER} if recording and room.sharing in recorded(room) else set()
        assert seen == {(room.sharing, to) for to in {*map(ear, inside - {room.sharing}), *taped}}
    else:
        assert seen == set()


@some
@given(rooms(), seats_of(), st.sampled_from(SEATS))
def test_who_goes_away_widens_nobodys_audience(room: Room, present: frozenset[SeatId], gone: SeatId) -> None:
    assert who_hears(room, present - {gone}) <= who_hears(room, present)


def test_the_whole_joint_session() -> None:
    edges = who_hears(joint_room(MEDIATOR, CONSUMER, INSURER), ALL)
    three = (MEDIATOR, CONSUMER, INSURER)
    talk = {(a, b) for a in three for b in three if a != b}
    assert pairs(edges) == talk | {(a, RECORDER) for a in three}
    assert audience(edges, CONSUMER) == {ear(MEDIATOR), ear(INSURER), RECORDER}


def test_no_screen_flows_that_nobody_shares() -> None:
    shared = after(joint_room(), c.ShareScreen(INSURER, private=False))
    for room, sources in ((joint_room(), set()), (shared, {INSURER})):
        assert {e.source for e in who_hears(room, ALL) if e.kind is Kind.SCREEN} == sources


def test_a_caucus_is_the_mediator_and_one_side_unrecorded() -> None:
    inside = (MEDIATOR, CONSUMER, AGENT)
    assert pairs(who_hears(caucus_room(), ALL)) == {(a, b) for a in inside for b in inside if a != b}
    assert pairs(who_hears(caucus_room(Side.RESPONDENT), ALL)) == {(MEDIATOR, INSURER), (INSURER, MEDIATOR)}


def test_after_the_caucus_all_is_as_before() -> None:
    assert who_hears(after(caucus_room(), c.CloseCaucus(MEDIATOR)), ALL) == who_hears(joint_room(), ALL)


def test_nobody_is_left_alone_with_the_other_side() -> None:
    assert who_hears(joint_room(), ALL - {MEDIATOR}) == frozenset()
    assert who_hears(caucus_room(), ALL - {MEDIATOR}) == frozenset()
    assert who_hears(after(joint_room(), c.Leave(MEDIATOR)), ALL) == frozenset()


def test_nothing_flows_before_the_opening_and_after_the_end() -> None:
    assert who_hears(new_room(), ALL) == frozenset()
    assert who_hears(closed_room(), ALL) == frozenset()


def test_who_comes_into_the_room_during_a_caucus_is_apart() -> None:
    room = after(joint_room(MEDIATOR, CONSUMER), c.OpenCaucus(MEDIATOR, Side.APPLICANT, CAUCUS))
    for late in (INSURER, AGENT):
        room = after(room, c.Knock(late, phone_of(late)), c.Admit(MEDIATOR, late))
    assert audience(who_hears(room, ALL), CONSUMER) == {ear(MEDIATOR)}


def test_who_leaves_a_caucus_and_is_admitted_again_is_in_it_again() -> None:
    room = after(caucus_room(), c.Leave(CONSUMER))
    assert audience(who_hears(room, ALL), CONSUMER) == frozenset()
    room = after(room, c.Knock(CONSUMER, phone_of(CONSUMER)), c.Admit(MEDIATOR, CONSUMER))
    assert audience(who_hears(room, ALL), CONSUMER) == {ear(MEDIATOR), ear(AGENT)}


def test_who_withdraws_the_consent_is_recorded_no_more() -> None:
    room = after(joint_room(), c.SetConsent(CONSUMER, ready=True, recorded=False))
    assert RECORDER not in audience(who_hears(room, ALL), CONSUMER)
    assert RECORDER in audience(who_hears(room, ALL), INSURER)
    assert CONSUMER not in recorded(room)


def test_the_mediator_is_recorded_by_duty() -> None:
    assert recorded(new_room(recorded=False)) == {MEDIATOR}
