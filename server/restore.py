"""`heyi restore DIR`: puts a backup into an empty data folder, checked file by file.

Exit status: 0 restored and everything checked, 1 the backup is not what was made (nothing is restored),
or it is and the service lacked something then (restored, and named), 2 nothing could be done. The keys
are not needed for it.
"""

import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cases.errors import Broken
from cases.ids import ObjectId
from recordings.objects import sync_folder
from server.backup_manifest import DATABASE, MANIFEST, OBJECTS, BackupManifest, NotABackup, read_manifest
from server.copying import Unreadable, copy, sum_of, sync_tree
from server.settings import Settings
from server.stored_objects import flaws
from storage.dialects import database_file
from storage.inspection import Inspection, inspect
from storage.schema import known_revisions

RESTORED, NOT_WHOLE, NOT_DONE = 0, 1, 2
STAGED: Final = ".restoring"  # ends the names of what is not checked yet


class NotRestored(Exception):
    """Nothing was restored; the message is for the operator, `status` for programs."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Restored:
    manifest: BackupManifest
    found: Inspection
    flaws: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the database and the objects go. Each is staged beside its place, on the same disk."""

    database: Path
    objects: Path

    @property
    def staged(self) -> "_Places":
        return _Places(*(path.with_name(path.name + STAGED) for path in (self.database, self.objects)))

    def of(self, name: str) -> Path:
        """Return the place of a file of the backup."""
        return self.database if name == DATABASE else self.objects / name.removeprefix(f"{OBJECTS}/")

    def clear(self) -> None:
        with suppress(OSError):
            self.database.unlink(missing_ok=True)
        shutil.rmtree(self.objects, ignore_errors=True)


def run(settings: Settings, backup: Path) -> int:
    """Restore a backup and say what to do next; return the exit status."""
    try:
        done = restore(settings, backup)
    except NotRestored as problem:
        sys.stderr.write(f"heyi: {problem}; nothing was restored\n")
        return problem.status
    except KeyboardInterrupt:
        sys.stderr.write("heyi: stopped; nothing was restored\n")
        return NOT_DONE
    sys.stderr.writelines(f"heyi: {flaw}\n" for flaw in done.flaws)
    sys.stdout.write(_told(settings, done))
    return NOT_WHOLE if done.flaws else RESTORED


def restore(settings: Settings, backup: Path) -> Restored:
    """Put everything of `backup` into the empty data folder, or nothing; raise NotRestored."""
    manifest = _read(backup)
    places = _empty_places(settings)
    staged = places.staged
    try:
        _stage(backup, manifest, staged)
        done = _checked(manifest, staged)
        sync_tree(staged.objects)
        staged.objects.rename(places.objects)
        staged.database.rename(places.database)  # last: without it there is no installation
        for folder in {places.objects.parent, places.database.parent}:
            sync_folder(folder)
    except OSError as error:
        raise NotRestored(f"{settings.data} cannot be written ({error.strerror})", NOT_DONE) from error
    finally:
        staged.clear()
    return done


def _read(backup: Path) -> BackupManifest:
    if not backup.is_dir():
        raise NotRestored(f"there is no folder {backup}", NOT_DONE)
    try:
        manifest = read_manifest(backup)
    except NotABackup as problem:
        raise NotRestored(str(problem), NOT_WHOLE) from problem
    except OSError as error:
        raise NotRestored(f"{backup / MANIFEST} cannot be read ({error.strerror})", NOT_DONE) from error
    newest, *_ = known = known_revisions()
    if manifest.schema not in known:
        raise NotRestored(
            f"{backup} is of a newer version of Heyi (schema {manifest.schema}, this one knows up to "
            f"{newest}): install that version first",
            NOT_DONE,
        )
    return manifest


def _empty_places(settings: Settings) -> _Places:
    """Make the data folder, which has to be empty."""
    database = database_file(settings.database_url)
    if database is None:
        raise NotRestored(
            'HEYI_DATABASE_URL names a server, which has tools of its own (docs/deployment.md, "PostgreSQL")',
            NOT_DONE,
        )
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = next((p for p in (*settings.data.iterdir(), *_files_of(database)) if p.exists()), None)
    except OSError as error:
        raise NotRestored(
            f"HEYI_DATA: {settings.data} cannot be used ({error.strerror})", NOT_DONE
        ) from error
    if taken is not None:
        raise NotRestored(
            f"HEYI_DATA: {taken} is there already: move it away, or name an empty folder", NOT_DONE
        )
    return _Places(database, settings.data / OBJECTS)


def _files_of(database: Path) -> tuple[Path, ...]:
    return tuple(database.with_name(database.name + end) for end in ("", "-wal", "-shm", STAGED))


def _stage(backup: Path, manifest: BackupManifest, staged: _Places) -> None:
    """Copy each file and compare what is on the disk then; raise NotRestored or OSError."""
    staged.objects.mkdir(mode=0o700)
    for name, wanted in manifest.files.items():
        try:
            copy(backup / name, staged.of(name))
        except Unreadable as error:
            raise NotRestored(f"{backup / name} cannot be read ({error})", NOT_WHOLE) from error
        found = sum_of(staged.of(name))
        if found.size < wanted.size:
            raise NotRestored(f"{backup / name} was cut short", NOT_WHOLE)
        if found != wanted:
            raise NotRestored(f"{backup / name} was changed: its SHA-256 is another one", NOT_WHOLE)


def _checked(manifest: BackupManifest, staged: _Places) -> Restored:
    """Check chains and rows of the staged database against the staged objects."""
    try:
        found = inspect(f"sqlite:///{staged.database}")
    except Broken as error:
        raise NotRestored(str(error), NOT_WHOLE) from error
    present = {ObjectId(name.rpartition("/")[2]) for name in manifest.files if name != DATABASE}
    return Restored(manifest, found, tuple(flaws(found, present)))


def _told(settings: Settings, done: Restored) -> str:
    manifest, chains = done.manifest, done.found.chains
    rows = sum(report.length for report in chains.values())
    checked = (
        f"Checked: SHA-256 of each file, {len(chains)} audit chains of {rows} rows, an object for each row."
    )
    lines = [
        f"Restored to {settings.data}, as of {manifest.made_at}: {manifest.objects} objects, {manifest.size} bytes.",
        "Restored with what the service lacked already when the backup was made (above)."
        if done.flaws
        else checked,
        f"Next: put the keys of this installation (master.key, authority) into {settings.keys}, run "
        "`heyi audit verify`, and start the service.",
    ]
    return "\n".join(lines) + "\n"
