"""Staff, their sessions, their failed sign-ins, and the one-use sign-in links of the demo."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, or_, select, update

from cases.errors import NotFound
from cases.ids import StaffId
from cases.model import Role, Staff
from storage import tables as t
from storage.unit_of_work import Tx

FAILURES_KEPT: Final = timedelta(days=1)


def add_staff(tx: Tx, staff: Staff, password_hash: str) -> None:
    """Add a member of staff. A phone that somebody has already is refused by the database (Broken)."""
    tx.connection.execute(
        insert(t.staff).values(
            id=staff.id,
            role=staff.role.value,
            name=tx.columns.encrypt(staff.name),
            phone=tx.columns.encrypt(staff.phone),
            phone_blind=tx.columns.blind(staff.phone),
            password_hash=password_hash,
            added_at=tx.now,
        )
    )


def staff(tx: Tx, id_: StaffId) -> Staff:
    """Return a member of staff; raise NotFound."""
    row = tx.connection.execute(select(t.staff).where(t.staff.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound(f"staff {id_}")
    return _staff(tx, row)


def staff_by_phone(tx: Tx, phone: str) -> tuple[Staff, str] | None:
    """Return who signs in with `phone` and the hash of their password."""
    query = select(t.staff).where(t.staff.c.phone_blind == tx.columns.blind(phone))
    row = tx.connection.execute(query).one_or_none()
    return None if row is None else (_staff(tx, row), row.password_hash)


def list_staff(tx: Tx) -> tuple[Staff, ...]:
    """Return everybody, first added first."""
    query = select(t.staff).order_by(t.staff.c.added_at, t.staff.c.id)
    return tuple(_staff(tx, row) for row in tx.connection.execute(query))


def _staff(tx: Tx, row: Row[Any]) -> Staff:
    return Staff(StaffId(row.id), Role(row.role), tx.columns.decrypt(row.name), tx.columns.decrypt(row.phone))


# Sessions.


def add_session(tx: Tx, staff_id: StaffId, secret_hash: str, expires_at: datetime) -> None:
    """Remember a session by the SHA-256 of its cookie (`cases.links.secret_hash`)."""
    tx.connection.execute(
        insert(t.staff_sessions).values(secret_hash=secret_hash, staff_id=staff_id, expires_at=expires_at)
    )


def session(tx: Tx, staff_id: StaffId, secret_hash: str) -> bool:
    """Say whether this session of this member of staff works now: known, not revoked, not expired."""
    s = t.staff_sessions.c
    query = select(s.secret_hash).where(
        s.secret_hash == secret_hash,
        s.staff_id == staff_id,
        s.revoked_at.is_(None),
        s.expires_at > tx.now,
    )
    return tx.connection.execute(query).one_or_none() is not None


def revoke_session(tx: Tx, staff_id: StaffId, secret_hash: str) -> None:
    """End one session at once; an unknown or ended one stays as it is."""
    s = t.staff_sessions.c
    tx.connection.execute(
        update(t.staff_sessions)
        .where(s.staff_id == staff_id, s.secret_hash == secret_hash, s.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )


def revoke_sessions(tx: Tx, staff_id: StaffId) -> None:
    """End every session of a member of staff."""
    s = t.staff_sessions.c
    tx.connection.execute(
        update(t.staff_sessions)
        .where(s.staff_id == staff_id, s.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )


# Failed sign-ins.


def note_failure(tx: Tx, *whose: str) -> None:
    """Remember a failed sign-in for a day, for each of `whose`.

    That is a phone (which may be nobody's), an address or a known browser, the last two by their hash.
    """
    failures = t.sign_in_failures
    tx.connection.execute(delete(failures).where(failures.c.at < tx.now - FAILURES_KEPT))
    for one in whose:
        tx.connection.execute(insert(failures).values(whose_blind=tx.columns.blind(one), at=tx.now))


def recent_failures(tx: Tx, whose: str, since: datetime) -> tuple[datetime, ...]:
    """Return when sign-ins failed for a phone, an address or a browser, oldest first."""
    failures = t.sign_in_failures.c
    query = (
        select(failures.at)
        .where(failures.whose_blind == tx.columns.blind(whose), failures.at >= since)
        .order_by(failures.at, failures.id)
    )
    return tuple(tx.connection.execute(query).scalars())


# Browsers that somebody signed in with.


def remember_browser(
    tx: Tx, staff_id: StaffId, secret_hash: str, expires_at: datetime, instead_of: str
) -> None:
    """Remember a browser by the SHA-256 of its cookie, `instead_of` that of its former one, if it had any."""
    known = t.known_browsers
    gone = or_(known.c.secret_hash == instead_of, known.c.expires_at <= tx.now)
    tx.connection.execute(delete(known).where(known.c.staff_id == staff_id, gone))
    tx.connection.execute(
        insert(known).values(secret_hash=secret_hash, staff_id=staff_id, expires_at=expires_at)
    )


def knows_browser(tx: Tx, staff_id: StaffId, secret_hash: str) -> bool:
    """Say whether this member of staff signed in with this browser before, and not too long ago."""
    known = t.known_browsers.c
    query = select(known.secret_hash).where(
        known.secret_hash == secret_hash, known.staff_id == staff_id, known.expires_at > tx.now
    )
    return tx.connection.execute(query).one_or_none() is not None


def forget_browsers(tx: Tx, staff_id: StaffId) -> None:
    """Forget every browser of a member of staff: one of them may be lost."""
    tx.connection.execute(delete(t.known_browsers).where(t.known_browsers.c.staff_id == staff_id))


# One-use sign-in links.


def add_ticket(tx: Tx, staff_id: StaffId, secret_hash: str, expires_at: datetime) -> None:
    tx.connection.execute(
        insert(t.tickets).values(secret_hash=secret_hash, staff_id=staff_id, expires_at=expires_at)
    )


def use_ticket(tx: Tx, secret_hash: str) -> StaffId | None:
    """Use a ticket up and return whose it was; None for one that is unknown, used or expired."""
    query = (
        update(t.tickets)
        .where(
            t.tickets.c.secret_hash == secret_hash,
            t.tickets.c.used_at.is_(None),
            t.tickets.c.expires_at > tx.now,
        )
        .values(used_at=tx.now)
        .returning(t.tickets.c.staff_id)
    )
    found = tx.connection.execute(query).scalar_one_or_none()
    return None if found is None else StaffId(found)


def last_session_ends(tx: Tx, staff_id: StaffId) -> datetime | None:
    """Return when the session that somebody began last expires, or did; None for who never signed in."""
    sessions = t.staff_sessions.c
    query = select(func.max(sessions.expires_at)).where(sessions.staff_id == staff_id)
    found: datetime | None = tx.connection.execute(query).scalar_one()
    return found


def live_sessions(tx: Tx, staff_id: StaffId) -> int:
    """Return how many browsers a member of staff is signed in with."""
    sessions = t.staff_sessions.c
    query = (
        select(func.count())
        .select_from(t.staff_sessions)
        .where(sessions.staff_id == staff_id, sessions.revoked_at.is_(None), sessions.expires_at > tx.now)
    )
    return int(tx.connection.execute(query).scalar_one())
