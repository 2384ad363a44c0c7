"""The rules of an interval, without a network."""

from collections.abc import Iterable
from typing import NamedTuple

from cases.ids import SeatId
from rooms.edges import RECORDER, Kind, ear
from signaling import rtp
from signaling.guard import Dropped
from signaling.link import Outlet
from signaling.rtcp import SenderReport
from signaling.source import AROUND, MOST, Source
from tests.builders.peer import vp8

BEN = ear(SeatId("ben"))
SSRC = 5


class Sent(NamedTuple):
    sequence: int
    timestamp: int
    payload: bytes


class Bench:
    """A source with a hand-moved clock, and outlets that keep what they get."""

    def __init__(self, kind: Kind) -> None:
        self.now = 100.0
        self.asked: list[int] = []
        self.missed: list[list[int]] = []
        self.source = Source(kind, lambda: self.now)
        self.source.upstream = self
        self.sent: list[Sent] = []
        self.reports: list[tuple[int, int]] = []
        self.outlet = self.new_outlet()

    def request_keyframe(self, ssrc: int) -> None:
        self.asked.append(ssrc)

    def request_again(self, ssrc: int, sequences: Iterable[int]) -> None:
        assert ssrc == SSRC
        self.missed.append(list(sequences))

    def new_outlet(self) -> Outlet:
        return Outlet(
            ssrc=1,
            clock_rate=1000,
            send=self._send,
            send_picture=self._send_picture,
            report=lambda ntp, rtp_time, _: self.reports.append((ntp, rtp_time)),
        )

    def _send(self, _mark: int, sequence: int, timestamp: int, payload: bytes, _now: float) -> None:
        self.sent.append(Sent(sequence, timestamp, payload))

    def _send_picture(
        self, mark: int, sequence: int, timestamp: int, payload: bytes, now: float, word: int
    ) -> None:
        self._send(mark, sequence, timestamp, payload[:2] + word.to_bytes(2, "big") + payload[4:], now)

    def take(self, sequence: int, timestamp: int, payload: bytes, *, ssrc: int = SSRC) -> None:
        self.source.rtp(ssrc, rtp.MARK, sequence & 0xFFFF, timestamp, payload, self.now)

    @property
    def payloads(self) -> list[bytes]:
        return [sent.payload for sent in self.sent]


def test_the_first_packet_of_sound_is_dropped() -> None:
    bench = Bench(Kind.MIC)
    bench.source.install({BEN: bench.outlet})
    for number in range(3):
        bench.take(number, 0, b"%d" % number)
    assert bench.payloads == [b"1", b"2"]


def test_a_late_packet_from_before_the_connect_is_dropped() -> None:
    bench = Bench(Kind.MIC)
    bench.take(10, 0, b"10")
    bench.take(12, 0, b"12")
    bench.source.install({BEN: bench.outlet})
    for number in (11, 13, 11, 14, 13, 12, 15):
        bench.take(number, 0, b"%d" % number)
    assert bench.payloads == [b"14", b"15"]


def test_a_picture_begins_with_a_keyframe_taken_after_the_connect() -> None:
    bench = Bench(Kind.CAMERA)
    key, lean = vp8(b"", key=True), vp8(b"", key=False)
    bench.take(1, 1000, key)
    bench.source.install({BEN: bench.outlet})
    bench.take(2, 1000, key)
    bench.take(3, 2000, lean)
    assert bench.payloads == []
    bench.take(4, 3000, key)
    bench.take(3, 2000, lean)
    bench.take(5, 4000, lean)
    assert bench.payloads == [key, lean]


def test_a_later_interval_goes_on_where_the_last_one_ended() -> None:
    bench = Bench(Kind.MIC)
    bench.source.install({BEN: bench.outlet})
    bench.take(1, 1000, b"")
    bench.take(2, 1000, b"")
    bench.source.retain(())
    bench.take(3, 7000, b"")
    bench.now += 2
    bench.source.install({BEN: bench.outlet})
    bench.take(4, 8000, b"")
    bench.take(5, 9000, b"")
    first, second = bench.sent
    assert rtp.signed16(second.sequence - first.sequence) == 1
    assert rtp.signed32(second.timestamp - first.timestamp) == 2000


def test_an_edge_that_stays_keeps_its_interval() -> None:
    bench = Bench(Kind.MIC)
    bench.source.install({BEN: bench.outlet})
    bench.take(1, 0, b"1")
    bench.take(2, 0, b"2")
    bench.source.install({RECORDER: bench.new_outlet(), BEN: bench.outlet})
    bench.take(3, 0, b"3")
    assert bench.payloads == [b"2", b"3"]


def test_another_stream_under_the_same_line_begins_anew() -> None:
    bench = Bench(Kind.MIC)
    bench.source.install({BEN: bench.outlet})
    bench.take(1, 0, b"1")
    bench.take(2, 0, b"2")
    bench.take(40_000, 5, b"carries", ssrc=6)
    bench.take(40_001, 5, b"3", ssrc=6)
    assert bench.payloads == [b"2", b"3"]
    assert rtp.signed16(bench.sent[1].sequence - bench.sent[0].sequence) == 1


def test_a_keyframe_is_asked_for_at_most_every_300_ms() -> None:
    bench = Bench(Kind.CAMERA)
    bench.take(1, 0, vp8(b"", key=False))
    bench.source.install({BEN: bench.outlet})
    assert bench.asked == [SSRC]
    for _ in range(10):
        bench.now += 0.125
        bench.source.want_keyframe()
    assert len(bench.asked) == 4


def test_no_keyframe_is_asked_for_when_nobody_waits() -> None:
    bench = Bench(Kind.CAMERA)
    bench.source.install({BEN: bench.outlet})
    bench.take(1, 0, vp8(b"", key=True))
    bench.now += 1
    bench.source.ask_if_needed()
    assert bench.asked == []


def test_who_is_heard_by_nobody_is_asked_for_nothing_whatever_else_happens() -> None:
    bench = Bench(Kind.CAMERA)
    bench.source.install({BEN: bench.outlet})
    bench.take(1, 0, vp8(b"1", key=True))
    bench.take(4, 9000, vp8(b"behind a gap", key=False))
    bench.source.want_keyframe()
    bench.source.retain(set())
    bench.asked.clear()
    bench.missed.clear()
    for _ in range(20):
        bench.now += 0.1
        bench.source.install({})
        bench.source.ask_if_needed()
    assert (bench.asked, bench.missed) == ([], [])


def test_the_numbers_of_pictures_tell_nothing_of_those_in_between() -> None:
    def shown(in_between: int) -> list[bytes]:
        bench = Bench(Kind.CAMERA)
        bench.source.install({BEN: bench.outlet})
        for number in range(1, 3):
            bench.take(number, number * 3000, picture(number))
        bench.source.retain(set())
        for number in range(3, 3 + in_between):
            bench.take(number, number * 3000, picture(number))
        bench.now += 5
        bench.source.install({BEN: bench.outlet})
        for number in range(3 + in_between, 6 + in_between):
            bench.take(number, number * 3000, picture(number))
        return bench.payloads

    assert shown(0) == shown(100)


def picture(number: int) -> bytes:
    """Return a keyframe behind a picture id of 15 bits."""
    return b"\x90\x80" + (0x8000 | number).to_bytes(2, "big") + vp8(b"", key=True)[1:]


def test_a_closed_gate_lets_nothing_pass_and_asks_for_nothing() -> None:
    bench = Bench(Kind.CAMERA)
    bench.source.install({BEN: bench.outlet})
    bench.source.gate(on=False)
    bench.take(1, 1000, vp8(b"", key=True))
    bench.source.sender_report(SenderReport(SSRC, 1, 2000, 0, 0), bench.now)
    assert (bench.sent, bench.reports, bench.asked) == ([], [], [])
    bench.source.gate(on=True)
    assert bench.asked == [SSRC]


def test_a_report_from_outside_the_interval_is_told_for_its_first_packet() -> None:
    bench = Bench(Kind.MIC)
    bench.source.install({BEN: bench.outlet})
    bench.take(1, 1000, b"")
    bench.source.sender_report(SenderReport(SSRC, 1, 1000, 0, 0), bench.now)
    bench.take(2, 2000, b"")
    bench.source.sender_report(SenderReport(SSRC, 2, 1500, 0, 0), bench.now)
    bench.source.sender_report(SenderReport(SSRC, 3, 2500, 0, 0), bench.now)
    first = bench.sent[0].timestamp
    second = 1 + 1000 * (1 << 32) // 48_000
    assert bench.reports == [(second, first), (3, (first + 500) & 0xFFFFFFFF)]


def test_the_newest_feeder_of_a_slot_owns_it() -> None:
    bench, other = Bench(Kind.SCREEN), Bench(Kind.SCREEN)
    for source in (bench.source, other.source):
        source.install({BEN: bench.outlet})
    key, lean = vp8(b"a", key=True), vp8(b"b", key=True)
    bench.take(1, 0, key)
    other.take(1, 0, lean)
    bench.take(2, 1, key)
    other.take(2, 1, lean)
    assert bench.payloads == [key, lean, lean]


def test_many_small_packets_are_as_much_as_they_are_on_a_line() -> None:
    bench = Bench(Kind.MIC)
    bench.source.install({BEN: bench.outlet})
    for number in range(5000):
        bench.take(number, 0, b"x")
    on_the_line = sum(len(payload) + AROUND for payload in bench.payloads)
    assert 0 < on_the_line <= MOST[Kind.MIC]


def test_who_sends_more_than_any_browser_does_is_forwarded_no_more_than_that() -> None:
    bench = Bench(Kind.MIC)
    bench.source.install({BEN: bench.outlet})
    packets = 2 * MOST[Kind.MIC] // 1000
    for number in range(packets):
        bench.take(number, 0, bytes(1000))
    assert sum(map(len, bench.payloads)) <= MOST[Kind.MIC]
    passed = len(bench.payloads)
    bench.now += 2.0  # what was too much is forgotten
    for number in range(packets, packets + 10):
        bench.take(number, 0, b"sound")
    assert len(bench.payloads) == passed + 10


def test_what_came_is_added_up_over_all_streams_and_what_was_too_much_is_said() -> None:
    bench = Bench(Kind.MIC)
    for number in (1, 2, 5):
        bench.take(number, 0, b"sound")
    bench.source.report(bench.now)
    first = bench.source.traffic
    assert (first.received, first.missed, first.dropped) == (3, 2, {})
    bench.source.restart()
    assert bench.source.traffic == first
    bench.take(9000, 0, b"sound", ssrc=SSRC + 1)
    for number in range(2 * MOST[Kind.MIC] // 1000):
        bench.take(9001 + number, 0, bytes(1000), ssrc=SSRC + 1)
    found = bench.source.traffic
    assert (found.received - 3) + found.dropped[Dropped.EXCESS] == 1 + 2 * MOST[Kind.MIC] // 1000
    assert found.dropped[Dropped.EXCESS] > 0
