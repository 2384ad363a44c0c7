"""Asking again and answering it, on the wire: real DTLS-SRTP on loopback."""

from rooms.edges import Kind
from signaling.rtcp import Nack, ReceiverReport, ReportBlock, receiver_report
from tests.builders.peer import SyntheticPeer, vp8
from tests.builders.sitting import ROOM, all_hear_all, edge, flush, sitting, two


async def test_the_server_asks_for_what_it_misses_and_passes_the_repeat_on() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        camera = anna.streams[Kind.CAMERA]
        await anna.video(b"1", key=True)
        lost = camera.packet(vp8(b"2", key=False))
        number, timestamp = camera.sequence, camera.timestamp
        assert lost
        await anna.video(b"3")
        await anna.until(lambda: Nack(camera.ssrc, (number,)) in anna.reports)
        await anna.send(camera.repeat(number, timestamp, vp8(b"2", key=False)))
        await ben.until(lambda: len(ben.heard["video0"]) == 3)
        first, third, second = ben.heard["video0"]
        assert second.payload == vp8(b"2", key=False)
        assert [h.sequence - first.sequence for h in (second, third)] == [1, 2]


async def test_a_listener_that_missed_a_picture_gets_it_again() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.video(b"1", key=True)
        await anna.video(b"2")
        await ben.until(lambda: len(ben.heard["video0"]) == 2)
        missed = ben.heard["video0"][1]
        await ben.ask_again("video0", [missed.sequence])
        await ben.until(lambda: bool(ben.heard["video0 again"]))
        assert ben.payloads("video0 again") == [missed.sequence.to_bytes(2, "big") + missed.payload]


async def test_whoever_was_apart_gets_nothing_of_it_by_asking_for_every_number() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        carl = await held.join("carl", 2)
        together = all_hear_all("anna", "ben", "carl")
        held.switchboard.connect(ROOM, together)
        await anna.video(b"before", key=True)
        await anna.audio(b"0", b"before")
        await ben.until(lambda: bool(ben.heard["video0"]) and bool(ben.heard["audio0"]))
        apart = all_hear_all("anna", "carl")
        held.switchboard.cut(ROOM, apart, "caucus")
        held.switchboard.connect(ROOM, apart)
        await anna.video(b"private", key=True)
        await anna.audio(b"0", *[b"private"] * 5)
        await carl.until(lambda: any(b"private" in p for p in carl.payloads("video0")))
        everything = range(ben.heard["video0"][0].sequence - 40, ben.heard["video0"][0].sequence + 40)
        await ben.ask_again("video0", everything)
        held.switchboard.connect(ROOM, together)
        await ben.ask_again("video0", everything)
        await ben.ask_again("audio0", everything)
        await flush(anna, ben)
        await anna.video(b"after", key=True)
        await ben.until(lambda: any(b"after" in p for p in ben.payloads("video0")))
        await ben.ask_again("video0", everything)
        await ben.until(lambda: any(b"after" in p for p in ben.payloads("video0 again")))
        heard = [p for slot in tuple(ben.heard) for p in ben.payloads(slot)]
        assert heard
        assert not any(b"private" in payload for payload in heard)


async def test_nobody_is_given_what_goes_to_another_by_naming_its_stream() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        carl = await held.join("carl", 2)
        seen = {edge("anna", Kind.CAMERA, "ben"), edge("carl", Kind.SCREEN, "ben")}
        held.switchboard.connect(ROOM, frozenset(seen))
        await anna.video(b"1", key=True)
        await ben.until(lambda: bool(ben.heard["video0"]))
        carl._slots = dict(ben._slots)
        await carl.ask_again("video0", [ben.heard["video0"][0].sequence])
        await flush(carl, ben)
        assert not carl.heard["video0 again"]
        assert not ben.heard["video0 again"]


async def test_a_speaker_hears_of_the_loss_on_the_way_to_a_listener() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.audio(b"0", b"1")
        await ben.until(lambda: bool(ben.heard["audio0"]))
        ssrc = next(ssrc for ssrc, slot in ben._slots.items() if slot == "audio0")
        await ben.send(receiver_report((ReportBlock(ssrc, 40, 0, 0, 0, 0, 0),)))
        mic = anna.streams[Kind.MIC].ssrc
        await anna.until(lambda: 40 in losses(anna, mic))


def losses(peer: SyntheticPeer, ssrc: int) -> list[int]:
    """Return what the server reported of a stream, in 1/256."""
    reports = [report for report in peer.reports if isinstance(report, ReceiverReport)]
    return [b.fraction_lost for report in reports for b in report.blocks if b.ssrc == ssrc]
