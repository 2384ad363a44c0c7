"""What staff see outside the room, and what anybody sees."""

import asyncio
import re
import sys
from pathlib import Path
from typing import Final

from playwright.async_api import Error

from tests.builders.gallery import DESK
from tests.builders.house import ADMIN, LEGAL, ROOT
from tests.builders.journey import CONSUMER, CONSUMER_NAME, MadeCase, Visitor, open_case
from tests.builders.sittings import staff_page
from tests.journeys.tour.guide import Tour

DEMO: Final = "http://localhost:8097"
DEMO_WITHIN: Final = 60.0  # seconds until the demo's rehearsal has asked for a code


async def see_public_pages(tour: Tour) -> None:
    visitor = await tour.party(CONSUMER, DESK)
    page, url = visitor.page, tour.house.url
    for path, name, words in (
        ("/", "landing", "The front page"),
        ("/i/nobody-has-this-secret", "no-link", "A link that does not work"),
        ("/nothing-here", "nothing", "An address where nothing is"),
        ("/staff/sign-in", "sign-in", "Staff sign in"),
    ):
        await page.goto(url + path)
        await tour.take(tour.rest, visitor, name, words)
    await page.get_by_label("手机号").fill("13600000000")
    await page.get_by_label("密码").fill("not the password")
    await visitor.press("登录")
    await tour.take(tour.rest, visitor, "sign-in-wrong", "A wrong password")
    await page.context.close()


async def see_cases(tour: Tour, mediator: Visitor) -> MadeCase:
    page = mediator.page
    await tour.take(tour.cases, mediator, "no-cases", "No case yet")
    await page.get_by_role("link", name="登记案件").click()
    await tour.take(tour.cases, mediator, "new-case", "A new case")
    await mediator.press("登记，去发链接")
    await tour.take(tour.cases, mediator, "new-case-wrong", "A new case, not filled in")
    await page.get_by_role("link", name="回到案件台").click()
    case = await open_case(mediator)
    await tour.take(tour.cases, mediator, "case", "A case, and the invitation of one party")
    await page.get_by_role("link", name="回到案件台").click()
    await tour.take(tour.cases, mediator, "cases", "The list of cases")
    return case


async def see_archive(tour: Tour, case: MadeCase) -> None:
    """Find the closed case, say why, watch, read the checks."""
    legal = await staff_page(tour.browser, tour.house, LEGAL)
    page = legal.page
    await tour.take(tour.archive, legal, "archive", "Legal staff: nothing searched yet")
    await page.get_by_label("案号或姓名").fill("没有这个人")
    await legal.press("检索")
    await tour.take(tour.archive, legal, "archive-nothing", "Nothing found")
    await page.get_by_label("案号或姓名").fill(CONSUMER_NAME)
    await legal.press("检索")
    await tour.take(tour.archive, legal, "archive-found", "Found; names are masked")
    await page.locator(f"a[href$='/{case.id}']").click()
    await tour.take(tour.archive, legal, "reason", "A reason opens the file")
    await legal.press("记录事由，打开卷宗")
    await tour.take(tour.archive, legal, "reason-missing", "No reason was given")
    await page.get_by_label("为什么要看").fill("司法确认材料核对")
    await legal.press("记录事由，打开卷宗")
    await legal.press("播放")
    playing = "() => document.querySelector('video[data-shown]')?.currentTime > 0.5"
    await page.wait_for_function(playing)
    await legal.press("暂停")
    await tour.take(tour.archive, legal, "file", "The file of the case")
    await tour.take(tour.archive, legal, "checks", "Each check by itself", "#checks-title")
    await page.context.close()


async def see_people(tour: Tour) -> None:
    admin = await staff_page(tour.browser, tour.house, ADMIN)
    await tour.take(tour.archive, admin, "people", "Administrators: who works here")
    await admin.page.context.close()


async def see_outbox(tour: Tour, data: Path) -> None:
    """Run the demo until its rehearsal has been sent a code."""
    command = (sys.executable, "-m", "server", "demo", "--port", DEMO.rsplit(":", 1)[1], "--data", str(data))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL)
    visitor = await tour.party(CONSUMER, DESK)
    try:
        async with asyncio.timeout(DEMO_WITHIN):
            while not await _code_in_outbox(visitor):
                await visitor.page.wait_for_timeout(500)
        await tour.take(tour.rest, visitor, "outbox", "The outbox of the demo")
    finally:
        process.terminate()
        await process.wait()
        await visitor.page.context.close()


async def _code_in_outbox(visitor: Visitor) -> bool:
    try:
        await visitor.page.goto(f"{DEMO}/demo/outbox")
    except Error:  # it does not listen yet
        return False
    return re.search(r"\d{6} 是", await visitor.page.inner_text("body")) is not None
