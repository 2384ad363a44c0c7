"""One server and one Chromium for all journeys; cases, browsers' contexts and pages are a test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from tests.builders.browsers import launch
from tests.builders.house import ADMIN, LEGAL, MEDIATOR, House, house
from tests.builders.relay import Relay, relay


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all journeys share the loop that server and browser live on."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as driver:
        yield driver


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(playwright: Playwright) -> AsyncIterator[Browser]:
    browser = await launch(playwright, "--use-fake-ui-for-media-stream")
    yield browser
    await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The installation that the journeys share; its log must stay free of errors."""
    async with house(tmp_path_factory.mktemp("centre"), MEDIATOR, LEGAL, ADMIN) as opened:
        yield opened
    assert not opened.faults


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def turn(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Relay]:
    async with relay(tmp_path_factory.mktemp("relay")) as opened:
        yield opened
