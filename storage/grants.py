"""Grants: who of the legal staff may open which case until when, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from sqlalchemy import insert, select

from cases.ids import CaseId, StaffId, new_id
from storage import tables as t
from storage.unit_of_work import Tx

GrantId = NewType("GrantId", str)


@dataclass(frozen=True, slots=True)
class Grant:
    id: GrantId
    staff: StaffId
    case: CaseId
    reason: str
    granted_at: datetime
    expires_at: datetime


def add(tx: Tx, staff: StaffId, case: CaseId, reason: str, expires_at: datetime) -> Grant:
    grant = Grant(GrantId(new_id()), staff, case, reason, tx.now, expires_at)
    tx.connection.execute(
        insert(t.grants).values(
            id=grant.id,
            staff_id=staff,
            case_id=case,
            reason=tx.columns.encrypt(reason),
            granted_at=grant.granted_at,
            expires_at=expires_at,
        )
    )
    return grant


def live(tx: Tx, staff: StaffId, case: CaseId, at: datetime) -> Grant | None:
    """Return the grant that lets `staff` open `case` at `at`: of several, the one that lasts longest."""
    g = t.grants.c
    query = (
        select(t.grants)
        .where(g.staff_id == staff, g.case_id == case, g.granted_at <= at, g.expires_at > at)
        .order_by(g.expires_at.desc(), g.id)
        .limit(1)
    )
    row = tx.connection.execute(query).one_or_none()
    if row is None:
        return None
    reason = tx.columns.decrypt(row.reason)
    return Grant(GrantId(row.id), staff, case, reason, row.granted_at, row.expires_at)
