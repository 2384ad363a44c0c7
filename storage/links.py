"""Links of parties, browsers that were confirmed for a seat, and whose a seat is."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, insert, select, update

from cases.errors import NotFound
from cases.ids import CaseId, DeviceId, LinkId, PartyId, RoomId, SeatId, StaffId
from cases.links import Link
from storage import tables as t
from storage.unit_of_work import Tx


def issue(tx: Tx, link: Link) -> None:
    """Keep a new link; every older one of the party is revoked."""
    revoke(tx, link.party)
    tx.connection.execute(
        insert(t.links).values(
            id=link.id,
            case_id=link.case,
            party_id=link.party,
            secret_hash=link.secret_hash,
            issued_at=link.issued_at,
            expires_at=link.expires_at,
            revoked_at=link.revoked_at,
        )
    )


def by_secret_hash(tx: Tx, secret_hash: str) -> Link | None:
    """Return the link in whatever state it is (`cases.links.check_link` judges it)."""
    row = tx.connection.execute(select(t.links).where(t.links.c.secret_hash == secret_hash)).one_or_none()
    return None if row is None else _link(row)


def of_case(tx: Tx, case_id: CaseId) -> tuple[Link, ...]:
    """Return all links of a case, revoked ones too, newest first."""
    query = (
        select(t.links)
        .where(t.links.c.case_id == case_id)
        .order_by(t.links.c.issued_at.desc(), t.links.c.revoked_at.isnot(None), t.links.c.id)
    )
    return tuple(_link(row) for row in tx.connection.execute(query))


def revoke(tx: Tx, party: PartyId) -> None:
    """End every link of a party."""
    tx.connection.execute(
        update(t.links)
        .where(t.links.c.party_id == party, t.links.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )


def mark_used(tx: Tx, link: LinkId) -> None:
    """Note that a browser was confirmed through this link just now."""
    tx.connection.execute(update(t.links).where(t.links.c.id == link).values(used_at=tx.now))


def last_used(tx: Tx, case_id: CaseId) -> dict[LinkId, datetime]:
    """Return when each used link of a case was used last."""
    query = select(t.links.c.id, t.links.c.used_at).where(
        t.links.c.case_id == case_id, t.links.c.used_at.isnot(None)
    )
    return {LinkId(row.id): row.used_at for row in tx.connection.execute(query)}


def _link(row: Row[Any]) -> Link:
    return Link(
        LinkId(row.id),
        CaseId(row.case_id),
        PartyId(row.party_id),
        row.secret_hash,
        row.issued_at,
        row.expires_at,
        row.revoked_at,
    )


# Browsers.


def add_device(tx: Tx, device: DeviceId, seat: SeatId, secret_hash: str) -> None:
    """Remember a confirmed browser by the SHA-256 of its cookie."""
    tx.connection.execute(
        insert(t.devices).values(id=device, seat_id=seat, secret_hash=secret_hash, added_at=tx.now)
    )


def device(tx: Tx, seat: SeatId, secret_hash: str) -> DeviceId | None:
    """Return which confirmed browser of `seat` this is; None for a foreign or a revoked one."""
    query = select(t.devices.c.id).where(
        t.devices.c.seat_id == seat,
        t.devices.c.secret_hash == secret_hash,
        t.devices.c.revoked_at.is_(None),
    )
    found = tx.connection.execute(query).scalar_one_or_none()
    return None if found is None else DeviceId(found)


def revoke_devices(tx: Tx, seat: SeatId) -> None:
    tx.connection.execute(
        update(t.devices)
        .where(t.devices.c.seat_id == seat, t.devices.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )


# Seats.


class SeatOwner(NamedTuple):
    """Whose a seat is: a party's, or (the mediator's) a member of staff's."""

    case: CaseId
    party: PartyId | None
    staff: StaffId | None
    room: RoomId


def seat_owner(tx: Tx, seat: SeatId) -> SeatOwner:
    """Return the case, the person and the room of a seat; raise NotFound."""
    query = (
        select(t.rooms.c.case_id, t.seats.c.party_id, t.seats.c.staff_id, t.seats.c.room_id)
        .join_from(t.seats, t.rooms, t.rooms.c.id == t.seats.c.room_id)
        .where(t.seats.c.id == seat)
    )
    row = tx.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"seat {seat}")
    return SeatOwner(
        CaseId(row.case_id),
        row.party_id and PartyId(row.party_id),
        row.staff_id and StaffId(row.staff_id),
        RoomId(row.room_id),
    )


def seat_of_party(tx: Tx, party: PartyId) -> SeatId:
    """Return a party's seat in the newest sitting of its case; raise NotFound."""
    query = (
        select(t.seats.c.id)
        .join(t.rooms, t.rooms.c.id == t.seats.c.room_id)
        .where(t.seats.c.party_id == party)
        .order_by(t.rooms.c.sitting.desc())
        .limit(1)
    )
    found = tx.connection.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(f"party {party}")
    return SeatId(found)


def seats_of_staff(tx: Tx, staff: StaffId) -> tuple[tuple[RoomId, SeatId], ...]:
    """Return every seat that a member of staff has, with its room."""
    query = select(t.seats.c.room_id, t.seats.c.id).where(t.seats.c.staff_id == staff)
    return tuple((RoomId(row.room_id), SeatId(row.id)) for row in tx.connection.execute(query))


def seat_of_staff(tx: Tx, room: RoomId, staff: StaffId) -> SeatId:
    """Return the seat that a member of staff has in a room; raise NotFound."""
    query = select(t.seats.c.id).where(t.seats.c.room_id == room, t.seats.c.staff_id == staff)
    found = tx.connection.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(f"room {room}")
    return SeatId(found)
