"""What a person reads of the test of a line."""

import re
from typing import Final

from playwright.async_api import expect

from tests.builders.journey import Visitor

DIRECT: Final = "直接连接"
UDP: Final = "中转"
TCP: Final = "备用中转（TCP）"
TLS: Final = "备用中转（TLS）"


async def tested(visitor: Visitor) -> None:
    """Wait until a test is over."""
    root = visitor.page.locator("#line-test")
    await expect(root).to_have_attribute("data-state", re.compile(r"^(?!running)\w+$"))


async def results(visitor: Visitor) -> dict[str, str]:
    """Wait until a test is over; return what it found of each way, without the time that it took."""
    await tested(visitor)
    found = {}
    for row in await visitor.page.locator("#line-test [data-way]").all():
        result = await row.locator(".chip").text_content() or ""
        found[await row.locator("strong").text_content() or ""] = re.sub(
            r"^通，\d+\.\d 秒$", "通", result.strip()
        )
    return found


async def offered(visitor: Visitor) -> list[str]:
    """Return the large buttons below the test that say what to do next."""
    return [
        words.strip() for words in await visitor.page.locator("footer .btn.primary:visible").all_inner_texts()
    ]
