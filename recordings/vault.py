"""Objects at rest in a folder: written once, record by record, and read by ranges.

Everything here blocks and belongs to a thread. An object appears under its name with a whole header or
not at all; deleting it deletes the only copy of its key. See `recordings.records` for the format.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from cases.ids import ObjectId, new_id
from recordings.objects import NEW, ObjectReader, ObjectWriter, Sum, sync_folder
from recordings.records import KEY_BYTES, Damaged, Missing, VaultError, fresh_header

PUT_RECORD: Final = 256 * 2**10  # bytes of a record of an object that is written at once

_NAME: Final = re.compile(r"[0-9a-f]{24}")


class Vault:
    """The objects of one installation, sealed under `key` (32 bytes)."""

    def __init__(self, folder: Path, key: bytes, monotonic: Callable[[], float] = time.monotonic) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("the vault's key has 32 bytes")
        self._folder = folder
        self._key = key
        self._monotonic = monotonic

    def create(self, object_id: ObjectId, about: bytes = b"") -> ObjectWriter:
        """Begin an object that grows; `about` is encrypted beside its content. Raise VaultError."""
        writer = self._writer(object_id, about)
        try:
            writer.publish()
        except VaultError:
            writer.abandon()
            raise
        return writer

    def put(self, content: bytes, about: bytes = b"") -> ObjectId:
        """Store a whole object at once: after a crash it is there in full or not at all."""
        object_id = ObjectId(new_id())
        parts = (content[start : start + PUT_RECORD] for start in range(0, len(content), PUT_RECORD))
        self.store(object_id, parts, about)
        return object_id

    def store(self, object_id: ObjectId, parts: Iterable[bytes], about: bytes = b"") -> Sum:
        """Store a whole object, a record a part; return the sum of its content. Raise VaultError.

        It has its name when all of it is on the disk. What `parts` raises goes on, and nothing is left.
        """
        writer = self._writer(object_id, about)
        try:
            for part in parts:
                writer.append(part)
            total = writer.close()
            writer.publish()
        except BaseException:
            writer.abandon()
            raise
        return total

    def has(self, object_id: ObjectId) -> bool:
        """Say whether there is a file of this object; what is in it is not looked at."""
        return self._path(object_id).is_file()

    def open(self, object_id: ObjectId, *, unfinished: bool = False) -> ObjectReader:
        """Open an object for reading; raise Missing, Foreign or Damaged.

        An object without its last record is damaged unless `unfinished`: one that is being written, or
        whose writer was killed.
        """
        reader = ObjectReader(self._path(object_id), object_id, self._key)
        if not reader.closed and not unfinished:
            reader.close()
            raise Damaged("the object was cut short")
        return reader

    def objects(self) -> Iterator[ObjectId]:
        """Return the ids of all objects, in no order."""
        return (object_id for object_id, _path in object_files(self._folder))

    def delete(self, object_id: ObjectId) -> None:
        """Delete an object, and with it its key; raise Missing."""
        path = self._path(object_id)
        try:
            path.unlink()
            sync_folder(path.parent)
        except FileNotFoundError as error:
            raise Missing("no such object") from error
        except OSError as error:
            raise VaultError("the object cannot be deleted") from error

    def sweep(self) -> int:
        """Delete what a killed process left half made, before any writer runs; return how many."""
        left = [path for path in self._folder.glob(f"??/*{NEW}") if path.is_file()]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _writer(self, object_id: ObjectId, about: bytes) -> ObjectWriter:
        path = self._path(object_id)
        header, sealer = fresh_header(self._key, object_id)
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_folder(self._folder)
                sync_folder(self._folder.parent)  # which has it since the first object
            return ObjectWriter(path, header, sealer, about, self._monotonic)
        except OSError as error:
            raise VaultError("an object cannot be created") from error

    def _path(self, object_id: ObjectId) -> Path:
        if not _NAME.fullmatch(object_id):
            raise Missing("no such object")
        return self._folder / place(object_id)


def place(object_id: ObjectId) -> str:
    """Return the path of an object's file in the folder of a vault."""
    return f"{object_id[:2]}/{object_id}"


def object_files(folder: Path) -> Iterator[tuple[ObjectId, Path]]:
    """Return every object in the folder of a vault with its file, in no order. Needs no key."""
    for path in folder.glob("??/*"):
        if _NAME.fullmatch(path.name):
            yield ObjectId(path.name), path
