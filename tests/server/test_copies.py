"""Copies of what was recorded: made after the session, served to players, made anew, and never in the way."""

import asyncio
import hashlib
import io
import json
import logging
import re
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import av
import pytest

from cases.ids import ObjectId, new_id
from recordings.copying import about_copy
from recordings.model import Track
from recordings.vault import Vault
from server.copies import TRIES
from server.register import row_of, segment_of
from storage import audit, copies, recordings
from tests.builders.clocks import StillClock
from tests.builders.closed import Closed, closed_session, copied_session
from tests.builders.http import House, house_in
from tests.builders.kept import LARGE, flip, heyi, tamper
from tests.builders.written import files_of, full_disk, write

PATIENCE = 20  # seconds for a process to start on a busy machine


async def object_of(closed: Closed) -> ObjectId:
    """Return the object of the copy of the one segment."""
    row = await closed.house.services.database.read(copies.of_segment, closed.segments[0].id)
    assert row is not None
    assert row.object is not None
    return row.object


def path_in(folder: Path, object_id: ObjectId) -> Path:
    return folder / "data/objects" / object_id[:2] / object_id


def half_made(folder: Path) -> list[Path]:
    return list((folder / "data/objects").glob("*/*.new"))


async def large_segment(closed: Closed) -> None:
    """Keep one more segment of the session, of LARGE bytes."""
    seat = await closed.house.seat(closed.case.parties[0])
    frames = [(Track.VIDEO, number * 40, bytes(LARGE // 50), number == 0) for number in range(50)]
    segment = await asyncio.to_thread(write, closed.house.services.vault, frames)
    row = row_of(replace(segment, room=closed.room, seat=seat))
    await closed.house.services.database.write(recordings.began, row)


async def tried(house: House, **later: float) -> None:
    """Let time pass, and whatever is due then be done."""
    house.clock.wait(**later)
    await house.services.copies.work()


# What is served.


async def test_a_player_is_given_the_copy_and_the_original_stays_the_evidence(house: House) -> None:
    closed = await copied_session(house)
    segment, file = closed.segments[0], await closed.file()
    copy = await file.get(f"recordings/{segment.id}")
    original = await file.get(f"recordings/{segment.id}/original")
    with av.open(io.BytesIO(copy.body), "r") as played:
        assert played.duration == segment.media_ms * 1000
    assert hashlib.sha256(original.body).hexdigest() == segment.sha256
    assert copy.headers["Content-Disposition"] == f'inline; filename="heyi-{segment.id}-copy.webm"'
    assert original.headers["Content-Disposition"] == f'inline; filename="heyi-{segment.id}-original.webm"'
    for reply in (copy, original):
        digest = hashlib.sha256(reply.body).digest()
        assert reply.headers["Repr-Digest"] == f"sha-256=:{b64encode(digest).decode()}:"
        assert reply.headers["Accept-Ranges"] == "bytes"


async def test_both_are_given_by_ranges(house: House) -> None:
    closed = await copied_session(house)
    segment, file = closed.segments[0], await closed.file()
    for path in (f"recordings/{segment.id}", f"recordings/{segment.id}/original"):
        whole, part = await file.get(path), await file.get(path, Range="bytes=100-199")
        assert (part.status, part.body) == (206, whole.body[100:200])


async def test_a_page_that_was_shown_before_the_copy_goes_on_with_the_original(house: House) -> None:
    """A player asks for many ranges: they have to be of one file."""
    closed = await closed_session(house)
    (segment,) = closed.segments
    file = await closed.file()
    path = f"recordings/{segment.id}"
    assert f'"{file.base}/{path}/original"' in played((await file.get()).text)
    before = await file.get(f"{path}/original")
    await tried(house, minutes=1)
    assert (await file.get(f"{path}/original")).body == before.body
    assert f'"{file.base}/{path}"' in played((await file.get()).text)


def played(page: str) -> str:
    """Return what a page gives its player."""
    found = re.search(r'<script type="application/json" id="session">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return found[1]


async def test_a_look_at_the_original_is_a_look_of_its_own(house: House) -> None:
    closed = await copied_session(house)
    (segment,), file = closed.segments, await closed.file()
    for _ in range(2):
        await file.get(f"recordings/{segment.id}")
        await file.get(f"recordings/{segment.id}/original")
    chain = await house.services.database.read(audit.chain, closed.case.id)
    watched = [row.subject for row in chain if row.action == "archive:watch"]
    assert watched == [f"segment:{segment.id}", f"original:{segment.id}"]


async def test_the_case_file_says_what_was_found(house: House) -> None:
    file = await (await copied_session(house)).file()
    page = (await file.get()).text
    assert "已核对：媒体时长 0 分 03 秒，与时钟相差 0.0 秒，关键帧最长间隔 1.0 秒，没有间断" in page
    assert "下载原件" in page


async def test_the_manifest_says_what_is_derived_from_what_and_what_was_found(house: House) -> None:
    closed = await copied_session(house)
    file = await closed.file()
    found = (await file.get("manifest.json")).json
    (entry,) = found["segments"]
    served = await file.get(f"recordings/{entry['id']}")
    assert found["format"] == "heyi-recording/1.1"
    assert found["totals"]["copies"] == 1
    assert entry["copy"]["derived_from"] == entry["sha256"] == closed.segments[0].sha256
    assert entry["copy"]["sha256"] == hashlib.sha256(served.body).hexdigest()
    assert entry["copy"]["bytes"] == len(served.body)
    assert entry["copy"]["found"]["media_ms"] == entry["media_ms"]
    assert entry["copy"]["found"]["keyframes"] == 3


async def test_a_session_that_goes_on_is_not_copied(house: House) -> None:
    closed = await closed_session(house)
    await tried(house, seconds=9)
    assert (await (await closed.file()).get("manifest.json")).json["totals"]["copies"] == 0
    await tried(house, seconds=2)
    assert (await (await closed.file()).get("manifest.json")).json["totals"]["copies"] == 1


async def test_a_running_service_makes_copies_by_itself(
    folder: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.copies.LOOK_EVERY", 0.05)
    async with house_in(folder, clock) as house:
        closed = await closed_session(house)
        clock.wait(minutes=1)
        file = await closed.file()
        async with asyncio.timeout(PATIENCE):
            while not (await file.get("manifest.json")).json["totals"]["copies"]:
                pass  # each look is an answer of the service


# What goes wrong.


async def test_a_changed_original_yields_no_copy_and_nothing_else_changes(house: House) -> None:
    closed = await closed_session(house)
    flip(path_in(house.folder, closed.segments[0].object), -2000)
    before = files_of(house.folder / "data/objects")
    for _ in range(TRIES + 3):
        await tried(house, hours=1)
    assert files_of(house.folder / "data/objects") == before
    page = (await (await closed.file()).get()).text
    assert "散列不符" in page
    assert "已核对" not in page


async def test_a_segment_is_tried_a_few_times_and_again_after_the_next_start(
    folder: Path, clock: StillClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with house_in(folder, clock) as house:
        closed = await closed_session(house)
        path = path_in(folder, closed.segments[0].object)
        flip(path, -2000)
        with caplog.at_level(logging.WARNING):
            for _ in range(TRIES):
                await tried(house, minutes=11)
        said = [r.getMessage() for r in caplog.records if "has no copy" in r.getMessage()]
        assert said == [f"segment {closed.segments[0].id} has no copy: altered"]
        flip(path, -2000)  # somebody put the right file back
        await tried(house, hours=1)
        assert (await (await closed.file()).get("manifest.json")).json["totals"]["copies"] == 0
    async with house_in(folder, clock) as house:
        await tried(house, minutes=1)
        again = Closed(house, closed.case, closed.room, closed.segments)
        assert (await (await again.file()).get("manifest.json")).json["totals"]["copies"] == 1


async def test_a_full_disk_leaves_the_original_says_so_and_is_tried_for_as_long_as_it_takes(
    house: House,
) -> None:
    closed = await closed_session(house, pieces=0)
    await large_segment(closed)
    before = files_of(house.folder / "data/objects")
    with full_disk(LARGE // 2):  # the database is smaller
        for _ in range(TRIES + 2):
            await tried(house, minutes=11)
    assert files_of(house.folder / "data/objects") == before
    page = (await (await closed.file()).get()).text
    assert "磁盘快满了，没有做方便跳转的副本，原件都在。" in page
    assert "散列相符" in page
    await tried(house, minutes=11)
    assert "已核对" in (await (await closed.file()).get()).text


async def test_a_disk_that_recordings_will_need_is_left_to_them(folder: Path, clock: StillClock) -> None:
    async with house_in(folder, clock, HEYI_DISK_WARN="999999") as house:
        closed = await copied_session(house)
        assert (await (await closed.file()).get("manifest.json")).json["totals"]["copies"] == 0
        clock.wait(minutes=11)
        assert "磁盘快满了" in (await (await closed.file()).get()).text


async def test_a_copy_that_is_gone_costs_nothing_and_is_made_anew_as_it_was(house: House) -> None:
    closed = await copied_session(house)
    (segment,), file = closed.segments, await closed.file()
    first = await file.get(f"recordings/{segment.id}")
    path_in(house.folder, await object_of(closed)).unlink()
    instead = await file.get(f"recordings/{segment.id}")
    assert hashlib.sha256(instead.body).hexdigest() == segment.sha256
    assert "-original.webm" in instead.headers["Content-Disposition"]
    house.clock.wait(minutes=11)
    await house.services.reconciler.look()
    await tried(house)
    assert (await file.get(f"recordings/{segment.id}")).body == first.body


async def test_a_copy_that_was_made_for_a_killed_process_is_deleted_and_made_anew(
    folder: Path, clock: StillClock
) -> None:
    async with house_in(folder, clock) as house:
        closed = await closed_session(house)
        segment = segment_of(closed.segments[0])
        left = ObjectId(new_id())
        vault: Vault = house.services.vault
        vault.store(left, [b"published, and the row was never committed"], about_copy(segment))
        await house.services.database.write(copies.begun, segment.id, clock() + timedelta(hours=9))
    async with house_in(folder, clock) as house:
        assert not path_in(folder, left).exists()
        again = Closed(house, closed.case, closed.room, closed.segments)
        await tried(house, minutes=1)
        assert (await (await again.file()).get("manifest.json")).json["totals"]["copies"] == 1


async def test_what_was_cut_off_is_copied_after_the_start_that_recovers_it(
    folder: Path, clock: StillClock
) -> None:
    async with house_in(folder, clock) as house:
        closed = await closed_session(house)
    path = path_in(folder, closed.segments[0].object)
    path.write_bytes(path.read_bytes()[:-3000])
    tamper(folder, "update segments set ended_at = null, cause = null, sha256 = '', bytes = 0, media_ms = 0")
    clock.wait(minutes=1)
    async with house_in(folder, clock) as house:
        await tried(house)
        again = Closed(house, closed.case, closed.room, closed.segments)
        (entry,) = (await (await again.file()).get("manifest.json")).json["segments"]
        assert entry["cause"] == "crash"
        assert 0 < entry["copy"]["found"]["media_ms"] == entry["media_ms"] < closed.segments[0].media_ms


async def test_a_service_that_stops_while_it_copies_leaves_nothing_half_made(
    folder: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.copies.RESTING", 300.0)
    async with house_in(folder, clock) as house:
        house.services.copies._busy = lambda: True
        closed = await closed_session(house)
        clock.wait(minutes=1)
        working = asyncio.create_task(house.services.copies.work())
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(half_made, folder):
                pass
        working.cancel()
        await asyncio.wait([working])
    assert set(files_of(folder / "data/objects")) == {closed.segments[0].object}
    async with house_in(folder, clock) as house:
        await tried(house, minutes=1)
        again = Closed(house, closed.case, closed.room, closed.segments)
        assert (await (await again.file()).get("manifest.json")).json["totals"]["copies"] == 1


# Audit, backup and restore.


async def test_an_audit_counts_copies_and_names_one_that_was_changed(folder: Path, clock: StillClock) -> None:
    async with house_in(folder, clock) as house:
        closed = await copied_session(house, pieces=2)
        copy = await object_of(closed)
    ran = heyi(folder, "audit", "verify")
    assert (ran.status, ran.err) == (0, "")
    assert "Stored objects: 2 of 2 have the SHA-256 that their rows say." in ran.out
    assert "Copies of segments: 2 of 2 have the SHA-256 that their rows say." in ran.out
    flip(path_in(folder, copy), -2000)
    ran = heyi(folder, "audit", "verify")
    assert ran.status == 1
    assert ran.err == (
        f"heyi: object {copy} of copy {closed.segments[0].id} is not what its row says: "
        "changed, cut short, or of another installation\n"
    )


async def test_a_backup_leaves_copies_out_and_a_restored_service_makes_them_anew(
    folder: Path, clock: StillClock, fresh: Path
) -> None:
    async with house_in(folder, clock) as house:
        closed = await copied_session(house)
        copy = await object_of(closed)
        file = await closed.file()
        first = await file.get(f"recordings/{closed.segments[0].id}")
    made = heyi(folder, "backup", fresh / "backup")
    assert (made.status, made.err) == (0, "")
    assert copy not in files_of(fresh / "backup")
    restored = heyi(fresh, "restore", fresh / "backup")
    assert (restored.status, restored.err) == (0, "")
    (fresh / "keys").mkdir()
    for name, content in files_of(folder / "keys").items():
        target = fresh / "keys" / ("authority" if name != "master.key" else "") / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o600)
    told = heyi(fresh, "audit", "verify")
    assert told.status == 0, told
    assert "Copies that are not there and are made anew: 1." in told.out
    async with house_in(fresh, clock) as house:
        await tried(house, minutes=1)
        again = Closed(house, closed.case, closed.room, closed.segments)
        file = await again.file()
        assert (await file.get(f"recordings/{closed.segments[0].id}")).body == first.body
    assert json.loads(heyi(fresh, "audit", "verify", "--json").out)["lacks"] == []
