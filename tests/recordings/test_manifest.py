import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cases.ids import ObjectId, RoomId, SeatId, SegmentId
from recordings.manifest import manifest
from recordings.model import EndCause, Gap, Segment, Track, gaps

OPENED = datetime(2025, 6, 3, 1, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return OPENED + timedelta(seconds=seconds)


def segment(seat: str, start: float, end: float | None, cause: EndCause | None) -> Segment:
    return Segment(
        SegmentId(f"{seat}{start}"),
        RoomId("room"),
        SeatId(seat),
        ObjectId(f"o{seat}{start}"),
        at(start),
        (Track.AUDIO,),
        at(end) if end is not None else None,
        cause,
        "00" * 32,
        1000,
        round(((end or start) - start) * 1000),
    )


def test_every_hole_of_a_seat_is_stated_with_its_cause() -> None:
    recorded = [
        segment("a", 40, 60, EndCause.CLOSED),
        segment("a", 0.5, 10, EndCause.CAUCUS),
        segment("a", 20, 30, EndCause.LINE_LOST),
        segment("b", 0, 50, EndCause.LEFT),
    ]
    assert gaps(recorded, OPENED, at(60)) == (
        Gap(SeatId("a"), at(0), at(0.5), None),
        Gap(SeatId("a"), at(10), at(20), EndCause.CAUCUS),
        Gap(SeatId("a"), at(30), at(40), EndCause.LINE_LOST),
        Gap(SeatId("b"), at(50), at(60), EndCause.LEFT),
    )


def test_a_screen_fills_no_hole_and_leaves_none() -> None:
    person = segment("a", 0, 20, EndCause.LINE_LOST)
    screen = replace(segment("a", 5, 40, EndCause.SCREEN_STOPPED), tracks=(Track.SCREEN,))
    assert gaps([person, screen], OPENED, at(60)) == (Gap(SeatId("a"), at(20), at(60), EndCause.LINE_LOST),)
    assert json.loads(manifest(RoomId("room"), OPENED, at(60), [screen], {}))["segments"][0]["tracks"] == [
        "screen"
    ]


def test_segments_that_overlap_leave_no_hole() -> None:
    recorded = [
        segment("a", 0, 30, EndCause.STREAM_CHANGED),
        segment("a", 10, 20, EndCause.CRASH),
        segment("a", 29, 60, EndCause.CLOSED),
    ]
    assert gaps(recorded, OPENED, at(60)) == ()


def test_a_segment_that_is_still_written_covers_what_follows() -> None:
    assert gaps([segment("a", 0, None, None)], OPENED, at(60)) == ()


def test_a_seat_that_was_never_recorded_has_no_gaps() -> None:
    assert gaps([], OPENED, at(60)) == ()


def test_the_manifest_states_hashes_gaps_and_totals() -> None:
    recorded = [segment("a", 20, 60, EndCause.CLOSED), segment("a", 0, 10, EndCause.CAUCUS)]
    stated = manifest(RoomId("room"), OPENED, at(60), recorded, {})
    assert stated == manifest(RoomId("room"), OPENED, at(60), reversed(recorded), {})
    facts = json.loads(stated)
    assert [s["cause"] for s in facts["segments"]] == ["caucus", "closed"]
    assert all(s["sha256"] == "00" * 32 for s in facts["segments"])
    assert [(g["ms"], g["cause"]) for g in facts["gaps"]] == [(10_000, "caucus")]
    assert facts["totals"] == {
        "segments": 2, "seats": 1, "bytes": 2000, "media_ms": 50_000, "copies": 0, "gaps": 1, "gap_ms": 10_000,
    }  # fmt: skip
    assert facts["segments"][0]["started_at"] == "2025-06-03T01:00:00.000000Z"
