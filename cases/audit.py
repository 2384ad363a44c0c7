"""The audit chain: who did what, in order, so that a change or a hole shows.

A row's hash is SHA-256(previous hash ‖ canonical JSON of the row). A row holds ids, an action and a
salted digest, never a name and never content, so the chain can be kept longer than the case.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from cases.canonical import canonical_json

GENESIS = "0" * 64
CENTRE_CHAIN = "centre"  # what belongs to no case: sign-ins, staff, keys


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What is to be recorded. `digest` is salted (`salted`) or the hash of a public document."""

    action: str  # noun:verb, e.g. room:caucus:open
    actor: str  # seat:<id>, party:<id>, staff:<id>, system
    subject: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    chain: str
    seq: int
    at: str
    actor: str
    action: str
    subject: str
    digest: str
    prev_hash: str
    hash: str


def chained(chain: str, seq: int, at: str, entry: AuditEntry, prev_hash: str) -> AuditEvent:
    """Return `entry` as the row `seq` (1, 2, …) of `chain` after `prev_hash` (64 hexadecimal digits)."""
    row = AuditEvent(
        chain, seq, at, entry.actor, entry.action, entry.subject, entry.digest, prev_hash, hash=""
    )
    return replace(row, hash=row_hash(row))


def row_hash(row: AuditEvent) -> str:
    """Return the hash that `row` has to carry: of the row before it, and of all its fields but the hashes."""
    body = {name: value for name, value in asdict(row).items() if name not in {"prev_hash", "hash"}}
    return hashlib.sha256(bytes.fromhex(row.prev_hash) + canonical_json(body)).hexdigest()


@dataclass(frozen=True, slots=True)
class ChainReport:
    """`broken_at` is the first row that does not fit, or None."""

    length: int
    head: str
    broken_at: int | None

    @property
    def whole(self) -> bool:
        return self.broken_at is None


def verify_chain(rows: Iterable[AuditEvent]) -> ChainReport:
    """Check order, links and hashes of one chain from its first row."""
    prev, length = GENESIS, 0
    for row in rows:
        if row.seq != length + 1 or row.prev_hash != prev or row_hash(row) != row.hash:
            return ChainReport(length, prev, length + 1)
        prev, length = row.hash, row.seq
    return ChainReport(length, prev, None)


def salted(salt: bytes, *parts: str) -> str:
    """Return HMAC-SHA-256 of `parts` under a case's salt: comparable within the case, guessable by nobody."""
    text = "\x1f".join(parts)
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()
