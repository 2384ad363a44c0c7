"""Staff, links, browsers, codes, consents."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cases.codes import Code, CodeHistory, CodePurpose
from cases.consents import Consent, Purpose, text_for
from cases.errors import Broken, NotFound
from cases.ids import DeviceId, LinkId, SeatId, StaffId, new_id
from cases.links import LIFETIME, Link, secret_hash
from storage import cases, codes, consents, links, staff
from storage.database import Database
from storage.unit_of_work import Tx
from tests.builders.cases import MEDIATOR_PHONE, NOON, Sample, a_mediator, a_sample
from tests.builders.clocks import StillClock

HOUR = timedelta(hours=1)


@pytest.fixture
async def sample(database: Database) -> Sample:
    made = a_sample()

    def add(tx: Tx) -> None:
        staff.add_staff(tx, made.staff, "argon2")
        cases.add_case(tx, made.case, made.room)

    await database.write(add)
    return made


def a_link(sample: Sample, secret: str, party: int = 0) -> Link:
    return Link(
        LinkId(new_id()),
        sample.case.id,
        sample.case.parties[party].id,
        secret_hash(secret),
        NOON,
        NOON + LIFETIME,
    )


def a_code(purpose: CodePurpose = CodePurpose.ENTER) -> Code:
    return Code(purpose, "b" * 64, "m" * 64, NOON)


# Staff.


async def test_staff_are_found_by_their_phone(database: Database, sample: Sample) -> None:
    assert await database.read(staff.staff_by_phone, MEDIATOR_PHONE) == (sample.staff, "argon2")
    assert await database.read(staff.staff_by_phone, "13700000000") is None
    assert await database.read(staff.list_staff) == (sample.staff,)
    with pytest.raises(NotFound):
        await database.read(staff.staff, StaffId("nobody"))


async def test_one_phone_is_one_member_of_staff(database: Database, sample: Sample) -> None:
    with pytest.raises(Broken):
        await database.write(staff.add_staff, a_mediator("周岚", MEDIATOR_PHONE), "hash")
    assert await database.read(staff.list_staff) == (sample.staff,)


async def test_a_session_works_until_it_expires(
    database: Database, sample: Sample, clock: StillClock
) -> None:
    await database.write(staff.add_session, sample.staff.id, "s1", NOON + HOUR)
    assert await database.read(staff.session, sample.staff.id, "s1")
    assert not await database.read(staff.session, StaffId("another"), "s1")
    assert not await database.read(staff.session, sample.staff.id, "s2")
    clock.wait(hours=1)
    assert not await database.read(staff.session, sample.staff.id, "s1")


async def test_a_revoked_session_ends_at_once_and_the_others_stay(database: Database, sample: Sample) -> None:
    for secret in ("s1", "s2", "s3"):
        await database.write(staff.add_session, sample.staff.id, secret, NOON + HOUR)
    await database.write(staff.revoke_session, sample.staff.id, "s1")
    assert not await database.read(staff.session, sample.staff.id, "s1")
    assert await database.read(staff.session, sample.staff.id, "s2")
    await database.write(staff.revoke_sessions, sample.staff.id)
    assert not await database.read(staff.session, sample.staff.id, "s3")


async def test_failed_sign_ins_are_remembered_for_each_whom_they_slow_down(
    database: Database, clock: StillClock
) -> None:
    await database.write(staff.note_failure, MEDIATOR_PHONE, "address-1")
    clock.wait(minutes=5)
    await database.write(staff.note_failure, "13900000000", "address-1")
    later = NOON + timedelta(minutes=5)
    assert await database.read(staff.recent_failures, MEDIATOR_PHONE, NOON) == (NOON,)
    assert await database.read(staff.recent_failures, "address-1", NOON) == (NOON, later)
    assert await database.read(staff.recent_failures, "address-1", later) == (later,)
    assert await database.read(staff.recent_failures, "address-2", NOON) == ()


async def test_failed_sign_ins_are_forgotten_after_a_day(database: Database, clock: StillClock) -> None:
    await database.write(staff.note_failure, MEDIATOR_PHONE, "address-1")
    clock.wait(days=1, seconds=1)
    await database.write(staff.note_failure, MEDIATOR_PHONE, "address-1")
    assert len(await database.read(staff.recent_failures, MEDIATOR_PHONE, NOON)) == 1


async def test_a_browser_is_known_to_its_owner_until_it_is_replaced_forgotten_or_late(
    database: Database, sample: Sample, clock: StillClock
) -> None:
    owner = sample.staff.id
    await database.write(staff.remember_browser, owner, "b1", NOON + HOUR, "")
    assert await database.read(staff.knows_browser, owner, "b1")
    assert not await database.read(staff.knows_browser, StaffId("another"), "b1")
    await database.write(staff.remember_browser, owner, "b2", NOON + HOUR, "b1")
    assert not await database.read(staff.knows_browser, owner, "b1")
    assert await database.read(staff.knows_browser, owner, "b2")
    clock.wait(hours=1)
    assert not await database.read(staff.knows_browser, owner, "b2")
    await database.write(staff.remember_browser, owner, "b3", clock.now + HOUR, "")
    await database.write(staff.forget_browsers, owner)
    assert not await database.read(staff.knows_browser, owner, "b3")


async def test_a_ticket_signs_in_once(database: Database, sample: Sample) -> None:
    await database.write(staff.add_ticket, sample.staff.id, "t1", NOON + HOUR)
    assert await database.write(staff.use_ticket, "t1") == sample.staff.id
    assert await database.write(staff.use_ticket, "t1") is None
    assert await database.write(staff.use_ticket, "t2") is None


async def test_a_late_ticket_signs_nobody_in(database: Database, sample: Sample, clock: StillClock) -> None:
    await database.write(staff.add_ticket, sample.staff.id, "t1", NOON + HOUR)
    clock.wait(hours=1)
    assert await database.write(staff.use_ticket, "t1") is None


# Links.


async def test_a_link_is_found_by_the_hash_of_its_secret(database: Database, sample: Sample) -> None:
    link = a_link(sample, "secret")
    await database.write(links.issue, link)
    assert await database.read(links.by_secret_hash, secret_hash("secret")) == link
    assert await database.read(links.by_secret_hash, secret_hash("other")) is None


async def test_a_new_link_revokes_the_older_ones_of_the_party_only(
    database: Database, sample: Sample
) -> None:
    old, other, new = a_link(sample, "old"), a_link(sample, "other", party=1), a_link(sample, "new")
    for link in (old, other, new):
        await database.write(links.issue, link)
    assert await database.read(links.by_secret_hash, old.secret_hash) == replace(old, revoked_at=NOON)
    assert await database.read(links.by_secret_hash, other.secret_hash) == other
    assert await database.read(links.by_secret_hash, new.secret_hash) == new
    assert {link.id for link in await database.read(links.of_case, sample.case.id)} == {
        old.id,
        other.id,
        new.id,
    }


async def test_a_revoked_link_keeps_the_time_of_its_revocation(
    database: Database, sample: Sample, clock: StillClock
) -> None:
    link = a_link(sample, "secret")
    await database.write(links.issue, link)
    await database.write(links.revoke, link.party)
    clock.wait(hours=1)
    await database.write(links.revoke, link.party)
    found = await database.read(links.by_secret_hash, link.secret_hash)
    assert found is not None
    assert found.revoked_at == NOON


async def test_the_last_use_of_a_link_is_known(database: Database, sample: Sample) -> None:
    link = a_link(sample, "secret")
    await database.write(links.issue, link)
    assert await database.read(links.last_used, sample.case.id) == {}
    await database.write(links.mark_used, link.id)
    assert await database.read(links.last_used, sample.case.id) == {link.id: NOON}


# Browsers and seats.


async def test_a_browser_is_known_by_its_cookie_at_its_own_seat_only(
    database: Database, sample: Sample
) -> None:
    device = DeviceId(new_id())
    await database.write(links.add_device, device, sample.consumer, "cookie")
    assert await database.read(links.device, sample.consumer, "cookie") == device
    assert await database.read(links.device, sample.insurer, "cookie") is None
    assert await database.read(links.device, sample.consumer, "another") is None


async def test_revoking_the_browsers_of_a_seat_leaves_other_seats(database: Database, sample: Sample) -> None:
    for n, seat in enumerate((sample.consumer, sample.consumer, sample.insurer)):
        await database.write(links.add_device, DeviceId(new_id()), seat, f"cookie-{n}")
    await database.write(links.revoke_devices, sample.consumer)
    known = [
        await database.read(links.device, seat, f"cookie-{n}")
        for n, seat in enumerate((sample.consumer, sample.consumer, sample.insurer))
    ]
    assert [device is not None for device in known] == [False, False, True]


async def test_a_seat_leads_to_its_case_person_and_room(database: Database, sample: Sample) -> None:
    party = sample.case.parties[0].id
    owner = await database.read(links.seat_owner, sample.consumer)
    assert owner == (sample.case.id, party, None, sample.room.id)
    owner = await database.read(links.seat_owner, sample.mediator)
    assert owner == (sample.case.id, None, sample.staff.id, sample.room.id)
    assert await database.read(links.seat_of_party, party) == sample.consumer
    assert await database.read(links.seat_of_staff, sample.room.id, sample.staff.id) == sample.mediator
    with pytest.raises(NotFound):
        await database.read(links.seat_owner, SeatId("nothing"))
    with pytest.raises(NotFound):
        await database.read(links.seat_of_staff, sample.room.id, StaffId("another"))


# Codes.


async def test_the_newest_code_for_a_purpose_counts(database: Database) -> None:
    await database.write(codes.put, "party:1", a_code())
    newer = replace(a_code(), mac="n" * 64)  # in the same instant
    await database.write(codes.put, "party:1", newer)
    await database.write(codes.put, "party:1", a_code(CodePurpose.ACT))
    await database.write(codes.put, "party:3", a_code(CodePurpose.ACT))
    assert await database.read(codes.latest, "party:1", CodePurpose.ENTER) == newer
    assert await database.read(codes.latest, "party:3", CodePurpose.ENTER) is None
    assert await database.read(codes.latest, "party:2", CodePurpose.ENTER) is None


async def test_what_became_of_a_code_is_kept(database: Database) -> None:
    await database.write(codes.put, "party:1", a_code(CodePurpose.ACT))
    await database.write(codes.put, "party:1", a_code())
    tried = replace(a_code(), tries=2, used=True)
    await database.write(codes.replace_latest, "party:1", tried)
    assert await database.read(codes.latest, "party:1", CodePurpose.ENTER) == tried
    assert await database.read(codes.latest, "party:1", CodePurpose.ACT) == a_code(CodePurpose.ACT)
    with pytest.raises(NotFound):
        await database.write(codes.replace_latest, "party:2", tried)


async def test_the_history_is_of_one_person_one_purpose_and_one_day(
    database: Database, clock: StillClock
) -> None:
    enter, act = CodePurpose.ENTER, CodePurpose.ACT
    await database.write(codes.put, "party:1", a_code())
    await database.write(codes.note_failed_try, "party:1", enter)
    later = clock.wait(hours=23)
    await database.write(codes.put, "party:1", replace(a_code(), issued_at=later))
    await database.write(codes.note_failed_try, "party:1", enter)
    whole = CodeHistory((NOON, later), (NOON, later))
    assert await database.read(codes.history, "party:1", enter) == whole
    assert await database.read(codes.history, "party:1", act) == CodeHistory((), ())
    assert await database.read(codes.history, "party:2", enter) == CodeHistory((), ())
    clock.wait(hours=2)
    assert await database.read(codes.history, "party:1", enter) == CodeHistory((later,), (later,))


# Consents.


async def test_the_latest_answer_counts_and_no_answer_is_lost(database: Database, sample: Sample) -> None:
    text = text_for(Purpose.RECORDING)
    given = Consent(text.purpose, text.version, text.sha256, given=True, at=NOON)
    withdrawn = replace(given, given=False, at=NOON + HOUR)
    party = sample.case.parties[0].id
    await database.write(consents.put, party, given)
    await database.write(consents.put, party, withdrawn)
    assert await database.read(consents.of_party, party) == {Purpose.RECORDING: withdrawn}
    assert await database.read(consents.history, party) == (given, withdrawn)
    assert await database.read(consents.of_party, sample.case.parties[1].id) == {}
