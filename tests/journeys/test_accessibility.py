"""axe finds nothing wrong on any page and in any main state, in the usual look and in high contrast."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.builders.accessible import findings
from tests.builders.archive import give_reason, search
from tests.builders.house import ADMIN, LEGAL, House
from tests.builders.journey import (
    CONSUMER_NAME,
    DESK,
    INSURER_NAME,
    MEDIATOR,
    Visitor,
    admit,
    arrive,
    ask_for_code,
    close_caucus,
    consent,
    end_session,
    enter_code,
    new_context,
    open_caucus,
    open_session,
    take_the_chair,
    visit,
    write_and_offer,
)
from tests.builders.sittings import Table, staff_page, table


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def at(chromium: Browser, centre: House) -> AsyncIterator[Table]:
    async with table(chromium, centre) as opened:
        yield opened


async def test_a_partys_way_in(at: Table) -> None:
    party = at.consumer
    await party.page.goto(at.case.links[party.role])
    found = await findings(party, "invitation")
    await text_grows_step_by_step(party)
    digits = await ask_for_code(party, at.house, at.case)
    found += await findings(party, "code")
    party.bear("status of 409")
    await enter_code(party, "12345")
    await party.reads("这 6 位数字不对")
    found += await findings(party, "wrong code")
    await enter_code(party, digits)
    await party.reads("第 2 步，共 4 步")
    found += await findings(party, "consents")
    found += await look_at_the_line(party)
    await consent(party)
    await party.heading("试一试摄像头和声音")
    found += await findings(party, "device check")
    await party.press("测试我的连接")
    await party.reads("画面和声音都能连上，您不用再做什么。")
    found += await findings(party, "line over the device check")
    await party.press("测好了，回去")
    await party.page.evaluate("person.trouble = { audio: 'NotAllowedError', video: 'NotAllowedError' }")
    await party.press("打开摄像头和麦克风")
    await party.heading("浏览器还没有允许使用麦克风")
    found += await findings(party, "denied permission")
    await party.page.evaluate("person.trouble = {}")
    await party.press("我弄好了，再试一次")
    await party.reads("请让脸在画面中间")
    found += await findings(party, "devices ready")
    await party.press("都正常，去等候室")
    await party.heading("您已经到了，请稍坐")
    found += await findings(party, "waiting")
    assert found == []


async def test_the_room(at: Table) -> None:
    consumer, insurer, mediator = at.consumer, at.insurer, at.mediator
    await asyncio.gather(arrive(insurer, at.house, at.case), take_the_chair(mediator, at.case))
    found = await findings(mediator, "console before")
    await admit(mediator, CONSUMER_NAME, INSURER_NAME)
    await consumer.heading("调解员请您进来了")
    found += await findings(consumer, "before")
    await open_session(mediator)
    await consumer.truth("大家一起谈")
    found += [*await findings(consumer, "joint"), *await findings(mediator, "console joint")]
    found += await look_at_a_screen(at)
    await open_caucus(mediator, CONSUMER_NAME)
    await consumer.truth("现在只有您和调解员")
    await insurer.heading("调解员正在和另一方单独谈，请稍等")
    found += [*await findings(consumer, "private"), *await findings(insurer, "apart")]
    found += await findings(mediator, "console caucus")
    await close_caucus(mediator)
    await write_and_offer(mediator, "保险公司退还保险费 33000 元。")
    await consumer.heading("签调解协议书")
    found += [*await findings(consumer, "signing"), *await findings(mediator, "console offered")]
    assert await is_on_the_screen_when_asked_for(consumer)
    await mediator.press("结束调解")
    found += await findings(mediator, "console closing")
    await mediator.press("先不结束")
    await end_session(mediator, "拒绝签名")
    await consumer.heading("这次调解结束了")
    found += [*await findings(consumer, "closed"), *await findings(mediator, "console closed")]
    assert found == []


async def look_at_the_line(party: Visitor) -> list[str]:
    """Go to the test of the line and back, in all sizes of text."""
    await party.page.get_by_role("link", name="测试我的连接").click()
    await party.reads("画面和声音都能连上，您不用再做什么。")
    found = await findings(party, "line")
    for size in ("large", "largest"):
        await party.page.evaluate("size => { document.documentElement.dataset.elder = size; }", size)
        found += await findings(party, f"line, {size} text")
        assert await party.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
    await party.page.evaluate("delete document.documentElement.dataset.elder")
    await party.page.context.set_offline(True)
    await party.reads("您的网络断了")
    found += await findings(party, "line offline")
    await party.page.context.set_offline(False)
    await party.reads("画面和声音都能连上，您不用再做什么。")
    await party.page.get_by_role("link", name="去参加调解").click()
    await party.heading("请您逐项看，逐项选")
    return found


async def look_at_a_screen(at: Table) -> list[str]:
    """The insurer shares and is stopped; the mediator shares."""
    consumer, insurer, mediator = at.consumer, at.insurer, at.mediator
    await insurer.press("共享画面")
    await insurer.reads("您选的画面，")
    for visitor in (consumer, mediator):
        await visitor.reads(f"{INSURER_NAME}共享的画面")
    found = [*await findings(consumer, "screen"), *await findings(mediator, "console screen")]
    found += await findings(insurer, "sharing")
    await mediator.press(f"停止{INSURER_NAME}的共享")
    await insurer.reads("调解员停了您的画面共享")
    found += await findings(insurer, "sharing stopped")
    await mediator.press("共享画面")
    await mediator.reads("选的画面，")
    found += await findings(mediator, "console sharing")
    await mediator.press("停止共享")
    return found


async def text_grows_step_by_step(party: Visitor) -> None:
    """Elder mode, its second step of 30 px, and back, each by one press."""
    elder = party.page.get_by_role("switch", name="长辈模式")
    larger = party.page.get_by_role("button", name="字再大一些")
    await expect(larger).to_be_hidden()
    await elder.check()
    assert await size_of_text(party) == 22
    await larger.click()
    assert await size_of_text(party) == 30
    await expect(elder).to_be_checked()
    assert await findings(party, "largest text") == []
    await larger.click()
    assert await size_of_text(party) == 22
    await elder.uncheck()
    await expect(larger).to_be_hidden()


async def size_of_text(party: Visitor) -> float:
    """Return the size of the body's text in pixels."""
    size: str = await party.page.evaluate("getComputedStyle(document.body).fontSize")
    return float(size.removesuffix("px"))


async def is_on_the_screen_when_asked_for(party: Visitor) -> bool:
    """Press on without the tick, in elder mode; say whether the reason stands above the buttons."""
    await party.page.evaluate("document.documentElement.dataset.elder = 'large'")
    await party.press("发 6 位数字到我的手机")
    reason = await party.page.get_by_text("请先勾选“我逐条听懂了").bounding_box()
    button = await party.page.get_by_role("button", name="发 6 位数字到我的手机").bounding_box()
    await party.page.evaluate("delete document.documentElement.dataset.elder")
    assert reason is not None
    assert button is not None
    return reason["y"] > 0 and reason["y"] + reason["height"] <= button["y"]


async def test_the_pages_of_staff(at: Table, chromium: Browser) -> None:
    stranger = at.watch(await visit(await new_context(chromium, **DESK), MEDIATOR, ""))
    await stranger.page.goto(f"{at.house.url}/staff/sign-in")
    found = await findings(stranger, "sign-in")
    await stranger.page.goto(at.house.url)
    found += await findings(stranger, "landing")
    found += await look_at_cases(at.mediator, at.case.url)

    legal = at.watch(await staff_page(chromium, at.house, LEGAL))
    found += await findings(legal, "archive")
    await search(legal, at.case)
    found += await findings(legal, "found")
    await legal.page.get_by_role("link", name=at.case.number).click()
    await legal.heading("写明事由，打开卷宗")
    found += await findings(legal, "reason")
    await give_reason(legal)
    ready = legal.page.get_by_role("button", name="播放", exact=True)
    await expect(ready).not_to_have_attribute("aria-disabled", "true")  # it changes its colours then
    found += await findings(legal, "case file")

    admin = at.watch(await staff_page(chromium, at.house, ADMIN))
    await admin.heading("工作人员")
    found += await findings(admin, "people")
    assert found == []


async def look_at_cases(mediator: Visitor, case: str) -> list[str]:
    await mediator.page.goto(case)
    found = await findings(mediator, "case")
    for pressed, kept in (("true", "contrast"), ("false", "")):
        await mediator.press("高对比")
        await mediator.page.reload()
        await expect(mediator.page.get_by_role("button", name="高对比")).to_have_attribute(
            "aria-pressed", pressed
        )
        assert await mediator.page.evaluate("document.documentElement.dataset.theme ?? ''") == kept
    await mediator.page.goto(f"{case}/connection")
    await mediator.reads("直接连得上，不用再做什么。")
    found += await findings(mediator, "line of a mediator")
    await mediator.page.get_by_role("link", name="案件台").first.click()
    await mediator.heading("案件台")
    found += await findings(mediator, "cases")
    await mediator.page.get_by_role("link", name="登记案件").click()
    await mediator.heading("登记案件")
    found += await findings(mediator, "new case")
    mediator.bear("status of 409")
    await mediator.press("登记，去发链接")
    await mediator.reads("项要改")
    return found + await findings(mediator, "new case with errors")
