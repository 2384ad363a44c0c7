"""One-time codes of a person (`party:<id>`, `staff:<id>`) and their wrong tries, as long as they count."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, insert, select, update

from cases.codes import Code, CodeHistory, CodePurpose
from cases.errors import NotFound
from storage import tables as t
from storage.unit_of_work import Tx

KEPT: Final = timedelta(days=1)


def put(tx: Tx, person: str, code: Code) -> None:
    """Keep a new code, and forget what this person did more than a day ago."""
    old = tx.now - KEPT
    tx.connection.execute(delete(t.codes).where(t.codes.c.person == person, t.codes.c.issued_at < old))
    tx.connection.execute(
        delete(t.failed_tries).where(t.failed_tries.c.person == person, t.failed_tries.c.at < old)
    )
    tx.connection.execute(
        insert(t.codes).values(
            person=person,
            purpose=code.purpose.value,
            binding=code.binding,
            mac=code.mac,
            issued_at=code.issued_at,
            tries=code.tries,
            used=code.used,
        )
    )


def forget(tx: Tx, person: str, mac: str) -> None:
    """Delete a code that nobody got."""
    tx.connection.execute(delete(t.codes).where(t.codes.c.person == person, t.codes.c.mac == mac))


def latest(tx: Tx, person: str, purpose: CodePurpose) -> Code | None:
    """Return the newest code of a person for a purpose: older ones no longer work."""
    found = _latest_id(tx, person, purpose)
    if found is None:
        return None
    row = tx.connection.execute(select(t.codes).where(t.codes.c.id == found)).one()
    return Code(CodePurpose(row.purpose), row.binding, row.mac, row.issued_at, row.tries, row.used)


def replace_latest(tx: Tx, person: str, code: Code) -> None:
    """Keep what became of the newest code after a try; raise NotFound when there is none."""
    found = _latest_id(tx, person, code.purpose)
    if found is None:
        raise NotFound("code")
    tx.connection.execute(
        update(t.codes).where(t.codes.c.id == found).values(tries=code.tries, used=code.used)
    )


def history(tx: Tx, person: str, purpose: CodePurpose) -> CodeHistory:
    """Return when codes for `purpose` were sent to a person, and tries were wrong, during the last day."""
    since = tx.now - KEPT
    issued = (
        select(t.codes.c.issued_at)
        .where(t.codes.c.person == person, t.codes.c.purpose == purpose.value, t.codes.c.issued_at >= since)
        .order_by(t.codes.c.issued_at, t.codes.c.id)
    )
    failed = (
        select(t.failed_tries.c.at)
        .where(
            t.failed_tries.c.person == person,
            t.failed_tries.c.purpose == purpose.value,
            t.failed_tries.c.at >= since,
        )
        .order_by(t.failed_tries.c.at, t.failed_tries.c.id)
    )
    return CodeHistory(
        tuple(tx.connection.execute(issued).scalars()), tuple(tx.connection.execute(failed).scalars())
    )


def note_failed_try(tx: Tx, person: str, purpose: CodePurpose) -> None:
    tx.connection.execute(insert(t.failed_tries).values(person=person, purpose=purpose.value, at=tx.now))


def _latest_id(tx: Tx, person: str, purpose: CodePurpose) -> int | None:
    query = (
        select(t.codes.c.id)
        .where(t.codes.c.person == person, t.codes.c.purpose == purpose.value)
        .order_by(t.codes.c.id.desc())
        .limit(1)
    )
    return tx.connection.execute(query).scalar_one_or_none()
