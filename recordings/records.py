"""The format of an object at rest: a header with a wrapped key, then encrypted records.

    object  = header, record 0 (about the object, no part of its content), record 1, 2, …
    header  = magic, version, object id (12), key id (8), nonce (12), wrapped data key (48)
    record  = u32 length, its top bit set on the last one; AES-256-GCM ciphertext, tag (16)

The data key, fresh for each object, is wrapped by the installation's key (AES-256-GCM; what stands
before the nonce is authenticated). A record's nonce and associated data carry its number and whether it
is the last, the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): records cannot be
swapped, repeated or dropped, and an object that was closed cannot be cut short unseen, while one whose
writer was killed reads up to its last whole record.
"""

import hashlib
import secrets
import struct
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cases.errors import Broken
from cases.ids import ObjectId

KEY_BYTES: Final = 32
TAG_BYTES: Final = 16
LENGTH: Final = struct.Struct(">I")
LAST_BIT: Final = 0x8000_0000
MOST_PLAIN: Final = 16 * 2**20  # bytes of one record; a longer one is damage, not a reason to use memory

_MAGIC: Final = b"HEYIOBJ\x01"  # the last byte is the version
_BOUND: Final = struct.Struct(">8s12s8s")  # magic and version, object id, key id
_NONCE_BYTES: Final = 12
HEADER_BYTES: Final = _BOUND.size + _NONCE_BYTES + KEY_BYTES + TAG_BYTES


class VaultError(Broken):
    """An object cannot be read or written."""


class Missing(VaultError):
    """There is no such object."""


class Foreign(VaultError):
    """Not an object of this vault: another format, another version, or another installation's key."""


class Damaged(VaultError):
    """The object is not what was written: changed, cut short, or mixed with another."""


class Sealer:
    """Encrypts and decrypts the records of one object under its data key."""

    def __init__(self, data_key: bytes) -> None:
        self._cipher = AESGCM(data_key)

    def seal(self, number: int, plain: bytes, *, last: bool) -> bytes:
        """Return a whole record, its length in front. No number may be sealed twice."""
        nonce, bound = _position(number, last)
        sealed = self._cipher.encrypt(nonce, plain, bound)
        return LENGTH.pack(len(sealed) | (LAST_BIT if last else 0)) + sealed

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        """Return the plaintext of a record without its length; raise Damaged."""
        nonce, bound = _position(number, last)
        try:
            return self._cipher.decrypt(nonce, sealed, bound)
        except InvalidTag as error:
            raise Damaged(f"record {number} was changed") from error


def fresh_header(master: bytes, object_id: ObjectId) -> tuple[bytes, Sealer]:
    """Return the header of a new object, and what seals its records."""
    data_key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
    bound = _BOUND.pack(_MAGIC, bytes.fromhex(object_id), _key_id(master))
    return bound + nonce + AESGCM(master).encrypt(nonce, data_key, bound), Sealer(data_key)


def open_header(master: bytes, object_id: ObjectId, header: bytes) -> Sealer:
    """Return what opens the records of an object; raise Foreign or Damaged."""
    if len(header) < HEADER_BYTES:
        raise Damaged("the header was cut short")
    bound, nonce = header[: _BOUND.size], header[_BOUND.size : _BOUND.size + _NONCE_BYTES]
    magic, name, key_id = _BOUND.unpack(bound)
    if magic != _MAGIC:
        raise Foreign("not an object of this format and version")
    if key_id != _key_id(master):
        raise Foreign("sealed under another installation's key")
    if name.hex() != object_id:
        raise Damaged("an object under another object's name")
    try:
        return Sealer(AESGCM(master).decrypt(nonce, header[_BOUND.size + _NONCE_BYTES :], bound))
    except InvalidTag as error:
        raise Damaged("the header was changed") from error


def _position(number: int, last: bool) -> tuple[bytes, bytes]:
    """Return nonce (12 bytes) and associated data of a record."""
    place = struct.pack(">QB", number, last)
    return bytes(3) + place, place


def _key_id(master: bytes) -> bytes:
    return hashlib.sha256(b"heyi vault key\x00" + master).digest()[:8]
