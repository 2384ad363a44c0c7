"""Reading the audit chains. Rows are appended by `Tx.audit`, in the transaction of what they tell of."""

from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, select

from cases.audit import AuditEntry, AuditEvent, ChainReport, verify_chain
from cases.clocks import iso
from storage import tables as t
from storage.unit_of_work import Tx

_COLUMNS = tuple(t.audit.c[field.name] for field in fields(AuditEvent))


def has(tx: Tx, chain: str, entry: AuditEntry, since: datetime) -> bool:
    """Say whether this action, actor and subject stand in `chain` since a time (aware)."""
    a = t.audit.c
    query = select(a.seq).where(
        a.chain == chain,
        a.action == entry.action,
        a.actor == entry.actor,
        a.subject == entry.subject,
        a.at >= iso(since),
    )
    return tx.connection.execute(query.limit(1)).one_or_none() is not None


def chain(tx: Tx, chain: str) -> tuple[AuditEvent, ...]:
    """Return the rows of `chain` (a case id, or `cases.audit.CENTRE_CHAIN`), first to last."""
    query = select(*_COLUMNS).where(t.audit.c.chain == chain).order_by(t.audit.c.seq)
    return tuple(AuditEvent(*row) for row in tx.connection.execute(query))


def verify(tx: Tx, chain: str) -> ChainReport:
    """Check one chain row by row as it is read; a chain without rows is whole and of length 0."""
    return verify_on(tx.connection, chain)


def verify_on(connection: Connection, chain: str) -> ChainReport:
    """Check one chain as `verify` does. Nothing in it is encrypted, so that it needs no key."""
    query = select(*_COLUMNS).where(t.audit.c.chain == chain).order_by(t.audit.c.seq)
    return verify_chain(AuditEvent(*row) for row in connection.execute(query))
