"""The device check: what is in the way is said in plain words, with the steps that remove it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, expect

from tests.builders.browsers import launch
from tests.builders.house import House
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    PHONE,
    Visitor,
    ask_for_code,
    consent,
    enter_code,
    new_context,
    visit,
)
from tests.builders.sittings import Table, table


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def at(chromium: Browser, centre: House) -> AsyncIterator[Table]:
    """The consumer is at the device check."""
    async with table(chromium, centre) as opened:
        await enter_code(opened.consumer, await ask_for_code(opened.consumer, centre, opened.case))
        await consent(opened.consumer)
        await opened.consumer.heading("试一试摄像头和声音")
        yield opened


async def test_a_denied_permission_shows_three_steps(at: Table, playwright: Playwright) -> None:
    denying = await launch(playwright, "--use-fake-ui-for-media-stream=deny")
    try:
        context = await new_context(
            denying, storage_state=await at.consumer.page.context.storage_state(), **PHONE
        )
        visitor = at.watch(await visit(context, CONSUMER, CONSUMER_NAME, own_devices=True))
        await visitor.page.goto(at.consumer.page.url)
        for button in ("打开摄像头和麦克风", "我弄好了，再试一次"):
            await visitor.press(button)
            await visitor.heading("浏览器还没有允许使用麦克风")
            await expect(visitor.page.get_by_role("listitem").filter(visible=True)).to_have_count(3)
    finally:
        await denying.close()


@pytest.mark.parametrize(
    ("error", "heading"),
    [
        ("NotAllowedError", "浏览器还没有允许使用麦克风"),
        ("NotReadableError", "别的程序正在用麦克风"),
        ("NotFoundError", "没有找到麦克风"),
    ],
    ids=["denied", "busy", "missing"],
)
async def test_a_second_try_works_when_the_trouble_is_gone(at: Table, error: str, heading: str) -> None:
    await begin(at.consumer, video=error, audio=error)
    await at.consumer.press("打开摄像头和麦克风")
    await at.consumer.heading(heading)
    await at.consumer.page.evaluate("person.trouble = {}")
    await at.consumer.press("我弄好了，再试一次")
    await at.consumer.reads("请让脸在画面中间")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NotAllowedError", "浏览器没有允许用摄像头，先只用声音"),
        ("NotReadableError", "别的程序正在用摄像头，先只用声音"),
        ("NotFoundError", "没有找到摄像头，先只用声音"),
    ],
    ids=["denied", "busy", "missing"],
)
async def test_without_a_camera_one_goes_on_by_sound(at: Table, error: str, words: str) -> None:
    await begin(at.consumer, video=error)
    await at.consumer.press("打开摄像头和麦克风")
    await at.consumer.reads(words)
    await at.consumer.reads("没有画面，只用声音")
    await expect(at.consumer.page.get_by_role("button", name="都正常，去等候室")).to_be_visible()


async def test_sound_alone_is_a_choice(at: Table) -> None:
    await begin(at.consumer)
    await at.consumer.press("没有摄像头，只用声音参加")
    await at.consumer.reads("不开画面，也能照常参加")


async def test_the_own_picture_and_voice_come_from_the_browsers_devices(at: Table) -> None:
    context = at.consumer.page.context
    visitor = at.watch(await visit(context, CONSUMER, CONSUMER_NAME, own_devices=True))
    await visitor.page.goto(at.consumer.page.url)
    await visitor.press("打开摄像头和麦克风")
    await visitor.reads("听到了")
    picture = visitor.page.get_by_role("figure", name="您自己的画面").locator("video")
    await visitor.page.wait_for_function("video => video.videoWidth > 0", arg=await picture.element_handle())


async def begin(visitor: Visitor, **trouble: str) -> None:
    """Come to the device check anew, with what is in the way of each kind of device."""
    await visitor.page.reload()
    await visitor.heading("试一试摄像头和声音")
    await visitor.page.evaluate("trouble => { person.trouble = trouble; }", trouble)
