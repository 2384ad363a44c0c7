"""`heyi backup DIR`: one folder with the database and all objects, while the service runs.

Exit status: 0 the backup is whole, 1 it is kept and the service itself lacks something that is named,
2 no backup was made. The keys are never opened, and not in it.

The database comes first, as one consistent state, and the objects after it. An object is stored before
its row is committed and never deleted afterwards, so each row of the copy finds its object. The other
way round, a settlement that is signed meanwhile would be a row without its file. Objects that came
after the copy of the database are taken along: at the next start they are adopted or do no harm.

Copies of segments for players are not in it: they are as large as the recordings, and the service makes
them anew from these, with the same hashes.
"""

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cases.clocks import iso
from cases.errors import Broken
from cases.ids import ObjectId
from recordings.objects import sync_folder
from recordings.vault import object_files, place
from server.backup_manifest import DATABASE, OBJECTS, BackupManifest
from server.copying import FileSum, Unreadable, copy, sum_of, sync_tree
from server.settings import Settings
from server.stored_objects import flaws, is_cut_off
from storage.dialects import database_file, snapshot
from storage.inspection import Inspection, inspect

WHOLE, FLAWED, NOT_MADE = 0, 1, 2
UNFINISHED: Final = ".unfinished-"  # in the name of a backup that is being made, or was cut off


class NotMade(Exception):
    """There is no backup; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What was made. `growing` objects are being recorded; `flaws` are what the service itself lacks."""

    manifest: BackupManifest
    growing: int
    flaws: tuple[str, ...]


def run(settings: Settings, target: Path) -> int:
    """Make a backup and say what is in it and what is not; return the exit status."""
    try:
        made = back_up(settings, target)
    except NotMade as problem:
        sys.stderr.write(f"heyi: {problem}; no backup was made\n")
        return NOT_MADE
    except KeyboardInterrupt:
        sys.stderr.write("heyi: stopped; no backup was made\n")
        return NOT_MADE
    sys.stderr.writelines(f"heyi: {flaw}\n" for flaw in made.flaws)
    sys.stdout.write(_told(settings, target, made))
    return FLAWED if made.flaws else WHOLE


def back_up(settings: Settings, target: Path) -> Backup:
    """Make the folder `target` with everything in it, or nothing; raise NotMade."""
    source = _source(settings)
    _check_target(settings, target)
    try:
        unfinished = Path(tempfile.mkdtemp(prefix=f"{target.name}{UNFINISHED}", dir=target.parent))
    except OSError as error:
        raise NotMade(f"{target.parent} cannot be written ({error.strerror})") from error
    try:
        made = _filled(settings, source, unfinished)
        sync_tree(unfinished)
        unfinished.rename(target)  # an empty folder gives way, anything else does not
        sync_folder(target.parent)
    except Broken as error:
        raise NotMade(str(error)) from error
    except OSError as error:
        raise NotMade(f"{target} cannot be written ({error.strerror})") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return made


def _source(settings: Settings) -> Path:
    source = database_file(settings.database_url)
    if source is None:
        raise NotMade(
            'HEYI_DATABASE_URL names a server, which has tools of its own (docs/deployment.md, "PostgreSQL")'
        )
    if not source.is_file():
        raise NotMade(f"HEYI_DATA: there is no database {source}")
    return source


def _check_target(settings: Settings, target: Path) -> None:
    place_of_target = target.absolute().resolve()
    for folder in (settings.data, settings.keys):
        if place_of_target.is_relative_to(folder.absolute().resolve()):
            raise NotMade(f"{target} is inside {folder}: a backup belongs on another disk")
    if not target.parent.is_dir():
        raise NotMade(f"there is no folder {target.parent}")
    try:
        taken = target.exists() and any(target.iterdir())
    except OSError as error:
        raise NotMade(f"{target} cannot be used ({error.strerror})") from error
    if taken:
        raise NotMade(f"{target} is not empty: name a new folder for each backup")


def _filled(settings: Settings, source: Path, folder: Path) -> Backup:
    """Copy the database, then the objects; the manifest is last. Raise Broken or OSError."""
    made_at = iso(datetime.now(UTC))
    database = folder / DATABASE
    snapshot(source, database)
    database.chmod(0o600)
    found = inspect(f"sqlite:///{database}")
    files = {DATABASE: _synced(database)}
    objects, unread = _copied(settings.data / OBJECTS, folder / OBJECTS, found)
    files |= {f"{OBJECTS}/{place(id_)}": file for id_, file in objects.items()}
    manifest = BackupManifest(made_at, found.revision, files)
    manifest.write(folder)
    growing = sum(not named.ended for named in found.objects)
    lacking = flaws(found, objects.keys() | unread.keys())
    return Backup(manifest, growing, (*unread.values(), *lacking))


def _copied(
    source: Path, target: Path, found: Inspection
) -> tuple[dict[ObjectId, FileSum], dict[ObjectId, str]]:
    """Copy what can be read but for copies of segments; return it, and a sentence for each that cannot."""
    derived = {named.object for named in found.objects if named.kind == "copy"}
    closed = {named.object for named in found.objects if not is_cut_off(named)}
    copied: dict[ObjectId, FileSum] = {}
    unread: dict[ObjectId, str] = {}
    target.mkdir(mode=0o700)
    for object_id, path in object_files(source):
        if object_id in derived:
            continue
        copy_path = target / place(object_id)
        try:
            copied[object_id] = copy(path, copy_path, whole_records=object_id not in closed)
        except Unreadable as error:
            copy_path.unlink(missing_ok=True)
            if path.exists():  # the probe of the disk comes and goes
                unread[object_id] = f"object {object_id} cannot be read ({error})"
    return copied, unread


def _synced(database: Path) -> FileSum:
    with database.open("rb") as file:
        os.fsync(file.fileno())
    return sum_of(database)


def _told(settings: Settings, target: Path, made: Backup) -> str:
    manifest = made.manifest
    lines = [
        f"Backup {target}: {manifest.objects} objects, {manifest.size} bytes, schema {manifest.schema}.",
        f"SHA-256 of its manifest: {manifest.sha256}",
    ]
    if made.growing:
        lines.append(f"Being recorded, kept up to their last whole record: {made.growing}.")
    if made.flaws:
        lines.append("The backup is kept. It lacks what the service itself lacks (above).")
    lines.append(
        f"Not in it: the keys in {settings.keys} (master.key, authority). Nobody can read it without them: "
        "keep them on another backup."
    )
    return "\n".join(lines) + "\n"
