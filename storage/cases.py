"""Cases and their parties: kept, listed, searched, numbered, closed."""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, false, func, insert, or_, select, update

from cases.clocks import SHANGHAI
from cases.errors import NotFound
from cases.ids import CaseId, PartyId, StaffId
from cases.model import Case, Dispute, Ground, Party, Role
from rooms.model import Room
from storage import tables as t
from storage.columns import folded
from storage.seats import add_room
from storage.terms import MAX_QUERY, terms_of, wanted_terms
from storage.unit_of_work import Tx

MAX_RESULTS: Final = 200
SALT_BYTES: Final = 32
FIRST_DAY: Final = date(1970, 1, 1)  # days outside are as good as no limit, and no error
LAST_DAY: Final = date(9998, 12, 31)


def add_case(tx: Tx, case: Case, room: Room) -> None:
    """Add a case with its parties and its first sitting (`storage.seats.add_room`)."""
    tx.connection.execute(
        insert(t.cases).values(
            id=case.id,
            number=case.number,
            title=tx.columns.encrypt(case.title),
            dispute=case.dispute.value,
            claimed_fen=case.claimed_fen,
            scheduled_at=case.scheduled_at,
            mediator_id=case.mediator,
            opened_at=case.opened_at,
            closed_at=case.closed_at,
            ground=case.ground and case.ground.value,
            salt=tx.columns.encrypt(secrets.token_hex(SALT_BYTES)),
        )
    )
    for position, party in enumerate(case.parties):
        _add_party(tx, case.id, position, party)
    add_room(tx, case, room)


def _add_party(tx: Tx, case_id: CaseId, position: int, party: Party) -> None:
    tx.connection.execute(
        insert(t.parties).values(
            id=party.id,
            case_id=case_id,
            position=position,
            role=party.role.value,
            name=tx.columns.encrypt(party.name),
            phone=tx.columns.encrypt(party.phone),
            phone_blind=tx.columns.blind(party.phone),
            organisation=tx.columns.encrypt(party.organisation),
        )
    )
    terms = [{"party_id": party.id, "term": term} for term in sorted(terms_of(party, tx.columns))]
    if terms:
        tx.connection.execute(insert(t.party_terms), terms)


def case(tx: Tx, id_: CaseId) -> Case:
    """Return a case with its parties; raise NotFound."""
    rows = tx.connection.execute(select(t.cases).where(t.cases.c.id == id_)).all()
    if not rows:
        raise NotFound(f"case {id_}")
    return _with_parties(tx, rows)[0]


def cases_of(tx: Tx, mediator: StaffId, query: str = "") -> tuple[Case, ...]:
    """Return a mediator's cases that match `query` (as in `search`), newest first, at most MAX_RESULTS."""
    return _newest(tx, t.cases.c.mediator_id == mediator, *_matching(tx, query))


def search(
    tx: Tx, query: str = "", from_date: date | None = None, to_date: date | None = None
) -> tuple[Case, ...]:
    """Return the cases that match, newest first, at most MAX_RESULTS; without any wish, none.

    `query` is a part of the number, the beginning of a party's name (2 characters or more), a part
    of an organisation's name, or a whole phone number. The dates (Asia/Shanghai, both included)
    are those of the appointed day or of the closing.
    """
    if not folded(query) and from_date is None and to_date is None:
        return ()
    return _newest(tx, *_matching(tx, query), *_between(from_date, to_date))


def next_number(tx: Tx, year: int, prefix: str) -> str:
    """Return the next number of a year, e.g. 〔2025〕云保调字第0127号 for 2025 and 云保调字."""
    counters = t.counters
    this = and_(counters.c.year == year, counters.c.prefix == prefix)
    raised = update(counters).where(this).values(value=counters.c.value + 1).returning(counters.c.value)
    value = tx.connection.execute(raised).scalar_one_or_none()
    if value is None:
        value = 1
        tx.connection.execute(insert(counters).values(year=year, prefix=prefix, value=value))
    return f"〔{year}〕{prefix}第{value:04d}号"


def close_case(tx: Tx, id_: CaseId, ground: Ground, at: datetime) -> None:
    """Close a case; one that is closed keeps its first ground and time. Raise NotFound."""
    query = (
        update(t.cases)
        .where(t.cases.c.id == id_, t.cases.c.closed_at.is_(None))
        .values(closed_at=at, ground=ground.value)
    )
    if tx.connection.execute(query).rowcount == 0:
        case(tx, id_)


def salt(tx: Tx, id_: CaseId) -> bytes:
    """Return the 32 random bytes under which `cases.audit.salted` hashes what belongs to this case."""
    token = tx.connection.execute(select(t.cases.c.salt).where(t.cases.c.id == id_)).scalar_one_or_none()
    if token is None:
        raise NotFound(f"case {id_}")
    return bytes.fromhex(tx.columns.decrypt(token))


def _newest(tx: Tx, *conditions: ColumnElement[bool]) -> tuple[Case, ...]:
    query = (
        select(t.cases)
        .where(*conditions)
        .order_by(t.cases.c.opened_at.desc(), t.cases.c.id.desc())
        .limit(MAX_RESULTS)
    )
    return _with_parties(tx, tx.connection.execute(query).all())


def _matching(tx: Tx, query: str) -> tuple[ColumnElement[bool], ...]:
    text = folded(query)[:MAX_QUERY]
    if not text:
        return ()
    return (
        or_(
            func.lower(t.cases.c.number).contains(text, autoescape=True),
            t.cases.c.id.in_(select(t.parties.c.case_id).where(_party_matches(tx, text))),
        ),
    )


def _party_matches(tx: Tx, text: str) -> ColumnElement[bool]:
    wanted = wanted_terms(text, tx.columns)
    if not wanted:
        return false()
    terms = t.party_terms.c
    has_all = (
        select(terms.party_id)
        .where(terms.term.in_(sorted(wanted)))
        .group_by(terms.party_id)
        .having(func.count() == len(wanted))
    )
    return or_(t.parties.c.id.in_(has_all), t.parties.c.phone_blind == tx.columns.blind(text))


def _between(from_date: date | None, to_date: date | None) -> tuple[ColumnElement[bool], ...]:
    if from_date is None and to_date is None:
        return ()
    first = _instant(max(from_date or FIRST_DAY, FIRST_DAY), time.min)
    last = _instant(min(to_date or LAST_DAY, LAST_DAY), time.max)
    days = (t.cases.c.scheduled_at, t.cases.c.closed_at)
    return (or_(*(day.between(first, last) for day in days)),)


def _instant(day: date, at: time) -> datetime:
    return datetime.combine(day, at, SHANGHAI).astimezone(UTC)


def _with_parties(tx: Tx, rows: Sequence[Row[Any]]) -> tuple[Case, ...]:
    ids = [row.id for row in rows]
    query = select(t.parties).where(t.parties.c.case_id.in_(ids)).order_by(t.parties.c.position)
    parties: defaultdict[str, list[Party]] = defaultdict(list)
    for row in tx.connection.execute(query):
        parties[row.case_id].append(_party(tx, row))
    return tuple(_case(tx, row, parties[row.id]) for row in rows)


def _party(tx: Tx, row: Row[Any]) -> Party:
    decrypt = tx.columns.decrypt
    return Party(
        PartyId(row.id), Role(row.role), decrypt(row.name), decrypt(row.phone), decrypt(row.organisation)
    )


def _case(tx: Tx, row: Row[Any], parties: list[Party]) -> Case:
    return Case(
        id=CaseId(row.id),
        number=row.number,
        title=tx.columns.decrypt(row.title),
        dispute=Dispute(row.dispute),
        claimed_fen=row.claimed_fen,
        scheduled_at=row.scheduled_at,
        mediator=StaffId(row.mediator_id),
        parties=tuple(parties),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        ground=Ground(row.ground) if row.ground else None,
    )


def number_taken(tx: Tx, number: str) -> bool:
    query = select(t.cases.c.id).where(t.cases.c.number == number)
    return tx.connection.execute(query).scalar_one_or_none() is not None


def case_by_number(tx: Tx, number: str) -> Case | None:
    found = tx.connection.execute(select(t.cases.c.id).where(t.cases.c.number == number)).scalar_one_or_none()
    return case(tx, CaseId(found)) if found is not None else None
