"""Rooms in their first state: who sits where. What happens in them is the journal's (`storage.rooms`)."""

from collections import defaultdict

from sqlalchemy import func, insert, select

from cases.ids import PartyId
from cases.model import Case, Role
from rooms.model import Room, Seat
from storage import tables as t
from storage.unit_of_work import Tx


def add_room(tx: Tx, case: Case, room: Room) -> None:
    """Add the next sitting of `case`, in its first state.

    The nth seat of a role is the nth party of that role; the mediator's is `case.mediator`'s. Raise
    ValueError for a seat that is nobody's, and for a room in which something has happened.
    """
    fresh = tuple(
        Seat(s.id, s.role, s.place, ready=s.ready, recorded=s.recorded, mic=s.mic, camera=s.camera)
        for s in room.seats
    )
    if room != Room(room.id, case.id, fresh):
        raise ValueError("a room is added before anything happens in it")
    sittings = select(func.coalesce(func.max(t.rooms.c.sitting), 0)).where(t.rooms.c.case_id == case.id)
    last = tx.connection.execute(sittings).scalar_one()
    tx.connection.execute(insert(t.rooms).values(id=room.id, case_id=case.id, sitting=last + 1))
    owners = _owners(case, room)
    tx.connection.execute(
        insert(t.seats),
        [
            {
                "id": seat.id,
                "room_id": room.id,
                "party_id": owners[position],
                "staff_id": case.mediator if seat.role is Role.MEDIATOR else None,
                "position": position,
                "role": seat.role.value,
                "place": seat.place,
                "ready": seat.ready,
                "recorded": seat.recorded,
                "mic": seat.mic,
                "camera": seat.camera,
            }
            for position, seat in enumerate(room.seats)
        ],
    )


def _owners(case: Case, room: Room) -> list[PartyId | None]:
    waiting: defaultdict[Role, list[PartyId]] = defaultdict(list)
    for party in case.parties:
        waiting[party.role].append(party.id)
    owners: list[PartyId | None] = []
    for seat in room.seats:
        if seat.role is Role.MEDIATOR:
            owners.append(None)
        elif waiting[seat.role]:
            owners.append(waiting[seat.role].pop(0))
        else:
            raise ValueError(f"seat {seat.id} is nobody's")
    return owners
