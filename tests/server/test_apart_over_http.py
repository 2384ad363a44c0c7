"""What an excluded seat gets from the whole service while the others are in a private conversation does not depend
on what they do in it: pages, answers to posts, messages, packets, and the answer to an offer.
"""

import re
from collections.abc import Awaitable, Callable

import pytest

from cases.model import Case
from tests.builders.calls import Caller, Session, given, heard, open_session
from tests.builders.http import CONSENTS, Browser, House, Reply

PAGES = ("", "/room", "/consents", "/settlement.pdf")
CLAUSES = ["被申请人于三日内退还保险费 2353.00 元。"]
DIGEST = "ab" * 32

# What an SDP answer has of chance: keys, names, ports, numbers of streams, the time of writing.
_NONCES = re.compile(
    r"(?<=^a=ice-ufrag:).*|(?<=^a=ice-pwd:).*|(?<=^a=fingerprint:).*|(?<=^a=ssrc:).*|(?<=^a=ssrc-group:FID ).*"
    r"|(?<=^a=candidate:).*|(?<=^o=).*|(?<=^m=)\w+ \d+|(?<=^a=rtcp:)\d+"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.MULTILINE,
)


async def answers(made: Session) -> list[tuple[int, bytes]]:
    """Return what the insurer's browser is answered when it asks for all that it may ask for."""
    browser, base = made.insurer.browser, made.insurer.base
    act = {"digest": DIGEST, "code": "123456", "intent": True}
    replies: list[Reply] = [await browser.get(base + page) for page in PAGES]
    for what, body in (("code", {"digest": DIGEST}), ("act", act), ("decline", {"digest": DIGEST})):
        replies.append(await browser.post_json(f"{base}/settlement/{what}", body))
    replies.append(await browser.post(f"{base}/consents", **CONSENTS))
    return [(reply.status, reply.body) for reply in replies]


async def answer_to_an_offer(caller: Caller) -> str:
    reply = await caller.call()
    return _NONCES.sub("·", reply["sdp"].replace("\r\n", "\n"))


async def a_draft(made: Session) -> None:
    body = {"clauses": [*CLAUSES, "双方就本案再无其他争议。"]}
    reply = await made.mediator.browser.post_json(f"{made.mediator.base}/settlement/clauses", body)
    assert reply.status == 200, reply.text


async def a_consent_withdrawn(made: Session) -> None:
    browser, base = made.consumer.browser, made.consumer.base
    await browser.get(f"{base}/consents")
    reply = await browser.post(f"{base}/consents", **CONSENTS | {"consent-recording": "no"})
    assert reply.status == 303


async def leaving_and_coming_back(made: Session) -> None:
    assert (await made.consumer.ask("leave"))["type"] == "done"
    assert (await made.consumer.ask("knock", mic=True, camera=False))["type"] == "done"
    await made.let_in(made.consumer)
    await made.connect(made.consumer)


async def a_reload(made: Session) -> None:
    again = Caller(made.consumer.browser, made.consumer.base)
    await made.stack.enter_async_context(again.on_line())
    await made.consumer.until(lambda: made.consumer.code is not None)
    await made.connect(again)
    made.consumer = again


async def removal(made: Session) -> None:
    assert (await made.mediator.ask("remove", seat=made.seat_of(made.consumer)))["type"] == "done"


async def speech(made: Session) -> None:
    await heard(made.consumer, made.mediator, b"a private word")
    assert (await made.consumer.ask("mic", on=False))["type"] == "done"
    assert (await made.mediator.ask("mute", seat=made.seat_of(made.consumer)))["type"] == "done"


async def refused_acts(made: Session) -> None:
    for what in ("offer", "open", "caucus-open"):
        await made.mediator.ask(what, side="applicant", sdp="v=0")
    await made.mediator.browser.post_json(f"{made.mediator.base}/settlement/offer", {})


INSIDE: tuple[Callable[[Session], Awaitable[None]], ...] = (
    a_draft,
    speech,
    a_consent_withdrawn,
    leaving_and_coming_back,
    a_reload,
    refused_acts,
    removal,
)


@pytest.mark.parametrize("declined", [False, True])
async def test_what_an_excluded_seat_gets_does_not_depend_on_what_is_done_inside(
    house: House, case: Case, mediator: Browser, declined: bool
) -> None:
    async with open_session(house, case, mediator) as made:
        await made.let_in(made.insurer)
        await made.connect(made.insurer)
        await heard(made.consumer, made.insurer, b"joint")
        if declined:
            await an_offer_that_was_declined(made)
        assert (await made.mediator.ask("caucus-open", side="applicant"))["type"] == "done"
        await made.insurer.seen(truth="apart")
        await made.insurer.until(lambda: any(m["type"] == "line" for m in made.insurer.messages))
        offered, asked = await answer_to_an_offer(made.insurer), await answers(made)
        told = [m for m in await made.insurer.all_that_came() if m["type"] != "answer"]
        for happen in INSIDE:
            await happen(made)
            assert await answers(made) == asked, happen.__name__
        assert await answer_to_an_offer(made.insurer) == offered
        assert [m for m in await made.insurer.all_that_came() if m["type"] != "answer"] == told
        assert given(made.insurer) == b""


async def an_offer_that_was_declined(made: Session) -> None:
    base = f"{made.mediator.base}/settlement"
    await made.mediator.browser.post_json(f"{base}/clauses", {"clauses": CLAUSES})
    reply = await made.mediator.browser.post_json(f"{base}/offer", {})
    digest = reply.json["settlement"]["digest"]
    declined = await made.insurer.browser.post_json(
        f"{made.insurer.base}/settlement/decline", {"digest": digest}
    )
    assert declined.status == 200, declined.text
