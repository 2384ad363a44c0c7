import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import event, func, insert, select

from cases.audit import CENTRE_CHAIN, AuditEntry
from cases.errors import Broken, NotFound, Reason, Refused
from cases.model import Staff
from storage import database as database_module
from storage import staff, tables
from storage.database import Database
from storage.unit_of_work import Tx
from tests.builders.cases import MEDIATOR_PHONE, a_mediator

WAIT = 10.0


def count_staff(tx: Tx) -> int:
    return tx.connection.execute(select(func.count()).select_from(tables.staff)).scalar_one()


class Held:
    """A unit of work that stays in its thread until it is let go."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, tx: Tx, person: Staff) -> None:
        staff.add_staff(tx, person, "hash")
        self.entered.set()
        assert self.let_go.wait(WAIT)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self.entered.wait, WAIT)


async def test_what_was_written_is_there(database: Database) -> None:
    person = a_mediator()
    await database.write(staff.add_staff, person, "hash")
    assert await database.read(staff.staff, person.id) == person


async def test_an_exception_leaves_nothing_behind(database: Database) -> None:
    def half(tx: Tx) -> None:
        staff.add_staff(tx, a_mediator(), "hash")
        tx.audit(CENTRE_CHAIN, AuditEntry("staff:add", "system"))
        raise Refused(Reason.BUSY)

    with pytest.raises(Refused):
        await database.write(half)
    assert await database.read(count_staff) == 0
    assert await database.read(lambda tx: tx.connection.execute(select(tables.audit)).all()) == []


async def test_a_write_that_is_too_late_is_told_and_never_committed(database: Database) -> None:
    held = Held()
    late = asyncio.create_task(database.write(held, a_mediator(), deadline=0.05))
    await held.reached()
    with pytest.raises(Broken):
        await late
    held.let_go.set()
    assert await database.write(count_staff) == 0  # the one writer is past it now


async def test_a_write_that_never_began_in_time_never_begins(database: Database) -> None:
    held = Held()
    first = asyncio.create_task(database.write(held, a_mediator()))
    await held.reached()
    with pytest.raises(Broken):
        await database.write(staff.add_staff, a_mediator("周岚", "13600000000"), "hash", deadline=0.05)
    held.let_go.set()
    await first
    assert await database.write(count_staff) == 1


async def test_a_write_whose_caller_is_cancelled_is_not_committed(database: Database) -> None:
    held = Held()
    task = asyncio.create_task(database.write(held, a_mediator()))
    await held.reached()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    held.let_go.set()
    assert await database.write(count_staff) == 0


async def test_a_commit_that_has_begun_at_the_deadline_is_told_as_it_ends(database: Database) -> None:
    committing, go_on = threading.Event(), threading.Event()

    def slow_disk(_connection: object) -> None:
        committing.set()
        assert go_on.wait(WAIT)

    event.listen(database._engines.writer, "commit", slow_disk)
    person = a_mediator()
    task = asyncio.create_task(database.write(staff.add_staff, person, "hash", deadline=0.05))
    assert await asyncio.to_thread(committing.wait, WAIT)
    done, _ = await asyncio.wait({task}, timeout=0.2)  # well past the deadline
    assert not done
    go_on.set()
    await task
    assert await database.read(staff.staff, person.id) == person


async def test_a_read_cannot_change_anything(database: Database) -> None:
    with pytest.raises(Broken):
        await database.read(staff.add_staff, a_mediator(), "hash")


async def test_reading_goes_on_while_somebody_writes(database: Database) -> None:
    held = Held()
    writing = asyncio.create_task(database.write(held, a_mediator()))
    await held.reached()
    assert await database.read(count_staff) == 0
    held.let_go.set()
    await writing
    assert await database.read(count_staff) == 1


async def test_a_reader_sees_one_state_from_its_beginning_to_its_end(database: Database) -> None:
    began, go_on = threading.Event(), threading.Event()

    def twice(tx: Tx) -> tuple[int, int]:
        before = count_staff(tx)
        began.set()
        assert go_on.wait(WAIT)
        return before, count_staff(tx)

    reading = asyncio.create_task(database.read(twice))
    assert await asyncio.to_thread(began.wait, WAIT)
    await database.write(staff.add_staff, a_mediator(), "hash")
    go_on.set()
    assert await reading == (0, 0)


async def test_a_failure_of_the_database_names_no_phone(database: Database) -> None:
    await database.write(staff.add_staff, a_mediator(), "hash")
    with pytest.raises(Broken) as failed:
        await database.write(staff.add_staff, a_mediator("周岚"), "secret-hash")
    told = f"{failed.value!r} {failed.value.__cause__}"
    assert MEDIATOR_PHONE not in told
    assert "secret-hash" not in told


async def test_errors_of_the_function_pass_through(database: Database) -> None:
    with pytest.raises(NotFound):
        await database.read(staff.staff, a_mediator().id)


async def test_a_foreign_key_that_leads_nowhere_is_refused(database: Database) -> None:
    def orphan(tx: Tx) -> None:
        tx.connection.execute(
            insert(tables.tickets).values(secret_hash="0" * 64, staff_id="nobody", expires_at=tx.now)
        )

    with pytest.raises(Broken):
        await database.write(orphan)


async def test_too_many_that_wait_are_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "MAX_WAITING", 1)
    held = Held()
    writing = asyncio.create_task(database.write(held, a_mediator()))
    await held.reached()
    with pytest.raises(Refused) as refused:
        await database.read(count_staff)
    assert refused.value.reason is Reason.BUSY
    held.let_go.set()
    await writing
    assert await database.read(count_staff) == 1


async def test_closing_finishes_what_was_asked_for(database: Database, tmp_path: Path) -> None:
    writing = asyncio.create_task(database.write(staff.add_staff, a_mediator(), "hash"))
    await asyncio.sleep(0)  # the task has handed its work over
    await database.aclose()
    await writing
    with sqlite3.connect(tmp_path / "heyi.sqlite") as file:
        assert file.execute("SELECT count(*) FROM staff").fetchone() == (1,)
    file.close()


async def test_a_closed_database_says_so(database: Database) -> None:
    await database.aclose()
    with pytest.raises(Broken):
        await database.read(count_staff)
    with pytest.raises(Broken):
        await database.write(count_staff)
