"""What the journeys wait for in vain is said, and nothing waits for ever."""

import pytest
from playwright.async_api import Browser

from tests.builders import journey
from tests.builders.house import House
from tests.builders.journey import CONSUMER, CONSUMER_NAME, new_context, next_code, visit


@pytest.mark.parametrize("there", [True, False], ids=["the button", "no button"])
async def test_a_code_that_never_comes_is_said(
    chromium: Browser, centre: House, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    monkeypatch.setattr(journey, "CODES_APART", 1)
    monkeypatch.setattr(journey, "PATIENCE", 1000)
    context = await new_context(chromium)
    visitor = await visit(context, CONSUMER, CONSUMER_NAME)
    await visitor.page.set_content("<button>再发一次</button>" if there else "")
    with pytest.raises(AssertionError, match="no further code came"):
        await next_code(visitor, centre, "13900000000", "再发一次")
    await context.close()
