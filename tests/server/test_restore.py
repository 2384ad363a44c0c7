"""There and back: a restored service serves what was kept, and nothing is restored that was changed."""

import asyncio
import hashlib
import io
import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.app import build_app
from server.backup_manifest import read_manifest
from server.settings import SettingsError
from settlements.authority import roots_of
from settlements.verifying import verify
from storage.schema import known_revisions
from tests.builders.cases import CONSUMER_NAME, NOON
from tests.builders.clocks import StillClock
from tests.builders.http import LEGAL, house_in, settings_in
from tests.builders.kept import LARGE, Kept, assert_one_sentence, flip, heyi, objects_of, on_a_full_disk, rows

# There and back.


async def test_a_restored_service_serves_the_case_its_settlement_and_its_recording(
    kept_once: Kept, fresh: Path
) -> None:
    restored = heyi(fresh, "restore", kept_once.backup)
    assert (restored.status, restored.err) == (0, "")
    assert "Next: put the keys" in restored.out
    shutil.copytree(kept_once.folder / "keys", fresh / "keys")
    assert heyi(fresh, "audit", "verify").status == 0
    async with house_in(fresh, StillClock(NOON)) as house:
        legal = await house.signed_in(LEGAL)
        file = f"/staff/{LEGAL.id}/archive/{kept_once.case}"
        await legal.get(file)
        assert (await legal.post(file, reason="核对恢复的数据")).status == 303
        assert CONSUMER_NAME in (await legal.get(file)).text
        pdf = (await legal.get(f"{file}/settlement.pdf")).body
        assert pdf == kept_once.sealed
        root = (await house.browser().get("/roots.pem")).body
        assert (await asyncio.to_thread(verify, pdf, roots_of(root))).valid
        segments = (await legal.get(f"{file}/manifest.json")).json["segments"]
        assert sorted(s["cause"] for s in segments) == ["crash", "left"]
        for segment in segments:
            content = (await legal.get(f"{file}/recordings/{segment['id']}")).body
            assert hashlib.sha256(content).hexdigest() == segment["sha256"]
            assert len(content) > 10_000
        checks = (await legal.get(f"{file}/checks")).json["checks"]
        assert {check["key"]: check["state"] for check in checks} == dict.fromkeys(
            ("recording", "stored-hash", "seal", "terms", "audit-chain"), "passed"
        )
    after = heyi(fresh, "audit", "verify")
    assert (after.status, after.err) == (0, "")


def test_a_restored_folder_is_what_was_backed_up(kept_once: Kept, fresh: Path) -> None:
    assert heyi(fresh, "restore", kept_once.backup).status == 0
    data = fresh / "data"
    for path in objects_of(kept_once.backup):
        assert (data / path.relative_to(kept_once.backup)).read_bytes() == path.read_bytes()
    assert (data / "heyi.sqlite3").read_bytes() == (kept_once.backup / "database.sqlite3").read_bytes()
    assert {path.name for path in data.iterdir()} == {"heyi.sqlite3", "objects"}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_a_database_elsewhere_is_backed_up_and_restored_there(
    kept_once: Kept, kept: Kept, fresh: Path
) -> None:
    elsewhere = kept.folder / "rows.sqlite3"
    shutil.move(kept.folder / "data/heyi.sqlite3", elsewhere)
    url = f"sqlite:///{elsewhere}"
    assert heyi(kept.folder, "backup", kept.folder / "second", HEYI_DATABASE_URL=url).status == 0
    new = fresh / "db/rows.sqlite3"
    ran = heyi(fresh, "restore", kept.folder / "second", HEYI_DATABASE_URL=f"sqlite:///{new}")
    assert ran.status == 0
    assert new.is_file()
    assert not (fresh / "data/heyi.sqlite3").exists()


def test_a_restored_installation_is_backed_up_again_without_its_server(kept_once: Kept, fresh: Path) -> None:
    assert heyi(fresh, "restore", kept_once.backup).status == 0
    again = heyi(fresh, "backup", fresh / "again")
    assert (again.status, again.err) == (0, "")
    first, second = read_manifest(kept_once.backup), read_manifest(fresh / "again")
    assert {n: f for n, f in first.files.items() if n.startswith("objects/")} == {
        n: f for n, f in second.files.items() if n.startswith("objects/")
    }


# What a restore refuses.


def test_a_restore_never_touches_what_is_there(kept: Kept, fresh: Path) -> None:
    (fresh / "data").mkdir()
    (fresh / "data/notes.txt").write_text("kept")
    assert_one_sentence(heyi(fresh, "restore", kept.backup), 2, "notes.txt", "is there already")
    assert [path.name for path in (fresh / "data").iterdir()] == ["notes.txt"]
    before = (kept.folder / "data/heyi.sqlite3").read_bytes()
    assert heyi(kept.folder, "restore", kept.backup).status == 2
    assert (kept.folder / "data/heyi.sqlite3").read_bytes() == before


Break = Callable[[Path], object]


def in_object(change: Break) -> Break:
    return lambda backup: change(max(objects_of(backup), key=lambda path: path.stat().st_size))


BROKEN: dict[str, tuple[Break, str]] = {
    "a changed byte of an object": (in_object(flip), "was changed"),
    "a changed byte of the database": (lambda backup: flip(backup / "database.sqlite3"), "was changed"),
    "a changed byte of the manifest": (lambda backup: flip(backup / "manifest.json", 40), "was changed"),
    "an object cut short": (in_object(lambda p: p.write_bytes(p.read_bytes()[:-1])), "was cut short"),
    "an object with more": (in_object(lambda p: p.write_bytes(p.read_bytes() + b"x")), "was changed"),
    "an object gone": (in_object(lambda p: p.unlink()), "cannot be read"),
    "a database cut short": (lambda b: (b / "database.sqlite3").write_bytes(b""), "was cut short"),
    "a manifest cut short": (lambda b: (b / "manifest.json").write_bytes(b"{"), "cut short"),
    "a manifest of another kind": (lambda b: (b / "manifest.json").write_bytes(b"[]"), "no backup"),
    "no manifest": (lambda backup: (backup / "manifest.json").unlink(), "half of one"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_backup_that_is_not_as_it_was_made_is_not_restored(kept: Kept, fresh: Path, broken: str) -> None:
    change, said = BROKEN[broken]
    change(kept.backup)
    ran = heyi(fresh, "restore", kept.backup)
    assert_one_sentence(ran, 1, said, "nothing was restored")
    assert list((fresh / "data").rglob("*")) == []


def test_a_folder_that_is_no_backup_is_said(fresh: Path) -> None:
    assert_one_sentence(heyi(fresh, "restore", fresh / "nowhere"), 2, "there is no folder")


def rewritten(backup: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a manifest and give it the hash that fits, as only a program does."""
    body = json.loads((backup / "manifest.json").read_text())
    del body["sha256"]
    change(body)
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    body["sha256"] = hashlib.sha256(canonical).hexdigest()
    (backup / "manifest.json").write_text(json.dumps(body))


def test_a_backup_of_a_newer_schema_is_refused(kept: Kept, fresh: Path) -> None:
    rewritten(kept.backup, lambda body: body.update(schema="9999"))
    ran = heyi(fresh, "restore", kept.backup)
    assert_one_sentence(ran, 2, "newer version", "9999", known_revisions()[0])
    assert not (fresh / "data").exists()


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "objects/../../outside", "objects/ab/cd"])
def test_a_manifest_that_names_something_outside_is_none(kept: Kept, fresh: Path, name: str) -> None:
    digest = {"size": 4, "sha256": hashlib.sha256(b"evil").hexdigest()}
    rewritten(kept.backup, lambda body: body["files"].update({name: digest}))
    assert_one_sentence(heyi(fresh, "restore", kept.backup), 1, "was changed")
    assert not (fresh / "data").exists()


@pytest.mark.parametrize("most", [50_000, LARGE // 2], ids=["of the database", "of an object"])
def test_a_full_disk_leaves_nothing_restored(kept: Kept, fresh: Path, most: int) -> None:
    ran = on_a_full_disk(fresh, most, "restore", kept.backup)
    assert_one_sentence(ran, 2, "cannot be written", "nothing was restored")
    assert list((fresh / "data").iterdir()) == []


# The keys afterwards.


def test_without_the_keys_the_chains_are_checked_and_the_rest_cannot_be(kept_once: Kept, fresh: Path) -> None:
    heyi(fresh, "restore", kept_once.backup)
    ran = heyi(fresh, "audit", "verify")
    assert ran.status == 2
    assert "master.key cannot be read" in ran.err
    assert "whole" in ran.out
    assert not (fresh / "keys").exists()


def test_no_new_key_is_made_for_a_restored_database(kept_once: Kept, fresh: Path) -> None:
    heyi(fresh, "restore", kept_once.backup)
    with pytest.raises(SettingsError, match=r"master\.key cannot be read"):
        build_app(settings_in(fresh))
    assert not (fresh / "keys").exists()


def test_the_key_of_another_installation_is_said_and_serves_nothing(kept_once: Kept, fresh: Path) -> None:
    heyi(fresh, "restore", kept_once.backup)
    shutil.copytree(kept_once.folder / "keys", fresh / "keys")
    (fresh / "keys/master.key").write_bytes(bytes(32))
    ran = heyi(fresh, "audit", "verify")
    assert ran.status == 2
    assert ran.err.startswith("heyi: HEYI_KEYS: the master.key in ")
    assert "Cannot tell." in ran.out
    with pytest.raises(SettingsError, match="is not the one that this database was written with"):
        build_app(settings_in(fresh))
    open_ = "select count(*) from segments where ended_at is null"
    assert rows(fresh / "data/heyi.sqlite3", open_) == [(1,)]


def test_nobody_is_added_under_the_key_of_another_installation(
    kept_once: Kept, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heyi(fresh, "restore", kept_once.backup)
    (fresh / "keys").mkdir()
    (fresh / "keys/master.key").write_bytes(bytes(32))
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    person = ("--phone", "13700139999", "--name", "何平", "--role", "legal", "--password-stdin")
    ran = heyi(fresh, "staff", "add", *person)
    assert_one_sentence(ran, 1, "nobody was added", "HEYI_KEYS")
