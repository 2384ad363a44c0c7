"""Copies files so that they are on the disk, and says on which side a copy failed. Everything here blocks."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recordings.objects import whole_length

CHUNK: Final = 1 << 20  # bytes


class Unreadable(Exception):
    """The file that is copied cannot be read; the message is the system's reason."""


@dataclass(frozen=True, slots=True)
class FileSum:
    """Length in bytes and SHA-256 (hexadecimal) of a file."""

    size: int
    sha256: str


def copy(source: Path, target: Path, *, whole_records: bool = False) -> FileSum:
    """Copy a file to a new one, readable by its owner alone; return the sum of the copy.

    With `whole_records`, an object of the vault is copied up to its last whole record. Raise Unreadable
    for the source, and OSError for the target.
    """
    try:
        reading = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Unreadable(error.strerror) from error
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(writing, "wb") as file:
            total, size = hashlib.sha256(), 0
            for part in _parts(reading, whole_records):
                file.write(part)
                total.update(part)
                size += len(part)
            file.flush()
            os.fsync(file.fileno())
    finally:
        os.close(reading)
    return FileSum(size, total.hexdigest())


def sum_of(path: Path) -> FileSum:
    """Return the sum of a file as it is on the disk now; raise OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return FileSum(file.tell(), digest.hexdigest())


def _parts(fd: int, whole_records: bool) -> Iterator[bytes]:
    try:
        rest = whole_length(fd) if whole_records else None
        while part := os.read(fd, CHUNK if rest is None else min(CHUNK, rest)):
            yield part
            rest = None if rest is None else rest - len(part)
    except OSError as error:
        raise Unreadable(error.strerror) from error


def sync_tree(folder: Path) -> None:
    """Put the names of everything below `folder` on the disk, which the files in it are already."""
    for path in (folder, *(p for p in folder.rglob("*") if p.is_dir())):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
