"""The server is killed in the middle of a recorded session and started again on the same folders."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from playwright.async_api import Browser

from tests.builders.archive import manifest, open_file, segments
from tests.builders.house import LEGAL, house
from tests.builders.house import MEDIATOR as MEDIATING
from tests.builders.journey import end_session
from tests.builders.senses import until_together
from tests.builders.sittings import gather, table

RECORDED: Final = 3.0  # seconds of a session before the server dies
WRITTEN_WITHIN: Final = 15.0  # seconds from the restart to a record of everybody
LOST: Final = 2.0  # seconds: a record is at most one second, and a busy machine may be another one behind


async def test_a_killed_server_loses_at_most_the_last_second_and_goes_on(
    chromium: Browser, tmp_path: Path
) -> None:
    async with (
        house(tmp_path / "house", MEDIATING, LEGAL) as centre,
        table(chromium, centre) as at,
    ):
        await gather(at)
        await until_together(at.all)
        await asyncio.sleep(RECORDED)
        for visitor in at.visitors:
            visitor.bear("ERR_CONNECTION|WebSocket connection|status of 50")
        killed_at = datetime.now(UTC)
        await centre.kill()
        for party in (at.consumer, at.insurer):
            await party.truth("网络断了")
        written = objects(tmp_path)
        await centre.start()

        # The pages come back by themselves; the room is open, and its recording goes on.
        await until_together(at.all)
        await at.consumer.truth("大家一起谈，正在录像")
        seats = {role: visitor.views[-1]["me"]["seat"] for role, visitor in at.all.items()}
        await until_written_anew(tmp_path, written, len(seats))
        await end_session(at.mediator, "一方不愿继续")

        legal = at.watch(await open_file(chromium, centre, at.case))
        found = await segments(legal)
        for role, seat in seats.items():
            own = [segment for segment in found if segment.entry["seat"] == seat]
            before = [s for s in own if datetime.fromisoformat(s.entry["started_at"]) < killed_at]
            assert len(own) > len(before), "a new segment after the restart"
            cut_off = before[-1]  # a camera that joins late has begun a segment of its own
            assert cut_off.entry["cause"] == "crash"
            assert set(cut_off.decoded.pictures) == set(cut_off.decoded.tones) == {role}
            begun = datetime.fromisoformat(cut_off.entry["started_at"])
            until_death = (killed_at - begun).total_seconds()
            assert until_death - cut_off.decoded.seconds < LOST, role
        gaps = [gap for gap in (await manifest(legal))["gaps"] if gap["cause"] == "crash"]
        assert {gap["seat"] for gap in gaps} == set(seats.values())


async def test_a_restart_is_said_in_words_and_everybody_comes_back_without_a_press(
    chromium: Browser, tmp_path: Path
) -> None:
    async with house(tmp_path / "house", MEDIATING, LEGAL) as centre, table(chromium, centre) as at:
        await gather(at)
        await until_together(at.all)
        for visitor in at.visitors:
            visitor.bear("ERR_CONNECTION|WebSocket connection|status of 50")
        await centre.stop()
        for visitor in at.visitors:
            await visitor.truth("系统正在重启，马上自动连回来")
            await visitor.reads_not("网络断了")
        await at.consumer.truth("您的位置还在，不用点任何东西")
        await centre.start()
        await until_together(at.all)
        await at.consumer.truth("大家一起谈，正在录像")


def objects(folder: Path) -> dict[Path, int]:
    """Return the objects below `folder` with their sizes."""
    return {path: path.stat().st_size for path in folder.glob("**/objects/??/*")}


async def until_written_anew(folder: Path, before: dict[Path, int], count: int) -> None:
    """Wait until so many objects, none of them of `before`, have grown: each has a record then."""
    first: dict[Path, int] = {}
    async with asyncio.timeout(WRITTEN_WITHIN):
        while True:
            now = {path: size for path, size in objects(folder).items() if path not in before}
            first = now | first
            if sum(size > first[path] for path, size in now.items()) >= count:
                return
            await asyncio.sleep(0.05)
