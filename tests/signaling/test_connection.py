"""One websocket of one page: its greeting, its limits, its heartbeat, its bounded way out."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from cases.errors import Broken
from rooms import events as e
from rooms.states import Admission
from signaling import connection
from signaling.messages import MAX_MESSAGE
from tests.builders.room import CONSUMER, INSURER, MEDIATOR, joint_room, new_room, other_of, phone_of
from tests.builders.sockets import CSRF, House, Socket, house, until


async def refused(socket: Socket, **fields: object) -> dict[str, Any]:
    return await socket.until("refused", **fields)


# The greeting.


async def test_a_greeted_page_is_welcomed_and_shown_its_view() -> None:
    async with house(joint_room()) as at:
        socket = await at.visit(CONSUMER)
        await socket.say("hello", csrf=CSRF)
        assert await socket.next() == {"type": "welcome", "seat": CONSUMER, "now": "noon"}
        view = await socket.next()
        assert view is not None
        assert (view["type"], view["number"], view["view"]["me"]["seat"]) == ("view", 1, CONSUMER)


@pytest.mark.parametrize(
    "greeting",
    [
        '{"type":"hello","csrf":"wrong"}',
        '{"type":"hello","csrf":"\\ud800"}',
        '{"type":"hello"}',
        '{"type":"ping"}',
        "not JSON",
        "[" * 5000,
    ],
)
async def test_who_cannot_prove_that_the_page_is_ours_is_sent_away(greeting: str) -> None:
    async with house(joint_room()) as at:
        socket = await at.visit(CONSUMER)
        await socket.raw.send_str(greeting)
        assert await socket.end() == 4003
        assert [m["type"] for m in socket.heard] == ["bye"]
        assert socket.heard[0]["text"] == "bye: signed-out"
        assert not at.connected(CONSUMER)


async def test_who_does_not_greet_in_time_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HELLO_WITHIN", 0.05)
    async with house(joint_room()) as at:
        socket = await at.visit(CONSUMER)
        assert await socket.end() == 4003


@pytest.mark.parametrize(("right", "code"), [(False, 4003), (Broken("the disk is full"), 1012)])
async def test_who_has_lost_the_right_meanwhile_does_not_come_in(right: bool | Exception, code: int) -> None:
    async with house(joint_room()) as at:
        at.right = right
        socket = await at.visit(CONSUMER)
        await socket.say("hello", csrf=CSRF)
        assert await socket.end() == code
        assert not at.connected(CONSUMER)


async def test_who_loses_the_right_meanwhile_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STILL_IN_EVERY", 0.0)
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        at.right = Broken("the disk is full")  # nobody can tell: who is here stays
        await socket.say("ping")
        await socket.until("pong")
        at.right = False
        await socket.say("mic", on=False, re=1)
        assert (await socket.until("bye"))["reason"] == "signed-out"
        assert await socket.end() == 4003
        assert at.stage.journal.events == []
        await at.until_gone(CONSUMER)


async def test_the_mediator_comes_in_by_opening_the_page() -> None:
    async with house(new_room()) as at:
        socket = await at.enter(MEDIATOR)
        view = await socket.until("view")
        assert view["view"]["me"]["admission"] == "admitted"


# Messages.


async def test_ping_is_answered() -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        await socket.say("ping")
        assert await socket.next() == {"type": "pong"}


async def test_a_done_command_is_answered_by_its_number_after_the_view() -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        await socket.say("mic", on=False, re=7)
        view = await socket.next()
        assert view is not None
        assert view["view"]["me"]["mic"] is False
        assert await socket.next() == {"type": "done", "re": 7}


async def test_an_offer_is_answered_by_its_number() -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        await socket.say("offer", sdp="x", re=3)
        assert await socket.next() == {"type": "answer", "sdp": "answer to x at 1", "re": 3}
        waiting = await at.enter(CONSUMER, other_of(CONSUMER))
        await waiting.say("offer", sdp="x", re=4)
        assert (await refused(waiting, re=4))["reason"] == "seat:elsewhere"


async def test_shown_opens_the_edges() -> None:
    async with house(joint_room(MEDIATOR, CONSUMER)) as at:
        await at.enter(MEDIATOR)
        socket = await at.enter(CONSUMER)
        assert at.stage.heard(CONSUMER) == set()
        await socket.say("shown", number=1)
        await socket.say("ping")
        await socket.until("pong")
        assert MEDIATOR in at.stage.heard(CONSUMER)


@pytest.mark.parametrize(
    ("text", "reason", "re"),
    [
        ('{"type":"dance","re":1}', "message:unknown", 1),
        ('{"type":5,"re":2}', "message:unknown", 2),
        ('{"re":3}', "message:unknown", 3),
        ('{"type":"mic","on":"yes","re":4}', "message:bad", 4),
        ('{"type":"offer","sdp":7,"re":5}', "message:bad", 5),
        ('{"type":"offer","sdp":"\\udfff","re":6}', "message:bad", 6),
        ('{"type":"caucus-open","side":"mine","re":7}', "message:bad", 7),
        ('{"type":"close","ground":"bored","re":8}', "message:bad", 8),
        ('{"type":"admit","re":9}', "message:bad", 9),
        ('{"type":"screen","on":1,"re":10}', "message:bad", 10),
        ('{"type":"screen","on":true,"re":12}', "message:bad", 12),
        ('{"type":"screen-stop","re":11}', "message:bad", 11),
        ('{"type":"shown","number":true}', "message:bad", None),
        ('{"type":"dance","re":"1"}', "message:unknown", None),
        ('{"type":', "message:bad", None),
        ("[1]", "message:bad", None),
        ("[" * 5000, "message:bad", None),
        ('{"type":"mic","on":' + "9" * 5000 + "}", "message:bad", None),
    ],
)
async def test_a_bad_message_is_answered_in_words_and_the_page_goes_on(
    text: str, reason: str, re: int | None
) -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        await socket.raw.send_str(text)
        assert await socket.next() == {
            "type": "refused",
            "re": re,
            "reason": reason,
            "text": f"no: {reason}",
        }
        await socket.say("ping")
        assert await socket.next() == {"type": "pong"}


async def test_bytes_are_a_bad_message() -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        await socket.raw.send_bytes(b"{}")
        assert (await refused(socket))["reason"] == "message:bad"


@pytest.mark.parametrize(
    "message",
    [
        {"type": "admit", "seat": INSURER},
        {"type": "refuse", "seat": INSURER},
        {"type": "wait", "seat": INSURER},
        {"type": "remove", "seat": INSURER},
        {"type": "mute", "seat": INSURER},
        {"type": "screen-stop", "seat": INSURER},
        {"type": "open"},
        {"type": "caucus-open", "side": "applicant"},
        {"type": "caucus-close"},
        {"type": "close", "ground": "other"},
    ],
    ids=lambda message: message["type"],
)
async def test_a_party_cannot_do_what_is_the_mediators(message: dict[str, Any]) -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        await socket.say(**{"type_": message.pop("type"), **message, "re": 1})
        assert (await refused(socket, re=1))["reason"] == "not-yours"
        assert at.stage.journal.events == []


async def test_a_second_screen_is_refused_in_words_that_say_whose_is_shared() -> None:
    async with house(joint_room()) as at:
        insurer, consumer = await at.enter(INSURER), await at.enter(CONSUMER)
        await insurer.say("screen", on=True, private=False, re=1)
        await insurer.until("done", re=1)
        await consumer.say("screen", on=True, private=False, re=2)
        assert (await refused(consumer, re=2))["text"] == "no: screen:taken by 赵一鸣"


async def test_a_screen_is_shared_and_stopped_by_its_person_or_the_mediator() -> None:
    async with house(joint_room()) as at:
        insurer, mediator = await at.enter(INSURER), await at.enter(MEDIATOR)
        for socket, stop in (
            (insurer, {"type_": "screen", "on": False}),
            (mediator, {"type_": "screen-stop", "seat": INSURER}),
        ):
            await insurer.say("screen", on=True, private=False, re=1)
            await insurer.until("done", re=1)
            assert at.stage.clerk.room.sharing == INSURER
            await socket.say(**stop, re=2)
            await socket.until("done", re=2)
            assert at.stage.clerk.room.sharing is None


async def test_a_seat_of_another_room_is_not_there() -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(MEDIATOR)
        await socket.say("admit", seat="elsewhere", re=1)
        assert (await refused(socket, re=1))["text"] == "broken"


async def test_what_could_not_be_written_down_is_said() -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        at.stage.breaks(Broken("the disk is full"))
        await socket.say("mic", on=False, re=1)
        assert (await refused(socket, re=1))["reason"] == "broken"


# Limits.


async def test_a_message_too_long_is_the_last() -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        await socket.say("offer", sdp="x" * 70_000, re=1)
        assert (await refused(socket, re=1))["reason"] == "message:too-long"
        assert await socket.end() == 1008
        await at.until_gone(CONSUMER)


async def test_the_longest_offer_is_taken() -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        await socket.say("offer", sdp="x" * (MAX_MESSAGE - 100), re=1)
        await socket.until("answer")


async def test_a_burst_ends_the_page_after_saying_why() -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        for _ in range(connection.MESSAGES + 80):
            await socket.say("ping")
        assert (await refused(socket))["reason"] == "message:too-many"
        assert await socket.end() == 1008
        assert [m["type"] for m in socket.heard].count("pong") <= connection.MESSAGES
        await at.until_gone(CONSUMER)


async def test_the_limit_is_of_a_window_and_not_of_a_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "WINDOW", 0.0)
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        for _ in range(connection.MESSAGES + 5):
            await socket.say("ping")
            assert await socket.next() == {"type": "pong"}


# Coming and going.


async def test_a_page_that_says_nothing_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SILENT_AFTER", 0.1)
    async with house(joint_room()) as at:
        await at.enter(CONSUMER)  # it was shown its view, so it was there
        at.stage.media.dead.add(CONSUMER)
        await at.until_gone(CONSUMER)


async def test_a_page_that_says_nothing_is_known_to_be_gone_within_six_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_ahead = clock_of_the_loop(monkeypatch)
    async with house(joint_room()) as at:
        at.stage.media.dead.add(CONSUMER)
        await at.enter(CONSUMER)
        insurer = await at.enter(INSURER)
        for seconds, here in ((4.5, True), (5.9, False)):  # two pings were lost, the third as well
            set_ahead(seconds)
            await turns_of_the_server(insurer)
            assert at.connected(CONSUMER) is here
        assert at.connected(INSURER)


@pytest.mark.parametrize(("stops_at", "gone_at"), [(None, 15.6), (12.0, 12.1)])
async def test_a_silent_page_is_there_while_its_media_come_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, stops_at: float | None, gone_at: float
) -> None:
    """In a line that is full, words come later than sound."""
    set_ahead = clock_of_the_loop(monkeypatch)
    async with house(joint_room()) as at:
        await at.enter(CONSUMER)
        insurer = await at.enter(INSURER)
        for seconds in (5.9, 8.0, 11.5, gone_at - 0.7, gone_at + 0.6):
            if stops_at is not None and seconds >= stops_at:
                at.stage.media.dead.add(CONSUMER)
            set_ahead(seconds)
            await turns_of_the_server(insurer)
            assert at.connected(CONSUMER) is (seconds < gone_at), seconds


async def test_a_page_that_is_heard_again_in_time_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    set_ahead = clock_of_the_loop(monkeypatch)
    async with house(joint_room()) as at:
        consumer, insurer = await at.enter(CONSUMER), await at.enter(INSURER)
        for seconds in (8.0, 16.0):
            set_ahead(seconds)
            await turns_of_the_server(insurer)
            await turns_of_the_server(consumer)
        at.stage.media.dead.add(CONSUMER)
        set_ahead(20.0)
        await turns_of_the_server(insurer)
        assert at.connected(CONSUMER)


async def test_a_page_that_closes_is_absent() -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        await socket.raw.close()
        await at.until_gone(CONSUMER)


async def test_a_newer_page_of_the_same_browser_replaces_the_older() -> None:
    async with house(joint_room()) as at:
        older = await at.enter(CONSUMER)
        newer = await at.enter(CONSUMER)
        assert (await older.until("bye"))["reason"] == "replaced"
        assert await older.end() == 4001
        await newer.say("ping")
        await newer.until("pong")
        assert at.connected(CONSUMER)


async def test_a_page_that_does_not_read_is_closed_and_lets_go_of_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "SILENT_AFTER", 0.3)
    monkeypatch.setattr(connection, "CLOSE_WITHIN", 0.1)
    async with house(joint_room()) as at, at.unread(CONSUMER):
        clause = "条" * 100_000
        for number in range(connection.OUT_QUEUE - 4):
            at.stage.clerk.tell_settlement({CONSUMER: {"clauses": [clause, number]}})
        await until(lambda: at.serving == 0)
        assert not at.connected(CONSUMER)


async def test_a_slow_page_that_reads_again_learns_why_it_was_closed() -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        for number in range(connection.OUT_QUEUE + 1):  # all at once: nobody could have read them
            at.stage.clerk.tell_settlement({CONSUMER: {"number": number}})
        assert (await socket.until("bye"))["reason"] == "slow"
        assert await socket.end() == 4005


async def test_a_closing_server_tells_the_page_to_come_back() -> None:
    async with house(joint_room()) as at:
        socket = await at.enter(CONSUMER)
        await at.stage.clerk.aclose()
        assert (await socket.until("bye"))["reason"] == "restart"
        assert await socket.end() == 1012


def clock_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return what sets the loop's clock ahead by so many seconds; nothing waits."""
    loop, ahead = asyncio.get_running_loop(), [0.0]
    clock = loop.time
    monkeypatch.setattr(loop, "time", lambda: clock() + ahead[0])

    def set_ahead(seconds: float) -> None:
        ahead[0] = seconds

    return set_ahead


async def turns_of_the_server(page: Socket) -> None:
    for _ in range(2):
        await page.say("ping")
        await page.until("pong")


# Another device of the same person.


async def knocking(at: House) -> Socket:
    """Return the page of the consumer's other device, which waits with its microphone on."""
    other = await at.enter(CONSUMER, other_of(CONSUMER))
    await other.say("knock", mic=True, camera=True, re=1)
    await other.until("done", re=1)
    return other


async def test_another_device_switches_nothing_of_the_first_by_knocking() -> None:
    async with house(joint_room()) as at:
        first = await at.enter(CONSUMER)
        await first.say("mic", on=False, re=1)
        await first.until("done", re=1)
        await knocking(at)
        seat = at.stage.clerk.room.seat(CONSUMER)
        assert (seat.mic, seat.device, seat.knocking) == (False, phone_of(CONSUMER), other_of(CONSUMER))


@pytest.mark.parametrize(
    "message", [{"type_": "leave"}, {"type_": "mic", "on": False}, {"type_": "camera", "on": False}]
)
async def test_another_device_can_do_nothing_but_knock(message: dict[str, Any]) -> None:
    async with house(joint_room()) as at:
        await at.enter(CONSUMER)
        other = await at.enter(CONSUMER, other_of(CONSUMER))
        await other.say(**message, re=1)
        assert (await refused(other, re=1))["reason"] == "seat:elsewhere"


async def test_a_device_that_is_replaced_while_it_asks_shares_nothing() -> None:
    async with house(joint_room()) as at:
        mediator, older, insurer = [await at.enter(seat) for seat in (MEDIATOR, CONSUMER, INSURER)]
        await knocking(at)
        at.stage.journal.go.clear()
        at.stage.journal.asked.clear()
        await mediator.say("admit", seat=CONSUMER, re=1)
        await at.stage.journal.asked.wait()
        await older.say("screen", on=True, private=False, re=2)
        await turns_of_the_server(insurer)
        at.stage.journal.go.set()
        assert await older.end() == 4001
        await insurer.say("camera", on=False, re=3)
        await insurer.until("done", re=3)
        assert not any(isinstance(event, e.ScreenShared) for event in at.stage.journal.events)


async def test_a_device_that_waits_and_goes_away_no_longer_waits() -> None:
    async with house(joint_room()) as at:
        await at.enter(CONSUMER)
        other = await knocking(at)
        await other.raw.close()
        await until(lambda: at.stage.clerk.room.seat(CONSUMER).knocking is None)


async def test_a_device_that_waits_may_reload_its_page() -> None:
    async with house(joint_room()) as at:
        await at.enter(CONSUMER)
        older = await knocking(at)
        await at.enter(CONSUMER, other_of(CONSUMER))
        assert await older.end() == 4001
        await until(lambda: at.serving == 2)
        assert at.stage.clerk.room.seat(CONSUMER).knocking == other_of(CONSUMER)


async def test_a_party_knocks_and_waits_with_its_switches() -> None:
    async with house(new_room()) as at:
        socket = await at.enter(CONSUMER)
        await socket.say("knock", mic=True, camera=False, re=1)
        await socket.until("done", re=1)
        seat = at.stage.clerk.room.seat(CONSUMER)
        assert (seat.admission, seat.mic, seat.camera) == (Admission.WAITING, True, False)
