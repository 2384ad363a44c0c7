"""The media plane over real UDP on loopback, with synthetic browsers."""

import asyncio
import socket
import struct

import pytest

from cases.errors import Broken, Reason, Refused
from cases.ids import SeatId
from rooms.edges import Kind
from signaling.guard import Dropped
from signaling.ice import IceSettings
from signaling.rtcp import KeyframeRequest, ReceiverReport, Remb, SenderReport, sender_report
from signaling.switchboard import Switchboard
from tests.builders.peer import WAIT, SyntheticPeer, vp8
from tests.builders.sitting import ROOM, KeptTapes, Sitting, all_hear_all, edge, sitting

ANNA, BEN = SeatId("anna"), SeatId("ben")


async def two(held: Sitting, *, taped: bool = False) -> tuple[SyntheticPeer, SyntheticPeer]:
    """Return two peers who hear each other."""
    anna, ben = await held.join("anna", 0), await held.join("ben", 1)
    held.switchboard.connect(ROOM, all_hear_all("anna", "ben", taped=taped))
    return anna, ben


def is_free(address: tuple[str, int]) -> bool:
    """Return whether no socket is bound to an address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(address)
        except OSError:
            return False
    return True


async def flush(speaker: SyntheticPeer, listener: SyntheticPeer) -> None:
    """Return when all that `speaker` sent so far has been dealt with.

    A marked screen keyframe is sent behind it on the same path, which keeps the order.
    """
    mark = b"mark%d" % len(listener.heard["screen"])
    await speaker.video(mark, key=True, kind=Kind.SCREEN)
    await listener.until(lambda: any(mark in payload for payload in listener.payloads("screen")))


async def test_everybody_receives_everybody_in_the_slot_of_their_place() -> None:
    async with sitting() as held:
        names = ("anna", "ben", "carl")
        peers = {name: await held.join(name, place) for place, name in enumerate(names)}
        held.switchboard.connect(ROOM, all_hear_all(*names))
        for name, peer in peers.items():
            await peer.audio(b"first", name.encode())
            await peer.video(name.encode(), key=True)
        for place, (name, peer) in enumerate(peers.items()):
            others = [other for other in names if other != name]
            await peer.until(lambda peer=peer: sum(map(len, peer.heard.values())) >= 4)  # type: ignore[misc]
            for slot, other in enumerate(others):
                assert peer.payloads(f"audio{slot}") == [other.encode()], place
                assert peer.payloads(f"video{slot}") == [vp8(other.encode(), key=True)], place


async def test_a_cut_holds_from_the_next_packet_on() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.audio(b"0", b"1")
        await ben.until(lambda: ben.payloads("audio0") == [b"1"])
        screen = edge("anna", Kind.SCREEN, "ben")
        held.switchboard.cut(ROOM, frozenset({screen}))
        await anna.audio(b"secret")
        await anna.video(b"secret", key=True)
        await flush(anna, ben)
        assert ben.payloads("audio0") == [b"1"]
        assert ben.payloads("video0") == []


async def test_a_cut_adds_nothing() -> None:
    async with sitting() as held:
        anna, ben = await held.join("anna", 0), await held.join("ben", 1)
        held.switchboard.connect(ROOM, frozenset({edge("anna", Kind.SCREEN, "ben")}))
        held.switchboard.cut(ROOM, all_hear_all("anna", "ben"))
        await anna.audio(b"0", b"1")
        await flush(anna, ben)
        assert ben.payloads("audio0") == []


async def test_nothing_of_the_time_between_arrives_after_an_edge_comes_back() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.audio(b"0", b"1")
        await anna.video(b"1", key=True)
        await ben.until(lambda: len(ben.heard["audio0"]) == len(ben.heard["video0"]) == 1)
        screen = frozenset({edge("anna", Kind.SCREEN, "ben")})
        held.switchboard.cut(ROOM, screen, "caucus")
        await anna.audio(b"secret", b"secret")
        await anna.video(b"secret", key=True)
        await anna.video(b"secret")
        await flush(anna, ben)
        held.switchboard.connect(ROOM, all_hear_all("anna", "ben"))
        await anna.audio(b"carries the secret in its FEC", b"2")
        await anna.video(b"leans on the secret")
        await anna.video(b"2", key=True)
        await anna.video(b"3")
        await flush(anna, ben)
        assert ben.payloads("audio0") == [b"1", b"2"]
        assert ben.payloads("video0") == [vp8(b"1", key=True), vp8(b"2", key=True), vp8(b"3", key=False)]
        for slot in ("audio0", "video0"):
            numbers = [heard.sequence for heard in ben.heard[slot]]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_a_keyframe_is_asked_for_until_one_passes() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.video(b"lean")
        await anna.until(lambda: sum(isinstance(r, KeyframeRequest) for r in anna.reports) >= 3)
        assert ben.payloads("video0") == []
        await anna.video(b"key", key=True)
        await ben.until(lambda: ben.payloads("video0") == [vp8(b"key", key=True)])
        anna.reports.clear()
        await anna.until(lambda: any(isinstance(r, ReceiverReport) for r in anna.reports))
        assert not any(isinstance(r, KeyframeRequest) for r in anna.reports)


async def test_the_request_of_a_listener_reaches_the_publisher() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.video(b"key", key=True)
        await ben.until(lambda: len(ben.heard["video0"]) == 1)
        anna.reports.clear()
        ssrc = next(number for number, slot in ben._slots.items() if slot == "video0")
        await ben.send(struct.pack("!BBHLLLL", 0x84, 206, 4, 7, 0, ssrc, 0))  # a FIR
        await anna.until(lambda: any(isinstance(r, KeyframeRequest) for r in anna.reports))


async def test_a_publisher_is_told_what_arrived_and_granted_its_rate() -> None:
    async with sitting() as held:
        anna, _ = await two(held)
        await anna.video(b"key", key=True)
        await anna.until(lambda: any(isinstance(r, Remb) for r in anna.reports))
        blocks = [block for r in anna.reports if isinstance(r, ReceiverReport) for block in r.blocks]
        assert blocks[0].ssrc == anna.streams[Kind.CAMERA].ssrc
        assert blocks[0].lost == 0


async def test_a_sender_report_is_told_in_the_listeners_terms() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.audio(b"0", b"1")
        await ben.until(lambda: len(ben.heard["audio0"]) == 1)
        mic = anna.streams[Kind.MIC]
        await anna.send(sender_report(SenderReport(mic.ssrc, 0x0102030405060708, mic.timestamp + 480, 77, 7)))
        await ben.until(lambda: any(isinstance(r, SenderReport) for r in ben.reports))
        told = next(r for r in ben.reports if isinstance(r, SenderReport))
        assert told.ntp == 0x0102030405060708
        assert told.rtp_time == (ben.heard["audio0"][0].timestamp + 480) & 0xFFFFFFFF
        assert (told.packets, told.octets) == (1, 1)


async def test_the_publishers_extensions_stay_here_and_the_listener_gets_its_own() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        camera = anna.streams[Kind.CAMERA]
        of_its_own = b"\x13here" + b"\x00" * 3  # id 1, four bytes
        await anna.send(camera.packet(vp8(b"key", key=True), extension=of_its_own))
        await ben.until(lambda: len(ben.heard["video0"]) == 1)
        heard = ben.heard["video0"][0]
        assert heard.payload == vp8(b"key", key=True)
        assert list(heard.extensions) == [3]  # abs-send-time, as aiortc negotiates it
        assert len(heard.extensions[3]) == 3


async def test_a_later_listener_is_told_the_time_at_once() -> None:
    async with sitting() as held:
        anna, ben = await held.join("anna", 0), await held.join("ben", 1)
        held.switchboard.connect(ROOM, frozenset({edge("anna", Kind.SCREEN, "ben")}))
        mic = anna.streams[Kind.MIC]
        await anna.audio(b"0", b"1")
        await anna.send(sender_report(SenderReport(mic.ssrc, 5 << 32, mic.timestamp - 48_000, 0, 0)))
        await flush(anna, ben)
        held.switchboard.connect(ROOM, all_hear_all("anna", "ben"))
        await anna.audio(b"2", b"3")
        await ben.until(lambda: any(isinstance(r, SenderReport) for r in ben.reports))
        told = next(r for r in ben.reports if isinstance(r, SenderReport))
        assert told.rtp_time == ben.heard["audio0"][0].timestamp
        assert told.ntp == (6 << 32) + (2 * 960 << 32) // 48_000


async def test_a_goodbye_ends_nothing() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.audio(b"0", b"1")
        await anna.send(struct.pack("!BBHL", 0x81, 203, 1, anna.streams[Kind.MIC].ssrc))
        await anna.audio(b"2")
        await ben.until(lambda: ben.payloads("audio0") == [b"1", b"2"])


async def test_a_muted_seat_is_silent_and_what_it_said_muted_stays_unheard() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.audio(b"0", b"1")
        await ben.until(lambda: len(ben.heard["audio0"]) == 1)
        held.switchboard.set_publishing(ROOM, ANNA, Kind.MIC, on=False)
        await anna.audio(b"muted")
        await flush(anna, ben)
        held.switchboard.set_publishing(ROOM, ANNA, Kind.MIC, on=True)
        await anna.audio(b"carries what was said muted", b"2")
        await ben.until(lambda: ben.payloads("audio0") == [b"1", b"2"])


async def test_a_second_connection_replaces_the_first_and_the_streams_of_others_go_on() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.audio(b"0", b"1")
        await ben.until(lambda: len(ben.heard["audio0"]) == 1)
        before = ben.heard["audio0"][-1]
        again = await held.call("anna", 0)
        await anna.until(lambda: anna.pc.connectionState == "closed")
        await again.audio(b"carries", b"2")
        await ben.until(lambda: ben.payloads("audio0") == [b"1", b"2"])
        after = ben.heard["audio0"][-1]
        assert after.sequence == before.sequence + 1
        assert after.timestamp != before.timestamp
        await ben.audio(b"0", b"1")
        await again.until(lambda: again.payloads("audio0") == [b"1"])
        assert held.presence == [(ANNA, True), (BEN, True)]


async def test_edges_wait_for_a_seat_that_comes_later() -> None:
    async with sitting() as held:
        held.switchboard.connect(ROOM, all_hear_all("anna", "ben"))
        anna, ben = await held.join("anna", 0), await held.join("ben", 1)
        await anna.audio(b"0", b"1")
        await ben.until(lambda: ben.payloads("audio0") == [b"1"])


async def test_a_removed_seat_receives_nothing_more() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.audio(b"0", b"1")
        await ben.until(lambda: len(ben.heard["audio0"]) == 1)
        closing = asyncio.create_task(held.switchboard.close_seat(ROOM, BEN))
        await asyncio.sleep(0)
        await anna.audio(b"2")
        await closing
        await ben.until(lambda: ben.pc.connectionState == "closed")
        assert ben.payloads("audio0") == [b"1"]
        assert not held.switchboard.alive(ROOM, BEN)
        assert held.presence[-1] == (BEN, False)


async def test_a_seat_whose_browser_goes_away_is_told_absent() -> None:
    async with sitting() as held:
        anna = await held.join("anna", 0)
        assert held.switchboard.alive(ROOM, ANNA)
        await anna.close()
        await held.until(lambda: held.presence[-1] == (ANNA, False))


async def test_the_recorder_obeys_the_rules_of_every_listener() -> None:
    async with sitting() as held:
        anna, ben = await two(held, taped=True)
        tape = next(tape for tape in held.deck.tapes if tape.seat == ANNA)
        await anna.audio(b"0", b"1")
        await anna.video(b"1", key=True)
        await flush(anna, ben)
        held.switchboard.cut(ROOM, all_hear_all("anna", "ben"), "caucus")
        assert tape.stopped == "caucus"
        await anna.audio(b"secret")
        await anna.video(b"secret", key=True)
        await flush(anna, ben)
        assert tape.audio.payloads == [b"1"]
        assert tape.video.payloads == [vp8(b"1", key=True)]
        held.switchboard.connect(ROOM, all_hear_all("anna", "ben", taped=True))
        again = [tape for tape in held.deck.tapes if tape.seat == ANNA and tape.stopped is None]
        await anna.audio(b"carries the secret", b"2")
        await anna.video(b"leans on the secret")
        await anna.video(b"2", key=True)
        await flush(anna, ben)
        assert again[0].audio.payloads == [b"2"]
        assert again[0].video.payloads == [vp8(b"2", key=True)]


async def test_a_reconnected_seat_goes_on_a_new_tape() -> None:
    async with sitting() as held:
        anna, ben = await two(held, taped=True)
        await anna.audio(b"0", b"1")
        await flush(anna, ben)
        again = await held.call("anna", 0)
        await anna.until(lambda: anna.pc.connectionState == "closed")
        await again.audio(b"0", b"2")
        await ben.until(lambda: ben.payloads("audio0")[-1] == b"2")
        tapes = [tape for tape in held.deck.tapes if tape.seat == ANNA]
        assert [(tape.stopped, tape.audio.payloads) for tape in tapes] == [
            ("reconnected", [b"1"]),
            (None, [b"2"]),
        ]


async def test_a_seat_that_is_not_heard_for_six_seconds_is_told_absent() -> None:
    async with sitting() as held:
        anna, _ = await two(held)
        anna.vanish()
        held.ahead = 5.0
        assert held.switchboard.alive(ROOM, ANNA)
        held.ahead = 6.5
        assert not held.switchboard.alive(ROOM, ANNA)
        await held.until(lambda: (ANNA, False) in held.presence)


async def test_a_seat_that_says_nothing_is_heard_by_its_answers_to_checks() -> None:
    async with sitting() as held:
        anna = await held.join("anna", 0)
        await anna.until(lambda: anna.pc.connectionState == "connected")
        held.ahead = 6.5
        assert not held.switchboard.alive(ROOM, ANNA)
        await held.until(lambda: held.presence[-2:] == [(ANNA, False), (ANNA, True)])


async def test_a_connection_that_does_not_come_up_is_given_up() -> None:
    async with sitting() as held:
        before = asyncio.all_tasks()
        answer = await held.switchboard.answer(ROOM, ANNA, 0, await held.peer().offer())
        port = int(answer.split("a=candidate:")[1].split(" ")[5])
        held.ahead = 21.0
        async with asyncio.timeout(WAIT):
            while not is_free(("127.0.0.1", port)):  # noqa: ASYNC110  the kernel tells nobody
                await asyncio.sleep(0.02)
        assert len(asyncio.all_tasks() - before) == 1  # the beat


async def test_a_seat_closed_while_its_offer_is_answered_stays_closed() -> None:
    async with sitting() as held:
        offer = await held.peer().offer()
        for turns in range(12):
            answering = asyncio.create_task(held.switchboard.answer(ROOM, ANNA, 0, offer))
            for _ in range(turns):
                await asyncio.sleep(0)
            await held.switchboard.close_seat(ROOM, ANNA)
            if turns:
                [outcome] = await asyncio.gather(answering, return_exceptions=True)
                assert isinstance(outcome, str | Refused)


@pytest.mark.parametrize(
    ("datagram", "cause"),
    [
        (b"", Dropped.EMPTY),
        (b"\x80", Dropped.RUNT),
        (b"\x80\x60" + b"x" * 1598, Dropped.OVERSIZE),
        (b"\x80" + b"x" * 99, Dropped.FOREIGN),
        (b"\x16" + b"x" * 60, Dropped.FOREIGN),
        (b"\xff" * 40, Dropped.UNKNOWN),
        (b"\x00" * 40, Dropped.MALFORMED),
        (struct.pack("!HHL12sHHL", 1, 8, 0x2112A442, b"x" * 12, 0x20, 4, 0), Dropped.MALFORMED),
    ],
    ids=["empty", "one byte", "oversize", "like RTP", "like DTLS", "nothing known", "no STUN", "bad STUN"],
)
async def test_a_strangers_datagram_ends_no_call(datagram: bytes, cause: Dropped) -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.audio(b"0", b"1")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for _ in range(3):
                stranger.sendto(datagram, anna.server_address())
        await anna.audio(b"2")
        await ben.until(lambda: ben.payloads("audio0") == [b"1", b"2"])
        assert held.switchboard.dropped(ROOM, ANNA) == {cause: 3}


async def test_an_offer_that_is_none_is_refused_and_leaves_the_connection_alone() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        with pytest.raises(Refused) as refused:
            await held.switchboard.answer(ROOM, ANNA, 0, "v=0\r\nnot an offer")
        assert refused.value.reason is Reason.SDP_BAD
        await anna.audio(b"0", b"1")
        await ben.until(lambda: ben.payloads("audio0") == [b"1"])


async def test_an_offer_without_vp8_is_refused() -> None:
    async with sitting() as held:
        peer = held.peer()
        offer = await peer.offer()
        with pytest.raises(Refused):
            await held.switchboard.answer(ROOM, ANNA, 0, offer.replace("VP8", "VP9"))


async def test_the_answer_names_a_stream_for_each_slot_and_asks_for_fec() -> None:
    async with sitting() as held:
        peer = held.peer()
        answer = await held.switchboard.answer(ROOM, ANNA, 0, await peer.offer())
        sections = answer.split("m=")[4:]
        streams = [section.split("a=msid:")[1].split(" ")[0] for section in sections]
        assert streams == [f"slot{k}" for k in range(5) for _ in "av"] + ["slot5"]
        assert answer.count("useinbandfec=1") == 6
        assert answer.count("a=candidate:") == answer.count(" 127.0.0.1 ") == 14


async def test_an_address_that_is_not_ours_is_said_to_be_wrong() -> None:
    board = Switchboard(IceSettings(addresses=("203.0.113.1",)), KeptTapes())
    peer = SyntheticPeer()
    with pytest.raises(Broken, match="addresses"):
        await board.answer(ROOM, ANNA, 0, await peer.offer())
    await peer.close()
    await board.aclose()


async def test_the_candidates_carry_the_announced_address() -> None:
    ice = IceSettings(addresses=("127.0.0.1",), announced=("203.0.113.9",))
    board = Switchboard(ice, KeptTapes())
    peer = SyntheticPeer()
    answer = await board.answer(ROOM, ANNA, 0, await peer.offer())
    assert answer.count(" 203.0.113.9 ") >= 1
    assert " 127.0.0.1 " not in answer
    await peer.close()
    await board.aclose()


async def test_a_place_belongs_to_one_seat() -> None:
    async with sitting() as held:
        await held.join("anna", 0)
        with pytest.raises(ValueError, match="place 0"):
            await held.switchboard.answer(ROOM, BEN, 0, "")


async def test_closing_leaves_no_task_and_no_socket() -> None:
    before = asyncio.all_tasks()
    held = Sitting()
    anna, _ = await two(held, taped=True)
    idle = held.peer()
    await held.switchboard.answer(ROOM, ANNA, 0, await idle.offer())  # and never connects
    address = anna.server_address()
    await held.switchboard.aclose()
    for peer in held.peers:
        await peer.close()
    assert asyncio.all_tasks() - before == set()
    assert is_free(address)
    assert all(tape.stopped == "closed" for tape in held.deck.tapes)
