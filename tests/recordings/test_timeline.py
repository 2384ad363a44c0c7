"""Simulated seats: their clocks are off and drift, their packets and reports come late."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings.timeline import SeatClock, TrackTimeline
from tests.builders.rtp import ntp

AUDIO, VIDEO = 48000, 90000


class Seat:
    """A seat whose NTP clock shows `ahead + t * (1 + drift)` at the server's time t."""

    def __init__(self, ahead: float = 0.0, drift: float = 0.0, seed: int = 1) -> None:
        self.clock = SeatClock()
        self.tracks = {rate: TrackTimeline(rate, self.clock) for rate in (AUDIO, VIDEO)}
        self.ahead = ahead
        self.drift = drift
        self.origin = {AUDIO: 0xFFFF_FF00, VIDEO: 0x7FFF_0000}
        self.random = random.Random(seed)

    def own(self, t: float) -> float:
        return self.ahead + t * (1 + self.drift)

    def rtp(self, rate: int, t: float) -> int:
        return (self.origin[rate] + round(t * (1 + self.drift) * rate)) & 0xFFFFFFFF

    def report(self, rate: int, t: float, delay: float = 0.03) -> None:
        self.tracks[rate].report(ntp(self.own(t)), self.rtp(rate, t), t + delay)

    def frame(self, rate: int, t: float, delay: float = 0.03) -> float:
        """Return how far from t + 0.03 the frame captured at t is placed."""
        self.tracks[rate].see(self.rtp(rate, t), t + delay)
        return self.tracks[rate].at(self.rtp(rate, t), t + delay) - t - 0.03


@settings(deadline=None)
@given(ahead=st.floats(-1e6, 1e6), origin=st.integers(0, 0xFFFFFFFF), t=st.floats(1, 1e5))
def test_the_clients_clock_and_the_origin_of_its_counter_do_not_matter(
    ahead: float, origin: int, t: float
) -> None:
    seat = Seat(ahead)
    seat.origin = {AUDIO: origin, VIDEO: origin}
    seat.report(AUDIO, t)
    assert [seat.frame(AUDIO, t + i * 0.02) for i in range(3)] == pytest.approx([0, 0, 0], abs=1e-3)


def test_tracks_of_a_seat_stay_together_though_one_takes_longer() -> None:
    seat = Seat(ahead=3600)
    for second in range(30):
        seat.report(AUDIO, second, delay=0.03)
        seat.report(VIDEO, second + 0.1, delay=0.25)
        for i in range(10):
            t = second + 0.2 + i * 0.04
            if second:
                assert abs(seat.frame(VIDEO, t, 0.25) - seat.frame(AUDIO, t, 0.03)) < 0.002


def test_four_hours_of_drift_move_a_medium_by_less_than_four_milliseconds() -> None:
    """20 ppm, 2 % of the reports lost, delays of up to 200 ms; both counters wrap."""
    seat = Seat(ahead=-50, drift=-20e-6)
    worst = apart = 0.0
    for second in range(4 * 3600):
        delay = 0.03 + seat.random.random() ** 4 * 0.2
        if seat.random.random() > 0.02:
            seat.report(AUDIO if second % 2 else VIDEO, second, delay)
        if second > 1:
            audio, video = seat.frame(AUDIO, second + 0.5, delay), seat.frame(VIDEO, second + 0.5, delay)
            worst, apart = max(worst, abs(audio), abs(video)), max(apart, abs(audio - video))
    assert worst < 0.004
    assert apart < 0.002


def test_without_reports_the_quickest_packet_decides() -> None:
    seat = Seat()
    track = seat.tracks[AUDIO]
    for i, delay in enumerate((0.2, 0.05, 0.03, 0.1)):
        track.see(seat.rtp(AUDIO, i * 0.02), i * 0.02 + delay)
    assert not track.reported
    assert seat.frame(AUDIO, 0.08) == pytest.approx(0, abs=1e-3)


def test_a_late_first_report_is_slewed_to_and_time_never_runs_backwards() -> None:
    seat = Seat()
    placed = [seat.frame(AUDIO, i * 0.02, 0.13) + i * 0.02 for i in range(50)]
    seat.report(AUDIO, 1.0)
    placed += [seat.frame(AUDIO, 1 + i * 0.02, 0.13) + 1 + i * 0.02 for i in range(2000)]
    steps = [b - a for a, b in pairwise(placed)]
    assert all(0.0195 < step < 0.0205 for step in steps)
    assert placed[-1] == pytest.approx(1 + 1999 * 0.02, abs=2e-3)


def test_a_report_that_was_held_up_places_nothing_after_its_arrival() -> None:
    seat = Seat()
    for i in range(10):
        seat.tracks[AUDIO].see(seat.rtp(AUDIO, i * 0.02), i * 0.02 + 0.03)
    seat.report(AUDIO, 0.1, delay=0.45)
    placed = [seat.tracks[AUDIO].at(seat.rtp(AUDIO, i * 0.02), i * 0.02 + 0.03) for i in range(10)]
    assert placed == pytest.approx([i * 0.02 + 0.03 for i in range(10)], abs=1e-3)


def test_tracks_that_were_held_begin_together_whichever_of_them_comes_first() -> None:
    """The first report took 200 ms, sound takes 30, pictures 60."""
    seat = Seat()
    for rate in (AUDIO, VIDEO):
        seat.report(rate, 0, delay=0.2)
        for i in range(10):
            seat.tracks[rate].see(seat.rtp(rate, i * 0.04), i * 0.04 + (0.03 if rate == AUDIO else 0.06))
    assert abs(seat.frame(VIDEO, 0.4, 0.06) - seat.frame(AUDIO, 0.4, 0.03)) < 0.001


def test_one_report_that_is_wrong_by_seconds_moves_nothing() -> None:
    seat = Seat()
    errors: list[float] = []
    for second in range(60):
        seat.ahead = 10.0 if second == 30 else 0.0
        seat.report(AUDIO, second)
        seat.ahead = 0.0
        seat.report(VIDEO, second + 0.5)
        errors += [seat.frame(rate, second + 0.6) for rate in (AUDIO, VIDEO)]
    assert max(map(abs, errors)) < 0.001


def test_an_interval_that_was_joined_late_is_followed_at_its_first_report() -> None:
    seat = Seat()
    for i in range(200):
        if i % 50 == 0:
            seat.report(AUDIO, i * 0.02)
        seat.frame(AUDIO, i * 0.02)
    seat.origin[AUDIO] += round(0.06 * AUDIO)
    seat.tracks[AUDIO].begin()
    assert abs(seat.frame(AUDIO, 6.0)) < 0.001
    seat.report(AUDIO, 6.01)
    assert abs(seat.frame(AUDIO, 6.02)) < 0.001


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_client_that_sets_its_clock_does_not_tear_the_recording(step: float) -> None:
    seat = Seat()
    errors: list[float] = []
    for second in range(60):
        if second == 30:
            seat.ahead += step
        seat.report(AUDIO, second)
        seat.report(VIDEO, second + 0.5)
        errors += [seat.frame(rate, second + 0.6) for rate in (AUDIO, VIDEO)]
    assert max(map(abs, errors)) < 0.002


def test_a_counter_that_jumps_is_placed_by_arrival() -> None:
    seat = Seat()
    seat.report(AUDIO, 0)
    assert abs(seat.frame(AUDIO, 1)) < 0.001
    seat.origin[AUDIO] += 1_000_000_000
    assert abs(seat.frame(AUDIO, 2)) < 0.1


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1)), max_size=20))
def test_no_report_moves_a_medium_far_from_its_arrival(lies: list[tuple[int, int]]) -> None:
    seat = Seat()
    for i in range(20):
        for stamp, time in lies:
            seat.tracks[AUDIO].report(stamp, time, i)
        assert -3.1 < seat.frame(AUDIO, i) < 0.6
