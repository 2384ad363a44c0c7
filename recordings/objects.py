"""One object of the vault: the writer that appends its records, the reader that finds them again."""

import hashlib
import os
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Self

from cases.ids import ObjectId
from recordings.records import (
    HEADER_BYTES,
    LAST_BIT,
    LENGTH,
    MOST_PLAIN,
    TAG_BYTES,
    Damaged,
    Missing,
    Sealer,
    VaultError,
    open_header,
)

SYNC_EVERY: Final = 5.0  # seconds; for power loss only, a killed process loses nothing that was written
NEW: Final = ".new"  # ends the name of a file that is not an object yet


class Sum(NamedTuple):
    """SHA-256 (hexadecimal) and length in bytes of an object's content."""

    sha256: str
    size: int


class ObjectWriter:
    """Appends records to one object. After an error only `abandon` may be called."""

    def __init__(
        self, path: Path, header: bytes, sealer: Sealer, about: bytes, monotonic: Callable[[], float]
    ) -> None:
        self._path = path
        self._sealer = sealer
        self._monotonic = monotonic
        self._number = 0
        self._hash = hashlib.sha256()
        self._size = 0
        self._synced_at = monotonic()
        self._fd = os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._length = 0  # of whole records in the file
        try:
            self._write(header + self._seal(about, last=False))
        except VaultError:
            self.abandon()
            raise

    @property
    def sum(self) -> Sum:
        """Hash and size of what has been written so far."""
        return Sum(self._hash.hexdigest(), self._size)

    def publish(self) -> None:
        """Give the object its name; what is in it is on the disk when this returns.

        Where the disk does not keep the name, there is no object: its row will say so.
        """
        try:
            if self._fd >= 0:
                os.fdatasync(self._fd)
            self._new.rename(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            raise VaultError("an object cannot be created") from error

    def append(self, plain: bytes) -> None:
        """Write one record; on an error the file is cut back to whole records, and VaultError raised."""
        if not 0 < len(plain) <= MOST_PLAIN:
            raise ValueError("a record has 1 byte to 16 MiB")
        self._write(self._seal(plain, last=False))
        self._hash.update(plain)
        self._size += len(plain)
        if self._monotonic() - self._synced_at >= SYNC_EVERY:
            self._sync()

    def close(self) -> Sum:
        """Write the last record, after which a truncation shows; return the sum of the content."""
        self._write(self._seal(b"", last=True))
        self._sync()
        os.close(self._fd)
        self._fd = -1
        return self.sum

    def abandon(self) -> None:
        """Let go without a last record. A file that has no name yet is deleted."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._new.unlink(missing_ok=True)

    @property
    def _new(self) -> Path:
        return self._path.with_name(self._path.name + NEW)

    def _seal(self, plain: bytes, *, last: bool) -> bytes:
        record = self._sealer.seal(self._number, plain, last=last)
        self._number += 1
        return record

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._fd, self._length)
            raise VaultError("the disk refuses a record") from error
        self._length += len(data)

    def _sync(self) -> None:
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            raise VaultError("the disk does not keep what was written") from error
        self._synced_at = self._monotonic()


class ObjectReader:
    """One object as it was when it was opened. Close it, or use it as a context manager.

    `size` is the length of the content in bytes, `closed` says whether its writer ended it, `about` is
    what was said of it when it was created. All reading raises Damaged.
    """

    def __init__(self, path: Path, object_id: ObjectId, key: bytes) -> None:
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise Missing("no such object") from error
        except OSError as error:
            raise VaultError("the object cannot be opened") from error
        try:
            self._sealer = open_header(key, object_id, _pread(self._fd, HEADER_BYTES, 0))
            self._offsets: list[int] = []  # in the file, of each record's ciphertext
            self._lengths: list[int] = []  # of each record's plaintext
            self.closed = self._scan()
            if not self._offsets:
                raise Damaged("the object was cut short")
            self.about = self._record(0)
        except BaseException:
            self.close()
            raise
        self._starts = [0]  # in the content, of record 1, 2, …, and the end
        for length in self._lengths[1:]:
            self._starts.append(self._starts[-1] + length)
        self.size = self._starts[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def read(self, start: int, end: int) -> bytes:
        """Return the content from `start` up to `end` (exclusive), bytes."""
        if not 0 <= start <= end:
            raise ValueError("a range runs forwards")
        if end > self.size:
            raise Damaged("the object is shorter than its range")
        if start == end:
            return b""
        first, beyond = bisect_right(self._starts, start), bisect_right(self._starts, end - 1) + 1
        base = self._starts[first - 1]
        return b"".join(self._record(number) for number in range(first, beyond))[start - base : end - base]

    def records(self) -> Iterator[bytes]:
        """Return the content, record by record as it was appended."""
        for number in range(1, len(self._offsets)):
            plain = self._record(number)
            if plain:
                yield plain

    def sha256(self) -> str:
        """Return the SHA-256 (hexadecimal) of the content, without holding it in memory."""
        total = hashlib.sha256()
        for plain in self.records():
            total.update(plain)
        return total.hexdigest()

    def _scan(self) -> bool:
        """Find the whole records; say whether the last one is marked as such."""
        for offset, sealed, last in _whole_records(self._fd):
            self._offsets.append(offset)
            self._lengths.append(sealed - TAG_BYTES)
            if last:
                self._record(len(self._offsets) - 1, last=True)
                if offset + sealed != os.fstat(self._fd).st_size:
                    raise Damaged("something stands after the last record")
                return True
        return False

    def _record(self, number: int, *, last: bool | None = None) -> bytes:
        if last is None:
            last = self.closed and number == len(self._offsets) - 1
        sealed = _pread(self._fd, self._lengths[number] + TAG_BYTES, self._offsets[number])
        return self._sealer.open(number, sealed, last=last)


def _pread(fd: int, size: int, offset: int) -> bytes:
    """Return what stands in the file; what the disk does not give back is damage like any other."""
    try:
        return os.pread(fd, size, offset)
    except OSError as error:
        raise Damaged("the disk does not give a record back") from error


def whole_length(fd: int) -> int:
    """Return how many bytes of an object's file its whole records take, header included. Needs no key.

    What follows is a record that is being written, or that its killed writer did not finish.
    """
    end = min(HEADER_BYTES, os.fstat(fd).st_size)
    for offset, sealed, _last in _whole_records(fd):
        end = offset + sealed
    return end


def _whole_records(fd: int) -> Iterator[tuple[int, int, bool]]:
    """Return where each ciphertext begins in the file, its length, and whether it is marked as the last."""
    end, offset, last = os.fstat(fd).st_size, HEADER_BYTES, False
    while not last and offset + LENGTH.size <= end:
        (word,) = LENGTH.unpack(_pread(fd, LENGTH.size, offset))
        sealed, last = word & ~LAST_BIT, bool(word & LAST_BIT)
        offset += LENGTH.size
        if not TAG_BYTES <= sealed <= MOST_PLAIN + TAG_BYTES or offset + sealed > end:
            return
        yield offset, sealed, last
        offset += sealed


def sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
