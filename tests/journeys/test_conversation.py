"""One open session: what each rule of the room means for what people see and hear.

The tests share one case, in this order, and each begins and ends with everybody together.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Final

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.builders.house import House
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    DESK,
    INSURER,
    INSURER_NAME,
    MEDIATOR,
    PATIENCE,
    Visitor,
    close_caucus,
    enter_code,
    new_context,
    next_code,
    open_caucus,
    person_row,
    visit,
)
from tests.builders.senses import (
    perceive,
    receives_nothing,
    stay_silent,
    stays_separated,
    until,
    until_together,
)
from tests.builders.sittings import Table, gather, table

ACROSS: Final = 300  # pixels: nearly the whole of a phone
TARGET: Final = 48  # pixels that a thumb needs
SILENT_WITHIN: Final = 8.0  # seconds after the mediator's line is gone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def at(chromium: Browser, centre: House) -> AsyncIterator[Table]:
    async with table(chromium, centre) as opened:
        await gather(opened)
        await until_together(opened.all)
        yield opened


async def test_caucus_keeps_the_insurer_apart(at: Table) -> None:
    await open_caucus(at.mediator, CONSUMER_NAME)
    await at.consumer.truth("现在只有您和调解员")
    await at.consumer.reads("您不同意，调解员不会把话转告对方")
    await apart_screen_alone(at.insurer)
    told = len(at.insurer.frames)
    await stays_separated({CONSUMER: at.consumer, MEDIATOR: at.mediator}, {INSURER: at.insurer})

    # What changes inside is not told outside: a microphone, a camera, a clause.
    await at.consumer.press("画面开")
    await expect(person_row(at.mediator, CONSUMER_NAME)).to_contain_text("画面关")
    await at.consumer.press("画面关")
    await at.mediator.press(f"静音：{CONSUMER_NAME}")
    await at.consumer.press("麦克风关")
    await expect(person_row(at.mediator, CONSUMER_NAME)).to_contain_text("麦克风开")
    for message in map(json.loads, at.insurer.frames[told:]):  # the own line may change at any time
        assert message["type"] == "pong" or (message["type"] == "line" and not message["others"]), message
    await apart_screen_alone(at.insurer)

    await close_caucus(at.mediator)
    await until_together(at.all)
    await at.consumer.reads_not("您不同意，调解员不会把话转告对方")


async def test_caucus_keeps_the_consumer_apart(at: Table) -> None:
    await open_caucus(at.mediator, INSURER_NAME)
    await apart_screen_alone(at.consumer)
    await stays_separated({INSURER: at.insurer, MEDIATOR: at.mediator}, {CONSUMER: at.consumer})
    await close_caucus(at.mediator)
    await until_together(at.all)


async def test_the_mediator_mutes_and_only_the_party_unmutes(at: Table) -> None:
    await at.mediator.press(f"静音：{INSURER_NAME}")
    await at.insurer.reads("调解员关了您的麦克风")
    await until(at.consumer, lambda one: one.heard == {MEDIATOR} and one.seen == {INSURER, MEDIATOR})
    await expect(at.mediator.page.get_by_role("button", name=f"静音：{INSURER_NAME}")).to_have_count(0)
    await at.insurer.press("麦克风关")
    await until_together(at.all)


async def test_who_leaves_comes_back_to_the_same_seat(at: Table) -> None:
    await at.consumer.press("离开")
    dialog = at.consumer.page.get_by_role("dialog")
    for name in ("离开", "留下"):
        box = await dialog.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["width"] > ACROSS, name
        assert box["height"] >= TARGET, name
    await dialog.get_by_role("button", name="离开").click()
    await at.consumer.heading("您已经离开")
    await stay_silent(at.consumer)
    await expect(person_row(at.mediator, CONSUMER_NAME)).to_contain_text("已离开")
    await at.consumer.press("回到等候室")
    await at.consumer.press("打开摄像头和麦克风")
    await at.consumer.reads("听到了")
    await at.consumer.press("都正常，去等候室")
    await at.consumer.press("再试设备")
    await at.consumer.reads("听到了")
    await at.consumer.press("都正常，去等候室")
    await at.consumer.heading("您已经到了，请稍坐")
    await at.mediator.press(f"请进来：{CONSUMER_NAME}")
    await until_together(at.all)


async def test_a_reload_returns_to_the_same_seat_without_a_device_check(at: Table) -> None:
    address = at.consumer.page.url
    await at.consumer.page.reload()
    await until_together(at.all)
    assert at.consumer.page.url == address
    await at.mediator.page.reload()
    await until_together(at.all)


async def test_a_line_that_comes_and_goes_too_often_comes_back_by_itself(at: Table) -> None:
    async with asyncio.timeout(PATIENCE / 1000):
        while not any("media:too-many" in frame for frame in at.consumer.frames):
            await flap(at.consumer)
    await until_together(at.all)
    await at.consumer.reads_not("连得太频繁了")


async def test_without_the_mediator_the_parties_are_silent_to_each_other(at: Table) -> None:
    gone = time.monotonic()
    await at.mediator.page.close()
    parties = at.consumer, at.insurer
    await asyncio.gather(*(until(party, receives_nothing) for party in parties))
    assert time.monotonic() - gone < SILENT_WITHIN
    for party in parties:
        await party.heading("调解员的网络断了，请稍等")
        await party.truth("现在没有人听得到您")
    await stay_silent(*parties)

    old = at.mediator
    at.mediator = at.watch(await visit(old.page.context, MEDIATOR, old.name))
    await at.mediator.page.goto(f"{at.case.url}/room")
    await until_together(at.all)


async def test_another_device_replaces_the_first_only_when_it_is_let_in(at: Table) -> None:
    first = at.consumer
    second = await second_device(at)
    await second.heading("您正在另一台设备上参加")
    await second.press("换到这一台")
    await second.press("打开摄像头和麦克风")
    await second.press("都正常，去等候室")
    await second.reads("已经告诉调解员，请稍等")
    await expect(second.page.get_by_role("button", name="换到这一台")).to_be_hidden()
    await expect(person_row(at.mediator, CONSUMER_NAME)).to_contain_text("另一台设备在等")

    # Never during a caucus.
    await open_caucus(at.mediator, CONSUMER_NAME)
    later = at.mediator.page.get_by_role("button", name=f"单独会谈后再换：{CONSUMER_NAME}")
    await expect(later).to_be_disabled()
    assert receives_nothing(await perceive(second))
    await stays_separated({CONSUMER: first, MEDIATOR: at.mediator}, {INSURER: at.insurer})
    await close_caucus(at.mediator)
    await until_together(at.all)

    await at.mediator.press(f"换成那一台：{CONSUMER_NAME}")
    await first.heading("调解室在另一页打开了")
    at.consumer = second
    await until_together(at.all)
    await stay_silent(first)


async def test_who_is_removed_receives_nothing_more_and_is_told(at: Table) -> None:
    await at.mediator.press(f"请出：{INSURER_NAME}")
    await at.mediator.page.get_by_role("dialog").get_by_role("button", name=f"请出{INSURER_NAME}").click()
    await at.insurer.heading("调解员结束了您的参加")
    await stays_separated({CONSUMER: at.consumer, MEDIATOR: at.mediator}, {INSURER: at.insurer})
    await at.mediator.reads(f"{INSURER_NAME}已请出")
    private = at.mediator.page.get_by_role("button", name="和保险公司")
    await expect(private).to_be_disabled()
    await expect(private).to_have_accessible_description("保险公司一方不在调解室")
    await expect(at.mediator.page.get_by_role("button", name=f"和{CONSUMER_NAME}")).to_be_enabled()
    await at.insurer.page.reload()
    await at.insurer.heading("调解员结束了您的参加")
    await stay_silent(at.insurer)


async def apart_screen_alone(visitor: Visitor) -> None:
    """Nothing is on the page but the one screen: no picture, no name, no clause."""
    await visitor.heading("调解员正在和另一方单独谈，请稍等")
    assert visitor.views[-1]["people"] == []
    shown = await visitor.page.get_by_role("main").inner_text()
    assert shown.split() == [
        "调解员正在和另一方单独谈，请稍等",
        "现在没有人看得到您、听得到您。您不用点任何东西，这个页面开着就好。",
        "请人帮我",
        "离开",
    ]


async def flap(visitor: Visitor) -> None:
    """Let the network go and come; return when the server has answered for the media connection."""
    known = len(visitor.frames)
    await visitor.page.evaluate("for (const how of ['offline', 'online']) dispatchEvent(new Event(how))")
    await visitor.told("answer", "refused", after=known)


async def second_device(at: Table) -> Visitor:
    """Confirm a second browser of the consumer: a further code is sent when half a minute has passed."""
    visitor = at.watch(await visit(await new_context(at.browser, **DESK), CONSUMER, CONSUMER_NAME))
    visitor.bear("status of 409")
    await visitor.page.goto(at.case.links[CONSUMER])
    button = re.compile("去参加调解|再发一次")
    await enter_code(visitor, await next_code(visitor, at.house, at.case.phones[CONSUMER], button))
    return visitor
