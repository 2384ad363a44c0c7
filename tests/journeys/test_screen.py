"""A shared screen, as people see it: who has it large, who stops it, and where it ends.

The tests share one case, in this order, and each begins and ends with everybody together and no screen.
"""

import json
from collections.abc import AsyncIterator
from typing import Final

import pytest_asyncio
from playwright.async_api import Browser, ViewportSize, WebSocketRoute, expect

from tests.builders.archive import open_file, segments
from tests.builders.house import House
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    INSURER,
    INSURER_NAME,
    MEDIATOR,
    SCREEN,
    Visitor,
    close_caucus,
    end_session,
    open_caucus,
)
from tests.builders.senses import Perceived, perceive, receives_nothing, stay_silent, until, until_together
from tests.builders.sittings import Table, gather, table

NARROW = {
    "type": "line",
    "quality": "weak",
    "cameras": False,
    "screen": False,
    "camera_rate": 150_000,
    "screen_rate": 200_000,
}
UPRIGHT: Final[ViewportSize] = {"width": 390, "height": 844}
ON_ITS_SIDE: Final[ViewportSize] = {"width": 844, "height": 390}
CUT_OFF: Final = """() => {
  const inside = (box, frame) =>
    box.top > frame.top - 1 && box.bottom < frame.bottom + 1 &&
    box.left > frame.left - 1 && box.right < frame.right + 1;
  const screen = { top: 0, left: 0, right: innerWidth, bottom: innerHeight };
  const placed = [...document.querySelectorAll(".dock .now, .dock .control")].map(one => [one, screen]);
  for (const words of document.querySelectorAll(".stage .cover > span")) {
    const { top, left, right } = words.closest(".tile").getBoundingClientRect();
    const name = words.closest(".tile").querySelector(".name").getBoundingClientRect();
    placed.push([words, { top, left, right, bottom: name.top }]);
  }
  return placed
    .filter(([one, frame]) => one.checkVisibility() && !inside(one.getBoundingClientRect(), frame))
    .map(([one]) => one.textContent.trim());
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def at(chromium: Browser, centre: House) -> AsyncIterator[Table]:
    async with table(chromium, centre) as opened:
        await gather(opened)
        await until_together(opened.all)
        yield opened


def sees(*roles: str) -> "frozenset[str]":
    return frozenset(roles)


def shows_screen(one: Perceived) -> bool:
    return SCREEN in one.seen


def shows_none(one: Perceived) -> bool:
    return SCREEN not in one.seen | one.received_pictures


async def share(visitor: Visitor, *, sounds: bool = False) -> None:
    await visitor.page.evaluate("sounds => { person.shares.sounds = sounds }", sounds)
    await visitor.press("共享画面")
    await expect(visitor.page.get_by_role("button", name="停止共享")).to_have_attribute(
        "aria-pressed", "true"
    )


async def gave_back(visitor: Visitor) -> bool:
    """Say whether the page captures nothing any more."""
    ended: bool = await visitor.page.evaluate(
        "person.screen.getTracks().every(one => one.readyState === 'ended')"
    )
    return ended


async def share_of_the_stage(visitor: Visitor) -> float:
    """Return how much of what is left for pictures the screen has, by area."""
    found: float = await visitor.page.evaluate(
        """() => {
          const area = one => one.clientWidth * one.clientHeight;
          const tiles = [...document.querySelectorAll("figure.tile")].filter(one => one.checkVisibility());
          const screen = document.querySelector(".shared");
          return area(screen) / tiles.reduce((sum, one) => sum + area(one), 0);
        }"""
    )
    return found


async def whole_in_every_size(visitor: Visitor) -> None:
    """Fail when a control, a note or the words over a picture are cut, on a phone upright and on its side."""
    page = visitor.page
    for size in ("", "large", "largest"):
        await page.evaluate("size => { document.documentElement.dataset.elder = size; }", size)
        if not size:
            await page.evaluate("delete document.documentElement.dataset.elder")
        for held in (ON_ITS_SIDE, UPRIGHT):
            await page.set_viewport_size(held)
            assert await page.evaluate(CUT_OFF) == [], (size, held)
    await page.evaluate("delete document.documentElement.dataset.elder")


async def test_the_others_have_a_shared_screen_large_until_the_mediator_stops_it(at: Table) -> None:
    await share(at.insurer)
    await at.insurer.reads("您选的画面，")
    for visitor in (at.consumer, at.mediator):
        await expect(at.insurer.page.locator("#share-note")).to_contain_text(visitor.name)
    await at.insurer.truth("看得到您屏幕的")
    for visitor in (at.consumer, at.mediator):
        other = CONSUMER if visitor is at.mediator else MEDIATOR
        await until(visitor, lambda one, other=other: one.seen == sees(INSURER, other, SCREEN))  # type: ignore[misc]
        await visitor.reads(f"{INSURER_NAME}共享的画面")
        assert await share_of_the_stage(visitor) > 0.5
        fit = "getComputedStyle(document.querySelector('.shared video')).objectFit"
        assert await visitor.page.evaluate(fit) == "contain"
    wide = await at.consumer.page.locator(".shared").bounding_box()
    assert wide is not None
    assert wide["width"] == 390  # all that a phone has

    await expect(at.consumer.page.get_by_role("button", name="共享画面")).to_have_count(0)
    own = at.mediator.page.get_by_role("button", name="共享画面", exact=True)
    await expect(own).to_be_disabled()
    await expect(own).to_have_accessible_description(f"{INSURER_NAME}正在共享画面，一次只能一个人")

    await at.mediator.press(f"停止{INSURER_NAME}的共享")
    await at.insurer.reads("调解员停了您的画面共享。要再共享，点“共享画面”。")
    assert await gave_back(at.insurer)
    for visitor in (at.consumer, at.mediator):
        await until(visitor, shows_none)
    await until_together(at.all)


async def test_the_sound_of_a_screen_goes_with_the_microphone_and_the_voice_comes_back(at: Table) -> None:
    await share(at.insurer, sounds=True)
    await at.insurer.reads("看得到、听得到。麦克风一关，声音也听不到。")
    await until(at.consumer, lambda one: one.heard == sees(INSURER, MEDIATOR, SCREEN))
    await at.insurer.press("麦克风开")
    await at.insurer.reads("麦克风关着，它的声音听不到")
    await until(at.consumer, lambda one: one.heard == sees(MEDIATOR) and shows_screen(one))
    await at.insurer.press("麦克风关")
    await until(at.consumer, lambda one: one.heard == sees(INSURER, MEDIATOR, SCREEN))
    await at.insurer.press("停止共享")
    await until(at.consumer, lambda one: one.heard == sees(INSURER, MEDIATOR) and shows_none(one))
    assert await gave_back(at.insurer)
    await until_together(at.all)


async def test_a_screen_never_crosses_the_border_of_a_private_conversation(at: Table) -> None:
    await share(at.insurer)
    await until(at.consumer, shows_screen)
    await open_caucus(at.mediator, CONSUMER_NAME)
    await at.insurer.heading("调解员正在和另一方单独谈，请稍等")
    await at.insurer.reads("您的画面共享已经停了。")
    await at.consumer.reads_not(f"{INSURER_NAME}的画面共享停了")
    await until(at.consumer, lambda one: shows_none(one) and one.seen == sees(MEDIATOR))
    assert await gave_back(at.insurer)

    told = len(at.insurer.frames)
    await share(at.mediator)
    await at.mediator.truth("屏幕周明看得到")
    await until(at.consumer, lambda one: one.seen == one.received_pictures == sees(MEDIATOR, SCREEN))
    await stay_silent(at.insurer)
    assert shows_screen(await perceive(at.consumer))  # it went on all the while
    assert {json.loads(frame)["type"] for frame in at.insurer.frames[told:]} <= {"pong"}

    await close_caucus(at.mediator)
    await at.mediator.reads("回到一起谈了，刚才的画面共享已经停了。")
    assert await gave_back(at.mediator)
    await until_together(at.all)
    assert not receives_nothing(await perceive(at.insurer))


async def test_in_a_private_conversation_the_words_name_who_sees_the_screen(at: Table) -> None:
    await open_caucus(at.mediator, INSURER_NAME)
    await at.insurer.truth("现在只有您和调解员")
    await share(at.insurer)
    note = at.insurer.page.locator("#share-note")
    await expect(note).to_have_text(f"您选的画面，{at.mediator.name}看得到")
    await at.insurer.press("停止共享")
    await close_caucus(at.mediator)
    await until_together(at.all)


async def test_the_browsers_own_bar_stops_it(at: Table) -> None:
    await share(at.insurer)
    await until(at.consumer, shows_screen)
    await at.insurer.page.evaluate(
        "const [track] = person.screen.getVideoTracks(); track.stop(); track.dispatchEvent(new Event('ended'))"
    )
    await at.insurer.reads("画面共享停了")
    await at.consumer.reads(f"{INSURER_NAME}的画面共享停了，接着谈。")
    await open_caucus(at.mediator, INSURER_NAME)
    await at.consumer.heading("调解员正在和另一方单独谈，请稍等")
    assert not await at.consumer.page.locator("#toast").is_visible(), "it spoke of the other conversation"
    await close_caucus(at.mediator)
    await until_together(at.all)


async def test_who_closes_the_chooser_has_lost_nothing_and_a_picture_that_fails_is_said(at: Table) -> None:
    await at.insurer.page.evaluate("person.trouble = { screen: 'NotAllowedError' }")
    button = at.insurer.page.get_by_role("button", name="共享画面", exact=True)
    await button.click()
    await expect(button).to_be_enabled()
    await expect(at.insurer.page.locator("#share-note")).to_be_hidden()
    await at.insurer.page.evaluate("person.trouble = { screen: 'NotReadableError' }")
    await button.click()
    await at.insurer.reads("这个画面打不开，没有共享。请换一个窗口再试")
    await at.insurer.page.evaluate("person.trouble = {}")
    await until_together(at.all)


async def test_a_screen_ends_with_its_page_and_can_be_shared_again(at: Table) -> None:
    await share(at.insurer)
    await until(at.consumer, shows_screen)
    await at.insurer.page.reload()
    await until_together(at.all)
    await share(at.insurer)
    await until(at.consumer, shows_screen)
    await at.insurer.press("停止共享")
    await until_together(at.all)


async def between(visitor: Visitor) -> list[WebSocketRoute]:
    """Load a page anew, so that the test may tell it what the server would; return its lines, the newest last."""
    lines: list[WebSocketRoute] = []

    def take(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    await visitor.page.route_web_socket("**/socket", take)
    await visitor.page.reload()
    return lines


async def test_a_narrow_line_has_fewer_pictures_of_a_screen_and_never_fewer_pixels(at: Table) -> None:
    table = await at.insurer.page.evaluate("""
        import("/static/js/lib/encoding.js").then(({ screenAt }) =>
          [1_300_000, 650_000, 400_000, 200_000].map((rate) => screenAt(rate, 15)))
    """)
    assert [one["maxFramerate"] for one in table] == [15, 8, 5, 3]
    assert all("scaleResolutionDownBy" not in one for one in table)


async def test_a_shared_screen_is_held_to_what_the_lines_of_those_who_see_it_take(at: Table) -> None:
    lines = await between(at.insurer)
    await until_together(at.all)
    await share(at.insurer)
    await until(at.consumer, shows_screen)
    for rate, pictures in ((200_000, 3), (650_000, 8)):
        lines[-1].send(json.dumps({**NARROW, "cameras": True, "screen": True, "screen_rate": rate}))
        await at.insurer.page.wait_for_function(
            """([rate, pictures]) => screenEncodings().every((one) =>
              one.maxBitrate === rate && one.maxFramerate === pictures && (one.scaleResolutionDownBy ?? 1) === 1)""",
            arg=[rate, pictures],
        )
        await until(at.consumer, shows_screen)
        shown = "document.querySelector('.shared video').videoWidth"
        assert await at.consumer.page.evaluate(shown) == 1280
    await at.insurer.press("停止共享")
    await until_together(at.all)


async def test_a_line_too_narrow_for_a_screen_says_so(at: Table) -> None:
    lines = await between(at.consumer)
    await until_together(at.all)
    lines[-1].send(json.dumps(NARROW))
    await at.consumer.reads("画面已暂停，声音正常")
    await whole_in_every_size(at.consumer)
    lines[-1].send(json.dumps({**NARROW, "quality": "good", "cameras": True, "screen": True}))
    await share(at.insurer)
    await until(at.consumer, shows_screen)
    lines[-1].send(json.dumps(NARROW))
    await at.consumer.reads("共享的画面先停着，网络好了会自己回来")
    await until(at.consumer, lambda one: one.seen == frozenset())
    await whole_in_every_size(at.consumer)
    lines[-1].send(json.dumps({**NARROW, "quality": "good", "cameras": True, "screen": True}))
    await until(at.consumer, shows_screen)
    await at.insurer.press("停止共享")
    await until_together(at.all)


async def test_what_the_browser_itself_gives_is_shared(at: Table) -> None:
    await at.mediator.page.evaluate("delete navigator.mediaDevices.getDisplayMedia")  # the one of the test
    await share(at.mediator)
    shown = "() => document.querySelector('.shared video').videoWidth > 640"
    for visitor in (at.consumer, at.insurer):
        await visitor.page.wait_for_function(shown)
    await at.mediator.press("停止共享")
    await until_together(at.all)


async def test_legal_staff_watch_what_was_shared_in_the_joint_session(at: Table, chromium: Browser) -> None:
    insurer = at.insurer.views[-1]["me"]["seat"]
    await end_session(at.mediator, "分歧太大")
    legal = at.watch(await open_file(chromium, at.house, at.case))
    await legal.reads(f"{INSURER_NAME}的屏幕")
    await legal.reads("止于：停止共享")
    shared = [one for one in await segments(legal) if one.entry["tracks"] == ["screen"]]
    of_insurer = [one for one in shared if one.entry["seat"] == insurer]
    assert {one.entry["cause"] for one in of_insurer} >= {"caucus", "screen-stopped", "line-lost"}
    assert all(set(one.decoded.pictures) == {SCREEN} for one in of_insurer)
    # The mediator's, which the browser made: what the mediator showed in private is nowhere.
    assert all(SCREEN not in one.decoded.pictures for one in shared if one not in of_insurer)
    assert not any(one.decoded.tones for one in shared)
    await legal.page.context.close()
