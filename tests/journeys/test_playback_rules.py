"""The rules of the player: what is to be seen at a time, what is done about an element that is not there."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.builders.house import House
from tests.builders.journey import new_context

PARTS = [
    {"kind": "hole", "at": 0, "till": 400, "url": "", "words": "nothing yet", "dark": []},
    {"kind": "media", "at": 400, "till": 5000, "url": "one", "words": "", "dark": [[1000, 2000]]},
    {"kind": "hole", "at": 5000, "till": 5600, "url": "", "words": "brief", "dark": []},
    {"kind": "media", "at": 5600, "till": 9000, "url": "two", "words": "", "dark": []},
    {"kind": "hole", "at": 9000, "till": 40_000, "url": "", "words": "caucus", "dark": []},
    {"kind": "media", "at": 40_000, "till": 50_000, "url": "three", "words": "", "dark": []},
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def page(chromium: Browser, centre: House) -> AsyncIterator[Page]:
    context = await new_context(chromium)
    opened = await context.new_page()
    await opened.goto(centre.url)
    yield opened
    await context.close()


async def told(page: Page, module: str, expression: str, given: Any = None) -> Any:
    """Return what an expression says of a module `m` and of what is `given`."""
    script = f"(given) => import('/static/js/player/{module}.js').then((m) => {expression})"
    return await page.evaluate(script, given)


async def test_at_each_time_the_part_is_seen_that_has_begun_last(page: Page) -> None:
    times = [0, 399, 400, 4999, 5000, 5600, 9000, 49_999, 50_000, 99_999]
    found = await told(
        page, "plan", "given.times.map(t => m.partAt(given.parts, t))", {"parts": PARTS, "times": times}
    )
    assert found == [0, 0, 1, 1, 2, 3, 4, 5, 5, 5]


async def test_a_hole_that_cannot_be_read_keeps_the_last_picture(page: Page) -> None:
    times = [0, 400, 5000, 5599, 9000, 39_999]
    found = await told(
        page, "plan", "given.times.map(t => m.sightAt(given.parts, t).held)", {"parts": PARTS, "times": times}
    )
    assert found == [False, False, True, True, False, False]


async def test_a_camera_that_was_off_is_told_by_the_time(page: Page) -> None:
    times = [999, 1000, 1999, 2000]
    found = await told(
        page, "plan", "given.times.map(t => m.sightAt(given.parts, t).dark)", {"parts": PARTS, "times": times}
    )
    assert found == [False, True, True, False]


async def test_what_comes_within_fifteen_seconds_is_made_ready(page: Page) -> None:
    times = [0, 400, 24_999, 25_000, 40_000]
    expression = "given.times.map(t => m.comingAt(given.parts, t)?.url ?? null)"
    found = await told(page, "plan", expression, {"parts": PARTS, "times": times})
    assert found == ["one", "two", None, "three", None]


async def test_the_next_change_of_any_track_is_known(page: Page) -> None:
    times = [0, 400, 1000, 2000, 40_000]
    expression = "given.times.map(t => m.changeAfter([given.parts], t)).map(t => t === Infinity ? null : t)"
    assert await told(page, "plan", expression, {"parts": PARTS, "times": times}) == [
        400,
        1000,
        2000,
        5000,
        None,
    ]


async def test_who_is_near_the_clock_is_left_alone_and_who_is_far_jumps(page: Page) -> None:
    drifts = [0, 80, -80, 81, -81, 200, -200, 1000, 1001, -1001]
    expression = "given.map(d => m.correction(d, false)).map(c => c.jump ? 'jump' : c.factor)"
    assert await told(page, "drift", expression, drifts) == [
        *(1, 1, 1, 0.95, 1.05, 0.88, 1.12, 0.88),
        *("jump", "jump"),
    ]


async def test_who_is_corrected_is_corrected_until_in_step(page: Page) -> None:
    expression = "given.map(d => m.correction(d, true).factor)"
    assert await told(page, "drift", expression, [79, 21, 20, -20, -21]) == [0.95, 0.95, 1, 1, 1.05]


async def test_the_clock_stands_while_somebody_is_waited_for_and_goes_on_where_it_stood(page: Page) -> None:
    expression = """(() => {
      let now = 0;
      const clock = new m.MasterClock(10_000, () => now);
      const said = [];
      const after = (ms) => { now += ms; said.push(clock.position); };
      after(500); clock.play(); after(1000); clock.hold(true); after(700); clock.hold(false); after(300);
      clock.setRate(2); after(1000); clock.seek(9000); after(400); after(5000);
      clock.play(); after(100); clock.pause(); after(100);
      return said;
    })()"""
    assert await told(page, "master-clock", expression) == [0, 1000, 1000, 1300, 3300, 9800, 10_000, 200, 200]


async def test_a_time_beyond_what_has_come_is_waited_for_and_in_the_end_given_up(page: Page) -> None:
    cases = [
        (1000, None, 60_000, 0, "there"),  # a browser that looks for it by itself
        (1000, 5100, 60_000, 0, "there"),
        (50_000, 5100, 60_000, 0, "coming"),
        (50_000, 5100, 60_000, 7000, "short"),
        (59_990, 60_000, 60_000, 0, "last"),
        (59_990, 58_800, 60_000, 0, "last"),  # the last frame has no length
    ]
    expression = "given.map(([at, end, length, same]) => m.reach(at, end ?? Infinity, length, same))"
    assert await told(page, "reach", expression, [case[:4] for case in cases]) == [case[4] for case in cases]


async def test_times_are_read_and_written(page: Page) -> None:
    expression = "['#t=61.5', '#t=0', '#t=', '#t=-1', '#x', ''].map(m.timeOf)"
    assert await told(page, "course", expression) == [61_500, 0, None, None, None, None]
    assert await told(page, "times", "[0, 59_999, 3_600_000, 14_403_000].map(m.since)") == [
        "00:00:00",
        "00:00:59",
        "01:00:00",
        "04:00:03",
    ]
    assert await told(page, "times", "m.inBeijing(Date.parse('2025-09-18T16:00:05Z'))") == "00:00:05"
