"""What one person's browser asks for must cost nobody else a packet; real UDP on loopback."""

import struct

import pytest

from cases.ids import SeatId
from rooms.edges import RECORDER, Kind, ear
from signaling.link import Outlet, ReportTime, Send
from signaling.rtcp import SenderReport, sender_report
from signaling.source import Source
from tests.builders.peer import vp8
from tests.builders.sitting import ROOM, Sitting, all_hear_all, sitting

SSRC = 5


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
