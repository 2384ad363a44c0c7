"""One unit of work: what a plain function sees of the database, and whether it may still commit."""

import threading
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from cases.audit import GENESIS, AuditEntry, chained
from cases.clocks import iso
from storage.columns import ColumnCipher
from storage.dialects import lock_chain
from storage.tables import audit


@dataclass(frozen=True, slots=True)
class Tx:
    """An open transaction. `now` (aware, UTC) is the one time of everything that happens in it."""

    connection: Connection
    columns: ColumnCipher
    now: datetime

    def audit(self, chain: str, entry: AuditEntry) -> None:
        """Append `entry` to `chain` (a case id, or `cases.audit.CENTRE_CHAIN`), in this very transaction."""
        lock_chain(self.connection, chain)
        last = self.connection.execute(
            select(audit.c.seq, audit.c.hash)
            .where(audit.c.chain == chain)
            .order_by(audit.c.seq.desc())
            .limit(1)
        ).one_or_none()
        seq, head = (last.seq, last.hash) if last is not None else (0, GENESIS)
        row = chained(chain, seq + 1, iso(self.now), entry, head)
        self.connection.execute(
            insert(audit).values(
                chain=row.chain,
                seq=row.seq,
                at=row.at,
                actor=row.actor,
                action=row.action,
                subject=row.subject,
                digest=row.digest,
                prev_hash=row.prev_hash,
                hash=row.hash,
            )
        )


class Permit:
    """Leave to commit, taken once: by the thread that commits, or back by the caller that stops waiting.

    Whoever comes second learns it, so nobody is told "failed" about something that commits later.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gone = False

    @property
    def gone(self) -> bool:
        return self._gone

    def take(self) -> bool:
        """Return True to the first who asks, and False to everybody after."""
        with self._lock:
            first, self._gone = not self._gone, True
            return first
