"""Sound first: what a listener's line does not carry goes, cameras before the screen, and comes back."""

from collections.abc import Iterable, Mapping

import pytest

from signaling.downlink import (
    CALM,
    CEILING,
    FLOOR,
    LEAD,
    LONGEST_PAUSE,
    PAUSE,
    SCREEN_CEILING,
    SCREEN_FLOOR,
    SETTLED,
    Downlink,
    Quality,
)

VOICE, FACE, SCREEN = 1, 2, 3  # SSRCs
PACKETS = {VOICE: 50, FACE: 150, SCREEN: 100}  # a second


class Line:
    """A downlink with a voice and a face on it, and a screen when `shared`, which is reported on once a second."""

    def __init__(self) -> None:
        self.now = 100.0
        self.downlink = Downlink()
        self._highest = dict.fromkeys(PACKETS, (1 << 32) - 1000)  # numbers wrap
        self._absent = dict.fromkeys(PACKETS, 0.0)
        self._skipped = dict.fromkeys(PACKETS, 0)
        self.shared = False
        self.hear(dict.fromkeys(PACKETS, 0.0))

    def hear(self, losses: Mapping[int, float], late: float = 0.0) -> None:
        """Say what did not come of each stream in another second; `late` is how old the report is."""
        for ssrc, loss in losses.items():
            self._highest[ssrc] = (self._highest[ssrc] + PACKETS[ssrc]) % (1 << 32)
            self._absent[ssrc] += loss * PACKETS[ssrc]
            absent = self._absent[ssrc] - late * loss * PACKETS[ssrc]
            skipped = self._skipped[ssrc]
            self.downlink.hear(ssrc, self._highest[ssrc], round(absent), skipped, screen=ssrc == SCREEN)

    def skip(self, ssrc: int, share: float) -> None:
        """Let so much of another second never come here."""
        self._skipped[ssrc] += round(share * PACKETS[ssrc])

    def begin_anew(self) -> None:
        """Let the listener count from the beginning."""
        self._absent = dict.fromkeys(PACKETS, 0.0)

    def seconds(self, losses: Iterable[float], way: float = 0.05) -> None:
        for loss in losses:
            self.now += 1
            self.hear({VOICE: loss, FACE: loss, **({SCREEN: loss} if self.shared else {})})
            self.downlink.step(way, self.now)

    def until_paused(self) -> int:
        """Return after how many seconds of heavy loss the cameras pause."""
        for second in range(1, 60):
            self.seconds([0.6])
            if not self.downlink.allowance.cameras:
                return second
        raise AssertionError

    def until_resumed(self) -> int:
        for second in range(1, 200):
            self.seconds([0.0])
            if self.downlink.allowance.cameras:
                return second
        raise AssertionError


def test_a_good_line_carries_everything() -> None:
    line = Line()
    line.seconds([0.0, 0.02, 0.04] * 10)
    assert line.downlink.allowance.bitrate == CEILING
    assert line.downlink.allowance.cameras
    assert line.downlink.quality(0.0, line.now) is Quality.GOOD


def test_what_a_radio_loses_by_itself_pauses_nothing() -> None:
    line = Line()
    line.seconds([0.05, 0.08, 0.06] * 20)
    assert line.downlink.allowance.cameras
    assert line.downlink.allowance.bitrate == CEILING
    assert line.downlink.quality(0.0, line.now) is Quality.WEAK


def test_a_full_line_is_sent_less_before_pictures_pause() -> None:
    line = Line()
    line.seconds([0.15, 0.15])
    assert FLOOR < line.downlink.allowance.bitrate < CEILING
    assert line.downlink.allowance.cameras


def test_a_rate_that_went_down_comes_back_slowly() -> None:
    line = Line()
    line.seconds([0.2, 0.2])
    low = line.downlink.allowance.bitrate
    line.seconds([0.0])
    assert low < line.downlink.allowance.bitrate < low * 1.1
    line.seconds([0.0] * 20)
    assert line.downlink.allowance.bitrate == CEILING


def test_cameras_pause_within_three_seconds_of_heavy_loss_and_the_screen_stays() -> None:
    line = Line()
    assert line.until_paused() <= 3
    assert line.downlink.allowance.screen


def test_the_screen_pauses_only_when_that_was_not_enough() -> None:
    line = Line()
    line.until_paused()
    line.seconds([0.6] * int(SETTLED - 1))  # on their way when the cameras paused
    assert line.downlink.allowance.screen
    line.seconds([0.6] * 2)
    assert not line.downlink.allowance.screen


def test_the_screen_comes_back_before_the_cameras() -> None:
    line = Line()
    line.until_paused()
    line.seconds([0.6] * int(SETTLED + 1))
    line.seconds([0.0] * int(PAUSE))
    assert line.downlink.allowance.screen
    assert not line.downlink.allowance.cameras
    line.until_resumed()
    assert line.downlink.allowance.bitrate == FLOOR


def test_a_screen_is_held_to_what_came_through_together_with_the_cameras() -> None:
    line = Line()
    line.shared = True
    line.seconds([0.5])
    allowance = line.downlink.allowance
    assert (allowance.screen_bound, allowance.camera_bound) == (SCREEN_CEILING // 2, CEILING // 2)
    assert allowance.cameras
    assert allowance.screen


def test_letters_are_never_sent_with_less_than_they_need() -> None:
    line = Line()
    line.shared = True
    line.seconds([0.9] * 20)
    assert line.downlink.allowance.screen_rate == SCREEN_FLOOR


def test_a_screen_grows_back_beside_paused_cameras_as_the_line_proves_to_carry_it() -> None:
    line = Line()
    line.shared = True
    line.until_paused()
    low = line.downlink.allowance.screen_rate
    line.seconds([0.0] * 3)
    assert low < line.downlink.allowance.screen_bound < low * 1.3


def test_what_no_screen_has_proved_is_not_given_to_one_beside_paused_cameras() -> None:
    line = Line()
    line.until_paused()
    low = line.downlink.allowance.screen_rate
    line.seconds([0.0] * 3)
    assert line.downlink.allowance.screen_bound == low


def test_a_line_that_is_good_again_gives_a_screen_all_of_it_before_one_is_shared() -> None:
    line = Line()
    line.seconds([0.2, 0.2])
    assert line.downlink.allowance.screen_bound < SCREEN_CEILING
    line.seconds([0.0] * 20)
    assert line.downlink.allowance.screen_bound == SCREEN_CEILING


def test_a_screen_beside_paused_cameras_comes_down_before_it_pauses() -> None:
    line = Line()
    line.shared = True
    line.until_paused()
    line.seconds([0.0] * int(PAUSE - 1))
    before = line.downlink.allowance.screen_rate
    line.seconds([0.12] * 3)
    assert line.downlink.allowance.screen
    assert SCREEN_FLOOR <= line.downlink.allowance.screen_rate < before


def test_who_shares_comes_down_before_the_screen_is_seen_again() -> None:
    line = Line()
    line.until_paused()
    line.seconds([0.6] * int(SETTLED + 1))
    assert not line.downlink.allowance.screen
    assert line.downlink.allowance.screen_bound == SCREEN_CEILING  # those who see it lose nothing meanwhile
    line.seconds([0.0] * int(PAUSE - LEAD))
    assert not line.downlink.allowance.screen
    assert line.downlink.allowance.screen_bound == SCREEN_FLOOR
    assert line.downlink.allowance.camera_bound == CEILING  # their time has not come
    line.seconds([0.0] * int(LEAD))
    assert line.downlink.allowance.screen
    assert line.downlink.allowance.screen_bound == SCREEN_FLOOR


def test_each_attempt_that_fails_makes_the_next_one_later() -> None:
    line = Line()
    pauses = []
    for _ in range(5):
        line.until_paused()
        pauses.append(line.until_resumed())
    assert pauses == sorted(pauses)
    assert pauses[0] == pytest.approx(PAUSE, abs=1)
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE, abs=1)


def test_an_attempt_that_succeeded_is_forgotten() -> None:
    line = Line()
    line.until_paused()
    line.until_resumed()
    line.seconds([0.0] * 20)
    line.until_paused()
    assert line.until_resumed() == pytest.approx(PAUSE, abs=1)


def test_a_way_that_grows_long_is_a_full_line() -> None:
    line = Line()
    line.seconds([0.0] * 4, way=1.5)
    assert line.downlink.allowance.bitrate < CEILING
    line.seconds([0.0] * 20, way=1.5)
    assert not line.downlink.allowance.cameras


def test_many_reports_in_one_second_count_once() -> None:
    line = Line()
    for _ in range(50):
        line.now += 0.02
        line.hear({VOICE: 0.8, FACE: 0.8})
        line.downlink.step(0.05, line.now)
    assert line.downlink.allowance.cameras


def test_what_one_voice_loses_by_chance_is_weighed_against_everything_that_came() -> None:
    line = Line()
    for _ in range(30):
        line.now += 1
        line.hear({VOICE: 0.2, FACE: 0.02})
        line.downlink.step(0.05, line.now)
    assert line.downlink.allowance.bitrate == CEILING


@pytest.mark.parametrize("late", [0.0, 0.9])
def test_what_never_came_here_is_not_held_against_a_listeners_line(late: float) -> None:
    line = Line()
    for share in (0.8, 0.0, 0.8, 0.8, 0.2, 0.9, 0.0, 0.8, 0.8, 0.0):
        line.now += 1
        line.skip(FACE, share)
        line.hear({VOICE: 0.0, FACE: share}, late)
        line.downlink.step(0.05, line.now)
    assert line.downlink.allowance.cameras
    assert line.downlink.allowance.bitrate == CEILING
    assert line.downlink.quality(0.0, line.now) is Quality.GOOD


def test_a_stream_that_loses_less_than_was_skipped_hides_nothing_of_the_others() -> None:
    line = Line()
    for _ in range(4):
        line.now += 1
        line.skip(FACE, 0.5)
        line.hear({VOICE: 0.9, FACE: 0.0})
        line.downlink.step(0.05, line.now)
    assert line.downlink.allowance.bitrate < CEILING


def test_a_line_that_loses_beside_what_never_came_is_full_all_the_same() -> None:
    line = Line()
    for _ in range(4):
        line.now += 1
        line.skip(FACE, 0.5)
        line.hear({VOICE: 0.6, FACE: 0.8})
        line.downlink.step(0.05, line.now)
    assert not line.downlink.allowance.cameras


def test_a_listener_that_counts_from_the_beginning_hides_no_later_loss() -> None:
    line = Line()
    line.seconds([0.08] * 120)
    line.begin_anew()
    line.seconds([0.0])
    assert line.downlink.allowance.bitrate == CEILING
    line.seconds([0.6] * 4)
    assert not line.downlink.allowance.cameras


def test_bad_seconds_that_do_not_follow_each_other_pause_nothing() -> None:
    line = Line()
    line.seconds([0.3, 0.06] * 20)
    assert line.downlink.allowance.cameras


def test_a_radio_that_goes_on_losing_does_not_keep_pictures_away() -> None:
    line = Line()
    line.until_paused()
    line.seconds([0.06] * (int(PAUSE) + 1))
    assert line.downlink.allowance.cameras


def test_those_who_are_about_to_be_seen_come_down_to_the_rate_before() -> None:
    line = Line()
    line.until_paused()
    assert not line.downlink.allowance.coming
    line.seconds([0.0] * int(PAUSE - LEAD))
    assert line.downlink.allowance.coming
    assert not line.downlink.allowance.cameras
    line.seconds([0.0] * int(LEAD))
    assert line.downlink.allowance.cameras
    assert not line.downlink.allowance.coming


def test_an_attempt_that_floods_the_line_ends_with_the_first_report() -> None:
    line = Line()
    line.until_paused()
    line.until_resumed()
    line.seconds([0.3])
    assert not line.downlink.allowance.cameras


def test_what_is_lost_on_the_way_here_makes_a_line_weak_for_a_while() -> None:
    line = Line()
    assert line.downlink.quality(0.2, line.now) is Quality.WEAK
    assert line.downlink.quality(0.0, line.now + CALM - 1) is Quality.WEAK
    assert line.downlink.quality(0.0, line.now + CALM) is Quality.GOOD


def test_what_a_line_lost_in_all_is_added_up() -> None:
    line, lost = Line(), round(0.4 * (PACKETS[VOICE] + PACKETS[FACE]))
    line.seconds([0.1, 0.0, 0.3])
    assert line.downlink.lost == lost
    line.skip(FACE, 0.5)
    line.hear({VOICE: 0.0, FACE: 0.5})
    line.seconds([0.0])
    assert line.downlink.lost == lost
