"""The consumer's line breaks, changes and narrows in the middle of a session.

The tests share one case, in this order, and each begins and ends with everybody together.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.builders.cable import Condition
from tests.builders.house import House
from tests.builders.journey import CONSUMER, CONSUMER_NAME, INSURER, MEDIATOR, Visitor, person_row
from tests.builders.namespace import ELSEWHERE, GONE, GOOD, THERE, Machine
from tests.builders.senses import count, perceive, until, until_sounds_flow, until_together
from tests.builders.sittings import Table, gather, table

NOTICED_WITHIN: Final = 6.0  # seconds until a page says that its line is broken
BACK_WITHIN: Final = 3.0  # seconds from the network's return until everybody hears everybody
BUSY: Final = 1.0  # seconds that a busy machine may add
AWAY: Final = 10.0  # seconds without a network
NARROW: Final = Condition(delay=0.2, loss=0.05, rate=300_000)
LISTENING: Final = 5  # looks on a narrow line, twice
MISSED: Final = 2  # of all these, in which pictures may have tried to come back
UNHEARD: Final = 1  # looks on end, of somebody on a good line
UNSEEN: Final = 4  # a keyframe of a lively picture takes two seconds at the rate that a narrow line leaves it
CONCEALED: Final = 0.2  # share of sound that may be made up, where 5 % is lost
BROKEN: Final = "您的网络断了，正在自动连回来"
PAUSED: Final = "画面已暂停，声音正常"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def at(chromium: Browser, browser_on_phone: Browser, reachable: House) -> AsyncIterator[Table]:
    async with table(chromium, reachable, phone=browser_on_phone) as opened:
        opened.consumer.bear("WebSocket connection|ERR_")
        await gather(opened)
        await until_together(opened.all)
        yield opened


async def test_a_line_that_is_gone_for_ten_seconds_comes_back_by_itself(at: Table, phone: Machine) -> None:
    async with keeping_the_seat(at):
        gone = time.monotonic()
        await phone.line(GONE)
        await noticed_in_time(at, gone)
        await asyncio.sleep(AWAY - (time.monotonic() - gone))
        await phone.line(GOOD)
        await back_in_time(at)


async def test_an_address_that_changes_costs_nobody_their_seat(at: Table, phone: Machine) -> None:
    async with keeping_the_seat(at):
        gone = time.monotonic()
        await phone.lose_address(THERE)
        await noticed_in_time(at, gone)
        await phone.take_address(ELSEWHERE)
        await back_in_time(at)


async def test_on_a_narrow_line_sound_goes_on_and_pictures_come_back_when_it_is_good(
    at: Table, phone: Machine
) -> None:
    for visitor in at.all.values():
        await visitor.page.evaluate("person.lively = true")
    await until_together(at.all)
    greetings, told = len(messages(at.consumer, "welcome")), len(messages(at.consumer, "line"))
    async with undisturbed(at.insurer, at.mediator):
        await phone.line(NARROW)
        await at.consumer.reads(PAUSED)
        await until(at.consumer, lambda one: one.heard == {INSURER, MEDIATOR})
        await until(at.insurer, lambda one: one.heard == {CONSUMER, MEDIATOR})
        heard = await heard_both_ways(at)  # meanwhile the camera comes down to its rate
        before, began = await count(at.consumer), time.monotonic()
        heard += await heard_both_ways(at)
        assert heard >= 2 * LISTENING - MISSED
        now, seconds = await count(at.consumer), time.monotonic() - began
        assert now.dialled == before.dialled
        concealed = (now.concealed - before.concealed) / (now.samples - before.samples)
        assert concealed < CONCEALED
        assert (now.sent - before.sent) * 8 / seconds < NARROW.rate, "the camera keeps to what it was told"
        await phone.line(GOOD)
        await until_together(at.all)
    cameras = [message["cameras"] for message in messages(at.consumer, "line")[told:]]
    paused = sum(a and not b for a, b in zip([True, *cameras], cameras, strict=False))
    assert 1 <= paused <= 2, "the pictures do not come and go"
    assert len(messages(at.consumer, "welcome")) == greetings, "the page's own line holds"


async def heard_both_ways(at: Table) -> int:
    """Return in how many looks the consumer heard everybody and was heard."""
    heard = 0
    for _ in range(LISTENING):
        on_phone, with_insurer = await asyncio.gather(perceive(at.consumer), perceive(at.insurer))
        heard += on_phone.heard == {INSURER, MEDIATOR} and with_insurer.heard == {CONSUMER, MEDIATOR}
    return heard


@asynccontextmanager
async def keeping_the_seat(at: Table) -> AsyncIterator[None]:
    """See that the consumer has the same seat afterwards, and that the others are undisturbed meanwhile."""
    seat = seat_of(at.consumer)
    async with undisturbed(at.insurer, at.mediator):
        yield
    assert seat_of(at.consumer) == seat


async def noticed_in_time(at: Table, gone: float) -> None:
    """The line is gone since then: the consumer reads it, and the others that the page connects anew."""
    await at.consumer.truth(BROKEN)
    assert time.monotonic() - gone < NOTICED_WITHIN + BUSY
    await at.insurer.reads(f"{CONSUMER_NAME}的网络断了，等一等")
    await at.mediator.reads(f"{CONSUMER_NAME}的网络断了，正在重连，位置还在")
    await expect(person_row(at.mediator, CONSUMER_NAME)).to_contain_text("掉线")


async def back_in_time(at: Table) -> None:
    """The network is there: everybody hears everybody, then sees them, and nothing is left of the words."""
    returned = time.monotonic()
    await until_sounds_flow(*at.all.values())
    assert time.monotonic() - returned < BACK_WITHIN + BUSY
    await until_together(at.all)
    await at.consumer.truth("大家一起谈，正在录像")
    await expect(person_row(at.mediator, CONSUMER_NAME)).to_contain_text("在场")


@asynccontextmanager
async def undisturbed(insurer: Visitor, mediator: Visitor) -> AsyncIterator[None]:
    """See that these two see and hear each other all the while."""
    watching = asyncio.create_task(watch(insurer, mediator))
    try:
        yield
    finally:
        watching.cancel()
        outcome = await asyncio.gather(watching, return_exceptions=True)
    assert isinstance(outcome[0], asyncio.CancelledError), outcome


async def watch(insurer: Visitor, mediator: Visitor) -> None:
    """Fail when one of them misses the other's sound or picture in too many looks on end."""
    unheard, unseen = Counter[str](), Counter[str]()
    while True:
        with_insurer, with_mediator = await asyncio.gather(perceive(insurer), perceive(mediator))
        for one, other in ((with_insurer, MEDIATOR), (with_mediator, INSURER)):
            for missed, there, most in (
                (unheard, one.received_tones & one.heard, UNHEARD),
                (unseen, one.received_pictures & one.seen, UNSEEN),
            ):
                missed[other] = 0 if other in there else missed[other] + 1
                assert missed[other] <= most, one


def seat_of(visitor: Visitor) -> str:
    me = visitor.views[-1]["me"]
    assert me["admission"] == "admitted"
    return str(me["seat"])


def messages(visitor: Visitor, type_: str) -> list[dict[str, Any]]:
    return [message for message in map(json.loads, visitor.frames) if message["type"] == type_]
