"""The test of one's own line, in networks that let more or less through."""

import asyncio
from pathlib import Path

from playwright.async_api import Playwright, Route

from tests.builders.browsers import launch_without_udp
from tests.builders.gallery import PARTY_LOOKS, PHONE, STAFF_LOOKS
from tests.builders.house import MEDIATOR, house
from tests.builders.journey import (
    CONSUMER,
    INSURER,
    MadeCase,
    Visitor,
    ask_for_code,
    consent,
    enter_code,
    new_context,
    open_case,
)
from tests.builders.lines import tested
from tests.builders.relay import Relay, relay
from tests.builders.sittings import staff_page
from tests.journeys.tour.guide import Tour


async def see_lines(tour: Tour, driver: Playwright, scratch: Path) -> None:
    """Show what two people learn of their networks, in an installation with a relay."""
    async with relay(scratch / "relay") as turn:
        settings = {"HEYI_ICE_LOOPBACK": "1"} | turn.settings("udp", "tcp")
        async with house(scratch / "relayed", MEDIATOR, settings=settings) as relayed:
            narrow = await launch_without_udp(driver, scratch / "profile")
            try:
                there = Tour(tour.browser, relayed, tour.gallery)
                there.coming = tour.gallery.chapter("The test of one's own line", PARTY_LOOKS)
                there.cases = tour.gallery.chapter("The test of the mediator's line", STAFF_LOOKS)
                mediator = await staff_page(tour.browser, relayed, MEDIATOR)
                case = await open_case(mediator)
                consumer = await there.party(CONSUMER, PHONE)
                insurer = await there.party(INSURER, PHONE, await new_context(narrow, viewport=PHONE))
                await see_open_line(there, consumer, case)
                await see_narrow_line(there, insurer, case, turn)
                await mediator.page.goto(f"{case.url}/connection")
                await tested(mediator)
                await there.take(there.cases, mediator, "line-mediator", "The mediator's own line")
                await mediator.page.context.close()
                await consumer.page.context.close()
            finally:
                await narrow.close()


async def see_open_line(tour: Tour, party: Visitor, case: MadeCase) -> None:
    page, held = party.page, asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await enter_code(party, await ask_for_code(party, tour.house, case))
    await page.route("**/connection/probe", hold)
    await page.get_by_role("link", name="测试我的连接").click()
    await party.reads("正在测，大约十秒")
    await tour.take(tour.coming, party, "line-running", "A line is tested")
    held.set()
    await page.unroute_all(behavior="wait")
    await tested(party)
    await tour.take(tour.coming, party, "line-direct", "Every way works")
    await page.context.set_offline(True)
    await party.reads("您的网络断了")
    await tour.take(tour.coming, party, "line-offline", "The network is gone meanwhile")
    await page.context.set_offline(False)
    await tested(party)
    await see_old_browser(tour, party)
    await page.goto(page.url.removesuffix("/connection"))
    await consent(party)
    await party.press("测试我的连接")
    await tested(party)
    await tour.take(tour.coming, party, "line-dialog", "The same over the device check")


async def see_old_browser(tour: Tour, party: Visitor) -> None:
    old = await tour.party(party.role, PHONE, party.page.context)
    await old.page.add_init_script("delete globalThis.RTCPeerConnection")
    await old.page.goto(party.page.url)
    await old.reads("这个浏览器不能开视频")
    await tour.take(tour.coming, old, "line-unsupported", "A browser that knows no calls")
    await old.page.close()


async def see_narrow_line(tour: Tour, party: Visitor, case: MadeCase, turn: Relay) -> None:
    party.bear("status of 429")
    await enter_code(party, await ask_for_code(party, tour.house, case))
    await party.page.get_by_role("link", name="测试我的连接").click()
    await tested(party)
    await tour.take(tour.coming, party, "line-slow", "A network without UDP: the slow way alone works")
    rows = party.page.locator("#line-test summary")
    await rows.click()
    await tour.take(tour.coming, party, "line-ways", "What each way gave, for technicians", "#line-test")
    await rows.click()
    await turn.stop()
    await party.press("再测一次")
    await tested(party)
    await tour.take(tour.coming, party, "line-none", "Nothing works")
    await turn.start()
    while not await party.page.get_by_text("这次没有测成").is_visible():
        await party.press("再测一次")
        await tested(party)
    await tour.take(tour.coming, party, "line-refused", "Tested too often")
