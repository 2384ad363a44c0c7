"""What the recording of a closed session lacks is found, named by its reason, and said once."""

import json
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from recordings.completeness import Lack
from tests.builders.clocks import StillClock
from tests.builders.closed import Closed, closed_session, copied_session
from tests.builders.http import House, house_in
from tests.builders.kept import flip, heyi, tamper

TOKEN = "of-a-scraper-and-of-nobody-else-0123456789"


async def lacks(house: House) -> dict[str, float]:
    """Return what /metrics says after a look."""
    await house.services.reconciler.look()
    reply = await house.browser().get("/metrics", Authorization=f"Bearer {TOKEN}")
    family = next(f for f in parsed(reply.text) if f.name == "heyi_recordings_incomplete")
    return {sample.labels["lack"]: sample.value for sample in family.samples}


def only(lack: Lack | None, count: int = 1) -> dict[str, float]:
    return {one.value: count if one is lack else 0 for one in Lack}


async def states(closed: Closed) -> dict[str, str]:
    reply = await (await closed.file()).get("checks")
    return {check["key"]: check["state"] for check in reply.json["checks"]}


def verified(folder: Path) -> tuple[int, list[dict[str, str]]]:
    ran = heyi(folder, "audit", "verify", "--json")
    found: list[dict[str, str]] = json.loads(ran.out)["lacks"]
    return ran.status, found


def object_file(closed: Closed) -> Path:
    name = closed.segments[0].object
    return closed.house.folder / "data/objects" / name[:2] / name


@pytest.fixture
async def house(folder: Path, clock: StillClock) -> AsyncIterator[House]:
    async with house_in(folder, clock, HEYI_METRICS_TOKEN=TOKEN) as house:
        yield house


async def test_a_recording_that_is_complete_lacks_nothing(house: House) -> None:
    closed = await copied_session(house, pieces=2)
    house.clock.wait(minutes=11)
    assert await lacks(house) == only(None)
    assert (await states(closed))["complete"] == "passed"
    assert "录像齐全" in (await (await closed.file()).get()).text
    assert verified(house.folder) == (0, [])


async def test_a_session_that_has_just_closed_lacks_nothing_yet(house: House) -> None:
    closed = await closed_session(house)
    house.clock.wait(minutes=9)
    assert await lacks(house) == only(None)
    assert "complete" not in await states(closed)


async def test_a_segment_without_a_copy_is_named(house: House) -> None:
    closed = await closed_session(house)
    house.clock.wait(minutes=11)
    assert await lacks(house) == only(Lack.NO_COPY)
    assert (await states(closed))["complete"] == "note"
    page = (await (await closed.file()).get()).text
    assert "方便跳转的副本还没有做好，原件照常可看。服务器会再做，不用操作。" in page
    assert verified(house.folder) == (0, [{"of": closed.segments[0].id, "lack": "no-copy"}])


async def test_a_segment_without_an_end_is_named(house: House) -> None:
    closed = await copied_session(house)
    tamper(house.folder, "update segments set ended_at = null, cause = null")
    house.clock.wait(minutes=11)
    assert await lacks(house) == only(Lack.NO_END)
    assert (await states(closed))["complete"] == "failed"
    assert "这一段还没有收尾。" in (await (await closed.file()).get()).text
    assert verified(house.folder) == (0, [{"of": closed.segments[0].id, "lack": "no-end"}])


async def test_a_segment_whose_file_is_gone_is_named(house: House) -> None:
    closed = await copied_session(house)
    object_file(closed).unlink()
    house.clock.wait(minutes=11)
    assert await lacks(house) == only(Lack.NO_OBJECT)
    assert (await states(closed))["complete"] == "failed"
    assert verified(house.folder) == (1, [{"of": closed.segments[0].id, "lack": "no-object"}])


async def test_a_segment_whose_hash_does_not_fit_is_named(house: House) -> None:
    closed = await closed_session(house)
    flip(object_file(closed), -2000)
    house.clock.wait(minutes=11)
    await house.services.copies.work()
    assert await lacks(house) == only(Lack.ALTERED)
    assert (await states(closed))["complete"] == "failed"
    assert verified(house.folder) == (1, [{"of": closed.segments[0].id, "lack": "altered"}])


async def test_an_object_that_nothing_names_is_named(house: House) -> None:
    stray = house.services.vault.put(b"a file", b"of nobody")
    assert await lacks(house) == only(None)  # its row may be about to be committed
    path = house.folder / "data/objects" / stray[:2] / stray
    os.utime(path, (0, 0))
    assert await lacks(house) == only(Lack.NO_ROW)
    assert verified(house.folder) == (0, [{"of": stray, "lack": "no-row"}])


async def test_a_segment_of_which_the_disk_took_nothing_lacks_nothing_that_could_come(house: House) -> None:
    closed = await closed_session(house)
    tamper(house.folder, "update segments set cause = 'fault', sha256 = '', bytes = 0, media_ms = 0")
    object_file(closed).unlink()
    house.clock.wait(minutes=11)
    await house.services.copies.work()
    assert await lacks(house) == only(None)


async def test_what_is_lacking_is_said_once_and_when_it_is_over(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    closed = await closed_session(house)
    house.clock.wait(minutes=11)
    with caplog.at_level(logging.INFO, "server.reconciling"):
        for _ in range(3):
            await house.services.reconciler.look()
        await house.services.copies.work()
        for _ in range(2):
            await house.services.reconciler.look()
    said = [r.getMessage().strip() for r in caplog.records if r.name == "server.reconciling"]
    (segment,) = closed.segments
    assert said == [
        f"a recording is not complete: {segment.id}, no-copy",
        f"what the recording lacked of {segment.id} is there",
    ]
