from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cases.errors import Broken, NotFound
from cases.ids import CaseId, PartyId, SeatId, new_id
from cases.model import Case, Ground, Party, Role
from rooms.model import Room, Seat
from rooms.states import Admission
from storage import cases, grants, settlements, staff
from storage.database import Database
from storage.links import seat_of_party
from storage.unit_of_work import Tx
from tests.builders.cases import (
    CONSUMER_NAME,
    CONSUMER_PHONE,
    INSURER_NAME,
    INSURER_ORGANISATION,
    INSURER_PHONE,
    MEDIATOR_NAME,
    MEDIATOR_PHONE,
    NOON,
    Sample,
    a_mediator,
    a_sample,
)


def add(tx: Tx, *samples: Sample) -> None:
    staff.add_staff(tx, samples[0].staff, "hash")
    for sample in samples:
        cases.add_case(tx, sample.case, sample.room)


def numbers(found: tuple[Case, ...]) -> list[str]:
    return [case.number for case in found]


async def test_a_case_comes_back_as_it_was(database: Database) -> None:
    sample = a_sample()
    await database.write(add, sample)
    assert await database.read(cases.case, sample.case.id) == sample.case


async def test_an_unknown_case_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        await database.read(cases.case, CaseId("nothing"))
    with pytest.raises(NotFound):
        await database.read(cases.salt, CaseId("nothing"))
    with pytest.raises(NotFound):
        await database.write(cases.close_case, CaseId("nothing"), Ground.OTHER, NOON)


async def test_a_number_belongs_to_one_case(database: Database) -> None:
    first = a_sample()
    await database.write(add, first)
    again = a_sample(first.staff)
    with pytest.raises(Broken):
        await database.write(cases.add_case, again.case, again.room)
    with pytest.raises(NotFound):
        await database.read(cases.case, again.case.id)


async def test_a_seat_that_is_nobodys_is_refused(database: Database) -> None:
    sample = a_sample()
    await database.write(staff.add_staff, sample.staff, "hash")
    stranger = Seat(SeatId(new_id()), Role.AGENT, 3)
    room = Room(sample.room.id, sample.case.id, (*sample.room.seats, stranger))
    with pytest.raises(ValueError, match="nobody's"):
        await database.write(cases.add_case, sample.case, room)


async def test_a_room_is_added_before_anything_happens_in_it(database: Database) -> None:
    sample = a_sample()
    await database.write(staff.add_staff, sample.staff, "hash")
    late = Seat(sample.consumer, Role.CONSUMER, 1, admission=Admission.WAITING)
    room = Room(sample.room.id, sample.case.id, (late,))
    with pytest.raises(ValueError, match="before anything"):
        await database.write(cases.add_case, sample.case, room)


async def test_each_case_has_a_salt_of_its_own(database: Database) -> None:
    first = a_sample()
    second = a_sample(first.staff, number="〔2025〕云保调字第0128号")
    await database.write(add, first, second)
    salts = [await database.read(cases.salt, s.case.id) for s in (first, second)]
    assert len(set(salts)) == 2
    assert {len(salt) for salt in salts} == {32}
    assert await database.read(cases.salt, first.case.id) == salts[0]


async def test_numbers_of_a_year_follow_each_other(database: Database) -> None:
    issued = [await database.write(cases.next_number, 2025, "云保调字") for _ in range(3)]
    assert issued == [f"〔2025〕云保调字第000{n}号" for n in (1, 2, 3)]
    assert await database.write(cases.next_number, 2026, "云保调字") == "〔2026〕云保调字第0001号"


async def test_a_closed_case_keeps_its_first_ground(database: Database) -> None:
    sample = a_sample()
    await database.write(add, sample)
    await database.write(cases.close_case, sample.case.id, Ground.SETTLED, NOON)
    later = datetime(2026, 1, 1, tzinfo=UTC)
    await database.write(cases.close_case, sample.case.id, Ground.OTHER, later)
    closed = await database.read(cases.case, sample.case.id)
    assert (closed.ground, closed.closed_at) == (Ground.SETTLED, NOON)


# Search.


@pytest.mark.parametrize(
    "query",
    [
        "0127",
        "〔2025〕云保调字第0127号",
        "云保调字第０１２７",  # full width, as Chinese keyboards type
        "王秀英",
        "王秀",
        " 王 秀 英 ",
        "安和财产",
        "云州分公司",
        INSURER_ORGANISATION,
        CONSUMER_PHONE,
    ],
)
async def test_a_case_is_found_by(database: Database, query: str) -> None:
    sample = a_sample()
    await database.write(add, sample)
    assert await database.read(cases.search, query) == (sample.case,)


@pytest.mark.parametrize(
    "query",
    [
        "0128",
        "秀英",
        "王",
        "王秀芳",
        "王秀英王",
        INSURER_ORGANISATION + "二部",
        "138001",
        "%",
        "_",
        "'",
        "\x00",
    ],
)
async def test_a_case_is_not_found_by(database: Database, query: str) -> None:
    sample = a_sample()
    await database.write(add, sample)
    assert await database.read(cases.search, query) == ()


async def test_a_long_name_is_found_whole_and_by_its_beginning(database: Database) -> None:
    name = "阿卜杜热合曼·买买提艾力"
    sample = a_sample(consumer=name)
    await database.write(add, sample)
    for query in (name, name[:9], name[:3]):
        assert await database.read(cases.search, query) == (sample.case,)
    assert await database.read(cases.search, name[:10] + "某") == ()


async def test_searching_without_a_wish_finds_nothing(database: Database) -> None:
    await database.write(add, a_sample())
    assert await database.read(cases.search) == ()


async def test_days_are_days_in_shanghai(database: Database) -> None:
    # 00:30 in Shanghai on the 18th is still the 17th in UTC.
    sample = a_sample(scheduled_at=datetime(2025, 9, 17, 16, 30, tzinfo=UTC))
    await database.write(add, sample)
    day, before = date(2025, 9, 18), date(2025, 9, 17)
    assert await database.read(cases.search, "", day, day) == (sample.case,)
    assert await database.read(cases.search, "", before, before) == ()
    assert await database.read(cases.search, "", day, None) == (sample.case,)
    assert await database.read(cases.search, "", None, before) == ()
    assert await database.read(cases.search, "", date.min, date.max) == (sample.case,)
    assert await database.read(cases.search, "张", day, day) == ()


async def test_a_case_is_found_by_the_day_of_its_closing(database: Database) -> None:
    sample = a_sample()
    await database.write(add, sample)
    await database.write(cases.close_case, sample.case.id, Ground.OTHER, datetime(2025, 10, 8, 2, tzinfo=UTC))
    found = await database.read(cases.search, "", date(2025, 10, 8), date(2025, 10, 8))
    assert numbers(found) == [sample.case.number]


async def test_the_newest_come_first_and_no_more_than_a_page_shows(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "MAX_RESULTS", 2)
    person = a_mediator()
    samples = [
        a_sample(person, number=f"第{day}号", scheduled_at=datetime(2025, 9, day, tzinfo=UTC))
        for day in (11, 13, 12)
    ]
    await database.write(add, *samples)
    found = await database.read(cases.search, "王秀英")
    assert numbers(found) == ["第13号", "第12号"]


async def test_a_mediator_sees_only_their_own_cases(database: Database) -> None:
    mine, other = a_sample(), a_sample(a_mediator("周岚", "13600000000"), number="第2号")
    await database.write(add, mine)
    await database.write(add, other)
    assert await database.read(cases.cases_of, mine.staff.id) == (mine.case,)
    assert await database.read(cases.cases_of, mine.staff.id, "王秀") == (mine.case,)
    assert await database.read(cases.cases_of, mine.staff.id, "第2号") == ()


async def test_two_parties_of_one_role_have_a_seat_each(database: Database) -> None:
    sample = a_sample()
    second = Party(PartyId(new_id()), Role.CONSUMER, "王大勇", "13500000001")
    case = replace(sample.case, parties=(*sample.case.parties, second))
    seat = Seat(SeatId(new_id()), Role.CONSUMER, 3)
    room = Room(sample.room.id, case.id, (*sample.room.seats, seat))
    await database.write(staff.add_staff, sample.staff, "hash")
    await database.write(cases.add_case, case, room)
    assert await database.read(seat_of_party, case.parties[0].id) == sample.consumer
    assert await database.read(seat_of_party, second.id) == seat.id


# What a thief of the file learns.


async def test_no_name_and_no_phone_can_be_read_in_the_files(database: Database, tmp_path: Path) -> None:
    sample = a_sample()
    reason, clause = "法院调卷核对", "保险公司支付三万三千元"

    def everything(tx: Tx) -> None:
        add(tx, sample)
        settlements.put(tx, settlements.SettlementRow(sample.case.id, "draft", clause))
        grants.add(tx, sample.staff.id, sample.case.id, reason, NOON)
        staff.note_failure(tx, CONSUMER_PHONE, "address")

    await database.write(everything)

    def bytes_on_disk() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("heyi."))

    secrets = [
        CONSUMER_NAME,
        CONSUMER_PHONE,
        INSURER_NAME,
        INSURER_PHONE,
        INSURER_ORGANISATION,
        MEDIATOR_NAME,
        MEDIATOR_PHONE,
        sample.case.title,
        reason,
        clause,
    ]
    while_open = bytes_on_disk()
    await database.aclose()
    for raw in (while_open, bytes_on_disk()):
        assert sample.case.number.encode() in raw  # the plain number: these are the right bytes
        assert [secret for secret in secrets if secret.encode() in raw] == []
