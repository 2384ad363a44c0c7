"""What one person's browser asks for or sends must give it nothing, and cost nobody else a packet; real
DTLS-SRTP on loopback.
"""

import asyncio
import struct
import time
from collections.abc import Iterable

import pytest

from cases.ids import SeatId
from rooms.edges import RECORDER, Kind, ear
from signaling import rtp
from signaling.downlink import CEILING
from signaling.guard import Dropped
from signaling.link import Outlet, ReportTime, Send
from signaling.rtcp import (
    KeyframeRequest,
    Nack,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    nack,
    picture_loss,
    receiver_report,
    remb,
    sender_report,
)
from signaling.sdp import LAYOUT, UP
from signaling.source import Source
from tests.builders.peer import SyntheticPeer, vp8
from tests.builders.sitting import ROOM, Sitting, all_hear_all, edge, flush, sitting

SSRC = 5
NAMES = ("anna", "ben", "carl")


def outlet(send: Send, report: ReportTime = lambda *_: None) -> Outlet:
    return Outlet(ssrc=1, clock_rate=90_000, send=send, report=report)


def kept_in(payloads: list[bytes]) -> Send:
    def send(_mark: int, _sequence: int, _timestamp: int, payload: bytes, _now: float) -> None:
        payloads.append(payload)

    return send


async def with_a_listener_of(held: Sitting, number: str) -> None:
    """Seat Ben, who wants the time of sending under this number."""
    ben = held.peer()
    offer = (await ben.offer()).replace("a=extmap:3 ", f"a=extmap:{number} ")
    await ben.accept(await held.switchboard.answer(ROOM, SeatId("ben"), 1, offer))


@pytest.mark.parametrize("number", ["0", "15", "16", "-1", "9" * 400])
async def test_a_listener_with_an_impossible_header_extension_silences_nobody(number: str) -> None:
    async with sitting() as held:
        anna = await held.join("anna", 0)
        await with_a_listener_of(held, number)
        carl = await held.join("carl", 2)
        held.switchboard.connect(ROOM, all_hear_all("anna", "ben", "carl", taped=True))
        await anna.video(b"said", key=True)
        await carl.until(lambda: carl.payloads("video0") == [vp8(b"said", key=True)])
        tape = next(tape for tape in held.deck.tapes if tape.seat == "anna")
        assert tape.video.payloads == [vp8(b"said", key=True)]


def test_a_listener_that_cannot_be_sent_to_is_cut_and_the_recorder_goes_on() -> None:
    taped: list[bytes] = []

    def fail(*_packet: object) -> None:
        raise struct.error

    source = Source(Kind.CAMERA, lambda: 100.0)
    ben = ear(SeatId("ben"))
    source.install({ben: outlet(fail), RECORDER: outlet(kept_in(taped))})
    source.rtp(SSRC, 0, 7, 0, vp8(b"said", key=True), 100.0)
    assert len(taped) == 1
    assert [link.listener for link in source.links] == [RECORDER]


def test_a_sender_with_an_impossible_clock_is_told_on_as_a_time_that_a_report_can_hold() -> None:
    source = Source(Kind.CAMERA, lambda: 100.0)
    told: list[bytes] = []
    sent: list[bytes] = []

    def report(ntp: int, rtp_time: int, _arrived: float) -> None:
        told.append(sender_report(SenderReport(1, ntp, rtp_time, 0, 0)))

    def take(sequence: int, timestamp: int) -> None:
        source.rtp(SSRC, 0, sequence, timestamp, vp8(b"said", key=True), 100.0)

    take(1, 0)
    source.sender_report(SenderReport(SSRC, 0, 900_000, 1, 1), 100.0)
    listeners = [ear(SeatId(name)) for name in ("ben", "carl")]
    source.install({listener: outlet(kept_in(sent), report) for listener in listeners})
    take(2, 3000)
    assert len(sent) == len(told) == len(listeners)


# Whoever tries everything.


async def three(held: Sitting) -> tuple[SyntheticPeer, SyntheticPeer, SyntheticPeer]:
    """Return Anna, Ben and Carl, who hear each other. It is Ben who is hostile."""
    anna, ben, carl = [await held.join(name, place) for place, name in enumerate(NAMES)]
    held.switchboard.connect(ROOM, all_hear_all(*NAMES))
    return anna, ben, carl


async def still_hear(speaker: SyntheticPeer, listener: SyntheticPeer, slot: int, tag: bytes) -> None:
    """Return when a listener has what a speaker says and shows now."""
    await speaker.video(tag, key=True)
    await speaker.audio(tag, tag)
    await listener.until(
        lambda: (
            tag in listener.payloads(f"audio{slot}")
            and vp8(tag, key=True) in listener.payloads(f"video{slot}")
        )
    )
    assert speaker.pc.connectionState == listener.pc.connectionState == "connected"


def all_heard(peer: SyntheticPeer) -> bytes:
    return b" ".join(payload for slot in tuple(peer.heard) for payload in peer.payloads(slot))


async def hurry(peer: SyntheticPeer, packets: Iterable[bytes]) -> None:
    """Send many packets, no quicker than the server reads them."""
    for number, packet in enumerate(packets):
        await peer.send(packet)
        if number % 32 == 0:
            await asyncio.sleep(0)


async def test_whoever_was_apart_has_nothing_of_it_by_asking_for_every_number_of_every_stream() -> None:
    async with sitting() as held:
        anna, ben, carl = await three(held)
        await still_hear(anna, ben, 0, b"before")
        apart = all_hear_all("anna", "carl")
        held.switchboard.cut(ROOM, apart, "caucus")
        held.switchboard.connect(ROOM, apart)
        for number in range(20):
            await anna.video(b"private", key=number % 5 == 0)
            await anna.audio(b"private")
        await carl.until(lambda: sum(b"private" in p for p in carl.payloads("video0")) == 20)
        held.switchboard.connect(ROOM, all_hear_all(*NAMES))
        await still_hear(anna, ben, 0, b"after")
        everything = [range(first, first + 96) for first in range(0, 1 << 16, 96)]
        slots = ("audio0", "video0", "video0 again", "video1", "screen")
        for slot in slots:
            ssrc = ben.ssrc_of(slot)
            await hurry(ben, (nack(ssrc, (n & 0xFFFF for n in numbers)) for numbers in everything))
        await still_hear(anna, ben, 0, b"in the end")
        await still_hear(carl, ben, 1, b"from carl")
        assert b"after" in all_heard(ben)
        assert b"private" not in all_heard(ben)


async def test_feedback_about_what_goes_to_others_or_comes_from_them_reaches_nobody() -> None:
    async with sitting() as held:
        anna, ben, carl = await three(held)
        await still_hear(anna, carl, 0, b"before")
        held.switchboard.connect(ROOM, all_hear_all("anna", "carl"))
        await still_hear(anna, carl, 0, b"apart")
        anna.reports.clear()
        heard = all_heard(ben)
        foreign = (*carl.ssrcs, *(stream.ssrc for stream in anna.streams.values()), 1, 0, 0xFFFFFFFF)
        own = ben.ssrcs  # in which nobody is at the moment
        for ssrc in (*foreign, *own):
            lost_all = ReportBlock(ssrc, 255, 1000, 0, 0, 0, 0)
            for forged in (
                picture_loss(ssrc),
                struct.pack("!BBHLLLL", 0x84, 206, 4, 7, 0, ssrc, 0),  # a FIR
                nack(ssrc, range(90)),
                remb(1000, (ssrc,)),
                receiver_report((lost_all,)),
                sender_report(SenderReport(ssrc, 1 << 40, 1 << 20, 1, 1)),
                struct.pack("!BBHL", 0x81, 203, 1, ssrc),  # a BYE
            ):
                await ben.send(forged)
        held.ahead += 1.0
        await anna.until(lambda: any(isinstance(r, ReceiverReport) for r in anna.reports))
        await anna.video(b"a delta", key=False)
        await carl.until(lambda: vp8(b"a delta", key=False) in carl.payloads("video0"))
        assert not any(isinstance(r, KeyframeRequest | Nack) for r in anna.reports)
        blocks = [b for r in anna.reports if isinstance(r, ReceiverReport) for b in r.blocks]
        assert {block.fraction_lost for block in blocks} == {0}
        assert not carl.heard["video0 again"]
        assert all_heard(ben) == heard
        assert all(alive for _, alive in held.presence)
        assert {health.camera_rate for seat, health in held.lines if seat != "ben"} <= {CEILING}
        await still_hear(carl, anna, 1, b"from carl")


async def test_who_names_a_foreign_stream_costs_its_publisher_no_keyframe() -> None:
    async with sitting() as held:
        anna, ben, carl = await three(held)
        await still_hear(anna, ben, 0, b"before")
        await anna.until(lambda: any(isinstance(r, ReceiverReport) for r in anna.reports))
        held.ahead += 1.0
        anna.reports.clear()
        for ssrc in (*carl.ssrcs, anna.streams[Kind.CAMERA].ssrc, 1, 0):
            if ssrc not in ben.ssrcs:
                await ben.send(picture_loss(ssrc))
        await still_hear(anna, carl, 0, b"after")
        assert not any(isinstance(r, KeyframeRequest) for r in anna.reports)


async def test_media_under_anothers_ssrc_or_on_a_line_that_only_receives_reach_nobody() -> None:
    async with sitting() as held:
        anna, ben, carl = await three(held)
        for name, peer in (("anna", anna), ("carl", carl)):
            await still_hear(peer, ben, 0 if name == "anna" else 1, b"before")
        camera, mic = ben.streams[Kind.CAMERA], ben.streams[Kind.MIC]
        theirs = [stream.ssrc for peer in (anna, carl) for stream in peer.streams.values()]
        for ssrc in (*theirs, *anna.ssrcs, *ben.ssrcs, 1, 0):
            for packet in (camera.packet(vp8(b"forged", key=True)), mic.packet(b"forged")):
                await ben.send(packet[:8] + struct.pack("!L", ssrc) + packet[12:])
        number = mid_extension(ben)
        for mid in range(len(UP), len(LAYOUT)):
            packet = camera.packet(vp8(b"forged", key=True), extension=extension(number, str(mid).encode()))
            await ben.send(packet[:8] + struct.pack("!L", 77_000 + mid) + packet[12:])
        await still_hear(ben, anna, 0, b"his own")
        await still_hear(anna, carl, 0, b"after")
        await still_hear(carl, ben, 1, b"after")
        assert b"forged" not in all_heard(anna) + all_heard(ben) + all_heard(carl)


async def test_a_storm_of_requests_costs_the_publisher_one_keyframe_in_300_ms() -> None:
    async with sitting() as held:
        anna, ben, carl = await three(held)
        await still_hear(anna, ben, 0, b"before")
        anna.reports.clear()
        began = time.monotonic()
        ssrc = ben.ssrc_of("video0")
        await hurry(ben, (picture_loss(ssrc) for _ in range(600)))
        await still_hear(anna, carl, 0, b"meanwhile")
        lasted = time.monotonic() - began
        asked = sum(isinstance(r, KeyframeRequest) for r in anna.reports)
        assert 1 <= asked <= 1 + lasted / 0.3


async def test_a_datagram_full_of_times_tells_everybody_one() -> None:
    async with sitting() as held:
        anna, ben, _ = await three(held)
        await still_hear(ben, anna, 0, b"before")
        mic = ben.streams[Kind.MIC]
        anna.reports.clear()
        await ben.send(sender_report(SenderReport(mic.ssrc, 1 << 40, mic.timestamp + 960, 1, 1)) * 36)
        await still_hear(ben, anna, 0, b"after")
        assert sum(isinstance(report, SenderReport) for report in anna.reports) == 1


async def test_what_is_sent_twice_is_heard_once() -> None:
    async with sitting() as held:
        anna, ben, carl = await three(held)
        await still_hear(ben, anna, 0, b"before")
        ben.keep_line()
        said = [ben.sealed(ben.streams[Kind.MIC].packet(b"once")) for _ in range(3)]
        shown = ben.sealed(ben.streams[Kind.CAMERA].packet(vp8(b"once", key=True)))
        for datagram in (*said, shown, *said, shown, shown):
            ben.throw(datagram)
        await still_hear(ben, anna, 0, b"after")
        await still_hear(anna, carl, 0, b"after")
        assert anna.payloads("audio0").count(b"once") == 3
        assert anna.payloads("video0").count(vp8(b"once", key=True)) == 1
        assert held.switchboard.dropped(ROOM, SeatId("ben"))[Dropped.UNREADABLE] == 5


async def test_what_is_said_before_an_edge_opens_is_not_heard_and_cannot_be_had_later() -> None:
    async with sitting() as held:
        anna, ben = await held.join("anna", 0), await held.join("ben", 1)
        held.switchboard.connect(ROOM, frozenset({edge("ben", Kind.SCREEN, "anna")}))
        for number in range(5):
            await ben.video(b"early", key=number == 0)
            await ben.audio(b"early")
        await flush(ben, anna)
        held.switchboard.connect(ROOM, all_hear_all("anna", "ben"))
        await still_hear(ben, anna, 0, b"in time")
        first = anna.heard["video0"][0].sequence
        await anna.ask_again("video0", range(first - 30, first + 30))
        await still_hear(ben, anna, 0, b"later")
        assert b"early" not in all_heard(anna)


async def test_a_connection_that_was_replaced_or_ended_is_heard_no_more_and_given_nothing() -> None:
    async with sitting() as held:
        anna, ben, carl = await three(held)
        await still_hear(ben, anna, 0, b"before")
        ben.keep_line()
        kept = [ben.sealed(ben.streams[Kind.MIC].packet(b"of the old one")) for _ in range(40)]
        again = await held.call("ben", 1)
        await ben.until(lambda: ben.pc.connectionState == "closed")
        for datagram in kept[:20]:
            ben.throw(datagram)
        await still_hear(again, anna, 0, b"of the new one")
        had = all_heard(ben)
        again.keep_line()
        late = [again.sealed(again.streams[Kind.MIC].packet(b"of one that is out")) for _ in range(20)]
        await held.switchboard.close_seat(ROOM, SeatId("ben"))
        given = all_heard(again)
        for peer, datagrams in ((ben, kept[20:]), (again, late)):
            for datagram in datagrams:
                peer.throw(datagram)
        await still_hear(anna, carl, 0, b"without ben")
        await still_hear(carl, anna, 1, b"without ben")
        assert b"of the old one" not in all_heard(anna) + all_heard(carl)
        assert b"of one that is out" not in all_heard(anna) + all_heard(carl)
        assert all_heard(ben) == had
        assert all_heard(again) == given


def mid_extension(peer: SyntheticPeer) -> int:
    """Return the id under which a browser's packets say which m-line they belong to."""
    extensions = peer.streams[Kind.CAMERA].transceiver._headerExtensions
    return int(next(x.id for x in extensions if x.uri == rtp.URI_MID))


def extension(number: int, value: bytes) -> bytes:
    """Return a padded block with one header extension (RFC 8285 section 4.2)."""
    block = bytes([number << 4 | len(value) - 1]) + value
    return block + bytes(-len(block) % 4)
