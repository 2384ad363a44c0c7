"""A backup made while a session is recorded: what is in it, what it refuses, what is left of half of one."""

import asyncio
import hashlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cases.ids import ObjectId, SegmentId, new_id
from cases.model import Case
from server.backup_manifest import read_manifest
from storage import recordings, rooms
from storage.recordings import SegmentRow
from tests.builders.cases import CONSUMER_NAME, CONSUMER_PHONE, INSURER_NAME, INSURER_PHONE, NOON
from tests.builders.http import STAFF, House
from tests.builders.kept import (
    LARGE,
    ROOT,
    TORN,
    Kept,
    Ran,
    assert_one_sentence,
    environment,
    heyi,
    keep_one,
    objects_of,
    on_a_full_disk,
    rows,
    sealed_object,
    tamper,
)

PATIENCE = 20  # seconds for a process to start on a busy machine

# What is in it.


def test_a_backup_is_made_while_a_recording_is_written(kept_once: Kept) -> None:
    assert (kept_once.made.status, kept_once.made.err) == (0, "")
    assert "up to their last whole record: 1." in kept_once.made.out
    manifest = read_manifest(kept_once.backup)
    files = {str(p.relative_to(kept_once.backup)) for p in kept_once.backup.rglob("*") if p.is_file()}
    assert files == {*manifest.files, "manifest.json"}
    for name, said in manifest.files.items():
        content = (kept_once.backup / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (said.size, said.sha256)
    assert manifest.sha256 in kept_once.made.out


def test_what_is_being_written_is_kept_up_to_its_last_whole_record(kept_once: Kept) -> None:
    copied = (kept_once.backup / "objects" / kept_once.growing).read_bytes()
    assert len(copied) == kept_once.whole
    assert not copied.endswith(TORN)
    assert rows(
        kept_once.backup / "database.sqlite3", "select count(*) from segments where ended_at is null"
    ) == [(1,)]


def test_the_keys_and_every_secret_stay_outside(kept_once: Kept) -> None:
    assert kept_once.made.out.splitlines()[-1].startswith("Not in it: the keys in ")
    key = (kept_once.folder / "keys/master.key").read_bytes()
    for path in (p for p in kept_once.backup.rglob("*") if p.is_file()):
        content = path.read_bytes()
        assert key not in content
        assert b"PRIVATE KEY" not in content
        for person in (CONSUMER_NAME, CONSUMER_PHONE, INSURER_NAME, INSURER_PHONE, *(s.name for s in STAFF)):
            assert person.encode() not in content


def test_a_backup_belongs_to_its_owner_alone(kept_once: Kept) -> None:
    for path in (kept_once.backup, *kept_once.backup.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_nothing_is_left_beside_a_backup(kept_once: Kept) -> None:
    assert {path.name for path in kept_once.folder.iterdir()} == {"data", "keys", "backup"}


async def test_every_row_of_a_backup_has_its_object(house: House, case: Case) -> None:
    """Rows and objects come all the time: the copy of the rows is the older one, whenever it is made."""
    seat = await house.seat(case.parties[0])
    for _ in range(150):  # so that copying takes longer than keeping one more
        await keep_one(house, case, seat)
    made = 0

    async def backups() -> None:
        nonlocal made
        for number in range(3):
            ran = await asyncio.to_thread(heyi, house.folder, "backup", house.folder / f"backup-{number}")
            assert (ran.status, ran.err) == (0, "")
            made += 1

    working = asyncio.create_task(backups())
    while not working.done():
        await keep_one(house, case, seat)
    await working
    assert made == 3


async def test_a_recording_that_goes_on_and_whose_file_is_gone_is_named(house: House, case: Case) -> None:
    seat = await house.seat(case.parties[0])
    room = await house.services.database.read(rooms.room_of_case, case.id)
    row = SegmentRow(SegmentId(new_id()), room, seat, ObjectId(new_id()), NOON)
    await house.services.database.write(recordings.began, row)
    for command in (("backup", house.folder / "backup"), ("audit", "verify")):
        ran = await asyncio.to_thread(heyi, house.folder, *command)
        assert ran.status == 1
        assert f"object {row.object} of segment {row.id} is missing" in ran.err


# What a backup refuses, and what it says of the service.


def test_a_backup_is_never_made_over_something(kept: Kept) -> None:
    before = {path: path.read_bytes() for path in kept.backup.rglob("*") if path.is_file()}
    assert_one_sentence(heyi(kept.folder, "backup", kept.backup), 2, "is not empty", str(kept.backup))
    assert {path: path.read_bytes() for path in kept.backup.rglob("*") if path.is_file()} == before
    (kept.folder / "empty").mkdir()
    assert heyi(kept.folder, "backup", kept.folder / "empty").status == 0


@pytest.mark.parametrize("inside", ["data", "keys"])
def test_a_backup_does_not_go_into_the_folders_of_the_service(kept: Kept, inside: str) -> None:
    target = kept.folder / inside / "backup"
    assert_one_sentence(heyi(kept.folder, "backup", target), 2, "another disk")
    assert not target.exists()


def test_a_backup_needs_something_to_copy_and_somewhere_to_go(kept: Kept, fresh: Path) -> None:
    assert_one_sentence(heyi(fresh, "backup", fresh / "backup"), 2, "there is no database")
    assert_one_sentence(heyi(kept.folder, "backup", fresh / "no/where"), 2, "there is no folder")
    file = fresh / "file"
    file.write_text("")
    assert_one_sentence(heyi(kept.folder, "backup", file), 2, str(file))
    assert not (fresh / "data").exists()


def test_a_database_on_a_server_has_tools_of_its_own(kept_once: Kept, fresh: Path) -> None:
    for command, folder in (("backup", fresh / "new"), ("restore", kept_once.backup)):
        ran = heyi(fresh, command, folder, HEYI_DATABASE_URL="postgresql://127.0.0.1/heyi")
        assert_one_sentence(ran, 2, "docs/deployment.md", "PostgreSQL")
    assert list(fresh.iterdir()) == []


def test_a_damaged_database_is_not_backed_up(kept: Kept) -> None:
    with (kept.folder / "data/heyi.sqlite3").open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 8192)
    ran = heyi(kept.folder, "backup", kept.folder / "second")
    assert_one_sentence(ran, 2, "the database", "no backup was made")
    assert not (kept.folder / "second").exists()


def test_an_object_that_cannot_be_read_is_named_and_the_rest_is_kept(kept: Kept, fresh: Path) -> None:
    sealed = sealed_object(kept.folder)
    sealed.unlink()
    sealed.mkdir()  # whoever is root may read any file, and nobody a folder
    made = heyi(kept.folder, "backup", kept.folder / "second")
    assert made.status == 1
    assert made.err == f"heyi: object {sealed.name} cannot be read (Is a directory)\n"
    assert "It lacks what the service itself lacks" in made.out
    restored = heyi(fresh, "restore", kept.folder / "second")
    assert restored.status == 1
    assert sealed.name in restored.err
    others = {path.name for path in objects_of(kept.folder / "data")} - {sealed.name}
    assert {path.name for path in objects_of(fresh / "data")} == others


def test_an_object_that_is_gone_is_named(kept: Kept) -> None:
    gone = sealed_object(kept.folder)
    gone.unlink()
    made = heyi(kept.folder, "backup", kept.folder / "second")
    assert made.status == 1
    assert made.err.startswith(f"heyi: object {gone.name} of ")
    assert made.err.endswith(" is missing\n")


def test_a_broken_chain_is_named_and_the_rest_is_kept(kept: Kept, fresh: Path) -> None:
    tamper(kept.folder, f"delete from audit where chain = '{kept.case}' and seq = 2")
    made = heyi(kept.folder, "backup", kept.folder / "second")
    assert (made.status, made.err) == (1, f"heyi: audit chain {kept.case} is broken at row 2\n")
    restored = heyi(fresh, "restore", kept.folder / "second")
    assert (restored.status, restored.err) == (1, f"heyi: audit chain {kept.case} is broken at row 2\n")


@pytest.mark.parametrize("most", [50_000, LARGE // 2], ids=["of the database", "of an object"])
def test_a_full_disk_leaves_no_backup(kept: Kept, most: int) -> None:
    ran = on_a_full_disk(kept.folder, most, "backup", kept.folder / "second")
    assert_one_sentence(ran, 2, "no backup was made")
    assert {path.name for path in kept.folder.iterdir()} == {"data", "keys", "backup"}


@contextmanager
def a_backup_that_waits(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Begin a backup that comes as far as the objects and waits there, as on a disk that does not answer."""
    stuck = folder / "data/objects/ab" / ("ab" * 12)
    stuck.parent.mkdir(exist_ok=True)
    os.mkfifo(stuck)  # opening it waits for somebody who writes
    process = subprocess.Popen(
        # Who runs the tests in the background has taught them to ignore Ctrl-C, and their children with them.
        ["env", "--default-signal=INT", sys.executable, "-m", "server", "backup", str(folder / "second")],
        cwd=ROOT,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        ends = time.monotonic() + PATIENCE
        while not list(folder.glob("second.unfinished-*/objects")):
            assert process.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_backup_that_was_killed_does_not_look_like_one(kept: Kept, fresh: Path) -> None:
    with a_backup_that_waits(kept.folder) as process:
        process.kill()
        process.communicate()
    assert not (kept.folder / "second").exists()
    (left,) = kept.folder.glob("second.unfinished-*")
    assert_one_sentence(heyi(fresh, "restore", left), 1, "half of one")


def test_a_backup_that_is_stopped_by_hand_leaves_nothing(kept: Kept) -> None:
    with a_backup_that_waits(kept.folder) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert_one_sentence(Ran(process.returncode, out, err), 2, "stopped", "no backup was made")
    assert {path.name for path in kept.folder.iterdir()} == {"data", "keys", "backup"}
