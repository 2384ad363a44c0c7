"""The consumer comes with Firefox, the others with Chromium: everything means the same to everybody.

The tests share one case, in this order, and each but the last ends with everybody together.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.builders.archive import open_file, segments
from tests.builders.firefox import FirefoxVisitor, Received, firefox
from tests.builders.house import House
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    INSURER,
    INSURER_NAME,
    LIKENESS,
    MEDIATOR,
    admit,
    arrive,
    close_caucus,
    end_session,
    open_caucus,
    open_session,
    take_the_chair,
)
from tests.builders.senses import receives_nothing, receives_only, stay_silent, stays_separated, until
from tests.builders.sittings import Table, table

LOOKS = 3  # that prove an absence


@dataclass(frozen=True, slots=True)
class Mixed:
    """A table whose consumer is in Firefox; the one that it has in Chromium stays away."""

    table: Table
    consumer: FirefoxVisitor


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def at(
    chromium: Browser, centre: House, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mixed]:
    folder = tmp_path_factory.mktemp("firefox")
    async with firefox(folder, LIKENESS[CONSUMER].tone) as bidi, table(chromium, centre) as opened:
        mixed = Mixed(opened, await FirefoxVisitor.visit(bidi, CONSUMER))
        await asyncio.gather(
            mixed.consumer.arrive(centre, opened.case),
            arrive(opened.insurer, centre, opened.case),
            take_the_chair(opened.mediator, opened.case),
        )
        await admit(opened.mediator, CONSUMER_NAME, INSURER_NAME)
        await open_session(opened.mediator)
        yield mixed
        assert mixed.consumer.wrong == []


async def test_everybody_sees_and_hears_everybody(at: Mixed) -> None:
    await until_all_meet(at)
    await at.consumer.reads("听得到您的：")


async def test_firefox_receives_nothing_of_a_caucus_without_it(at: Mixed) -> None:
    await open_caucus(at.table.mediator, INSURER_NAME)
    await at.consumer.reads("调解员正在和另一方单独谈，请稍等")
    await stays_separated({INSURER: at.table.insurer, MEDIATOR: at.table.mediator}, {})
    for _ in range(LOOKS):
        assert await at.consumer.receive() == Received(frozenset(), 0, frozenset(), 0)
    await close_caucus(at.table.mediator)
    await until_all_meet(at)


async def test_nobody_receives_anything_of_a_caucus_with_firefox(at: Mixed) -> None:
    await open_caucus(at.table.mediator, CONSUMER_NAME)
    await at.consumer.reads("现在只有您和调解员")
    with_mediator = frozenset({MEDIATOR})
    await at.consumer.until(lambda one: one == Received(with_mediator, 0, with_mediator, 1))
    await until(at.table.mediator, lambda one: receives_only(one, frozenset({CONSUMER})))
    await stay_silent(at.table.insurer)
    await close_caucus(at.table.mediator)
    await until_all_meet(at)


async def test_its_camera_goes_off_and_on_for_everybody(at: Mixed) -> None:
    await at.consumer.press("画面开")
    for visitor in (at.table.insurer, at.table.mediator):
        await until(visitor, lambda one: CONSUMER not in one.seen and CONSUMER in one.heard)
    await at.consumer.press("画面关")
    await until_all_meet(at)


async def test_a_reload_returns_to_the_same_seat(at: Mixed) -> None:
    await at.consumer.tab.reload()
    await until_all_meet(at)


async def test_its_recording_shows_its_colour_and_lets_hear_its_tone(at: Mixed, chromium: Browser) -> None:
    seat = next(
        person["seat"] for person in at.table.mediator.views[-1]["everybody"] if person["role"] == CONSUMER
    )
    await end_session(at.table.mediator, "一方不愿继续")
    await at.consumer.reads("这次调解结束了")
    assert receives_nothing(await until(at.table.insurer, receives_nothing))
    legal = at.table.watch(await open_file(chromium, at.table.house, at.table.case))
    own = [segment.decoded for segment in await segments(legal) if segment.entry["seat"] == seat]
    assert len(own) >= 3, "before, between and after the caucuses"
    for decoded in own:
        assert set(decoded.pictures) <= {CONSUMER}, decoded
        assert set(decoded.tones) <= {CONSUMER}, decoded
    assert sum(decoded.pictures.total() for decoded in own) > 30
    assert sum(decoded.tones.total() for decoded in own) > 15


async def until_all_meet(at: Mixed) -> None:
    """Wait until everybody sees everybody, Chromium hears everybody, and Firefox receives two sounds."""
    others = frozenset({INSURER, MEDIATOR})
    await at.consumer.until(lambda one: one == Received(others, 0, others, 2))
    await until(at.table.insurer, lambda one: one.seen == one.heard == {CONSUMER, MEDIATOR})
    await until(at.table.mediator, lambda one: one.seen == one.heard == {CONSUMER, INSURER})
