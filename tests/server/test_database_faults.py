"""The database hangs, fails, or is locked by somebody else, in the middle of a session."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy.engine.default import DefaultDialect

from cases.model import Case
from server import clerks
from signaling import connection
from tests.builders.calls import Caller, Session, heard, open_session
from tests.builders.http import Browser, House
from tests.builders.table import in_session, table_of
from web.refusals import BROKEN

LONG: Final = 30.0  # seconds after which a commit that hangs goes on by itself, for a test that has failed
SOON: Final = 0.3  # seconds in which a room's words have to be kept


@contextmanager
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let each COMMIT of a change wait until the block ends; the event says that one waits."""
    waits, may_go = threading.Event(), threading.Event()
    commit: Any = DefaultDialect.do_commit

    def wait(dialect: DefaultDialect, connection: Any) -> None:
        if threading.current_thread().name.startswith("heyi-write"):
            waits.set()
            may_go.wait(LONG)
        commit(dialect, connection)

    monkeypatch.setattr(DefaultDialect, "do_commit", wait)
    try:
        yield waits
    finally:
        may_go.set()


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each COMMIT of a change fail."""
    commit: Any = DefaultDialect.do_commit

    def fail(dialect: DefaultDialect, connection: Any) -> None:
        if threading.current_thread().name.startswith("heyi-write"):
            raise sqlite3.OperationalError("disk I/O error")
        commit(dialect, connection)

    with monkeypatch.context() as patch:
        patch.setattr(DefaultDialect, "do_commit", fail)
        yield


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock the database as another process does that writes and does not end."""
    with closing(sqlite3.connect(folder / "data/heyi.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


async def until_set(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, LONG)


def truths(caller: Caller) -> list[str]:
    """Return everything that the strip of a page has said."""
    return [message["view"]["truth"] for message in caller.messages if message["type"] == "view"]


async def joined_by_the_insurer(made: Session) -> None:
    await made.let_in(made.insurer)
    await made.connect(made.insurer)
    await heard(made.consumer, made.insurer, b"joint")


async def test_while_a_commit_hangs_media_flow_and_nobody_is_told_of_what_may_never_be(
    house: House, case: Case, mediator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_session(house, case, mediator) as made:
        await joined_by_the_insurer(made)
        with hanging(monkeypatch) as waits:
            asked = asyncio.create_task(made.mediator.ask("caucus-open", side="applicant"))
            await until_set(waits)
            await heard(made.consumer, made.mediator, b"meanwhile")
            await heard(made.mediator, made.consumer, b"as well")
            assert not asked.done()
            for caller in (made.consumer, made.insurer):
                await caller.all_that_came()
            for caller in (made.mediator, made.consumer, made.insurer):
                assert not {"private", "apart"} & set(truths(caller))
        assert (await asked)["type"] == "done"
        await made.insurer.seen(truth="apart")
        await made.consumer.seen(truth="private")


async def test_a_page_that_waits_for_a_commit_knows_that_its_line_is_there(
    house: House, case: Case, mediator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PONG_EVERY", 0.05)
    async with open_session(house, case, mediator) as made:
        with hanging(monkeypatch) as waits:
            asked = asyncio.create_task(made.mediator.ask("mic", on=False))
            await until_set(waits)
            await made.mediator.until(lambda: sum(m["type"] == "pong" for m in made.mediator.messages) >= 3)
        assert (await asked)["type"] == "done"


async def test_other_rooms_hear_nothing_of_a_commit_that_hangs_but_its_end(
    house: House, case: Case, mediator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await house.case("〔2025〕云保调字第0128号")
    async with open_session(house, case, mediator) as made, open_session(house, other, mediator) as beside:
        with hanging(monkeypatch) as waits:
            asked = asyncio.create_task(made.mediator.ask("mic", on=False))
            await until_set(waits)
            await heard(beside.consumer, beside.mediator, b"beside")
            await heard(beside.mediator, beside.consumer, b"and back")
        assert (await asked)["type"] == "done"


async def test_a_database_that_somebody_else_locks_is_said_in_words_and_all_goes_on_by_itself(
    house: House, case: Case, mediator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clerks, "COMMIT_WITHIN", SOON)
    async with open_session(house, case, mediator) as made:
        await joined_by_the_insurer(made)
        with locked(house.folder):
            reply = await made.mediator.ask("caucus-open", side="applicant")
            assert (reply["type"], reply["text"]) == ("refused", BROKEN)
            await heard(made.consumer, made.insurer, b"they are together still")
        assert not {"private", "apart"} & set(truths(made.insurer))
        monkeypatch.setattr(clerks, "COMMIT_WITHIN", LONG)
        assert (await made.mediator.ask("caucus-open", side="applicant"))["type"] == "done"
        await made.insurer.seen(truth="apart")


async def test_a_commit_that_fails_leaves_the_room_as_it_was(
    house: House, case: Case, mediator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_session(house, case, mediator) as made:
        await joined_by_the_insurer(made)
        with failing(monkeypatch):
            reply = await made.mediator.ask("caucus-open", side="applicant")
        assert (reply["type"], reply["text"]) == ("refused", BROKEN)
        await heard(made.consumer, made.insurer, b"they are together still")
        assert not {"private", "apart"} & set(truths(made.insurer) + truths(made.consumer))


async def test_nobody_is_shown_a_signature_before_it_is_committed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = await table_of(house)
    async with in_session(table) as console:
        digest = await table.offer()
        code = await table.code("consumer", digest)
        with hanging(monkeypatch) as waits:
            act = {"digest": digest, "code": code, "intent": True}
            signing = asyncio.create_task(table.post("consumer", "act", **act))
            await until_set(waits)
            answer = await console.ask("mic", on="no")  # whatever was sent before it has come
            assert answer["type"] == "refused"
            assert not any(signer["signed"] for signer in console.settlement["signers"])
            assert not signing.done()
        assert (await signing).status == 200
        while not any(signer["signed"] for signer in console.settlement["signers"]):
            await console.until("settlement")


async def test_a_signature_that_could_not_be_committed_is_none_and_is_said_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = await table_of(house)
    async with in_session(table) as console:
        digest = await table.offer()
        code = await table.code("consumer", digest)
        with failing(monkeypatch):
            reply = await table.post("consumer", "act", digest=digest, code=code, intent=True)
        assert (reply.status, reply.json["text"]) == (503, BROKEN)
        assert (await console.ask("mic", on="no"))["type"] == "refused"
        assert not any(signer["signed"] for signer in console.settlement["signers"])
        assert (await table.post("consumer", "act", digest=digest, code=code, intent=True)).status == 200
