"""A phone on a line of its own: a browser in a network namespace, at the end of a cable that can be spoilt."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright

from tests.builders.browsers import launch
from tests.builders.house import MEDIATOR, House, house
from tests.builders.namespace import HERE, Machine, machine


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def phone() -> AsyncIterator[Machine]:
    async with machine() as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser_on_phone(
    playwright: Playwright, phone: Machine, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    program = phone.launcher(tmp_path_factory.mktemp("phone"))
    way = f"--host-resolver-rules=MAP localhost {HERE}"
    browser = await launch(playwright, "--use-fake-ui-for-media-stream", way, program=program)
    yield browser
    await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def reachable(phone: Machine, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """An installation that the phone can reach."""
    settings = {"HEYI_HOST": "0.0.0.0", "HEYI_ICE_ADDRESSES": HERE}
    async with house(tmp_path_factory.mktemp("reachable"), MEDIATOR, settings=settings) as opened:
        yield opened
    assert not opened.faults
