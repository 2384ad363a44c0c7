from collections.abc import Callable
from functools import reduce

import pytest
from cryptography.fernet import Fernet

from cases.audit import AuditEvent
from cases.errors import Broken, NotFound
from cases.ids import CaseId, CaucusId, DeviceId, RoomId, SeatId, new_id
from cases.model import Case, Ground, Role, Side
from rooms import commands as c
from rooms.events import CaucusOpened, MicSet, SessionClosed
from rooms.model import Room, Seat
from rooms.views import Name
from storage import audit, cases, links, rooms, staff
from storage.columns import ColumnCipher
from storage.database import Database
from storage.seats import add_room
from storage.unit_of_work import Tx
from tests.builders.cases import (
    CONSUMER_NAME,
    INSURER_NAME,
    INSURER_ORGANISATION,
    MEDIATOR_NAME,
    NOON,
    Sample,
    a_sample,
)


def add(tx: Tx, sample: Sample) -> None:
    staff.add_staff(tx, sample.staff, "hash")
    cases.add_case(tx, sample.case, sample.room)


def session(sample: Sample) -> list[c.Command]:
    """Return commands from the first knock until a caucus is open."""
    device = DeviceId(new_id())
    me = sample.mediator
    return [
        c.Knock(me, DeviceId(new_id())),
        c.SetConsent(sample.consumer, ready=True, recorded=True),
        c.Knock(sample.consumer, device),
        c.Admit(me, sample.consumer),
        c.OpenSession(me, recorder_ready=True),
        c.SetMic(sample.consumer, sample.consumer, on=False),
        c.Knock(sample.consumer, DeviceId(new_id())),
        c.OpenCaucus(me, Side.APPLICANT, CaucusId(new_id())),
    ]


async def play(database: Database, sample: Sample, *commands: c.Command) -> Room:
    """Decide and append each command, as a clerk does; return the room as the clerk has it."""
    room = await database.read(rooms.room, sample.room.id)
    for command in commands:
        events = room.decide(command, NOON)
        await database.write(rooms.append, room.id, events, room.case)
        room = reduce(Room.after, events, room)
    return room


async def actions(database: Database, case: CaseId) -> list[str]:
    chain: tuple[AuditEvent, ...] = await database.read(audit.chain, case)
    return [row.action for row in chain]


async def test_a_new_room_is_in_its_first_state(database: Database) -> None:
    sample = a_sample()
    await database.write(add, sample)
    assert await database.read(rooms.room, sample.room.id) == sample.room
    assert await database.read(rooms.journal, sample.room.id) == ()


async def test_a_first_state_keeps_what_was_agreed_before(database: Database) -> None:
    sample = a_sample()
    seats = tuple(
        Seat(s.id, s.role, s.place, ready=True, recorded=True, mic=False, camera=False)
        for s in sample.room.seats
    )
    room = Room(sample.room.id, sample.case.id, seats)
    await database.write(staff.add_staff, sample.staff, "hash")
    await database.write(cases.add_case, sample.case, room)
    assert await database.read(rooms.room, room.id) == room


async def test_a_restart_rebuilds_the_same_room(open_database: Callable[[], Database]) -> None:
    sample = a_sample()
    before = open_database()
    await before.write(add, sample)
    room = await play(before, sample, *session(sample))
    await before.aclose()
    after = open_database()
    assert await after.read(rooms.room, sample.room.id) == room
    assert room.caucus is not None
    assert await after.read(rooms.unfinished) == (sample.room.id,)


async def test_the_journal_tells_everything_in_order_and_when(database: Database) -> None:
    sample = a_sample()
    await database.write(add, sample)
    room = await play(database, sample, *session(sample))
    entries = await database.read(rooms.journal, sample.room.id)
    assert {at for at, _ in entries} == {NOON}
    assert reduce(Room.after, (event for _, event in entries), sample.room) == room


async def test_what_happened_is_audited_in_the_chain_of_the_case(database: Database) -> None:
    sample = a_sample()
    await database.write(add, sample)
    await play(database, sample, *session(sample))
    assert await actions(database, sample.case.id) == [
        "seat:admitted",
        "seat:recorded",
        "seat:waiting",
        "seat:admitted",
        "room:open",
        "seat:other-device",
        "room:caucus:open",
    ]
    assert (await database.read(audit.verify, sample.case.id)).whole


async def test_closing_the_session_closes_the_case(database: Database) -> None:
    sample = a_sample()
    await database.write(add, sample)
    close = c.CloseSession(sample.mediator, Ground.UNWILLING, sealed=False)
    await play(database, sample, *session(sample), close)
    case: Case = await database.read(cases.case, sample.case.id)
    assert (case.closed_at, case.ground) == (NOON, Ground.UNWILLING)
    assert await database.read(rooms.unfinished) == ()
    assert (await actions(database, sample.case.id))[-2:] == ["room:caucus:close", "room:close"]


async def test_an_append_that_fails_leaves_journal_audit_and_case_as_they_were(database: Database) -> None:
    sample = a_sample()
    await database.write(add, sample)
    room = await play(database, sample, *session(sample))
    audited = await database.read(audit.chain, sample.case.id)

    def fails(tx: Tx) -> None:
        rooms.append(tx, room.id, (SessionClosed(sample.mediator, Ground.OTHER, NOON),), room.case)
        raise Broken("disk")

    with pytest.raises(Broken):
        await database.write(fails)
    assert await database.read(rooms.room, room.id) == room
    assert await database.read(audit.chain, sample.case.id) == audited
    case = await database.read(cases.case, sample.case.id)
    assert case.closed_at is None


async def test_a_room_takes_nothing_for_another_case(database: Database) -> None:
    sample = a_sample()
    await database.write(add, sample)
    event = MicSet(sample.consumer, on=False, by=sample.consumer)
    with pytest.raises(NotFound):
        await database.write(rooms.append, sample.room.id, (event,), CaseId("another"))
    assert await database.read(rooms.journal, sample.room.id) == ()


async def test_the_journal_is_encrypted(database: Database) -> None:
    sample = a_sample()
    await database.write(add, sample)
    caucus = CaucusOpened(sample.mediator, CaucusId("c1"), (sample.mediator, sample.consumer), NOON)
    await database.write(rooms.append, sample.room.id, (caucus,), sample.case.id)

    def payload(tx: Tx) -> str:
        return str(tx.connection.exec_driver_sql("SELECT payload FROM journal").scalar_one())

    raw = await database.read(payload)
    assert "Caucus" not in raw
    assert sample.consumer not in raw


async def test_names_of_a_room_are_by_seat(database: Database) -> None:
    sample = a_sample()
    await database.write(add, sample)
    assert await database.read(rooms.names, sample.room.id) == {
        sample.mediator: Name(MEDIATOR_NAME),
        sample.consumer: Name(CONSUMER_NAME),
        sample.insurer: Name(INSURER_NAME, INSURER_ORGANISATION),
    }


async def test_the_newest_sitting_is_the_room_of_a_case(database: Database) -> None:
    sample = a_sample()
    await database.write(add, sample)
    seats = tuple(Seat(SeatId(new_id()), s.role, s.place) for s in sample.room.seats)
    second = Room(RoomId(new_id()), sample.case.id, seats)
    await database.write(add_room, sample.case, second)
    assert await database.read(rooms.room_of_case, sample.case.id) == second.id
    assert await database.read(rooms.rooms_of_case, sample.case.id) == (sample.room.id, second.id)
    consumer = next(s for s in seats if s.role is Role.CONSUMER)
    assert await database.read(links.seat_of_party, sample.case.parties[0].id) == consumer.id


@pytest.mark.parametrize("look", [rooms.room, rooms.names, rooms.journal])
async def test_an_unknown_room_is_not_found(database: Database, look: Callable[[Tx, RoomId], object]) -> None:
    with pytest.raises(NotFound):
        await database.read(look, RoomId("nothing"))


async def test_without_the_key_a_room_is_broken_not_wrong(
    open_database: Callable[[], Database], url: str
) -> None:
    sample = a_sample()
    first = open_database()
    await first.write(add, sample)
    await play(first, sample, *session(sample))
    stranger = Database(url, ColumnCipher([Fernet.generate_key()], b"b" * 32), lambda: NOON)
    try:
        with pytest.raises(Broken):
            await stranger.read(rooms.room, sample.room.id)
    finally:
        await stranger.aclose()
