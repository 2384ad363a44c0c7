"""Networks that let less through: a session over the relay, and a test of the line that tells the truth."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, WebSocketRoute, expect

from signaling.aioice_seam import host_addresses
from tests.builders.accessible import findings
from tests.builders.browsers import launch_without_udp
from tests.builders.house import MEDIATOR as MEDIATOR_ACCOUNT
from tests.builders.house import House, house
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    DESK,
    INSURER,
    INSURER_NAME,
    MEDIATOR,
    PATIENCE,
    PHONE,
    admit,
    ask_for_code,
    consent,
    enter_code,
    new_context,
    take_the_chair,
    visit,
)
from tests.builders.lines import DIRECT, TCP, UDP, offered, results
from tests.builders.peer import LOOPBACK
from tests.builders.relay import Relay
from tests.builders.senses import until_together
from tests.builders.sittings import Table, gather, table

ONE_ADDRESS = """{
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  const kept = (line) => !line.startsWith("a=candidate:") || line.split(" ")[4] === %s;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    return set.call(this, { type, sdp: sdp.split("\\r\\n").filter(kept).join("\\r\\n") });
  };
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def relayed(turn: Relay, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """An installation on loopback, as the relay is, with the relay in its settings."""
    settings = {"HEYI_ICE_LOOPBACK": "1"} | turn.settings("udp", "tcp")
    async with house(tmp_path_factory.mktemp("relayed"), MEDIATOR_ACCOUNT, settings=settings) as opened:
        yield opened
    assert not opened.faults


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def without_udp(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    """A browser whose network lets no UDP through."""
    browser = await launch_without_udp(playwright, tmp_path_factory.mktemp("profile"))
    yield browser
    await browser.close()


async def test_one_whose_network_lets_no_udp_through_takes_part_over_tcp(
    chromium: Browser, without_udp: Browser, relayed: House
) -> None:
    async with table(chromium, relayed) as at:
        at.consumer = at.watch(await visit(await new_context(without_udp, **PHONE), CONSUMER, CONSUMER_NAME))
        await gather(at)
        await until_together(at.all)
        assert await at.consumer.page.evaluate("ways()") == ["relay tcp"]
        for other in (at.insurer, at.mediator):
            [way] = await other.page.evaluate("ways()")
            assert not way.startswith("relay")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def at(chromium: Browser, without_udp: Browser, relayed: House) -> AsyncIterator[Table]:
    """Both parties have confirmed their codes; the insurer's network lets no UDP through."""
    async with table(chromium, relayed) as opened:
        there = await visit(await new_context(without_udp, **DESK), INSURER, INSURER_NAME)
        opened.insurer = opened.watch(there)
        for party in (opened.consumer, opened.insurer):
            await enter_code(party, await ask_for_code(party, relayed, opened.case))
            await party.heading("请您逐项看，逐项选")
        yield opened


async def test_what_is_chosen_is_still_chosen_after_the_test_of_the_line(at: Table) -> None:
    page = at.consumer.page
    agreed = page.get_by_role("radiogroup", name="个人信息").get_by_label("同意", exact=True)
    refused = page.get_by_role("radiogroup", name="录像").get_by_label("不同意", exact=True)
    await agreed.check()
    await refused.check()
    ways = re.compile("/connection/ways$")
    await page.route(ways, lambda route: route.fulfill(json={"ways": []}))  # leaves the later tests theirs
    await page.get_by_role("link", name="测试我的连接").click()
    await results(at.consumer)
    await page.get_by_role("link", name="去参加调解").click()
    await page.unroute(ways)
    await at.consumer.heading("请您逐项看，逐项选")
    await expect(agreed).to_be_checked()
    await expect(refused).to_be_checked()
    await expect(page.get_by_role("radio", checked=True)).to_have_count(2)


async def test_with_the_relay_up_every_way_is_found_to_work(at: Table) -> None:
    await at.consumer.page.get_by_role("link", name="测试我的连接").click()
    await at.consumer.heading("测试我的连接")
    assert await results(at.consumer) == {DIRECT: "通", UDP: "通", TCP: "通"}
    await at.consumer.reads("这个网络可以参加调解")
    await at.consumer.reads("画面和声音都能连上，您不用再做什么。")


async def test_without_udp_the_slow_way_alone_is_found_to_work(at: Table) -> None:
    await at.insurer.page.get_by_role("link", name="测试我的连接").click()
    assert await results(at.insurer) == {DIRECT: "这条没通", UDP: "这条没通", TCP: "通"}
    await at.insurer.reads("能参加，画面可能慢一点")
    await at.insurer.reads("会自动连上，您不用做什么。")
    assert await findings(at.insurer, "slow line") == []


async def test_with_the_relay_down_the_truth_is_told_and_again_when_it_is_back(
    at: Table, turn: Relay
) -> None:
    there = at.insurer
    await turn.stop()
    try:
        for party in (at.consumer, there):
            await party.press("再测一次")
        assert await results(at.consumer) == {DIRECT: "通", UDP: "这条没通", TCP: "这条没通"}
        await at.consumer.reads("这个网络可以参加调解")
        assert await results(there) == {DIRECT: "这条没通", UDP: "这条没通", TCP: "这条没通"}
        await there.reads("这个网络连不上")
        assert await findings(there, "no line") == []
        assert await offered(there) == ["再测一次"]
        await there.reads("您填过的都在。请换一个网络：用着无线网的，改用手机流量")
        call = there.page.get_by_role("link", name="打电话给调解中心")
        await expect(call).to_have_attribute("href", re.compile(r"tel:\d+"))
    finally:
        await turn.start()
    await there.press("再测一次")
    assert await results(there) == {DIRECT: "这条没通", UDP: "这条没通", TCP: "通"}
    assert await offered(there) == ["去参加调解"]


async def test_a_line_that_is_gone_is_said_and_tested_anew_when_it_is_back(at: Table) -> None:
    context = at.consumer.page.context
    await context.set_offline(True)
    await at.consumer.reads("您的网络断了")
    await at.consumer.reads("连上以后，会自动再测一次。您填过的都在。")
    await context.set_offline(False)
    assert await results(at.consumer) == {DIRECT: "通", UDP: "通", TCP: "通"}


@pytest.mark.parametrize("address", host_addresses(LOOPBACK))  # IPv6 too, where this machine has it
async def test_each_address_of_the_server_is_reached_by_itself(at: Table, address: str) -> None:
    narrow = at.watch(await visit(at.mediator.page.context, MEDIATOR, at.mediator.name))
    await narrow.page.add_init_script(ONE_ADDRESS % json.dumps(address))
    await narrow.page.goto(f"{at.case.url}/connection")
    assert (await results(narrow))[DIRECT] == "通"
    await narrow.page.close()


async def test_a_browser_that_knows_no_calls_is_told_to_change(at: Table) -> None:
    old = at.watch(await visit(at.consumer.page.context, CONSUMER, CONSUMER_NAME))
    await old.page.add_init_script("delete globalThis.RTCPeerConnection")
    await old.page.goto(at.consumer.page.url)
    await old.reads("这个浏览器不能开视频")
    assert await findings(old, "no calls") == []
    await old.reads("请换手机自带的浏览器，从短信里的链接再进来。您填过的都在。")
    assert await results(old) == {DIRECT: "没有测", UDP: "没有测", TCP: "没有测"}
    assert await offered(old) == []
    await expect(old.page.get_by_role("button", name="再测一次")).to_have_count(0)
    await old.page.close()


async def test_a_mediator_tests_the_line_from_the_page_of_a_case(at: Table) -> None:
    await at.mediator.page.goto(at.case.url)
    await at.mediator.page.get_by_role("link", name="测试连接").click()
    await at.mediator.heading("测试连接")
    assert await results(at.mediator) == {DIRECT: "通", UDP: "通", TCP: "通"}


async def test_a_test_in_the_waiting_room_keeps_the_place_and_covers_nothing_later(at: Table) -> None:
    party = at.watch(await visit(at.consumer.page.context, CONSUMER, CONSUMER_NAME))
    await party.page.goto(at.consumer.page.url.removesuffix("/connection"))
    await consent(party)
    await party.press("测试我的连接")
    dialog = party.page.get_by_role("dialog", name="测试我的连接")
    await results(party)
    await dialog.get_by_role("button", name="测好了，回去").click()
    await expect(dialog).to_be_hidden()
    await party.press("打开摄像头和麦克风")
    await party.reads("请让脸在画面中间")
    await party.press("都正常，去等候室")
    await party.heading("您已经到了，请稍坐")
    await party.press("测试我的连接")
    await expect(dialog).to_be_visible()
    await take_the_chair(at.mediator, at.case)
    await admit(at.mediator, CONSUMER_NAME)
    await party.heading("调解员请您进来了")
    await expect(dialog).to_be_hidden()


async def test_a_page_knows_within_six_seconds_that_its_line_is_dead(at: Table) -> None:
    party = at.watch(await visit(at.insurer.page.context, INSURER, INSURER_NAME))
    line = Line()
    await party.page.route_web_socket(re.compile("/socket$"), line.serve)
    await party.page.clock.install()
    await party.page.goto(at.insurer.page.url.removesuffix("/connection"))
    await consent(party)
    await party.heading("试一试摄像头和声音")
    now: float = await party.page.evaluate("Date.now()")
    await party.page.clock.pause_at(datetime.fromtimestamp(now / 1000 + 1, UTC))
    truth = party.page.locator("#truth")
    for _ in range(4):  # a line that answers is a line
        had = line.pongs
        await party.page.clock.run_for(2_000)
        await line.answered(had + 1)
    assert "只有您自己看得到、听得到" in await truth.inner_text()
    line.dead = True
    await party.page.clock.run_for(3_900)
    assert "只有您自己看得到、听得到" in await truth.inner_text()
    await party.page.clock.run_for(2_100)
    assert "您的网络断了" in await truth.inner_text()
    await party.page.close()


class Line:
    """A websocket between a page and the server that can die without a word."""

    def __init__(self) -> None:
        self.dead = False
        self.pongs = 0
        self._told = asyncio.Event()

    def serve(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()

        def to_page(message: str | bytes) -> None:
            if self.dead:
                return
            page.send(message)
            self.pongs += json.loads(message)["type"] == "pong"
            self._told.set()

        server.on_message(to_page)

    async def answered(self, pings: int) -> None:
        async with asyncio.timeout(PATIENCE / 1000):
            while self.pongs < pings:
                self._told.clear()
                await self._told.wait()


async def test_who_tests_without_end_is_told_to_wait(at: Table) -> None:
    at.consumer.bear("status of 429")
    refused = at.consumer.page.get_by_text("刚才测过好几次了，请过半分钟再测。不影响参加调解。")
    for _ in range(8):
        await at.consumer.press("再测一次")
        await results(at.consumer)
        if await refused.is_visible():
            break
    await at.consumer.reads("这次没有测成")
    await expect(refused).to_be_visible()
    assert await findings(at.consumer, "refused test") == []
