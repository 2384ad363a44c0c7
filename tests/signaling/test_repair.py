"""What did not come is asked for again, in time and without end; what is repeated passes once."""

from cases.ids import SeatId
from rooms.edges import RECORDER, Kind, ear
from signaling import rtp
from signaling.link import REPEATS, Outlet
from signaling.repair import MOST, TOO_OLD, Missing
from signaling.rtp import Repeat, repeat_stamp
from tests.builders.peer import vp8
from tests.signaling.test_source import BEN, SSRC, Bench

CARL = ear(SeatId("carl"))
REPAIR_SSRC = 6


def picture(tag: bytes, *, key: bool = False) -> bytes:
    return vp8(tag, key=key)


def repair(bench: Bench, sequence: int, timestamp: int, payload: bytes) -> None:
    bench.source.repaired(0, timestamp, Repeat(sequence & 0xFFFF, payload), bench.now)


def watched() -> Bench:
    """A camera that Ben sees, from a keyframe numbered 0xFFFE on."""
    bench = Bench(Kind.CAMERA)
    bench.source.install({BEN: bench.outlet})
    bench.take(0xFFFE, 1000, picture(b"key", key=True))
    return bench


def test_what_is_missing_is_asked_for_at_once() -> None:
    bench = watched()
    bench.take(0x10001, 2000, picture(b"3"))
    assert bench.missed == [[0xFFFF, 0]]


def test_it_is_asked_for_again_until_it_comes() -> None:
    bench = watched()
    bench.take(0x10001, 2000, picture(b"3"))
    bench.take(0xFFFF, 2000, picture(b"1"))
    for _ in range(3):
        bench.now += 0.125
        bench.source.ask_if_needed()
    assert bench.missed == [[0xFFFF, 0], [0], [0], [0]]
    bench.take(0x10000, 2000, picture(b"2"))
    bench.now += 0.125
    bench.source.ask_if_needed()
    assert len(bench.missed) == 4
    assert bench.payloads[1:] == [picture(b"3"), picture(b"1"), picture(b"2")]


def test_after_a_second_a_keyframe_is_asked_for_instead() -> None:
    bench = watched()
    bench.take(0x10001, 2000, picture(b"3"))
    asked = list(bench.asked)
    bench.now += TOO_OLD
    bench.source.ask_if_needed()
    assert bench.asked == [*asked, SSRC]
    bench.now += TOO_OLD
    bench.source.ask_if_needed()
    assert bench.missed == [[0xFFFF, 0]]
    assert bench.asked == [*asked, SSRC]


def test_a_long_hole_is_filled_by_a_keyframe() -> None:
    bench = watched()
    bench.now += 1
    bench.take(0xFFFF + MOST + 1, 2000, picture(b"far"))
    bench.source.ask_if_needed()
    assert bench.missed == []
    assert bench.asked[-1:] == [SSRC]


def test_nothing_is_asked_for_that_nobody_sees() -> None:
    bench = Bench(Kind.CAMERA)
    bench.take(1, 1000, picture(b"1", key=True))
    bench.take(5, 2000, picture(b"5"))
    assert bench.missed == []


def test_sound_is_not_asked_for_again() -> None:
    bench = Bench(Kind.MIC)
    bench.source.install({BEN: bench.outlet})
    for number in (1, 2, 5):
        bench.take(number, number * 960, b"%d" % number)
    assert bench.missed == []


def test_a_repeat_passes_under_its_old_number_and_once() -> None:
    bench = watched()
    bench.take(0x10000, 2000, picture(b"2"))
    for _ in range(2):
        repair(bench, 0xFFFF, 1500, picture(b"1"))
    bench.take(0xFFFF, 1500, picture(b"1"))
    assert bench.payloads == [picture(b"key", key=True), picture(b"2"), picture(b"1")]
    first, third, second = bench.sent
    assert [rtp.signed16(sent.sequence - first.sequence) for sent in (second, third)] == [1, 2]


def test_a_repeat_that_nobody_missed_does_not_pass() -> None:
    bench = watched()
    repair(bench, 0xFFFF, 1500, picture(b"forged"))
    repair(bench, 0xFFFE, 1000, picture(b"copy"))
    assert len(bench.payloads) == 1


class Asking:
    """Ben, who can be sent repeats, beside the recorder."""

    def __init__(self) -> None:
        self.bench = Bench(Kind.CAMERA)
        self.again: list[tuple[int, bytes]] = []
        self.outlet = Outlet(
            ssrc=1, clock_rate=1000, send=self.bench._send, report=_nothing, again=self._keep
        )
        self.bench.source.install({BEN: self.outlet, RECORDER: self.bench.new_outlet()})
        self.bench.take(1, 1000, picture(b"1", key=True))

    def _keep(self, _mark: int, sequence: int, _timestamp: int, payload: bytes, _now: float) -> None:
        self.again.append((sequence, payload))

    def ask(self, *sequences: int) -> list[bytes]:
        """Ask for numbers, counted from the first packet that Ben got as 0; return what comes."""
        self.again.clear()
        first = self.bench.sent[0].sequence
        numbers = [(first + sequence) & 0xFFFF for sequence in sequences]
        self.bench.source.repeat(self.outlet, numbers, self.bench.now)
        return [payload for _, payload in self.again]


def _nothing(*_: object) -> None:
    pass


def test_a_listener_gets_again_what_it_got() -> None:
    asking = Asking()
    asking.bench.take(2, 2000, picture(b"2"))
    assert asking.ask(1, 0) == [picture(b"2"), picture(b"1", key=True)]


def test_what_was_not_sent_cannot_be_had_by_asking() -> None:
    asking = Asking()
    bench = asking.bench
    kept = bench.source.links
    bench.source.retain({RECORDER})
    bench.take(2, 2000, picture(b"private"))
    assert asking.ask(*range(-600, 600)) == []
    bench.source.install({link.listener: link.outlet for link in kept})
    assert asking.ask(*range(-600, 600)) == []
    bench.take(3, 3000, picture(b"private"))
    assert asking.ask(*range(-600, 600)) == []
    bench.take(4, 4000, picture(b"4", key=True))
    assert asking.ask(*range(-600, 600)) == [picture(b"4", key=True)]


def test_after_a_pause_nothing_from_before_it_is_repeated() -> None:
    asking = Asking()
    asking.bench.source.gate(on=False)
    assert asking.ask(0) == []
    asking.bench.source.gate(on=True)
    assert asking.ask(0) == []


def test_who_asks_without_end_gets_a_hundred_a_second() -> None:
    asking = Asking()
    assert len(asking.ask(*[0] * 1000)) == REPEATS
    assert asking.ask(0) == []
    asking.bench.now += 0.5
    assert len(asking.ask(*[0] * 1000)) == REPEATS / 2


def test_what_left_the_ring_is_not_repeated() -> None:
    asking = Asking()
    for number in range(2, 515):
        asking.bench.take(number, number * 1000, picture(b"%d" % number))
    assert asking.ask(0) == []
    assert asking.ask(2) == [picture(b"3")]


def test_a_repeat_is_a_packet_of_its_own_stream() -> None:
    write = repeat_stamp(97, REPAIR_SSRC)
    buffer = bytearray(100)
    made = [
        bytes(buffer[: write(memoryview(buffer), rtp.MARK, number, 5000, b"body", 0.0)])
        for number in (40_000, 40_001)
    ]
    first, second = (rtp.parse(packet) for packet in made)
    assert first is not None
    assert second is not None
    assert {(h.ssrc, h.payload_type, h.timestamp, h.mark) for h in (first, second)} == {
        (REPAIR_SSRC, 97, 5000, rtp.MARK)
    }
    assert rtp.signed16(second.sequence - first.sequence) == 1
    assert rtp.repeated(made[0][first.payload_at :]) == Repeat(40_000, b"body")


def test_a_packet_that_probes_the_line_repeats_nothing() -> None:
    assert rtp.repeated(b"") is rtp.repeated(b"\x00\x01") is None


def test_a_list_of_what_is_missing_stays_short() -> None:
    missing = Missing()
    assert missing.add(0, MOST, 0.0) == tuple(range(MOST))
    assert missing.add(MOST, MOST + 1, 0.1) == ()
    assert missing.lost()
    assert not missing.lost()
    assert not missing


def test_a_speaker_is_told_the_worst_loss_of_those_who_listen() -> None:
    bench = Bench(Kind.MIC)
    carl = bench.new_outlet()
    bench.source.install({BEN: bench.outlet, CARL: carl})
    for number in range(3):
        bench.take(number, number * 960, b"sound")
    bench.outlet.loss, carl.loss = 20, 51
    block = bench.source.report(bench.now)
    assert block is not None
    assert block.fraction_lost == 51
    bench.source.retain({BEN})
    block = bench.source.report(bench.now)
    assert block is not None
    assert block.fraction_lost == 20
