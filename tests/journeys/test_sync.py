"""Beep and flash in Chromium, recorded by the service: how far apart are they in the files, and two people?"""

import asyncio
import logging
from datetime import datetime
from typing import Final

import numpy as np
from playwright.async_api import Browser

from tests.builders.archive import fetch, manifest, open_file
from tests.builders.claps import Claps, apart, claps
from tests.builders.house import House
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    MEDIATOR,
    SCRIPTS,
    admit,
    arrive,
    end_session,
    open_session,
    take_the_chair,
)
from tests.builders.sittings import table

RECORDED: Final = 16.0  # seconds
LEAST: Final = 10  # claps that both can be found of
WITHIN: Final = 0.045  # seconds between sound and pictures of one person (EBU R37 has 40 ms early, 60 late)
PEOPLE_WITHIN: Final = 0.100  # seconds between two people

_log = logging.getLogger(__name__)


async def test_sound_meets_pictures_in_the_recording_and_people_meet_each_other(
    chromium: Browser, centre: House
) -> None:
    async with table(chromium, centre) as at:
        for visitor in at.visitors:
            await visitor.page.add_init_script(path=SCRIPTS / "clapper.js")
        await asyncio.gather(arrive(at.consumer, centre, at.case), take_the_chair(at.mediator, at.case))
        await admit(at.mediator, CONSUMER_NAME)
        await open_session(at.mediator)
        await at.mediator.truth("一起谈，正在录像")
        await asyncio.sleep(RECORDED)
        seats = {visitor.views[-1]["me"]["seat"]: visitor.role for visitor in (at.consumer, at.mediator)}
        await end_session(at.mediator, "一方不愿继续")
        legal = at.watch(await open_file(chromium, centre, at.case))
        found: dict[str, Claps] = {}
        for entry in (await manifest(legal))["segments"]:
            took = claps(await fetch(legal, f"recordings/{entry['id']}"))
            found[seats[entry["seat"]]] = on_the_clock(took, entry["started_at"])

    assert set(found) == {CONSUMER, MEDIATOR}
    for role, one in found.items():
        holds(f"beep after flash, {role}", one.offsets(), WITHIN)
    between = apart(found[CONSUMER].flashes, found[MEDIATOR].flashes)
    holds("flash of the mediator after the consumer's", between, PEOPLE_WITHIN)


def on_the_clock(took: Claps, started_at: str) -> Claps:
    """Return the same by the server's clock."""
    began = datetime.fromisoformat(started_at).timestamp()
    return Claps(tuple(began + at for at in took.flashes), tuple(began + at for at in took.beeps))


def holds(what: str, offsets: list[float], bound: float) -> None:
    """Judge the middle and nearly all: a busy machine may hold up a single clap in the browser itself."""
    middle = float(np.median(offsets)) if offsets else 0.0
    most = float(np.percentile(np.abs(offsets), 90)) if offsets else 0.0
    _log.info("%s: %d claps, median %.1f ms, p90 %.1f ms", what, len(offsets), 1000 * middle, 1000 * most)
    assert len(offsets) >= LEAST, (what, offsets)
    assert abs(middle) <= bound, (what, middle)
    assert most <= bound, (what, most, offsets)
