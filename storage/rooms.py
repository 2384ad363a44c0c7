"""Rooms: a first state (`storage.seats`) and a journal of what followed, from which they are rebuilt."""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import reduce

from sqlalchemy import func, insert, select, update

from cases.errors import NotFound
from cases.ids import CaseId, RoomId, SeatId
from cases.model import Role
from rooms.events import Event, SessionClosed, SessionOpened, audit_entry, decode, encode
from rooms.model import Room, Seat
from rooms.views import Name
from storage import tables as t
from storage.cases import close_case
from storage.unit_of_work import Tx


def room(tx: Tx, id_: RoomId) -> Room:
    """Return a room as it is after everything in its journal; raise NotFound."""
    case_id = _case_of(tx, id_)
    query = select(t.seats).where(t.seats.c.room_id == id_).order_by(t.seats.c.position)
    seats = tuple(
        Seat(
            SeatId(row.id),
            Role(row.role),
            row.place,
            ready=row.ready,
            recorded=row.recorded,
            mic=row.mic,
            camera=row.camera,
        )
        for row in tx.connection.execute(query)
    )
    return reduce(Room.after, (event for _, event in _journal(tx, id_)), Room(id_, case_id, seats))


def room_of_case(tx: Tx, case_id: CaseId) -> RoomId:
    """Return the newest sitting of a case; raise NotFound."""
    rooms = rooms_of_case(tx, case_id)
    if not rooms:
        raise NotFound(f"case {case_id}")
    return rooms[-1]


def rooms_of_case(tx: Tx, case_id: CaseId) -> tuple[RoomId, ...]:
    """Return all sittings of a case, first to last."""
    query = select(t.rooms.c.id).where(t.rooms.c.case_id == case_id).order_by(t.rooms.c.sitting)
    return tuple(RoomId(id_) for id_ in tx.connection.execute(query).scalars())


def unfinished(tx: Tx) -> tuple[RoomId, ...]:
    """Return every room that is not closed."""
    query = select(t.rooms.c.id).where(t.rooms.c.closed_at.is_(None)).order_by(t.rooms.c.id)
    return tuple(RoomId(id_) for id_ in tx.connection.execute(query).scalars())


def names(tx: Tx, id_: RoomId) -> dict[SeatId, Name]:
    """Return how each seat of a room is called; raise NotFound."""
    _case_of(tx, id_)
    query = (
        select(
            t.seats.c.id,
            func.coalesce(t.parties.c.name, t.staff.c.name).label("name"),
            t.parties.c.organisation,
        )
        .outerjoin(t.parties, t.parties.c.id == t.seats.c.party_id)
        .outerjoin(t.staff, t.staff.c.id == t.seats.c.staff_id)
        .where(t.seats.c.room_id == id_)
        .order_by(t.seats.c.position)
    )
    decrypt = tx.columns.decrypt
    return {
        SeatId(row.id): Name(decrypt(row.name), decrypt(row.organisation) if row.organisation else "")
        for row in tx.connection.execute(query)
    }


def append(tx: Tx, id_: RoomId, events: Iterable[Event], by_case: CaseId) -> None:
    """Write what has happened: the journal, the audit of the case, and what other tables say of it.

    Raise NotFound when the room is not one of the case `by_case`.
    """
    if _case_of(tx, id_) != by_case:
        raise NotFound(f"room {id_}")
    last = select(func.coalesce(func.max(t.journal.c.seq), 0)).where(t.journal.c.room_id == id_)
    first = tx.connection.execute(last).scalar_one() + 1
    for seq, event in enumerate(events, first):
        payload = tx.columns.encrypt(json.dumps(encode(event), ensure_ascii=False))
        tx.connection.execute(insert(t.journal).values(room_id=id_, seq=seq, at=tx.now, payload=payload))
        entry = audit_entry(event)
        if entry is not None:
            tx.audit(by_case, entry)
        _project(tx, id_, by_case, event)


def journal(tx: Tx, id_: RoomId) -> tuple[tuple[datetime, Event], ...]:
    """Return everything that happened in a room, and when it was written down; raise NotFound."""
    _case_of(tx, id_)
    return _journal(tx, id_)


def _project(tx: Tx, id_: RoomId, case_id: CaseId, event: Event) -> None:
    of_this = update(t.rooms).where(t.rooms.c.id == id_)
    if isinstance(event, SessionOpened):
        tx.connection.execute(of_this.values(opened_at=event.at))
    elif isinstance(event, SessionClosed):
        tx.connection.execute(of_this.values(closed_at=event.at))
        close_case(tx, case_id, event.ground, event.at)


def _journal(tx: Tx, id_: RoomId) -> tuple[tuple[datetime, Event], ...]:
    query = (
        select(t.journal.c.at, t.journal.c.payload)
        .where(t.journal.c.room_id == id_)
        .order_by(t.journal.c.seq)
    )
    return tuple(
        (row.at, decode(json.loads(tx.columns.decrypt(row.payload)))) for row in tx.connection.execute(query)
    )


def _case_of(tx: Tx, id_: RoomId) -> CaseId:
    found = tx.connection.execute(select(t.rooms.c.case_id).where(t.rooms.c.id == id_)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"room {id_}")
    return CaseId(found)
