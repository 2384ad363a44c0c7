"""Columns that a stolen database file does not betray: encrypted text, and keyed hashes to find it by."""

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from cases.errors import Broken

MIN_BLIND_KEY_BYTES: Final = 32


class ColumnCipher:
    """Encrypts with the first of `keys` (Fernet keys, URL-safe base64), decrypts with any of them.

    A new key is put in front; the old ones stay for as long as rows are left that they wrote.
    `blind_key` (at least 32 random bytes) never changes: every blind index would have to be rebuilt.
    """

    def __init__(self, keys: Sequence[bytes], blind_key: bytes) -> None:
        if len(blind_key) < MIN_BLIND_KEY_BYTES:
            raise ValueError(f"the blind key has fewer than {MIN_BLIND_KEY_BYTES} bytes")
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._blind_key = blind_key

    def encrypt(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """Return the text of `token`; raise Broken when no key fits or the token was changed."""
        try:
            return self._fernet.decrypt(token).decode()
        except InvalidToken:
            raise Broken("a column cannot be decrypted: the key is missing or the row was changed") from None

    def fits(self, token: str) -> bool:
        """Say whether one of our keys decrypts `token`."""
        try:
            self._fernet.decrypt(token)
        except InvalidToken:
            return False
        return True

    def blind(self, text: str) -> str:
        """Return HMAC-SHA-256 (hexadecimal) of `folded(text)`: equal for equal texts."""
        return hmac.new(self._blind_key, folded(text).encode(), hashlib.sha256).hexdigest()


def folded(text: str) -> str:
    """Return `text` as it is compared: NFKC, without case, spaces and what cannot be printed."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in plain if c.isprintable() and not c.isspace())
