"""Sound, pictures and people stay together in what is recorded; half an hour of simulated time.

Beeps and flashes are frames captured at the same instants; where they stand is read from the files.
"""

import asyncio
import math
from collections.abc import Iterable
from dataclasses import replace

import pytest

from recordings.model import EndCause, Track
from tests.builders.drift import PICTURE, PIECE, Sitter
from tests.builders.half_hour import PAUSED, SECONDS, Kept, keep

LIPS, PEOPLE = 0.045, 0.100  # seconds
STEADY = Sitter("steady", ahead=7200.0, drift=20e-6, sound_drift=-20e-6)
OTHER = Sitter("other", ahead=-1e8, drift=-20e-6, way=(0.04, 0.06))


def worst(offsets: Iterable[float]) -> float:
    return max(map(abs, offsets))


@pytest.fixture(scope="module")
def half_hour() -> Kept:
    return asyncio.run(keep())


def test_sound_and_pictures_of_each_seat_stay_within_45_ms_for_half_an_hour(half_hour: Kept) -> None:
    assert {name: len(found) > 1600 for name, found in half_hour.lips.items()} == {
        "phone": True,
        "desk": True,
        "late": True,
    }
    assert {name: found for name, found in half_hour.lips.items() if worst(found) > LIPS} == {}


def test_any_two_people_stay_within_100_ms_for_half_an_hour(half_hour: Kept) -> None:
    assert len(half_hour.between) == 6
    assert min(len(found) for found in half_hour.between.values()) > 1600
    assert {pair: worst(found) for pair, found in half_hour.between.items() if worst(found) > PEOPLE} == {}


def test_nothing_is_placed_before_it_was_captured_or_long_after(half_hour: Kept) -> None:
    delays = [late for seat in half_hour.seats.values() for _, late in seat.sound + seat.pictures]
    assert min(delays) > -0.05
    assert max(delays) < 0.15


def test_a_camera_that_was_off_for_a_minute_begins_a_file_and_one_that_is_never_on_is_in_none(
    half_hour: Kept,
) -> None:
    first, second = [s for s in half_hour.segments if s.seat == "phone"][:2]
    assert (first.tracks, second.tracks) == ((Track.AUDIO,), (Track.AUDIO, Track.VIDEO))
    assert first.media_ms == pytest.approx(60_000, abs=300)
    voices = [s for s in half_hour.segments if s.seat == "voice"]
    assert {s.tracks for s in voices} == {(Track.AUDIO,)}


def test_turning_the_phone_begins_a_file_without_a_hole_in_the_sound(half_hour: Kept) -> None:
    changed = [s.cause for s in half_hour.segments if s.seat == "phone"]
    assert changed.count(EndCause.STREAM_CHANGED) == 3  # the camera came, and two turns
    for turned in (1900.0, 2300.0):
        (hole,) = [
            b - a
            for (a, _), (b, _) in zip(
                half_hour.seats["phone"].sound, half_hour.seats["phone"].sound[1:], strict=False
            )
            if a <= turned < b
        ]
        assert hole < 0.5  # silence: a packet each 0.4 s


def test_a_pause_is_a_gap_in_every_seats_files(half_hour: Kept) -> None:
    ((begin, end),) = PAUSED
    for name, seat in half_hour.seats.items():
        captured = [at - 1000 for at, _ in seat.sound + seat.pictures]
        on_the_way = 0.2  # what arrives after the end may have been captured so long before
        assert not any(begin < at < end - on_the_way for at in captured), name
        assert any(at > end for at in captured), name


def test_what_the_line_doubled_or_turned_around_stands_once_and_in_order(half_hour: Kept) -> None:
    for seat in half_hour.seats.values():
        for placed in (seat.sound, seat.pictures):
            captured = [at for at, _ in placed]
            assert len(set(captured)) == len(captured)
            assert captured == [at for at, _ in sorted(placed, key=lambda one: one[0] + one[1])]


def test_lost_pictures_are_repaired_and_silence_is_not_filled(half_hour: Kept) -> None:
    due = (SECONDS - 40) / PICTURE
    assert len(half_hour.seats["late"].pictures) > 0.95 * due
    assert len(half_hour.seats["late"].sound) < 0.5 * (SECONDS - 40) / PIECE


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"lies": ((0.0, 10.0),)}, id="wrong-ahead"),
        pytest.param({"lies": ((0.0, -10.0),)}, id="wrong-behind"),
        pytest.param({"first_reports_late": 0.45}, id="held-up"),
        pytest.param({"first_reports_late": 2.0}, id="held-up-long"),
        pytest.param({"reports_from": math.inf}, id="no-reports"),
        pytest.param({"reports_from": 8.0}, id="late-reports"),
        pytest.param({"muted": tuple((t, t + 2.0) for t in range(5, 60, 5))}, id="muted"),
    ],
)
async def test_trouble_with_reports_moves_nobody_beyond_the_bounds(
    trouble: dict[str, object], seed: int
) -> None:
    kept = await keep((replace(STEADY, **trouble), OTHER), 60.0, (), seed)  # type: ignore[arg-type]
    assert len(kept.lips["steady"]) > 30
    assert worst(kept.lips["steady"]) < LIPS
    assert worst(kept.between["other", "steady"]) < PEOPLE


async def test_sound_and_pictures_meet_again_whenever_a_stream_begins_anew() -> None:
    renewed = tuple(float(second) for second in range(5, 240, 5))
    kept = await keep((replace(STEADY, renewed=renewed),), 240.0, ())
    assert len(kept.lips["steady"]) > 120
    assert worst(kept.lips["steady"]) < LIPS
