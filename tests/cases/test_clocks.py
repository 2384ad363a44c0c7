"""A process's time goes on by the monotonic clock, whatever happens to the machine's."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cases.clocks import from_iso, iso, steady_clock

NOON = datetime(2025, 9, 18, 4, 0, tzinfo=UTC)


class Machine:
    """The two clocks of a machine; `step` moves the wall clock alone, as a correction does."""

    def __init__(self) -> None:
        self.wall, self.monotonic = NOON.timestamp(), 1000.0

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds

    def step(self, seconds: float) -> None:
        self.wall += seconds


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_step_of_the_machines_clock_does_not_move_time(minutes: int) -> None:
    machine = Machine()
    clock = steady_clock(lambda: machine.wall, lambda: machine.monotonic)
    machine.pass_(60)
    machine.step(minutes * 60)
    machine.pass_(30)
    assert clock() == NOON + timedelta(seconds=90)


def test_a_new_process_reads_the_corrected_clock() -> None:
    machine = Machine()
    machine.step(600)
    assert steady_clock(lambda: machine.wall, lambda: machine.monotonic)() == NOON + timedelta(minutes=10)


def test_time_is_spelled_in_utc_with_microseconds() -> None:
    shanghai = datetime(2025, 9, 18, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=8)))
    assert iso(shanghai) == "2025-09-18T04:00:00.000005Z"
    assert from_iso(iso(shanghai)) == shanghai


def test_another_spelling_of_time_is_not_read() -> None:
    with pytest.raises(ValueError, match="does not match"):
        from_iso("2025-09-18T04:00:00+00:00")
