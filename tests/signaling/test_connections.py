"""Connections that come, go, are replaced, are refused or attacked; real UDP on loopback."""

import asyncio
import socket
import struct
from contextlib import suppress

import pytest
from aioice.stun import RETRY_RTO
from aiortc import RTCPeerConnection

from cases.errors import Reason, Refused
from cases.ids import SeatId
from signaling import switchboard
from signaling.aioice_seam import ASK_AFTER, REMOTE_ADDRESSES
from signaling.guard import CHECKS, Dropped
from signaling.switchboard import BEAT, HEARD_WITHIN, LOOK_EVERY, OFFERS, OFFERS_WITHIN
from tests.builders.peer import WAIT
from tests.builders.sitting import ROOM, Sitting, all_hear_all, flush, sitting, two

ANNA, BEN = SeatId("anna"), SeatId("ben")
KNOWN_WITHIN = 6.0  # seconds until everybody knows that somebody is gone


def is_free(address: tuple[str, int]) -> bool:
    """Return whether no socket is bound to an address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(address)
        except OSError:
            return False
    return True


def answer_to(somebody: socket.socket) -> bytes:
    """Return what has come to a socket; nothing where nothing has."""
    with suppress(BlockingIOError):
        return somebody.recv(2000)
    return b""


def with_another_password(check: bytes) -> bytes:
    """Return a check without its MAC and its fingerprint: twenty bytes of nothing stand for the one."""
    at = check.find(b"\x00\x08\x00\x14")
    forged = check[: at + 4] + bytes(20) + check[at + 24 : -8]
    return forged[:2] + struct.pack("!H", len(forged) - 20) + forged[4:]


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


async def test_a_connection_that_does_not_end_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    go, end = asyncio.Event(), RTCPeerConnection.close

    async def end_later(connection: RTCPeerConnection) -> None:
        await go.wait()
        await end(connection)

    monkeypatch.setattr(RTCPeerConnection, "close", end_later)
    monkeypatch.setattr(switchboard, "GONE_WITHIN", 0.05)
    async with sitting() as held:
        anna, ben = await two(held)
        try:
            async with asyncio.timeout(2):  # the seam would give it five seconds
                await held.switchboard.close_seat(ROOM, BEN)
            assert held.presence[-1] == (BEN, False)
            await anna.audio(b"0", b"1")
        finally:
            go.set()
        await ben.until(lambda: ben.pc.connectionState == "closed")
        assert ben.payloads("audio0") == []


async def test_a_seat_whose_browser_goes_away_is_told_absent() -> None:
    async with sitting() as held:
        anna = await held.join("anna", 0)
        assert held.switchboard.alive(ROOM, ANNA)
        await anna.close()
        await held.until(lambda: held.presence[-1] == (ANNA, False))


async def test_a_browser_that_nominates_its_pair_again_loses_no_packet() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        anna.keep_line()
        await anna.audio(b"0", b"1")
        for burst in range(5):
            anna.throw(anna.check(nominate=True))
            await anna.audio(*(b"%d.%d" % (burst, number) for number in range(20)))
        await ben.until(lambda: ben.payloads("audio0")[-1:] == [b"4.19"])
        assert len(ben.payloads("audio0")) == 1 + 5 * 20


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


async def test_a_seat_that_is_not_heard_is_told_absent_within_six_seconds() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.audio(b"0", b"1")
        await ben.until(lambda: ben.payloads("audio0") == [b"1"])  # she was heard just now
        anna.vanish()
        held.ahead = HEARD_WITHIN - 1
        assert held.switchboard.alive(ROOM, ANNA)
        held.ahead = HEARD_WITHIN
        assert not held.switchboard.alive(ROOM, ANNA)
        await held.until(lambda: (ANNA, False) in held.presence)
    assert HEARD_WITHIN + BEAT * LOOK_EVERY < KNOWN_WITHIN


def test_one_lost_check_makes_nobody_absent() -> None:
    assert 2.2 * ASK_AFTER + RETRY_RTO < HEARD_WITHIN  # when it is asked at the latest, and once more


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
            while len(asyncio.all_tasks() - before) > 1:  # noqa: ASYNC110  nor does a task; the beat stays
                await asyncio.sleep(0.02)


async def test_a_seat_closed_while_its_offer_is_answered_stays_closed() -> None:
    async with sitting() as held:
        offer = await held.peer().offer()
        for turns in range(12):
            answering = asyncio.create_task(held.switchboard.answer(ROOM, ANNA, 0, offer))
            for _ in range(turns):
                await asyncio.sleep(0)
            await held.switchboard.close_seat(ROOM, ANNA)
            held.ahead += OFFERS_WITHIN
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
        (struct.pack("!HHL12sHHL", 1, 8, 0x2112A442, b"x" * 12, 0x20, 4, 0), Dropped.UNSIGNED),
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


@pytest.mark.parametrize("signed", ["not at all", "with another password"])
async def test_a_check_of_somebody_who_does_not_know_the_password_is_not_answered(signed: str) -> None:
    """An answer would be longer than the check, and go to whose address it gives."""
    async with sitting() as held:
        anna, ben = await two(held)
        nameless = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)
        forged = nameless if signed == "not at all" else with_another_password(anna.check())
        with anna.stranger() as stranger:
            stranger.send(forged)
            await anna.audio(b"0", b"1")
            await flush(anna, ben)
            assert answer_to(stranger) == b""
        assert held.switchboard.dropped(ROOM, ANNA) == {Dropped.UNSIGNED: 1}


async def test_who_knows_no_name_uses_up_nothing_that_a_browser_on_another_address_needs() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        nameless = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)
        answer_to_nothing = b"\x01\x01\x00\x00\x21\x12\xa4\x42" + b"x" * 12
        with anna.stranger() as stranger, anna.stranger() as elsewhere:
            for _ in range(CHECKS):
                stranger.send(nameless)
                stranger.send(answer_to_nothing)
            elsewhere.send(anna.check())
            await anna.audio(b"0", b"1")
            await flush(anna, ben)
            assert answer_to(elsewhere)[:2] == b"\x01\x01"  # a success
        assert held.switchboard.dropped(ROOM, ANNA) == {Dropped.UNSIGNED: 2 * CHECKS}


async def test_checks_with_the_right_name_and_a_wrong_password_are_looked_at_a_hundred_times_a_second() -> (
    None
):
    async with sitting() as held:
        anna, ben = await two(held)
        forged = with_another_password(anna.check())
        with anna.stranger() as stranger:
            for _ in range(3 * CHECKS):
                stranger.send(forged)
            await anna.audio(b"0", b"1")
            await flush(anna, ben)
        dropped = held.switchboard.dropped(ROOM, ANNA)
        assert sum(dropped.values()) == 3 * CHECKS
        assert dropped.get(Dropped.UNCHECKED, 0) >= CHECKS


async def test_checks_of_one_seat_are_answered_to_a_bounded_number_of_addresses() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        answered = 0
        for _ in range(REMOTE_ADDRESSES + 10):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as another:
                another.setblocking(False)
                another.connect(anna.server_address())
                another.send(anna.check())
                await flush(anna, ben)  # the server reads its socket in the order of arrival
                with suppress(BlockingIOError):
                    another.recv(2000)
                    answered += 1
        assert 0 < answered < REMOTE_ADDRESSES
        assert held.switchboard.dropped(ROOM, ANNA)[Dropped.FOREIGN] >= 10


async def test_a_storm_of_offers_is_refused_and_the_seat_connects_a_little_later() -> None:
    async with sitting() as held:
        ben = await held.join("ben", 1)
        offer = await held.peer().offer()
        for _ in range(OFFERS):
            await held.switchboard.answer(ROOM, ANNA, 0, offer)
        for _ in range(OFFERS):
            with pytest.raises(Refused) as refused:
                await held.switchboard.answer(ROOM, ANNA, 0, offer)
            assert refused.value.reason is Reason.MEDIA_TOO_MANY
        await held.call("carl", 2)  # each seat has a pace of its own
        held.ahead = OFFERS_WITHIN / 2
        with pytest.raises(Refused):
            await held.switchboard.answer(ROOM, ANNA, 0, offer)
        held.ahead = OFFERS_WITHIN
        anna = await held.join("anna", 0)
        held.switchboard.connect(ROOM, all_hear_all("anna", "ben"))
        await anna.audio(b"0", b"1")
        await ben.until(lambda: ben.payloads("audio0") == [b"1"])


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
        assert answer.count(" 127.0.0.1 ") == 14


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
