"""The audit chain: who did what, in order, so that a change or a hole shows.

A row's hash is SHA-256(previous hash ‖ canonical JSON of the row). A row holds ids, an action and a
salted digest, never a name and never content, so the chain can be kept longer than the case.

Canonical JSON is RFC 8785; for objects of ASCII keys whose values are strings, integers and null,
`json.dumps` with sorted keys and no spaces is exactly that, and nothing else is ever put in.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

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
    body = {
        "action": entry.action,
        "actor": entry.actor,
        "at": at,
        "chain": chain,
        "digest": entry.digest,
        "seq": seq,
        "subject": entry.subject,
    }
    return AuditEvent(
        chain,
        seq,
        at,
        entry.actor,
        entry.action,
        entry.subject,
        entry.digest,
        prev_hash,
        row_hash(prev_hash, body),
    )


def row_hash(prev_hash: str, body: Mapping[str, object]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(bytes.fromhex(prev_hash) + text.encode()).hexdigest()


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
        body = {k: v for k, v in asdict(row).items() if k not in {"prev_hash", "hash"}}
        if row.seq != length + 1 or row.prev_hash != prev or row_hash(prev, body) != row.hash:
            return ChainReport(length, prev, length + 1)
        prev, length = row.hash, row.seq
    return ChainReport(length, prev, None)


def salted(salt: bytes, *parts: str) -> str:
    """Return HMAC-SHA-256 of `parts` under a case's salt: comparable within the case, guessable by nobody."""
    text = "\x1f".join(parts)
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()
