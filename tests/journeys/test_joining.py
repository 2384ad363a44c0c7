"""From a link to the open session, and what a link that does not work says."""

import re

from playwright.async_api import Browser

from tests.builders.house import House
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    INSURER_NAME,
    admit,
    arrive,
    ask_for_code,
    consent,
    enter_code,
    issue_link,
    open_session,
    take_the_chair,
    try_devices,
)
from tests.builders.senses import perceive, receives_nothing, until_together
from tests.builders.sittings import table


async def test_everybody_sees_and_hears_everybody(chromium: Browser, centre: House) -> None:
    async with table(chromium, centre) as at:
        consumer, insurer, mediator = at.consumer, at.insurer, at.mediator

        # A link alone is never enough, and a wrong code is said in words; the right one still works.
        digits = await ask_for_code(consumer, centre, at.case)
        consumer.bear("status of 409")
        await enter_code(consumer, "000000" if digits != "000000" else "111111")
        await consumer.reads("还能试 4 次")
        await enter_code(consumer, digits)
        await consent(consumer)
        await try_devices(consumer)

        # Who waits sees only themselves, also when the other side waits as well.
        await arrive(insurer, centre, at.case)
        await consumer.truth("现在没有人看得到您、听得到您")
        assert all(view["people"] == view["everybody"] == [] for view in consumer.views)
        assert receives_nothing(await perceive(consumer))

        await take_the_chair(mediator, at.case)
        await admit(mediator, CONSUMER_NAME, INSURER_NAME)
        await consumer.heading("调解员请您进来了")
        await open_session(mediator)
        await until_together(at.all)
        await consumer.truth("大家一起谈，正在录像")


async def test_a_link_that_ended_says_so(chromium: Browser, centre: House) -> None:
    async with table(chromium, centre) as at:
        at.consumer.bear("status of 4")
        old = at.case.links[CONSUMER]
        new = await issue_link(at.mediator, CONSUMER_NAME)
        await at.consumer.page.goto(new)
        await at.consumer.heading("请您参加视频调解")
        await at.consumer.page.goto(old)
        await at.consumer.reads("这个链接已经换成新的了")
        await at.mediator.page.get_by_role("button", name=re.compile(f"作废链接.*{CONSUMER_NAME}")).click()
        await at.mediator.reads("链接已作废")
        await at.consumer.page.goto(new)
        await at.consumer.reads("这个链接已经换成新的了")
        await at.consumer.page.goto(f"{centre.url}/i/{'x' * 43}")
        await at.consumer.reads("这个链接不对，可能没有复制完整")
