"""Who is not in the conversation is given no packet and no word of it, whatever they send: over the real
service's HTTP, websocket and UDP.
"""

from typing import Any

from cases.model import Case
from rooms.edges import Kind
from tests.builders.calls import Caller, Session, given, heard, open_session
from tests.builders.http import Browser, House
from tests.builders.peer import vp8

NOTHING: dict[str, Any] = {
    "people": [],
    "hears_me": [],
    "unrecorded": [],
    "everybody": [],
    "since": "",
    "caucus_side": None,
}


def knows_nothing(view: dict[str, Any]) -> bool:
    flags = ("recording", "session_recorded", "recorder_failed")
    return all(view[key] == value for key, value in NOTHING.items()) and not any(view[flag] for flag in flags)


async def live_on(made: Session) -> None:
    """Let the session go on: switches, a caucus, speech."""
    assert (await made.consumer.ask("mic", on=False))["type"] == "done"
    assert (await made.consumer.ask("mic", on=True))["type"] == "done"
    assert (await made.mediator.ask("caucus-open", side="applicant"))["type"] == "done"
    await heard(made.consumer, made.mediator, b"a private word")
    assert (await made.mediator.ask("caucus-close"))["type"] == "done"
    await heard(made.consumer, made.mediator, b"a joint word")
    await heard(made.mediator, made.consumer, b"an answer")


async def is_told_nothing(made: Session, caller: Caller) -> None:
    """Check that a page and a line get nothing while the others go on."""
    before, media = await caller.all_that_came(), given(caller)
    await live_on(made)
    assert await caller.all_that_came() == before
    assert given(caller) == media
    assert knows_nothing(caller.view)


async def test_who_waits_is_told_nothing_and_may_send_nothing(
    house: House, case: Case, mediator: Browser
) -> None:
    async with open_session(house, case, mediator) as made:
        reply = await made.insurer.call()
        assert (reply["type"], reply.get("reason")) == ("refused", "not-now")
        await is_told_nothing(made, made.insurer)
        for command in (("mute", "seat"), ("admit", "seat"), ("remove", "seat")):
            refused = await made.insurer.ask(command[0], seat=made.seat_of(made.consumer))
            assert refused.get("reason") == "not-yours"


async def test_who_was_refused_is_told_nothing_and_comes_no_further(
    house: House, case: Case, mediator: Browser
) -> None:
    async with open_session(house, case, mediator) as made:
        seat = made.seat_of(made.insurer)
        assert (await made.mediator.ask("refuse", seat=seat))["type"] == "done"
        await made.insurer.seen(truth="out")
        assert (await made.insurer.call()).get("reason") == "not-now"
        assert (await made.insurer.ask("knock", mic=True, camera=True)).get("reason") == "seat:refused"
        await is_told_nothing(made, made.insurer)


async def test_who_was_removed_is_told_nothing_and_heard_no_more_also_on_a_line_that_was_kept(
    house: House, case: Case, mediator: Browser
) -> None:
    async with open_session(house, case, mediator) as made:
        insurer = made.insurer
        await made.let_in(insurer)
        await made.connect(insurer)
        await heard(insurer, made.mediator, b"as long as i was in")
        await heard(made.consumer, insurer, b"as long as you were in")
        peer = insurer.peer
        assert peer is not None
        peer.keep_line()
        late = [peer.sealed(peer.streams[Kind.MIC].packet(b"from outside")) for _ in range(9)]
        late.append(peer.sealed(peer.streams[Kind.CAMERA].packet(vp8(b"from outside", key=True))))
        shown = [m["number"] for m in insurer.messages if m["type"] == "view"]
        assert (await made.mediator.ask("remove", seat=made.seat_of(insurer)))["type"] == "done"
        await insurer.seen(truth="out")
        for datagram in late:
            peer.throw(datagram)
        for number in (*shown, 10_000):
            await insurer.say("shown", number=number)
        assert (await insurer.call()).get("reason") == "not-now"
        assert (await insurer.ask("knock", mic=True, camera=True)).get("reason") == "seat:removed"
        await is_told_nothing(made, insurer)
        assert b"from outside" not in given(made.mediator) + given(made.consumer)
        assert b"a private word" not in given(insurer)


async def test_a_page_that_another_one_replaced_is_told_nothing_more(
    house: House, case: Case, mediator: Browser
) -> None:
    async with open_session(house, case, mediator) as made:
        await made.let_in(made.insurer)
        await made.connect(made.insurer)
        await heard(made.insurer, made.mediator, b"of the first page")
        second = Caller(made.insurer.browser, made.insurer.base)
        await made.stack.enter_async_context(second.on_line())
        await made.insurer.until(lambda: made.insurer.code is not None)
        assert made.insurer.code == 4001
        before = list(made.insurer.messages)
        await second.seen(truth="joint")
        await live_on(made)
        assert made.insurer.messages == before
        assert before[-1]["type"] == "bye"


async def test_what_was_right_before_the_link_ended_opens_nothing_afterwards(
    house: House, case: Case, mediator: Browser
) -> None:
    async with open_session(house, case, mediator) as made:
        insurer = made.insurer
        await made.let_in(insurer)
        await made.connect(insurer)
        await heard(made.consumer, insurer, b"while it held")
        peer = insurer.peer
        assert peer is not None
        peer.keep_line()
        late = [peer.sealed(peer.streams[Kind.MIC].packet(b"from outside")) for _ in range(9)]
        await mediator.get(made.mediator.base)
        await mediator.post(f"{made.mediator.base}/links/{case.parties[1].id}", do="revoke")
        await insurer.until(lambda: insurer.code is not None)
        assert insurer.code == 4003
        media = given(insurer)
        for datagram in late:
            peer.throw(datagram)
        url = house.server.make_url(f"{insurer.base}/socket")
        headers = insurer.browser.headers() | WEBSOCKET
        async with insurer.browser.http.get(url, headers=headers, allow_redirects=False) as response:
            assert response.status == 401
        assert (await insurer.browser.get(f"{insurer.base}/room")).status == 401
        await live_on(made)
        assert given(insurer) == media
        assert b"from outside" not in given(made.mediator) + given(made.consumer)


WEBSOCKET = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}
