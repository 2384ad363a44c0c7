"""The types of columns."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Integer, String, Text, TypeDecorator
from sqlalchemy.engine import Dialect

from cases.clocks import from_iso, iso


class Instant(TypeDecorator[datetime]):
    """An aware datetime as ISO text of 27 characters."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else iso(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else from_iso(value)


Id: Final = String(64)
Word: Final = String(32)  # a role, a state, a kind
Sha256: Final = String(64)  # hexadecimal; also an HMAC-SHA-256 of a blind index
Cipher: Final = Text()  # what `ColumnCipher.encrypt` wrote
Serial: Final = BigInteger().with_variant(Integer(), "sqlite")
