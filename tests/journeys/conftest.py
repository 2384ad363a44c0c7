"""One server and one Chromium for all journeys; cases, browsers' contexts and pages are a test's own."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from tests.builders.house import ADMIN, LEGAL, MEDIATOR, House, house

CHROMIUM: Final = Path("/usr/lib/chromium/chromium")
FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-pings",
    "--no-default-browser-check",
    "--metrics-recording-only",
    "--disable-domain-reliability",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--use-fake-device-for-media-stream",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all journeys share the loop that server and browser live on."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


async def launch(playwright: Playwright, *flags: str) -> Browser:
    """Start Debian's Chromium; fail in one sentence where it is missing."""
    if not CHROMIUM.is_file():
        pytest.fail(f"The journeys need Debian's Chromium ({CHROMIUM}): apt-get install chromium", False)
    return await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])


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
    assert "ERROR" not in opened.log
    assert "Traceback" not in opened.log
