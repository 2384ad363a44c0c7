"""When a camera was off: told for recorded times alone."""

from datetime import timedelta

from cases.ids import SeatId
from rooms import events as e
from server.dark import dark
from tests.builders.facts import NOW

SEAT, OTHER = SeatId("one"), SeatId("other")


JOURNAL = tuple(
    (NOW + timedelta(minutes=minute), e.CameraSet(seat, on))
    for minute, seat, on in (
        (2, SEAT, False),
        (3, OTHER, True),
        (4, SEAT, True),
        (5, OTHER, False),
        (8, SEAT, False),
        (9, SEAT, False),
    )
)


def minutes(begins: float, ends: float) -> list[tuple[float, float]]:
    found = dark(JOURNAL, SEAT, NOW + timedelta(minutes=begins), NOW + timedelta(minutes=ends))
    return [((a - NOW) / timedelta(minutes=1), (b - NOW) / timedelta(minutes=1)) for a, b in found]


def test_a_camera_is_off_from_when_its_person_switched_it_off_until_on() -> None:
    assert minutes(0, 7) == [(2, 4)]


def test_what_is_still_off_is_off_until_the_end() -> None:
    assert minutes(7, 10) == [(8, 10)]


def test_what_was_outside_of_the_recorded_time_is_not_told() -> None:
    assert minutes(3, 8) == [(3, 4)]
    assert minutes(4, 8) == []
