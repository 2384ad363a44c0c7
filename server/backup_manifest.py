"""The manifest of a backup: what has to be in it. It is written last, so that half a backup has none.

    {"files": {"database.sqlite3": {"sha256": …, "size": …}, "objects/3f/3f…": …},
     "format": "heyi-backup-1", "made_at": …, "schema": "0003", "sha256": of all the rest}

It is no protection from whoever can write to the backup: that is what the keys and chains are for. It
shows what a disk, a cut-off copy or a wrong hand did.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from cases.canonical import canonical_json
from server.copying import FileSum

FORMAT: Final = "heyi-backup-1"
MANIFEST: Final = "manifest.json"
DATABASE: Final = "database.sqlite3"
OBJECTS: Final = "objects"

_OBJECT: Final = re.compile(rf"{OBJECTS}/([0-9a-f]{{2}})/\1[0-9a-f]{{22}}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class NotABackup(Exception):
    """A manifest is missing, changed or of another kind; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """`files` by their paths in the backup, with slashes; `schema` is the revision of the database."""

    made_at: str
    schema: str
    files: Mapping[str, FileSum]

    @property
    def objects(self) -> int:
        return sum(name != DATABASE for name in self.files)

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files.values())

    @property
    def sha256(self) -> str:
        return hashlib.sha256(canonical_json(self._body())).hexdigest()

    def write(self, folder: Path) -> None:
        """Write it into a backup, whole and on the disk; raise OSError."""
        body = {**self._body(), "sha256": self.sha256}
        path = folder / MANIFEST
        with open(path, "x", opener=lambda p, flags: os.open(p, flags, 0o600), encoding="utf-8") as file:
            json.dump(body, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())

    def _body(self) -> dict[str, object]:
        files = {name: asdict(file) for name, file in self.files.items()}
        return {"format": FORMAT, "made_at": self.made_at, "schema": self.schema, "files": files}


def read_manifest(folder: Path) -> BackupManifest:
    """Return the manifest of a backup; raise NotABackup, or OSError when it cannot be read."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise NotABackup(f"{folder} has no {MANIFEST}: it is no backup, or half of one") from None
    except ValueError:
        raise NotABackup(f"the {MANIFEST} of {folder} was changed or cut short") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise NotABackup(f"{folder} is no backup of the kind {FORMAT}")
    manifest = _manifest(found)
    if manifest is None or found.get("sha256") != manifest.sha256:
        raise NotABackup(f"the {MANIFEST} of {folder} was changed or cut short")
    return manifest


def _manifest(found: dict[str, Any]) -> BackupManifest | None:
    """Return a manifest that names nothing outside of its backup; None when it is not as we write it."""
    try:
        files = {str(n): FileSum(int(f["size"]), str(f["sha256"])) for n, f in found["files"].items()}
        manifest = BackupManifest(str(found["made_at"]), str(found["schema"]), files)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    named = all(name == DATABASE or _OBJECT.fullmatch(name) for name in files)
    summed = all(_SHA256.fullmatch(file.sha256) for file in files.values())
    return manifest if named and summed and DATABASE in files else None
