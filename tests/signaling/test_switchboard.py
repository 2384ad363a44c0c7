"""Who hears what: forwarding over real UDP on loopback, with synthetic browsers."""

import gc
import struct
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from cases.ids import RoomId, SeatId
from rooms.edges import Kind
from signaling.aiortc_seam import Wire
from signaling.clerk import Clerk
from signaling.exchange import Exchange
from signaling.rtcp import KeyframeRequest, ReceiverReport, Remb, SenderReport, sender_report
from tests.builders.clerk import FakeFacts, FakeJournal, FakePage
from tests.builders.peer import vp8
from tests.builders.room import CONSUMER, MEDIATOR, NAMES, NOON, joint_room, phone_of, with_seat
from tests.builders.sitting import ROOM, KeptTape, KeptTapes, all_hear_all, edge, flush, sitting, two
from tests.builders.sockets import until

ANNA = SeatId("anna")


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


@pytest.fixture
def _little_to_collect() -> Iterator[None]:
    """Leave what other tests have made out of each collection: else the loop stands still at every look."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


async def test_what_a_closed_connection_held_goes_at_once_and_waits_for_no_collector() -> None:
    async with sitting() as held:
        await two(held)
        exchange = held.switchboard._rooms[ROOM]
        wires = [seat.peer._wire for seat in exchange.seats.values() if seat.peer is not None]
        kept = [weakref.ref(wire._dtls) for wire in wires if isinstance(wire, Wire)]
        del wires, exchange
        assert len(kept) == 2
        gc.disable()
        try:
            await held.switchboard.close_room(ROOM)
            await until(lambda: all(one() is None for one in kept))
        finally:
            gc.enable()


async def forgotten(room: RoomId) -> None:
    """Wait until nothing of a room is in the memory of the process any more."""
    kept = [weakref.ref(one) for one in gc.get_objects() if isinstance(one, Exchange) and one.room == room]
    assert kept

    def gone() -> bool:
        gc.collect()
        return all(one() is None for one in kept)

    await until(gone)


@pytest.mark.usefixtures("_little_to_collect")
async def test_a_room_that_has_ended_is_not_kept() -> None:
    async with sitting() as held:
        await two(held, taped=True)
        ended, peer = RoomId("ended"), held.peer()
        await peer.accept(await held.switchboard.answer(ended, ANNA, 0, await peer.offer()))
        await held.switchboard.close_room(ended)
        held.switchboard.set_publishing(ended, ANNA, Kind.MIC, on=False)  # as a clerk does, after the end
        await forgotten(ended)
        assert held.switchboard.alive(ROOM, ANNA)


@pytest.mark.usefixtures("_little_to_collect")
async def test_whoever_was_muted_before_anybody_connected_stays_muted() -> None:
    async with sitting() as held:
        await held.join("anna", 0)  # of another room, so that the switchboard looks around
        room = replace(joint_room(MEDIATOR, CONSUMER), id=RoomId("muted"))
        room = with_seat(room, CONSUMER, mic=False)
        board = held.switchboard
        clerk = Clerk(room, NAMES, FakeJournal([]), board, FakeFacts(), lambda: NOON)
        board.on_presence = lambda _room, seat, _alive: clerk.media_changed(seat)
        pages = {seat: FakePage(seat, phone_of(seat), []) for seat in (MEDIATOR, CONSUMER)}
        for page in pages.values():
            clerk.attach(page)
        await forgotten(room.id)  # nobody has media yet, so there is nothing to keep
        peers = {seat: held.peer() for seat in pages}
        for seat, peer in peers.items():
            await peer.accept(await clerk.offer(pages[seat], await peer.offer()))
        await until(lambda: all(board.alive(room.id, seat) for seat in pages))
        for page in pages.values():
            clerk.shown(page, page.number)
        consumer, mediator = peers[CONSUMER], peers[MEDIATOR]
        await consumer.audio(b"muted", b"muted")
        await consumer.video(b"seen", key=True)
        await mediator.until(lambda: mediator.payloads("video0") == [vp8(b"seen", key=True)])
        assert mediator.payloads("audio0") == []
        await clerk.aclose()


async def test_edges_wait_for_a_seat_that_comes_later() -> None:
    async with sitting() as held:
        held.switchboard.connect(ROOM, all_hear_all("anna", "ben"))
        anna, ben = await held.join("anna", 0), await held.join("ben", 1)
        await anna.audio(b"0", b"1")
        await ben.until(lambda: ben.payloads("audio0") == [b"1"])


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


class StuckTape(KeptTape):
    def stop(self, cause: str) -> None:
        super().stop(cause)
        raise OSError("the disk is gone")


class StuckTapes(KeptTapes):
    def start(
        self, room: RoomId, seat: SeatId, request_keyframe: Callable[[], None], *, screen: bool = False
    ) -> KeptTape:
        self.tapes.append(StuckTape(seat))
        return self.tapes[-1]


async def test_a_tape_that_cannot_be_stopped_holds_up_no_cut() -> None:
    async with sitting() as held:
        held.switchboard._tapes = StuckTapes()
        anna, ben = await two(held, taped=True)
        await anna.audio(b"0", b"1")
        await ben.audio(b"0", b"1")
        await ben.until(lambda: ben.payloads("audio0") == [b"1"])
        await anna.until(lambda: anna.payloads("audio0") == [b"1"])
        held.switchboard.cut(ROOM, frozenset({edge("anna", Kind.SCREEN, "ben")}), "caucus")
        await anna.audio(b"secret")
        await ben.audio(b"secret")
        await flush(anna, ben)
        assert ben.payloads("audio0") == anna.payloads("audio0") == [b"1"]


async def test_a_room_that_is_silenced_begins_anew_with_nobody() -> None:
    async with sitting() as held:
        anna, ben = await two(held, taped=True)
        await anna.audio(b"0", b"1")
        await ben.until(lambda: ben.payloads("audio0") == [b"1"])
        held.switchboard.silence_room(ROOM)
        assert not held.switchboard.alive(ROOM, ANNA)
        assert {tape.stopped for tape in held.deck.tapes} == {"fault"}
        held.switchboard.connect(ROOM, all_hear_all("anna", "ben"))
        await anna.audio(b"secret", b"secret")
        await anna.until(lambda: anna.pc.connectionState == "closed")
        await ben.until(lambda: ben.pc.connectionState == "closed")
        assert ben.payloads("audio0") == [b"1"]
        held.presence.clear()
        anna, ben = await held.join("anna", 0), await held.join("ben", 1)
        await anna.audio(b"0", b"2")
        await ben.until(lambda: ben.payloads("audio0") == [b"2"])
