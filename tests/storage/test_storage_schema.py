import asyncio
from collections.abc import Callable

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, insert, inspect, update

from cases.audit import CENTRE_CHAIN, AuditEntry
from cases.errors import Broken
from cases.ids import ObjectId, SegmentId
from cases.model import Ground
from rooms.events import SessionClosed
from storage import audit, cases, copies, inspection, recordings, rooms, staff, tables
from storage.columns import ColumnCipher
from storage.database import Database
from storage.dialects import open_engines
from storage.recordings import SegmentRow
from storage.schema import migrations
from storage.unit_of_work import Tx
from tests.builders.cases import NOON, a_mediator, a_sample
from tests.builders.clocks import StillClock


async def test_migrations_and_tables_agree(database: Database) -> None:
    def differences(tx: Tx) -> list[object]:
        context = MigrationContext.configure(tx.connection, opts={"compare_type": True})
        return list(compare_metadata(context, tables.metadata))

    assert await database.read(differences) == []


async def test_migrations_and_tables_agree_on_primary_keys(database: Database) -> None:
    def migrated(tx: Tx) -> dict[str, list[str]]:
        found = inspect(tx.connection)
        return {name: found.get_pk_constraint(name)["constrained_columns"] for name in tables.metadata.tables}

    declared = {
        name: [column.name for column in table.primary_key] for name, table in tables.metadata.tables.items()
    }
    assert await database.read(migrated) == declared


async def test_migrating_twice_changes_nothing(open_database: Callable[[], Database]) -> None:
    first = open_database()
    person = a_mediator()
    await first.write(staff.add_staff, person, "hash")
    first.migrate()
    second = open_database()
    assert await second.read(staff.staff, person.id) == person


async def test_a_database_from_before_copies_is_taken_and_what_was_recorded_is_due(
    url: str, columns: ColumnCipher, clock: StillClock
) -> None:
    old = migrations()
    engines = open_engines(url)
    with engines.writer.begin() as connection:
        old.attributes["connection"] = connection
        command.upgrade(old, "0003")
    engines.dispose()
    database = Database(url, columns, clock)
    made = a_sample()
    before = SegmentRow(
        SegmentId("s1"),
        made.room.id,
        made.consumer,
        ObjectId("o1"),
        NOON,
        ("audio",),
        NOON,
        "left",
        "a" * 64,
        9,
        9,
    )

    def add(tx: Tx) -> None:
        staff.add_staff(tx, made.staff, "argon2")
        cases.add_case(tx, made.case, made.room)
        rooms.append(tx, made.room.id, (SessionClosed(made.mediator, Ground.OTHER, NOON),), made.case.id)
        recordings.began(tx, before)

    await database.write(add)
    assert [named.kind for named in inspection.inspect(url).objects] == ["segment"]  # a backup of then
    database.migrate()
    assert await database.read(copies.next_due, NOON, 1) == (before, None)
    await database.aclose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/heyi"])
def test_a_database_that_cannot_serve_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="database"):
        open_engines(url)


# The triggers of the audit.


def one_row(tx: Tx) -> None:
    tx.audit(CENTRE_CHAIN, AuditEntry("staff:add", "system"))


async def test_the_audit_refuses_update(database: Database) -> None:
    await database.write(one_row)
    with pytest.raises(Broken):
        await database.write(lambda tx: tx.connection.execute(update(tables.audit).values(actor="x")))


async def test_the_audit_refuses_delete(database: Database) -> None:
    await database.write(one_row)
    with pytest.raises(Broken):
        await database.write(lambda tx: tx.connection.execute(delete(tables.audit)))
    assert len(await database.read(audit.chain, CENTRE_CHAIN)) == 1


@pytest.mark.parametrize(
    "change",
    [{"seq": 1}, {"seq": 3}, {"prev_hash": "f" * 64}],
    ids=["a seq that is taken", "a hole", "another predecessor"],
)
@pytest.mark.parametrize("prefix", ["", "OR REPLACE"])
async def test_the_audit_refuses_a_row_that_does_not_follow(
    database: Database, change: dict[str, object], prefix: str
) -> None:
    await database.write(one_row)
    (last,) = await database.read(audit.chain, CENTRE_CHAIN)

    def forge(tx: Tx, fields: dict[str, object]) -> None:
        row = {"seq": 2, "prev_hash": last.hash, "hash": "a" * 64, **fields}
        plain = {"at": "", "actor": "system", "action": "x", "subject": "", "digest": ""}
        query = insert(tables.audit).values(chain=CENTRE_CHAIN, **plain, **row)
        tx.connection.execute(query.prefix_with(prefix, dialect="sqlite"))

    with pytest.raises(Broken):
        await database.write(forge, change)
    assert await database.read(audit.chain, CENTRE_CHAIN) == (last,)
    await database.write(forge, {})  # a row that follows is taken: the others failed for their fault


# The chain.


async def test_concurrent_writes_keep_the_chain_whole(open_database: Callable[[], Database]) -> None:
    here, there = open_database(), open_database()  # as the server and the command line beside it
    await asyncio.gather(*(database.write(one_row) for _ in range(50) for database in (here, there)))
    report = await here.read(audit.verify, CENTRE_CHAIN)
    assert (report.length, report.whole) == (100, True)


async def test_chains_are_counted_apart(database: Database) -> None:
    def both(tx: Tx) -> None:
        tx.audit("case-1", AuditEntry("link:issue", "system"))
        tx.audit(CENTRE_CHAIN, AuditEntry("staff:add", "system"))

    await database.write(both)
    await database.write(both)
    assert [row.seq for row in await database.read(audit.chain, "case-1")] == [1, 2]
    assert (await database.read(audit.verify, "case-1")).whole


async def test_a_row_changed_behind_the_triggers_is_found(database: Database) -> None:
    for _ in range(3):
        await database.write(one_row)

    def tamper(tx: Tx) -> None:
        tx.connection.exec_driver_sql("DROP TRIGGER audit_refuses_update")
        tx.connection.execute(update(tables.audit).where(tables.audit.c.seq == 2).values(actor="staff:x"))

    await database.write(tamper)
    report = await database.read(audit.verify, CENTRE_CHAIN)
    assert report.broken_at == 2
