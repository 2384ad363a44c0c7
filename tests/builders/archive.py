"""Legal staff at the archive: find a case, give a reason, fetch what was recorded."""

import json
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser

from tests.builders.house import LEGAL, House
from tests.builders.journey import MadeCase, Visitor
from tests.builders.recorded import Decoded, decode
from tests.builders.sittings import staff_page


@dataclass(frozen=True, slots=True)
class Segment:
    """One entry of the manifest, and what is in its file."""

    entry: dict[str, Any]
    decoded: Decoded


async def open_file(browser: Browser, house: House, case: MadeCase) -> Visitor:
    """Search the case by its number and give a reason; return the page of its file."""
    legal = await staff_page(browser, house, LEGAL)
    await search(legal, case)
    await legal.page.get_by_role("link", name=case.number).click()
    await give_reason(legal)
    return legal


async def search(legal: Visitor, case: MadeCase) -> None:
    await legal.page.get_by_label("案号或姓名").fill(case.number)
    await legal.press("检索")
    await legal.reads("1 个案件")


async def give_reason(legal: Visitor) -> None:
    await legal.page.get_by_label("为什么要看").fill("司法确认材料核对")
    await legal.press("记录事由，打开卷宗")
    await legal.reads("调阅事由：司法确认材料核对，已记录")


async def fetch(legal: Visitor, path: str) -> bytes:
    """Fetch a file of the open case file with the browser's own session."""
    answer = await legal.page.context.request.get(f"{legal.page.url.partition('#')[0]}/{path}")
    assert answer.ok, (answer.status, path)
    return await answer.body()


async def manifest(legal: Visitor) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await fetch(legal, "manifest.json"))
    return found


async def segments(legal: Visitor) -> list[Segment]:
    """Return every segment of the open case file that was written, decoded."""
    entries = [entry for entry in (await manifest(legal))["segments"] if entry["bytes"]]
    return [Segment(entry, decode(await fetch(legal, f"recordings/{entry['id']}"))) for entry in entries]
