"""The keys of an installation: one master key in the key folder, everything else derived from it."""

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from recordings.objects import sync_folder
from recordings.vault import object_files
from server.settings import Settings, SettingsError
from settlements.authority import FOLDER
from storage.dialects import database_file

KEY_BYTES: Final = 32
MASTER: Final = "master.key"


@dataclass(frozen=True, slots=True)
class Keys:
    """Derived keys, 32 bytes each. What losing the folder means stands in docs/deployment.md."""

    columns: bytes  # Fernet, URL-safe base64
    blind: bytes
    codes: bytes
    csrf: bytes
    objects: bytes  # key-encryption key of the vault
    addresses: bytes  # network addresses appear in rows only under this HMAC


def keys_of(settings: Settings) -> Keys:
    """Return the keys of an installation; raise SettingsError when they cannot be read.

    They are made on first use, and never where a database is already: it was written with others. Where the
    database is lost nothing is made either: an empty one in its place would look like a service that works.
    """
    file = database_file(settings.database_url)
    if file is not None and file.is_file():
        return existing_keys(settings.keys)
    if file is not None and (left := _left_without_database(settings)) is not None:
        raise SettingsError(
            f"HEYI_DATABASE_URL: {file} is not there, but {left} is: the database is lost, and no new one is made. "
            "See docs/recovery.md"
        )
    return open_keys(settings.keys)


def _left_without_database(settings: Settings) -> Path | None:
    """Return what an installation has only after its database; None on a new one."""
    objects = settings.data / "objects"
    if next(object_files(objects), None) is not None:
        return objects
    authority = settings.keys / FOLDER
    return authority if authority.is_dir() else None


def open_keys(folder: Path) -> Keys:
    """Return the keys in `folder`, made on first use; raise SettingsError when they cannot be read."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        master = _master(folder / MASTER)
    except OSError as error:
        raise SettingsError(f"HEYI_KEYS: {folder} cannot be used: {error.strerror}") from None
    return _keys(folder, master)


def existing_keys(folder: Path) -> Keys:
    """Return the keys in `folder`; raise SettingsError when there are none, or none that can be read."""
    try:
        return _keys(folder, (folder / MASTER).read_bytes())
    except OSError as error:
        raise SettingsError(f"HEYI_KEYS: {folder / MASTER} cannot be read ({error.strerror})") from None


def _keys(folder: Path, master: bytes) -> Keys:
    if len(master) != KEY_BYTES:
        raise SettingsError(f"HEYI_KEYS: {folder / MASTER} does not hold a key of {KEY_BYTES} bytes")
    return Keys(
        columns=base64.urlsafe_b64encode(_derive(master, b"columns")),
        blind=_derive(master, b"blind index"),
        codes=_derive(master, b"one-time codes"),
        csrf=_derive(master, b"csrf"),
        objects=_derive(master, b"objects"),
        addresses=_derive(master, b"addresses"),
    )


def _master(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    fresh = path.with_name(f".{MASTER}.{secrets.token_hex(4)}")
    with open(fresh, "xb", opener=lambda p, flags: os.open(p, flags, 0o600)) as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)  # the first of two processes wins, and both read the same key
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    sync_folder(path.parent)  # what is written from now on can be read with this key alone
    return path.read_bytes()


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, None, b"heyi 1 " + purpose).derive(master)
