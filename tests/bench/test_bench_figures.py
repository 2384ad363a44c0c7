"""The arithmetic of the benches."""

import pytest

from bench.caucus import Arrival, Caucus, judge
from bench.figures import Turn, median_ratio, percentiles, percentiles_to_99, slope
from bench.forwarding import drops, due
from bench.load import asks_for_picture
from server.rehearsal.failing import Failed

UDP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1001: 020200C0:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9001 2 0000 7
 1002: 020200C0:1F91 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9002 2 0000 2
 1003: 020200C0:1F92 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9003 2 0000 100
"""


def test_percentiles_lie_within_the_values() -> None:
    values = [float(value) for value in range(101)]
    assert percentiles(values) == (50.0, 95.0)
    assert percentiles_to_99(values) == (50.0, 95.0, 99.0)
    assert percentiles_to_99([3.0, 3.0]) == (3.0, 3.0, 3.0)


def test_a_ratio_is_the_median_of_the_pairs_and_not_that_of_the_medians() -> None:
    assert median_ratio([1.0, 2.0, 9.0], [2.0, 8.0, 9.0]) == 0.5


def test_a_ratio_needs_as_many_rounds_of_each() -> None:
    with pytest.raises(ValueError, match="shorter"):
        median_ratio([1.0, 2.0], [1.0])


def test_the_slope_is_what_one_more_room_takes() -> None:
    assert slope((5, 100.0), (20, 145.0)) == 3.0


def test_a_turn_costs_what_it_took_for_what_passed() -> None:
    turn = Turn(5.0, 1.0, 2.0, 0.0, sent=10_000, forwarded=20_000, missing=0, dropped=0)
    assert (turn.percent, turn.us_in, turn.us_forwarded) == (20.0, 100.0, 50.0)


def test_what_the_loads_own_sockets_dropped_is_not_the_servers_loss() -> None:
    assert Turn(1.0, 1.0, 1.0, 0.0, sent=10, forwarded=12, missing=8, dropped=5).lost == 3


def test_drops_are_counted_of_the_ports_of_the_load_only() -> None:
    assert drops(UDP, {0x1F90, 0x1F91, 5}) == 9


def test_a_room_sends_as_much_as_three_browsers() -> None:
    assert due(1) == pytest.approx(3 * (155 + 50), rel=0.02)
    assert due(20) == 20 * due(1)


def test_a_request_for_a_keyframe_is_found_behind_a_report() -> None:
    report = bytes([0x80, 201, 0, 1]) + bytes(4)
    pli = bytes([0x81, 206, 0, 2]) + bytes(8)
    remb = bytes([0x8F, 206, 0, 2]) + bytes(8)
    assert asks_for_picture(report + pli)
    assert asks_for_picture(bytes([0x84, 206, 0, 2]) + bytes(8))
    assert not asks_for_picture(report + remb)
    assert not asks_for_picture(b"")


BACK = [
    Arrival(20.1, 0),
    Arrival(20.2, 2),
    Arrival(20.15, 1),
    Arrival(20.3, 1, keyframe=True),
    Arrival(20.4, 3, keyframe=True),
]


def test_the_cut_lasts_until_the_last_packet_before_the_return() -> None:
    arrivals = [Arrival(9.9, 0), Arrival(10.02, 1), *BACK]
    found = judge(arrivals, [Caucus(10.0, 20.0, 23.0)], 2)
    assert found.cuts == [pytest.approx(20)]


def test_a_packet_in_the_middle_of_a_caucus_counts_as_the_cut() -> None:
    arrivals = [Arrival(10.02, 1), Arrival(15.0, 0), *BACK]
    found = judge(arrivals, [Caucus(10.0, 20.0, 23.0)], 2)
    assert found.cuts == [pytest.approx(5000)]


def test_nothing_after_the_command_is_a_cut_at_once() -> None:
    found = judge([Arrival(9.9, 0), *BACK], [Caucus(10.0, 20.0, 23.0)], 2)
    assert found.cuts == [0.0]


def test_coming_back_is_timed_for_each_of_the_others_and_pictures_by_their_keyframe() -> None:
    found = judge(BACK, [Caucus(10.0, 20.0, 23.0)], 2)
    assert found.sounds == pytest.approx([100, 200])
    assert found.pictures == pytest.approx([300, 400])


def test_a_picture_that_does_not_come_back_ends_the_bench() -> None:
    with pytest.raises(Failed):
        judge(BACK[:-1], [Caucus(10.0, 20.0, 23.0)], 2)
