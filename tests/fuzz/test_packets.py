"""What one browser may send when its line is up: RTP and RTCP of any shape, without a network."""

import tracemalloc
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.ids import SeatId
from signaling import rtcp, rtp
from signaling.guard import MTU
from signaling.peer import REPEATS_AT_ONCE
from signaling.switchboard import Switchboard
from tests.builders.hostile import mangled, payloads, rtcp_compounds, rtp_packets, stuffed_compounds
from tests.builders.peer import LOOPBACK
from tests.builders.profiles import MORE
from tests.builders.sitting import ROOM, KeptTapes, all_hear_all
from tests.builders.virtual_time import run
from tests.builders.wires import OPUS, REPAIRS, RTX, VP8, Browser, Wires, is_rtcp, own_ssrc, ssrc_of

NAMES = ("anna", "ben", "carl")
BEN = 20_000  # from here on the SSRCs of who is hostile
OWN = (BEN + 1, BEN + 11)
SSRCS = (*OWN * 6, BEN + 2, BEN + 12, BEN + 21, 10_001, 30_011, *map(own_ssrc, range(14)), 1, 0)
TYPES = (OPUS, VP8, RTX, 0, 127)
REPORTS = 12  # that one datagram may make: a time of each stream to each listener, and requests

hostile = st.one_of(
    rtp_packets(SSRCS, TYPES, BEN),
    rtcp_compounds(SSRCS),
    stuffed_compounds((*OWN * 6, *map(own_ssrc, range(3, 14)))),
    mangled(st.one_of(rtp_packets(SSRCS, TYPES, BEN), rtcp_compounds(SSRCS))),
).filter(lambda packet: len(packet) >= rtp.HEADER and packet[0] & 0xC0 == 0x80)  # as libsrtp lets through


class Call:
    """Three people who hear each other and are recorded; Ben is hostile."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.deck = KeptTapes()
        self._wires = Wires()
        self.board = Switchboard(LOOPBACK, self.deck, lambda: self.now, new_wire=self._wires.new)
        self.anna, self.ben, self.carl = (Browser(10_000 * (n + 1)) for n in range(len(NAMES)))

    async def begin(self) -> None:
        for place, (name, browser) in enumerate(zip(NAMES, self.browsers, strict=True)):
            await self.board.answer(ROOM, SeatId(name), place, browser.offer)
            browser.accept(self._wires.taken())
        self.board.connect(ROOM, all_hear_all(*NAMES, taped=True))
        for browser in self.browsers:
            self.speak(browser, b"before")

    @property
    def browsers(self) -> tuple[Browser, ...]:
        return self.anna, self.ben, self.carl

    def given(self) -> tuple[int, int]:
        """Return how many packets of media, and of reports, everybody got so far."""
        reports = [is_rtcp(packet) for browser in self.browsers for _, packet in browser.heard]
        return len(reports) - sum(reports), sum(reports)

    def speak(self, browser: Browser, tag: bytes) -> None:
        """Say and show something, from the second packet on for all to hear."""
        self.now += 2.0
        for _ in range(4):
            browser.sound(tag)
            browser.picture(tag, key=True)

    def hears(self, listener: Browser, tag: bytes) -> bool:
        """Return whether somebody has both the sound and the picture."""
        got = [packet for _, packet in listener.heard if packet.endswith(tag) and not is_rtcp(packet)]
        return {packet[1] & 0x7F for packet in got} >= {OPUS, VP8}


@settings(max_examples=120 * MORE)
@given(st.lists(hostile, min_size=1, max_size=12))
def test_the_call_of_the_others_goes_on_and_what_one_datagram_makes_is_bounded(sent: list[bytes]) -> None:
    run(_attacked(sent))


async def _attacked(sent: Sequence[bytes]) -> None:
    call = Call()
    try:
        await call.begin()
        for packet in sent:
            media, reports = call.given()
            call.ben.send(packet)
            assert call.given()[0] - media <= REPEATS_AT_ONCE + len(NAMES)
            assert call.given()[1] - reports <= REPORTS
        for browser, tag in ((call.anna, b"from anna"), (call.carl, b"from carl"), (call.ben, b"from ben")):
            call.speak(browser, tag)
            assert all(call.hears(other, tag) for other in call.browsers if other is not browser)
        ours = {own_ssrc(mid) + repair for mid in range(14) for repair in (0, REPAIRS)}
        for browser in (call.anna, call.carl):
            for _, packet in browser.heard:
                assert len(rtcp.parse(packet)) if is_rtcp(packet) else rtp.parse(packet) is not None
                assert ssrc_of(packet) in {*ours, rtcp.SENDER}
        assert {tape.seat for tape in call.deck.tapes if tape.audio.payloads} == set(NAMES)
    finally:
        await call.board.aclose()


@settings(max_examples=150 * MORE)
@given(mangled(st.one_of(rtcp_compounds(SSRCS), stuffed_compounds(SSRCS))))
def test_reading_a_report_takes_no_more_memory_than_a_few_hundred_numbers_a_part(compound: bytes) -> None:
    tracemalloc.start()
    try:
        reports = rtcp.parse(compound[:MTU])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(reports) <= MTU // 8
    assert all(len(report.sequences) <= rtcp.NACKED for report in reports if isinstance(report, rtcp.Nack))
    assert peak < 512 * 1024


@settings(max_examples=300 * MORE)
@given(mangled(rtp_packets(SSRCS, TYPES, 0)), payloads())
def test_a_payload_lies_inside_its_packet_and_an_extension_inside_its_block(
    packet: bytes, payload: bytes
) -> None:
    head = rtp.parse(packet)
    if head is not None:
        assert rtp.HEADER <= head.payload_at <= head.payload_end <= len(packet)
        assert sum(map(len, rtp.extensions(packet).values())) <= head.payload_at - rtp.HEADER
    size = rtp.vp8_descriptor_size(payload)
    assert size is None or 0 < size <= len(payload)
    assert not rtp.starts_vp8_keyframe(payload) or b"\x9d\x01\x2a" in payload
