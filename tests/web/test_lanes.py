"""Recorded intervals and holes on one axis of time."""

from datetime import timedelta

from cases.model import Role, Side
from tests.builders.case_files import case_file, segment
from tests.builders.facts import NOW
from web.lanes import lanes
from web.views import GapRow

WHO = ("周建国", Role.CONSUMER, Side.APPLICANT)


def test_nothing_recorded_is_an_empty_axis() -> None:
    axis = lanes((), ())
    assert (axis.lanes, axis.ticks) == ((), ())


def test_bars_are_percent_of_the_time_from_first_to_last() -> None:
    hole = GapRow(
        "周建国", Side.APPLICANT, NOW + timedelta(minutes=10), NOW + timedelta(minutes=30), "caucus"
    )
    (lane,) = lanes((segment(WHO, 0, 10), segment(WHO, 30, 10)), (hole,)).lanes
    assert [(bar.x, bar.width, bar.segment) for bar in lane.bars] == [(0, 25, 1), (75, 25, 2), (25, 50, 0)]


def test_a_hole_that_still_lasts_reaches_to_the_end() -> None:
    lost = GapRow("赵一鸣", Side.RESPONDENT, NOW + timedelta(minutes=30), None, "line-lost")
    _, lane = lanes((segment(WHO, 0, 40),), (lost,)).lanes
    assert [(bar.x, bar.width) for bar in lane.bars] == [(75, 25)]


def test_who_was_never_recorded_has_a_lane_of_holes() -> None:
    never = GapRow("王敏", Side.APPLICANT, NOW, NOW + timedelta(minutes=40), "")
    axis = lanes((segment(WHO, 0, 40),), (never,))
    assert [lane.name for lane in axis.lanes] == ["周建国", "王敏"]
    assert [bar.segment for bar in axis.lanes[1].bars] == [0]


def test_ticks_run_from_the_beginning_to_the_end() -> None:
    file = case_file()
    axis = lanes(file.segments, file.gaps)
    assert axis.ticks[0] == NOW
    assert axis.ticks[-1] == NOW + timedelta(minutes=74)
