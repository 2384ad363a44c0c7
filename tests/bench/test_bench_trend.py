"""When a soak says that something grows."""

import pytest

from bench.trend import trend
from bench.watch import Sample, more


def every_ten_seconds(values: list[float]) -> list[tuple[float, float]]:
    return [(10.0 * number, value) for number, value in enumerate(values)]


def sample(**held: int) -> Sample:
    return Sample(**{"at": 0.0, "rss": 0.0, "threads": 5, "tcp": 4, "udp": 3, "files": 2, "others": 1} | held)  # type: ignore[arg-type]  # counts and not times


def test_what_rises_steadily_grows_and_its_slope_is_told_by_the_hour() -> None:
    found = trend(every_ten_seconds([100.0 + number for number in range(12)]))
    assert found.slope == pytest.approx(360.0)
    assert (found.first, found.last) == (101.0, 110.0)
    assert found.grows


def test_what_goes_up_and_down_does_not_grow() -> None:
    assert not trend(every_ten_seconds([100.0, 108.0, 101.0, 107.0] * 6)).grows


def test_one_value_caught_at_a_bad_moment_is_no_growth() -> None:
    assert not trend(every_ten_seconds([100.0] * 11 + [180.0])).grows


def test_what_falls_does_not_grow() -> None:
    assert not trend(every_ten_seconds([100.0 - number for number in range(12)])).grows


def test_less_than_two_percent_is_within_what_two_runs_differ_by() -> None:
    assert not trend(every_ten_seconds([100.0 + number / 10 for number in range(12)])).grows


def test_a_trend_needs_four_samples() -> None:
    with pytest.raises(ValueError, match="four"):
        trend(every_ten_seconds([1.0, 2.0, 3.0]))


def test_what_is_held_beyond_before_is_told_by_kind() -> None:
    assert more(sample(), sample(udp=4, tcp=9, files=1)) == {"udp": 1, "tcp": 5}
    assert not more(sample(), sample(threads=4))
