"""A session on one clock: parts that cover it, holes with their words, and what is not played."""

from dataclasses import replace
from datetime import timedelta

from cases.model import Role, Side
from tests.builders.case_files import case_file, gap, segment
from tests.builders.facts import NOW
from web.playback import Kind, Playback, playback

WHO = ("周建国", Role.CONSUMER, Side.APPLICANT)
OTHER = ("赵一鸣", Role.INSURER, Side.RESPONDENT)
MINUTE = 60_000


def minutes(session: Playback, track: int = 0) -> list[tuple[Kind, float, float]]:
    return [(part.kind, part.at / MINUTE, part.till / MINUTE) for part in session.tracks[track].parts]


def test_nothing_recorded_is_no_session() -> None:
    session = playback((), (), NOW)
    assert (session.tracks, session.ticks, session.length, session.begins_at) == ((), (), 0, None)


def test_parts_follow_each_other_and_cover_the_session() -> None:
    hole = gap(WHO, 10, 30, "caucus")
    session = playback((segment(WHO, 0, 10), segment(WHO, 30, 10), segment(OTHER, 5, 40)), (hole,), NOW)
    assert minutes(session) == [
        (Kind.MEDIA, 0, 10),
        (Kind.HOLE, 10, 30),
        (Kind.MEDIA, 30, 40),
        (Kind.HOLE, 40, 45),
    ]
    assert [part.words for part in session.tracks[0].parts] == ["", "单独会谈，不录像", "", "这时没有录"]
    assert minutes(session, 1) == [(Kind.HOLE, 0, 5), (Kind.MEDIA, 5, 45)]


def test_a_hole_that_still_lasts_reaches_to_the_end() -> None:
    session = playback(
        (segment(WHO, 0, 40), segment(OTHER, 0, 30)), (gap(OTHER, 30, None, "line-lost"),), NOW
    )
    assert minutes(session, 1) == [(Kind.MEDIA, 0, 30), (Kind.HOLE, 30, 40)]


def test_what_is_still_being_recorded_reaches_to_now() -> None:
    session = playback((segment(WHO, 0, 0, "open"),), (), NOW + timedelta(minutes=7))
    assert minutes(session) == [(Kind.MEDIA, 0, 7)]
    assert session.tracks[0].parts[0].open


def test_a_segment_that_begins_ends_the_one_before() -> None:
    session = playback((segment(WHO, 0, 10), segment(WHO, 8, 10)), (), NOW)
    assert minutes(session) == [(Kind.MEDIA, 0, 8), (Kind.MEDIA, 8, 18)]


def test_what_does_not_fit_its_hash_or_is_not_there_is_a_hole_with_words() -> None:
    states = {"altered": "散列不符", "missing": "文件不见了", "unwritten": "没有写下"}
    rows = tuple(segment(WHO, 10 * n, 10, state) for n, state in enumerate(states))
    parts = playback((*rows, segment(OTHER, 0, 30)), (), NOW).tracks[0].parts
    assert [part.kind for part in parts] == [Kind.HOLE] * 3
    assert not any(part.url for part in parts)
    assert all(words in part.words for words, part in zip(states.values(), parts, strict=True))


def test_a_screen_is_a_track_of_its_own_and_is_missed_by_nobody() -> None:
    screen = replace(segment(WHO, 10, 5), name="周建国的屏幕", screen=True)
    session = playback((segment(WHO, 0, 20), screen), (), NOW)
    assert [(track.name, track.screen) for track in session.tracks] == [
        ("周建国", False),
        ("周建国的屏幕", True),
    ]
    assert minutes(session, 1) == [(Kind.NOTHING, 0, 10), (Kind.MEDIA, 10, 15), (Kind.NOTHING, 15, 20)]


def test_two_people_of_one_name_are_two_tracks() -> None:
    twin = replace(segment(WHO, 0, 20), seat="another")
    assert len(playback((segment(WHO, 0, 20), twin), (), NOW).tracks) == 2


def test_the_mediator_stands_between_the_sides() -> None:
    file = case_file()
    session = playback(file.segments, file.gaps, file.now)
    assert [track.side for track in session.tracks] == [Side.APPLICANT, Side.CENTRE, Side.RESPONDENT]


def test_a_camera_that_was_off_is_told_with_the_segment() -> None:
    off = (NOW + timedelta(minutes=2), NOW + timedelta(minutes=3))
    (track,) = playback((replace(segment(WHO, 0, 10), dark=(off,)),), (), NOW).tracks
    assert track.parts[0].dark == ((2 * MINUTE, 3 * MINUTE),)


def test_only_what_happened_in_the_session_has_a_place_on_it() -> None:
    session = playback((segment(WHO, 0, 10),), (), NOW)
    times = [session.seconds(NOW + timedelta(seconds=s)) for s in (-1, 0, 90.5, 600, 601)]
    assert times == [None, 0, 90.5, 600, None]


def test_ticks_run_from_the_beginning_to_the_end() -> None:
    file = case_file()
    session = playback(file.segments, file.gaps, file.now)
    assert session.ticks[0] == NOW
    assert session.ticks[-1] == NOW + timedelta(minutes=74)
