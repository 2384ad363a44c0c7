"""A narrow line to here: the camera gives way to the sound, before the browser finds out by itself."""

from signaling.downlink import CEILING, FLOOR, SCREEN_CEILING, SCREEN_FLOOR
from signaling.uplink import Uplink


def seconds(uplink: Uplink, *losses: float, packets: int = 200) -> None:
    for loss in losses:
        uplink.report(loss * packets, packets)


def test_a_full_line_is_asked_for_what_came_through() -> None:
    uplink = Uplink()
    seconds(uplink, 0.75)
    assert uplink.rate == CEILING // 4


def test_a_face_is_never_asked_for_less_than_it_needs() -> None:
    uplink = Uplink()
    seconds(uplink, *[0.9] * 10)
    assert uplink.rate == FLOOR


def test_camera_and_screen_give_way_together_for_they_go_by_one_line() -> None:
    uplink = Uplink()
    seconds(uplink, 0.75)
    assert (uplink.rate, uplink.screen_rate) == (CEILING // 4, SCREEN_CEILING // 4)
    seconds(uplink, *[0.9] * 10)
    assert uplink.screen_rate == SCREEN_FLOOR
    seconds(uplink, *[0.0] * 30)
    assert uplink.screen_rate == SCREEN_CEILING


def test_a_rate_comes_back_slowly_when_nothing_is_lost() -> None:
    uplink = Uplink()
    seconds(uplink, 0.75, 0.0)
    assert CEILING // 4 < uplink.rate < CEILING // 3
    seconds(uplink, *[0.0] * 30)
    assert uplink.rate == CEILING


def test_what_a_radio_loses_by_itself_changes_nothing() -> None:
    uplink = Uplink()
    seconds(uplink, 0.05, 0.08, 0.06)
    assert uplink.rate == CEILING


def test_a_handful_of_packets_tells_nothing() -> None:
    uplink = Uplink()
    seconds(uplink, 1.0, packets=10)
    assert uplink.rate == CEILING
