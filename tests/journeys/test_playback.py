"""A recorded session is played on one clock: right picture and tone at the right time, holes with their words."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.builders.accessible import findings
from tests.builders.archive import open_file
from tests.builders.firefox import FirefoxVisitor, firefox
from tests.builders.house import LEGAL, House
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    INSURER,
    INSURER_NAME,
    LIKENESS,
    MEDIATOR,
    SCRIPTS,
    close_caucus,
    end_session,
    open_caucus,
)
from tests.builders.playing import LONGEST, Moment, Playing, out_of_step
from tests.builders.senses import until_together
from tests.builders.sittings import Table, gather, table

TALK = 3.0  # seconds of each interval
CAUCUS = "单独会谈，不录像"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def at(chromium: Browser, centre: House) -> AsyncIterator[Table]:
    """A session with a line that broke, a caucus, two short pauses and a camera that was off."""
    async with table(chromium, centre) as opened:
        await gather(opened)
        await until_together(opened.all)
        await asyncio.sleep(TALK)
        await opened.insurer.page.reload()
        await until_together(opened.all)
        await asyncio.sleep(TALK)
        await open_caucus(opened.mediator, CONSUMER_NAME)
        await asyncio.sleep(TALK)
        await close_caucus(opened.mediator)
        await until_together(opened.all)
        for _ in range(2):
            await asyncio.sleep(TALK)
            await opened.mediator.press("暂停录像")
            await opened.mediator.press("继续录像")
            await opened.mediator.truth("正在录像")
        await asyncio.sleep(TALK)
        await opened.insurer.press("画面开")
        await asyncio.sleep(TALK)
        await opened.insurer.press("画面关")
        await until_together(opened.all)
        await end_session(opened.mediator, "分歧太大")
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def playing(at: Table, chromium: Browser) -> Playing:
    return await Playing.of(at.watch(await open_file(chromium, at.house, at.case)))


@pytest.fixture
def names(at: Table) -> dict[str, str]:
    return {CONSUMER: CONSUMER_NAME, INSURER: INSURER_NAME, MEDIATOR: at.mediator.name}


async def test_nothing_plays_by_itself(playing: Playing) -> None:
    before = await playing.now()
    await asyncio.sleep(1)
    assert (await playing.now()).at == before.at == 0
    assert not await playing.legal.page.evaluate(
        "[...document.querySelectorAll('video')].some(one => !one.paused)"
    )


async def test_the_whole_session_plays_in_step_and_shows_everybody_at_their_time(
    playing: Playing, names: dict[str, str]
) -> None:
    await playing.go_to(0)
    moments = await playing.watch()
    assert moments[-1].at == playing.session["length"]
    assert out_of_step(moments) == []
    for role, name in names.items():
        in_hand = set()
        for moment in moments:
            tile = moment.tile(name)
            part = part_at(playing, name, moment.at)
            if tile.words is None and part["kind"] == "media":
                assert tile.who in {role, None}, (moment.at, tile)  # never black, never somebody else
                in_hand.add(tile.who)
        assert role in in_hand
    for moment in moments:
        if all(part_at(playing, name, moment.at)["words"] == CAUCUS for name in names.values()):
            assert [tile.words for tile in moment.tiles] == [CAUCUS] * 3, moment
            assert all(tile.url is None for tile in moment.tiles)


async def test_no_seam_is_black(playing: Playing, names: dict[str, str]) -> None:
    """Where one segment follows another without a hole that can be read, there is a picture all the time."""
    over = 0
    for role, name in names.items():
        for before, after in pairs(playing, name):
            end = await playing.go_to(max(after["at"] - 1000, before["at"]))
            await playing.legal.press("播放")
            while end.at < after["at"] + 1000 and end.at < after["till"]:
                at, who = await playing.painted(name)
                end = await playing.now()
                assert end.tile(name).words is not None or who == role, (name, at, after["at"])
            await playing.legal.press("暂停")
            over += end.at > after["at"]
    assert over


async def test_a_jump_shows_the_time_that_was_chosen(playing: Playing, names: dict[str, str]) -> None:
    for name in names.values():
        for part in playing.parts(name):
            moment = await playing.go_to((part["at"] + part["till"]) // 2)
            tile = moment.tile(name)
            if part["kind"] == "hole" and part["till"] - part["at"] > 1000:
                assert tile.words == part["words"]
            elif part["pictures"] and tile.words is None:
                assert names[str(tile.who)] == name


async def test_everybody_is_heard_and_who_is_muted_is_not(playing: Playing) -> None:
    page = playing.legal.page
    await playing.go_to(1000)  # in the first interval, which is everybody's
    await playing.legal.press("播放")
    assert await playing.heard() == {CONSUMER, INSURER, MEDIATOR}
    mute = page.get_by_role("button", name=f"静音：{INSURER_NAME}")
    await mute.click()
    await expect(mute).to_have_attribute("aria-pressed", "true")
    assert await page.evaluate("[...document.querySelectorAll('video')].filter(one => one.muted).length") == 2
    await mute.click()
    await playing.legal.press("暂停")


async def test_the_line_of_time_is_moved_by_keys(playing: Playing) -> None:
    await playing.go_to(1000)
    slider = playing.slider
    await slider.focus()
    for key, to in (
        ("ArrowRight", 6000),
        ("ArrowLeft", 1000),
        ("ArrowLeft", 0),
        ("PageUp", None),
        ("Home", 0),
    ):
        await slider.press(key)
        wanted = min(60_000, playing.session["length"]) if to is None else to
        await expect(slider).to_have_value(str(wanted))
    assert str(await slider.get_attribute("aria-valuetext")).startswith("00:00:00，北京时间 ")


async def test_what_happened_is_jumped_to(playing: Playing) -> None:
    page = playing.legal.page
    course = page.get_by_role("region", name="过程")
    opened = course.get_by_role("link", name="单独会谈开始，未录")
    await opened.click()
    await expect(opened).to_have_attribute("aria-current", "true")
    moment = await playing.settled()
    hole = next(part for part in playing.parts(CONSUMER_NAME) if part["words"] == CAUCUS)
    assert hole["at"] - 1000 < moment.at < hole["till"]
    await page.get_by_role("button", name="下一件").click()
    await expect(course.get_by_role("link", name="单独会谈结束，恢复联席")).to_have_attribute(
        "aria-current", "true"
    )
    await page.get_by_role("button", name="上一件").click()
    await expect(opened).to_have_attribute("aria-current", "true")


async def test_a_camera_that_was_off_is_not_shown_as_a_picture(playing: Playing) -> None:
    spans = [span for part in playing.parts(INSURER_NAME) for span in part["dark"]]
    off = max(spans, key=lambda span: span[1] - span[0])
    moment = await playing.go_to(sum(off) // 2)
    assert moment.tile(INSURER_NAME).words == "画面关着，声音照放"


async def test_twice_the_speed_stays_in_step(playing: Playing) -> None:
    await playing.go_to(0)
    await playing.legal.page.get_by_label("速度").select_option("2")
    moments = await playing.watch()
    await playing.legal.page.get_by_label("速度").select_option("1")
    assert moments[-1].at == playing.session["length"]
    assert out_of_step(moments, rate=2) == []


async def test_without_a_network_it_stops_and_says_so_and_goes_on_by_itself(playing: Playing) -> None:
    page = playing.legal.page
    playing.legal.bear("ERR_INTERNET_DISCONNECTED")
    await page.reload()
    again = await Playing.of(playing.legal)
    await page.context.set_offline(True)
    last = max(part["at"] for part in again.parts(CONSUMER_NAME) if part["kind"] == "media")
    await page.evaluate("hash => { location.hash = hash; }", f"#t={last / 1000}")
    await playing.legal.press("播放")
    await playing.legal.reads("网络断了，停在这里")
    await page.context.set_offline(False)
    await expect(page.get_by_text("网络断了，停在这里")).to_be_hidden()
    await page.wait_for_function("at => Number(document.getElementById('time').value) > at", arg=last)
    await playing.legal.press("暂停")


async def test_a_segment_that_cannot_be_read_is_a_hole_and_the_others_play(
    playing: Playing, names: dict[str, str]
) -> None:
    page = playing.legal.page
    last = max(
        (part for part in playing.parts(CONSUMER_NAME) if part["kind"] == "media"),
        key=lambda part: part["at"],
    )
    playing.legal.bear("status of 503")
    either = re.compile(re.escape(last["url"].removesuffix("/original")))  # its copy may be there by then
    await page.route(either, lambda route: route.fulfill(status=503))
    await page.reload()
    again = await Playing.of(playing.legal)
    moment = await again.go_to(last["at"] + 500)
    assert moment.tile(CONSUMER_NAME).words == "这一段放不出来，其余的照放"
    assert moment.tile(names[MEDIATOR]).who == MEDIATOR
    await page.unroute(either)
    await page.reload()


async def test_a_grant_that_runs_out_stops_it_and_the_next_one_goes_on_from_there(playing: Playing) -> None:
    page = playing.legal.page
    playing.legal.bear("status of 409")
    await page.route("**/recordings/**", lambda route: route.fulfill(status=409))
    await page.evaluate("location.hash = '#t=2'")
    await page.reload()
    await playing.legal.reads("调阅时间到了，停在 00:00:02")
    await page.unroute("**/recordings/**")
    await page.goto(page.url.partition("#")[0])
    assert (await (await Playing.of(playing.legal)).settled()).at == 2000


async def test_the_player_is_accessible_on_a_desktop_and_on_a_phone(playing: Playing) -> None:
    found = await findings(playing.legal, "player")
    await playing.legal.page.set_viewport_size({"width": 390, "height": 844})
    found += await findings(playing.legal, "player on a phone")
    assert await playing.legal.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await playing.legal.page.set_viewport_size({"width": 1440, "height": 900})
    assert found == []


async def test_firefox_plays_it_as_well(
    at: Table, playing: Playing, names: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    length = playing.session["length"]
    async with firefox(tmp_path_factory.mktemp("firefox"), LIKENESS[CONSUMER].tone) as bidi:
        visitor = await FirefoxVisitor.visit(bidi, MEDIATOR)
        await visitor.sign_in(at.house, at.house.staff[LEGAL])
        await visitor.tab.goto(playing.legal.page.url.partition("#")[0])
        await visitor.reads("调阅事由：")
        moments = await watch_in_firefox(visitor)
        assert moments[-1].at == length
        assert out_of_step(moments) == []
        for role, name in names.items():
            shown = {m.tile(name).who for m in moments if m.tile(name).words is None}
            assert role in shown
            assert shown <= {role, None}
        assert visitor.wrong == []


async def watch_in_firefox(visitor: FirefoxVisitor) -> list[Moment]:
    script = (SCRIPTS / "playing.js").read_text()
    await visitor.tab.evaluate(f"(() => {{ {script} }})()")
    await visitor.tab.evaluate(
        f"(() => {{ watchPlaying({LONGEST}).then(found => {{ globalThis.watched = found; }}); }})()"
    )
    await visitor.press("播放")
    await visitor.holds("globalThis.watched !== undefined", LONGEST)
    return [Moment.of(found) for found in await visitor.tab.evaluate("watched")]


def part_at(playing: Playing, name: str, ms: float) -> dict[str, object]:
    return [part for part in playing.parts(name) if part["at"] <= ms][-1]


def pairs(playing: Playing, name: str) -> list[tuple[dict[str, int], dict[str, int]]]:
    """Return the parts with pictures that follow each other, with no hole between that could be read."""
    media = [part for part in playing.parts(name) if part["kind"] == "media" and part["pictures"]]
    return [(a, b) for a, b in itertools.pairwise(media) if b["at"] - a["till"] < 1000]
