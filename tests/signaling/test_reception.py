from signaling.reception import Place, Reception
from signaling.rtcp import SenderReport

SSRC = 5


def test_sequence_numbers_do_not_wrap_inside() -> None:
    reception = Reception(SSRC, 0xFFFF, 0, 90_000)
    assert [reception.count(n, 0, 0.0) for n in (0xFFFF, 0, 0xFFFE, 2)] == [
        0xFFFF,
        0x10000,
        0xFFFE,
        0x10002,
    ]
    assert reception.report(0.0).highest == 0x10002


def test_loss_is_told_for_the_whole_and_for_the_last_period() -> None:
    reception = Reception(SSRC, 1, 0, 90_000)
    for number in (1, 2, 3, 4):
        reception.count(number, 0, 0.0)
    assert (reception.report(0.0).lost, reception.report(0.0).fraction_lost) == (0, 0)
    for number in (5, 7):
        reception.count(number, 0, 0.0)
    block = reception.report(0.0)
    assert (block.lost, block.fraction_lost) == (1, 256 // 3)
    assert reception.report(0.0).fraction_lost == 0


def test_even_arrival_has_no_jitter_and_uneven_has() -> None:
    even, uneven = (Reception(SSRC, 0, 0, 48_000) for _ in "12")
    for number in range(20):
        even.count(number, number * 960, number * 0.02)
        uneven.count(number, number * 960, number * 0.02 + 0.01 * (number % 2))
    assert even.report(1.0).jitter <= 1
    assert 200 < uneven.report(1.0).jitter <= 480


def test_the_last_sender_report_is_echoed_with_its_age() -> None:
    reception = Reception(SSRC, 0, 0, 48_000)
    assert reception.report(9.0).last_report == 0
    reception.sender_report(SenderReport(5, 0x1122334455667788, 0, 0, 0), 10.0)
    block = reception.report(10.5)
    assert (block.last_report, block.delay) == (0x33445566, 32768)


def test_the_newest_place_moves_forward_only() -> None:
    reception = Reception(SSRC, 10, 1000, 90_000)
    reception.count(10, 1000, 0.0)
    reception.count(12, 3000, 0.0)
    reception.count(11, 2000, 0.0)
    assert reception.newest == Place(12, 3000)


def test_two_packets_far_away_are_a_new_beginning_and_one_is_not() -> None:
    reception = Reception(SSRC, 10, 0, 90_000)
    reception.count(10, 0, 0.0)
    assert reception.count(20_000, 0, 0.0) is None
    assert not reception.began_anew
    assert reception.count(11, 0, 0.0) == 11
    assert reception.count(20_000, 0, 0.0) is None
    assert reception.count(20_001, 0, 0.0) is None
    assert reception.began_anew
