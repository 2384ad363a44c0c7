"""Recordings, settlements, grants, and the cipher of columns."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from cases.errors import Broken, NotFound
from cases.ids import CaseId, ObjectId, OfferId, SegmentId, StaffId
from storage import cases, grants, recordings, settlements, staff
from storage.columns import ColumnCipher
from storage.database import Database
from storage.recordings import SegmentRow
from storage.settlements import ActRow, OfferRow, SealRow, SettlementRow
from storage.unit_of_work import Tx
from tests.builders.cases import NOON, Sample, a_sample

HOUR = timedelta(hours=1)


@pytest.fixture
async def sample(database: Database) -> Sample:
    made = a_sample()

    def add(tx: Tx) -> None:
        staff.add_staff(tx, made.staff, "argon2")
        cases.add_case(tx, made.case, made.room)

    await database.write(add)
    return made


# Recordings.


async def test_a_segment_is_open_until_it_ended(database: Database, sample: Sample) -> None:
    begun = SegmentRow(SegmentId("s1"), sample.room.id, sample.consumer, ObjectId("o1"), NOON)
    await database.write(recordings.began, begun)
    assert await database.read(recordings.open_segments) == (begun,)
    ended = replace(
        begun,
        tracks=("audio", "video"),
        ended_at=NOON + HOUR,
        cause="caucus",
        sha256="a" * 64,
        bytes=3_000_000_000,
        media_ms=3_600_000,
    )
    await database.write(recordings.ended, ended)
    assert await database.read(recordings.open_segments) == ()
    assert await database.read(recordings.segment, begun.id) == ended


async def test_segments_of_a_room_are_in_the_order_of_their_beginning(
    database: Database, sample: Sample
) -> None:
    first = SegmentRow(SegmentId("z"), sample.room.id, sample.consumer, ObjectId("o1"), NOON)
    second = replace(first, id=SegmentId("a"), object=ObjectId("o2"), started_at=NOON + HOUR)
    await database.write(recordings.began, second)
    await database.write(recordings.began, first)
    assert await database.read(recordings.of_room, sample.room.id) == (first, second)


async def test_an_unknown_segment_is_not_found(database: Database, sample: Sample) -> None:
    unknown = SegmentRow(SegmentId("s1"), sample.room.id, sample.consumer, ObjectId("o1"), NOON)
    with pytest.raises(NotFound):
        await database.read(recordings.segment, unknown.id)
    with pytest.raises(NotFound):
        await database.write(recordings.ended, unknown)


# Settlements.


def an_offer(sample: Sample, id_: str = "of1") -> OfferRow:
    return OfferRow(OfferId(id_), sample.case.id, "d" * 64, ObjectId("pdf"), NOON)


async def test_a_settlement_takes_the_place_of_its_former_state(database: Database, sample: Sample) -> None:
    case = sample.case.id
    assert await database.read(settlements.settlement, case) is None
    for state, content in (("draft", '{"clauses":[]}'), ("signed", '{"clauses":["一"]}')):
        await database.write(settlements.put, SettlementRow(case, state, content))
        found = await database.read(settlements.settlement, case)
        assert found == SettlementRow(case, state, content)
    assert await database.read(settlements.signed_not_sealed) == (case,)


async def test_a_voided_offer_stays_and_keeps_its_time(database: Database, sample: Sample) -> None:
    first, second = an_offer(sample), an_offer(sample, "of2")
    await database.write(settlements.add_offer, first)
    await database.write(settlements.add_offer, second)
    await database.write(settlements.void_offer, first.id, NOON + HOUR)
    await database.write(settlements.void_offer, first.id, NOON + 2 * HOUR)
    voided = replace(first, voided_at=NOON + HOUR)
    assert await database.read(settlements.offer, first.id) == voided
    assert await database.read(settlements.offers_of, sample.case.id) == (voided, second)
    with pytest.raises(NotFound):
        await database.read(settlements.offer, OfferId("nothing"))


async def test_acts_are_in_their_order_and_one_a_field(database: Database, sample: Sample) -> None:
    offer = an_offer(sample)
    await database.write(settlements.add_offer, offer)
    insurer = ActRow(offer.id, "insurer", NOON, '{"n":1}', "e" * 64, ObjectId("after-1"))
    consumer = ActRow(offer.id, "consumer", NOON, '{"n":2}', "f" * 64, ObjectId("after-2"))
    await database.write(settlements.add_act, insurer)
    await database.write(settlements.add_act, consumer)
    with pytest.raises(Broken):
        await database.write(settlements.add_act, replace(insurer, object=ObjectId("after-3")))
    assert await database.read(settlements.acts_of, offer.id) == (insurer, consumer)


async def test_sealing_twice_keeps_the_first_seal(database: Database, sample: Sample) -> None:
    offer = an_offer(sample)
    await database.write(settlements.add_offer, offer)
    assert await database.read(settlements.sealed, sample.case.id) is None
    first = SealRow(sample.case.id, offer.id, ObjectId("sealed-1"), "1" * 64, NOON)
    again = replace(first, object=ObjectId("sealed-2"), sha256="2" * 64)
    assert await database.write(settlements.seal, first) == first
    assert await database.write(settlements.seal, again) == first
    assert await database.read(settlements.sealed, sample.case.id) == first


# Grants.


async def test_a_grant_lets_one_person_open_one_case_until_it_expires(
    database: Database, sample: Sample
) -> None:
    who, case = sample.staff.id, sample.case.id
    grant = await database.write(grants.add, who, case, "法院调卷", NOON + HOUR)
    assert await database.read(grants.live, who, case, NOON) == grant
    assert await database.read(grants.live, who, case, NOON + HOUR) is None
    assert await database.read(grants.live, StaffId("another"), case, NOON) is None
    assert await database.read(grants.live, who, CaseId("another"), NOON) is None


# The cipher of columns.


def test_a_new_key_in_front_still_reads_what_the_old_one_wrote() -> None:
    old, new = Fernet.generate_key(), Fernet.generate_key()
    token = ColumnCipher([old], b"b" * 32).encrypt("王秀英")
    rotated = ColumnCipher([new, old], b"b" * 32)
    assert rotated.decrypt(token) == "王秀英"
    assert ColumnCipher([new], b"b" * 32).decrypt(rotated.encrypt("李建国")) == "李建国"
    with pytest.raises(Broken):
        ColumnCipher([new], b"b" * 32).decrypt(token)


def test_a_blind_index_needs_its_key_and_forgives_spelling() -> None:
    keys = [Fernet.generate_key()]
    one, other = ColumnCipher(keys, b"b" * 32), ColumnCipher(keys, b"c" * 32)
    assert one.blind("１３８ 0013 5521") == one.blind("13800135521")
    assert one.blind("13800135521") != other.blind("13800135521")
    with pytest.raises(ValueError, match="blind key"):
        ColumnCipher(keys, b"short")
