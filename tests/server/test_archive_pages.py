"""Legal staff: a search is masked, a reason opens a case for an hour, every look is kept, every check speaks."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from cases.audit import CENTRE_CHAIN
from cases.ids import RoomId, SegmentId, new_id
from cases.model import Case
from recordings.model import EndCause
from server.handlers.archive import masked_name
from server.ranges import wanted_range
from storage import audit, recordings, rooms
from storage.recordings import SegmentRow
from storage.unit_of_work import Tx
from tests.builders.cases import CONSUMER_NAME, CONSUMER_PHONE
from tests.builders.clocks import StillClock
from tests.builders.http import LEGAL, Browser, House, Reply

CONTENT = bytes(range(256)) * 40  # 10240 bytes that stand for a film
REASON = "复核保险公司的投诉"
ARCHIVE = f"/staff/{LEGAL.id}/archive"


async def a_recording(house: House, case: Case, content: bytes = CONTENT) -> SegmentId:
    """Keep a finished segment of the consumer's seat."""
    vault = house.services.vault
    object_id = await asyncio.to_thread(vault.put, content)
    with vault.open(object_id) as reader:
        digest = reader.sha256()
    seat = await house.seat(case.parties[0])
    room = await house.services.database.read(_room, case)
    now = house.clock()
    row = SegmentRow(
        id=SegmentId(new_id()),
        room=room,
        seat=seat,
        object=object_id,
        started_at=now,
        tracks=("audio", "video"),
        ended_at=now,
        cause=EndCause.CLOSED,
        sha256=digest,
        bytes=len(content),
        media_ms=4000,
    )
    await house.services.database.write(_keep, row)
    return row.id


def _room(tx: Tx, case: Case) -> RoomId:
    return rooms.room_of_case(tx, case.id)


def _keep(tx: Tx, row: SegmentRow) -> None:
    recordings.began(tx, row)
    recordings.ended(tx, row)


@pytest.fixture
async def legal(house: House) -> Browser:
    return await house.signed_in(LEGAL)


async def open_case(legal: Browser, case: Case, reason: str = REASON) -> Reply:
    await legal.get(f"{ARCHIVE}/{case.id}")
    return await legal.post(f"{ARCHIVE}/{case.id}", reason=reason)


async def actions(house: House, case: Case) -> list[str]:
    return [row.action for row in await house.services.database.read(audit.chain, case.id)]


@pytest.mark.parametrize(
    "query",
    [
        "q=0127",
        "q=王秀",
        "q=安和财产",
        "q=13800135521",
        "from=2025-09-18&to=2025-09-18",
        "from=2025-09-01",
        "to=2025-12-31",
    ],
)
async def test_a_case_is_found_by_what_one_knows_of_it(
    house: House, legal: Browser, case: Case, query: str
) -> None:
    page = await legal.get(f"{ARCHIVE}?{quote(query, safe='=&')}")
    assert case.number in page.text
    assert "王**" in page.text
    assert CONSUMER_NAME not in page.text
    assert CONSUMER_PHONE not in page.text.replace('value="13800135521"', "")


@pytest.mark.parametrize("query", ["", "q=", "q=秀英", "q=王", "q=9999", "from=2025-09-19", "to=2025-09-17"])
async def test_a_case_is_not_found_by_less(house: House, legal: Browser, case: Case, query: str) -> None:
    page = await legal.get(f"{ARCHIVE}?{quote(query, safe='=&')}")
    assert page.status == 200
    assert case.number not in page.text


async def test_a_wrong_date_is_said(legal: Browser) -> None:
    page = await legal.get(f"{ARCHIVE}?q=0127&from=yesterday")
    assert "日期写得不对" in page.text
    assert 'value="0127"' in page.text


async def test_a_search_is_in_the_audit_without_what_was_searched(
    house: House, legal: Browser, case: Case
) -> None:
    await legal.get(f"{ARCHIVE}?q={quote('王秀英')}")
    row = (await house.services.database.read(audit.chain, CENTRE_CHAIN))[-1]
    assert (row.action, row.actor, row.subject) == ("archive:search", f"staff:{LEGAL.id}", "found:1")


async def test_a_file_opens_for_a_reason_alone(house: House, legal: Browser, case: Case) -> None:
    asked = await legal.get(f"{ARCHIVE}/{case.id}")
    assert CONSUMER_NAME not in asked.text
    for reason in ("", " 看 ", "由" * 201):
        refused = await open_case(legal, case, reason)
        assert refused.status == 409
        assert "卷宗要写明事由才能打开。" in refused.text
    assert (await open_case(legal, case)).status == 303
    opened = await legal.get(f"{ARCHIVE}/{case.id}")
    assert REASON in opened.text
    assert case.title in opened.text
    assert "archive:open" in await actions(house, case)


PARTS = ("recordings/{segment}", "manifest.json", "checks", "settlement.pdf")


async def test_a_grant_lasts_sixty_minutes_for_every_part_of_the_file(
    house: House, legal: Browser, case: Case, clock: StillClock
) -> None:
    segment = await a_recording(house, case)
    paths = [f"{ARCHIVE}/{case.id}/{part.format(segment=segment)}" for part in PARTS]
    for path in paths:
        assert (await legal.get(path)).status == 409
    await open_case(legal, case)
    clock.wait(minutes=59, seconds=59)
    assert (await legal.get(paths[0])).status == 200
    clock.wait(seconds=1)
    for path in paths:
        refused = await legal.get(path, Range="bytes=100-")
        assert refused.status == 409
        assert "调阅时间到了" in refused.text
    assert REASON not in (await legal.get(f"{ARCHIVE}/{case.id}")).text


async def test_a_grant_is_for_one_case(house: House, legal: Browser, case: Case) -> None:
    other = await house.case("〔2025〕云保调字第0128号")
    segment = await a_recording(house, other)
    await open_case(legal, case)
    assert (await legal.get(f"{ARCHIVE}/{other.id}/recordings/{segment}")).status == 409
    assert (await legal.get(f"{ARCHIVE}/{case.id}/recordings/{segment}")).status == 404
    assert (await legal.get(f"{ARCHIVE}/{case.id}/recordings/{new_id()}")).status == 404
    assert (await legal.get(f"{ARCHIVE}/{case.id}/settlement.pdf")).status == 404


RANGES = {
    "": (200, slice(None)),
    "bytes=0-": (206, slice(None)),
    "bytes=0-99": (206, slice(0, 100)),
    "bytes=5000-5999": (206, slice(5000, 6000)),
    "bytes=10000-99999": (206, slice(10000, None)),
    "bytes=-500": (206, slice(-500, None)),
    "bytes=-99999": (206, slice(None)),
    "bytes=10240-": (416, slice(0, 0)),
    "bytes=-0": (416, slice(0, 0)),
    "bytes=0-1,5-6": (200, slice(None)),
    "bytes=9-5": (200, slice(None)),
    "bytes=-": (200, slice(None)),
    "bytes=a-b": (200, slice(None)),
    "seconds=0-1": (200, slice(None)),
}


async def test_a_player_gets_the_range_that_it_asks_for(house: House, legal: Browser, case: Case) -> None:
    segment = await a_recording(house, case)
    await open_case(legal, case)
    path = f"{ARCHIVE}/{case.id}/recordings/{segment}"
    for asked, (status, part) in RANGES.items():
        reply = await legal.get(path, **({"Range": asked} if asked else {}))
        assert (reply.status, reply.body) == (status, CONTENT[part]), asked
        wanted = wanted_range(asked, len(CONTENT))
        if status == 206:
            assert wanted is not None
            shown = f"bytes {wanted.start}-{wanted.stop - 1}/10240"
            assert reply.headers["Content-Range"] == shown
        if status == 416:
            assert reply.headers["Content-Range"] == "bytes */10240"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Cache-Control"] == "no-store"


async def test_a_player_gets_a_megabyte_at_once_and_asks_for_the_rest(
    house: House, legal: Browser, case: Case
) -> None:
    """A browser has six connections: a player that keeps one for a whole film leaves none for the seventh."""
    content = CONTENT * 250
    path = f"{ARCHIVE}/{case.id}/recordings/{await a_recording(house, case, content)}"
    await open_case(legal, case)
    got = b""
    for _ in range(3):
        reply = await legal.get(path, Range=f"bytes={len(got)}-")
        end = len(got) + len(reply.body) - 1
        assert reply.status == 206
        assert reply.headers["Content-Range"] == f"bytes {len(got)}-{end}/{len(content)}"
        assert len(reply.body) <= 2**20
        got += reply.body
    assert got == content
    assert (await legal.get(path)).body == content  # a copy is whole


@pytest.mark.parametrize("first", ["bytes=0-", "bytes=1-", "bytes=-100", ""])
async def test_watching_is_one_look_whichever_range_comes_first(
    house: House, legal: Browser, case: Case, clock: StillClock, first: str
) -> None:
    segment = await a_recording(house, case)
    await open_case(legal, case)
    path = f"{ARCHIVE}/{case.id}/recordings/{segment}"
    for asked in (first, "bytes=7-", "bytes=0-"):
        await legal.get(path, **({"Range": asked} if asked else {}))
    assert (await actions(house, case)).count("archive:watch") == 1
    clock.wait(minutes=61)
    await open_case(legal, case)
    await legal.get(path, Range="bytes=7-")
    assert (await actions(house, case)).count("archive:watch") == 2


async def test_every_look_is_in_the_chain(house: House, legal: Browser, case: Case) -> None:
    segment = await a_recording(house, case)
    await open_case(legal, case)
    for part in PARTS:
        await legal.get(f"{ARCHIVE}/{case.id}/{part.format(segment=segment)}")
    found = await actions(house, case)
    assert found[-4:] == ["archive:open", "archive:watch", "archive:manifest", "archive:checks"]


# Checks.


async def states(legal: Browser, case: Case) -> dict[str, str]:
    reply = await legal.get(f"{ARCHIVE}/{case.id}/checks")
    return {check["key"]: check["state"] for check in reply.json["checks"]}


async def test_a_flipped_byte_of_a_recording_shows(house: House, legal: Browser, case: Case) -> None:
    await a_recording(house, case)
    await open_case(legal, case)
    before = await states(legal, case)
    assert set(before.values()) == {"passed"}
    path = next(p for p in (house.folder / "data/objects").rglob("*") if p.is_file())
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    after = await states(legal, case)
    assert [key for key in before if after[key] != before[key]] == ["recording"]
    assert (await legal.get(f"{ARCHIVE}/{case.id}")).status == 200


async def test_a_recording_that_is_gone_shows(house: House, legal: Browser, case: Case) -> None:
    segment = await a_recording(house, case)
    await open_case(legal, case)
    next(p for p in (house.folder / "data/objects").rglob("*") if p.is_file()).unlink()
    assert (await states(legal, case))["recording"] == "failed"
    reply = await legal.get(f"{ARCHIVE}/{case.id}/recordings/{segment}")
    assert reply.status == 503
    assert "系统出了问题" in reply.text


def tamper(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "data/heyi.sqlite3")
    with connection:
        for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {name}")
        assert connection.execute(statement).rowcount == 1
    connection.close()


async def test_the_database_refuses_to_change_a_row_of_the_audit(house: House, case: Case) -> None:
    def change(tx: Tx, statement: str) -> Any:
        return tx.connection.exec_driver_sql(statement)

    for statement in ("update audit set actor = 'nobody'", "delete from audit"):
        with pytest.raises(Exception, match="refused a change"):
            await house.services.database.write(change, statement)


async def test_a_changed_row_of_the_audit_shows(house: House, legal: Browser, case: Case) -> None:
    await open_case(legal, case)
    assert (await states(legal, case))["audit-chain"] == "passed"
    tamper(house.folder, f"update audit set actor = 'nobody' where chain = '{case.id}' and seq = 1")
    assert (await states(legal, case))["audit-chain"] == "failed"


async def test_a_missing_row_of_the_audit_shows(house: House, legal: Browser, case: Case) -> None:
    await open_case(legal, case)
    await states(legal, case)
    tamper(house.folder, f"delete from audit where chain = '{case.id}' and seq = 1")
    assert (await states(legal, case))["audit-chain"] == "failed"


def test_of_a_name_the_search_shows_the_first_character() -> None:
    assert [masked_name(name) for name in ("王秀英", "欧")] == ["王**", "欧*"]
