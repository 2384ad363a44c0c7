"""Three tabs of one browser, and one person who takes part without being recorded."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.builders.archive import open_file, segments
from tests.builders.house import House
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    INSURER,
    INSURER_NAME,
    MEDIATOR,
    end_session,
    person_row,
)
from tests.builders.senses import until_together
from tests.builders.sittings import Table, gather, table


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def at(chromium: Browser, centre: House) -> AsyncIterator[Table]:
    async with table(chromium, centre, one_browser=True) as opened:
        await gather(opened, insurer_recorded=False)
        yield opened


async def test_three_roles_are_three_tabs_of_one_browser(at: Table) -> None:
    assert len({visitor.page.context for visitor in at.visitors}) == 1
    await until_together(at.all)


async def test_everybody_sees_who_is_not_recorded(at: Table) -> None:
    await at.insurer.truth("大家一起谈，在录像，不录您")
    await at.consumer.truth("大家一起谈，正在录像")
    await expect(at.consumer.page.get_by_role("figure").filter(has_text=INSURER_NAME)).to_contain_text(
        "不录像"
    )
    await expect(at.insurer.page.get_by_role("figure").filter(has_text="您自己")).to_contain_text("不录像")
    await expect(person_row(at.mediator, INSURER_NAME)).to_contain_text("不录像")
    await at.mediator.reads("不录像的人")


async def test_who_takes_the_consent_back_is_told_why_and_so_are_the_others(at: Table) -> None:
    await at.consumer.page.goto(at.consumer.page.url.replace("/room", "/consents"))
    answers = at.consumer.page.get_by_role("radiogroup", name="录像")
    await answers.get_by_label("不同意", exact=True).check()
    await at.consumer.press("交上去，下一步试设备")
    await at.consumer.truth("大家一起谈，在录像，不录您")
    await at.consumer.reads("您撤回了录像同意，从那时起不录您。之前录下的留在卷宗里")
    await until_together(at.all)
    for visitor in (at.insurer, at.consumer):
        await expect(
            visitor.page.get_by_role("figure").filter(
                has_text="您自己" if visitor is at.consumer else CONSUMER_NAME
            )
        ).to_contain_text("不录像")
    await expect(person_row(at.mediator, CONSUMER_NAME)).to_contain_text("不录像")


async def test_who_refused_has_no_segment(at: Table, chromium: Browser, centre: House) -> None:
    await until_together(at.all)
    seats = {role: visitor.views[-1]["me"]["seat"] for role, visitor in at.all.items()}
    await end_session(at.mediator, "分歧太大")
    await at.insurer.reads("这次没有签成协议")
    legal = at.watch(await open_file(chromium, centre, at.case))
    found = await segments(legal)
    assert {segment.entry["seat"] for segment in found} == {seats[CONSUMER], seats[MEDIATOR]}
    causes = [segment.entry["cause"] for segment in found if segment.entry["seat"] == seats[CONSUMER]]
    assert causes[-1] in {"consent-withdrawn", "line-lost"}, (
        "nothing was recorded after the consent was taken back"
    )
    for segment in found:
        assert INSURER not in {*segment.decoded.pictures, *segment.decoded.tones}
