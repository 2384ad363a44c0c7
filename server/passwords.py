"""Staff passwords: Argon2id in a thread, at most two at a time (each takes 64 MiB)."""

import asyncio
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

MIN_LENGTH: Final = 10
AT_ONCE: Final = 2

_HASHER: Final = PasswordHasher()


class Passwords:
    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def fits(self, hashed: str | None, password: str) -> bool:
        """Compare; without a hash take as long as with one, so that nobody learns who works here."""
        async with self._turn:
            fits = await asyncio.to_thread(_fits, hashed or _nobody(), password)
        return fits and hashed is not None


def hash_password(password: str) -> str:
    """Return the Argon2id hash; raise ValueError for a password that is too short."""
    if len(password) < MIN_LENGTH:
        raise ValueError(f"a password has at least {MIN_LENGTH} characters")
    return _HASHER.hash(password)


def _fits(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")
