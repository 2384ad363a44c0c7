"""Offers of any shape: looked at here, then by aiortc."""

import asyncio
import time
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.errors import Reason, Refused
from rooms.edges import SLOTS
from signaling.aiortc_seam import Wire
from signaling.sdp import LAYOUT, SIZE, UP, check_offer
from tests.builders.hostile import shuffled
from tests.builders.peer import LOOPBACK, WAIT, SyntheticPeer
from tests.builders.profiles import MORE

STREAMS = (*(None for _ in UP), *("stream" for _ in range(2 * SLOTS + 1)))
NUMBERS = ("0", "-1", "97", "255", "300", "4294967296", "9" * 400, "x", "", "٣", "1.5")
LINES = (
    "a=rtpmap:{} VP8/90000", "a=rtpmap:96 VP8/{}", "a=rtpmap:96 opus/48000/{}", "a=fmtp:97 apt={}", "a=fmtp:{} apt=97",
    "a=extmap:{} urn:ietf:params:rtp-hdrext:sdes:mid", "a=ssrc:{} cname:x", "a=ssrc-group:FID 1 {}", "a=mid:{}",
    "m=audio {} UDP/TLS/RTP/SAVPF 96", "m=video 9 UDP/TLS/RTP/SAVPF {}", "c=IN IP4 {}", "a=rtcp:{} IN IP4 0.0.0.0",
    "a=ice-ufrag:{}", "a=ice-pwd:{}", "a=ice-options:{}", "a=fingerprint:sha-256 {}", "a=setup:{}", "a=rtcp-fb:* {}",
    "a=candidate:{} 1 udp 1 192.0.2.1 9 typ host", "a=group:BUNDLE {}", "a=msid:{} {}", "a=ice-lite", "a=sctp-port:{}",
    "a=sendonly", "a=inactive", "a=rtcp-mux", "v=0", "o={}", "\x85{}", "a={}\u2028m=audio", "\x00", "a=simulcast:{}",
)  # fmt: skip
strange = st.one_of(
    st.builds(
        lambda line, number: line.replace("{}", number), st.sampled_from(LINES), st.sampled_from(NUMBERS)
    ),
    st.text(max_size=30),
    st.sampled_from(("a=" + "x" * 70_000, "a=\ud800")),
)


@cache
def whole() -> tuple[str, ...]:
    """Return the lines of an offer as a browser of ours makes it."""

    async def offered() -> str:
        peer = SyntheticPeer()
        try:
            return await peer.offer()
        finally:
            await peer.close()

    return tuple(asyncio.run(offered()).splitlines())


offers = st.deferred(lambda: shuffled(whole(), strange)).map(lambda lines: "\r\n".join(lines) + "\r\n")


@settings(max_examples=150 * MORE)
@given(offers)
def test_an_offer_has_the_shape_of_our_page_or_is_refused(text: str) -> None:
    try:
        offer = check_offer(text)
    except Refused as refused:
        assert refused.reason is Reason.SDP_BAD
    else:
        assert len(offer.lines) == len(LAYOUT)
        assert "a=candidate" not in offer.text
        assert len(offer.text.encode(errors="replace")) <= SIZE + 2 * len(offer.text.splitlines())


class Ears:
    """Those of nobody."""

    def on_rtp(self, packet: bytes, size: int, arrived: float) -> None: ...
    def on_rtcp(self, packet: bytes, arrived: float) -> None: ...
    def on_connected(self) -> None: ...
    def on_closed(self) -> None: ...


@settings(max_examples=30 * MORE)
@given(offers)
def test_what_passes_is_answered_or_refused_and_leaves_nothing_behind(text: str) -> None:
    try:
        offer = check_offer(text)
    except Refused:
        return
    asyncio.run(_answered(offer.text))


async def _answered(text: str) -> None:
    before = asyncio.all_tasks()
    wire = Wire(Ears(), LOOPBACK, time.monotonic)
    try:
        answer = await wire.answer(text, STREAMS)
        assert answer.count("\r\nm=") == len(LAYOUT)
        assert all(0 < line.payload_type < 128 for line in wire.lines)
    except Refused as refused:
        assert refused.reason is Reason.SDP_BAD
    finally:
        await wire.close()
    if left := asyncio.all_tasks() - before:  # what aiortc began for an offer that was refused afterwards
        await asyncio.wait(left, timeout=WAIT)
    assert asyncio.all_tasks() == before
