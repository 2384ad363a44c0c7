"""A network that lets nothing out but TLS: a session over the relay's last way, and the truth about that way."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright

from tests.builders.browsers import launch_without_udp
from tests.builders.house import MEDIATOR, House, house
from tests.builders.journey import ask_for_code, enter_code
from tests.builders.lines import DIRECT, TLS, results
from tests.builders.relay import Relay
from tests.builders.senses import until_together
from tests.builders.sittings import gather, table


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def relayed(turn: Relay, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """An installation that offers its relay over TLS alone."""
    settings = {"HEYI_ICE_LOOPBACK": "1"} | turn.settings("tls")
    async with house(tmp_path_factory.mktemp("relayed"), MEDIATOR, settings=settings) as opened:
        yield opened
    assert not opened.faults


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def trusting(
    playwright: Playwright, turn: Relay, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    """A browser whose network lets no UDP through, and that trusts the relay's certificate."""
    browser = await launch_without_udp(playwright, tmp_path_factory.mktemp("profile"), turn.certificate)
    yield browser
    await browser.close()


async def test_one_whose_network_lets_nothing_but_tls_through_takes_part(
    chromium: Browser, trusting: Browser, relayed: House
) -> None:
    async with table(chromium, relayed, phone=trusting) as at:
        await gather(at)
        await until_together(at.all)
        assert await at.consumer.page.evaluate("ways()") == ["relay tls"]


async def test_a_relay_whose_certificate_the_browser_does_not_trust_is_no_way(
    chromium: Browser, trusting: Browser, relayed: House
) -> None:
    async with table(chromium, relayed, phone=trusting) as at:
        for party in (at.consumer, at.insurer):
            await enter_code(party, await ask_for_code(party, relayed, at.case))
            await party.page.get_by_role("link", name="测试我的连接").click()
        assert await results(at.consumer) == {DIRECT: "这条没通", TLS: "通"}
        await at.consumer.reads("能参加，画面可能慢一点")
        assert await results(at.insurer) == {DIRECT: "通", TLS: "这条没通"}
        await at.insurer.reads("这个网络可以参加调解")
