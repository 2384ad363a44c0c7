"""A disk that fails, and a mediator who pauses: what everybody reads, and what the manifest says of it."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, expect

from tests.builders.archive import fetch, manifest, open_file, segments
from tests.builders.house import LEGAL, house
from tests.builders.house import MEDIATOR as MEDIATING
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    INSURER,
    INSURER_NAME,
    MEDIATOR,
    Visitor,
    admit,
    arrive,
    close_caucus,
    end_session,
    open_caucus,
    take_the_chair,
)
from tests.builders.senses import until_together
from tests.builders.sittings import Table, gather, table

RECORDED: Final = 2.0  # seconds of each interval
COPIED: Final = 60  # seconds after a session for its copies: ten to settle, a look each fifteen
REASON: Final = "磁盘坏了，双方同意先谈"
DOWN: Final = "录像写不进去，所以没有开始"


async def test_without_a_disk_a_session_opens_with_a_reason_and_each_hole_is_stated(
    chromium: Browser, tmp_path: Path
) -> None:
    objects = tmp_path / "house" / "data" / "objects"
    async with house(tmp_path / "house", MEDIATING, LEGAL) as centre, table(chromium, centre) as at:
        await asyncio.gather(
            arrive(at.consumer, centre, at.case),
            arrive(at.insurer, centre, at.case),
            take_the_chair(at.mediator, at.case),
        )
        await admit(at.mediator, CONSUMER_NAME, INSURER_NAME)
        with unusable(objects):
            await at.mediator.press("开始调解")
            await at.mediator.reads(DOWN)
            await at.mediator.press("不录像，开始调解")
            await at.mediator.reads("请写下原因，至少两个字。")
            await at.mediator.page.get_by_label("为什么不录像也要开始").fill(REASON)
            await at.mediator.press("不录像，开始调解")
            await all_read(at, "一起谈，录像停了")
            await until_together(at.all)
            await at.mediator.press("继续录像")
            await expect(at.mediator.page.get_by_role("alert").filter(has_text=DOWN)).to_be_visible()
        await at.mediator.press("继续录像")
        await recorded(at)

        await at.mediator.press("暂停录像")
        await all_read(at, "一起谈，录像停了")
        await at.mediator.press("继续录像")
        await recorded(at)

        await open_caucus(at.mediator, CONSUMER_NAME)
        await expect(at.mediator.page.get_by_role("button", name="暂停录像")).to_be_hidden()
        with unusable(objects):
            await close_caucus(at.mediator)
            await all_read(at, "录制中断")
            await until_together(at.all)
        await at.mediator.press("再开始录")
        await recorded(at)
        seats = {role: visitor.views[-1]["me"]["seat"] for role, visitor in at.all.items()}
        await end_session(at.mediator, "一方不愿继续")

        legal = at.watch(await open_file(chromium, centre, at.case))
        await legal.reads(f"没有录像就开始，原因：{REASON}")
        gaps = (await manifest(legal))["gaps"]
        for role in (CONSUMER, INSURER, MEDIATOR):
            causes = [gap["cause"] for gap in gaps if gap["seat"] == seats[role]]
            assert causes[0] == "nothing-received-yet"
            assert {"paused", "fault"} <= set(causes)
        await expect(legal.page.get_by_text("当时没有写下")).to_have_count(3)
        for segment in await segments(legal):
            role = next(role for role, seat in seats.items() if seat == segment.entry["seat"])
            assert set(segment.decoded.pictures) <= {role}
            assert set(segment.decoded.tones) <= {role}


async def test_legal_staff_jump_to_any_moment_of_a_recording_once_it_was_copied(
    chromium: Browser, tmp_path: Path
) -> None:
    async with house(tmp_path / "house", MEDIATING, LEGAL) as centre, table(chromium, centre) as at:
        await gather(at)
        await recorded(at)
        await end_session(at.mediator, "一方不愿继续")
        legal = at.watch(await open_file(chromium, centre, at.case))
        entries = await copied(legal)
        await legal.page.reload()
        await expect(legal.page.get_by_text("已核对：媒体时长")).to_have_count(len(entries))
        await expect(legal.page.get_by_role("link", name="下载原件")).to_have_count(len(entries))
        for entry in entries:
            length = await jumped(legal, f"recordings/{entry['id']}")
            assert length == pytest.approx(entry["media_ms"] / 1000, abs=0.01)
        original = await fetch(legal, f"recordings/{entries[0]['id']}/original")
        assert hashlib.sha256(original).hexdigest() == entries[0]["sha256"]


async def copied(legal: Visitor) -> list[dict[str, Any]]:
    """Return the segments of the open case file when each has its copy."""
    for _ in range(COPIED):
        entries: list[dict[str, Any]] = (await manifest(legal))["segments"]
        if all(entry["copy"] for entry in entries):
            return entries
        await asyncio.sleep(1)
    raise AssertionError("no copies")


async def jumped(legal: Visitor, path: str) -> float:
    """Jump close to the end of a recording of the open case file; return its length, seconds."""
    length: float = await legal.page.evaluate(
        """async path => {
          const video = document.createElement("video");
          const happened = what => new Promise((on, not) => {
            video.addEventListener(what, on, { once: true });
            video.addEventListener("error", () => not(new Error(video.error.message)), { once: true });
          });
          const known = happened("loadedmetadata");
          video.muted = true;
          video.src = `${location.pathname}/${path}`;
          await known;
          const there = happened("seeked");
          video.currentTime = video.duration - 0.5;
          await there;
          return video.duration;
        }""",
        path,
    )
    return length


async def all_read(at: Table, words: str) -> None:
    for visitor in at.visitors:
        await visitor.truth(words)


async def recorded(at: Table) -> None:
    await all_read(at, "正在录像")
    await asyncio.sleep(RECORDED)


@contextmanager
def unusable(folder: Path) -> Iterator[None]:
    """Let nothing new be written where the objects are."""
    away = folder.with_name("away")
    folder.rename(away)
    folder.write_text("in the way")
    yield
    folder.unlink()
    away.rename(folder)
