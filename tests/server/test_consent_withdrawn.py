"""Who takes the consent to the recording back in the middle: nothing more is recorded, all are told, what was stays."""

import asyncio
from typing import Any

import pytest

from cases.model import Case
from tests.builders.calls import Caller, Session, heard, open_session
from tests.builders.http import CONSENTS, LEGAL, PATIENCE, Browser, House

BEFORE, AFTER, BESIDE = b"said before", b"said after", b"the mediator, after"
REASON = "复核录像"


async def recorded(house: House, case: Case, seat: str) -> tuple[list[dict[str, Any]], bytes]:
    """Return the entries of a seat in the manifest once all have ended, and the content of their files."""
    legal = await house.signed_in(LEGAL)
    base = f"/staff/{LEGAL.id}/archive/{case.id}"
    await legal.get(base)
    await legal.post(base, reason=REASON)
    async with asyncio.timeout(PATIENCE):
        while True:
            entries = (await legal.get(f"{base}/manifest.json")).json["segments"]
            if all(entry["ended_at"] for entry in entries):
                break
            await asyncio.sleep(0.05)
    own = [entry for entry in entries if entry["seat"] == seat]
    files = [(await legal.get(f"{base}/recordings/{entry['id']}")).body for entry in own]
    return own, b"".join(files)


async def withdraw(caller: Caller) -> None:
    await caller.browser.get(f"{caller.base}/consents")
    reply = await caller.browser.post(f"{caller.base}/consents", **CONSENTS | {"consent-recording": "no"})
    assert reply.status == 303


@pytest.fixture
async def made(house: House, case: Case, mediator: Browser) -> Any:
    async with open_session(house, case, mediator) as opened:
        await opened.let_in(opened.insurer)
        await opened.connect(opened.insurer)
        yield opened


async def test_with_the_next_packet_nothing_of_them_is_recorded_and_what_was_stays(
    house: House, case: Case, made: Session
) -> None:
    await heard(made.consumer, made.mediator, BEFORE)
    await withdraw(made.consumer)
    await heard(made.consumer, made.mediator, AFTER)  # the conversation goes on
    await heard(made.mediator, made.consumer, BESIDE)  # and so does the recording of the others
    assert (await made.mediator.ask("close", ground="other"))["type"] == "done"

    entries, content = await recorded(house, case, made.seat_of(made.consumer))
    assert entries[-1]["cause"] == "consent-withdrawn"
    assert BEFORE in content
    assert AFTER not in content
    others, beside = await recorded(house, case, made.seat_of(made.mediator))
    assert others[-1]["cause"] == "closed"
    assert BESIDE in beside


async def test_everybody_is_told_and_they_themselves_why(made: Session) -> None:
    seat = made.seat_of(made.consumer)
    await made.consumer.until(lambda: made.consumer.view["recording"])
    assert not made.consumer.view["me"]["withdrawn"]
    await withdraw(made.consumer)
    await made.consumer.until(lambda: not made.consumer.view["recording"])
    assert made.consumer.view["me"]["withdrawn"]
    assert made.consumer.view["session_recorded"]
    for other in (made.insurer, made.mediator):
        await until_unrecorded(other)
        (person,) = [one for one in other.view["people"] if one["seat"] == seat]
        assert not person["recorded"]
        assert not other.view["me"]["withdrawn"]


async def test_who_agrees_again_is_recorded_again(made: Session) -> None:
    await withdraw(made.consumer)
    await made.consumer.until(lambda: made.consumer.view["me"]["withdrawn"])
    await made.consumer.browser.post(f"{made.consumer.base}/consents", **CONSENTS)
    await made.consumer.until(lambda: made.consumer.view["me"]["recorded"])
    assert not made.consumer.view["me"]["withdrawn"]


async def until_unrecorded(caller: Caller) -> None:
    """Wait until the page of somebody names who is not recorded."""
    await caller.until(lambda: caller.view["unrecorded"] != [])
