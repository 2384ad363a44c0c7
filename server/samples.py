"""Three fictional cases for the demo."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cases.ids import CaseId, PartyId, StaffId, new_id
from cases.model import Case, Dispute, Party, Role, Staff
from server.handlers.cases import add_case_with_room
from server.passwords import hash_password
from server.staff import keep_staff
from storage import cases, staff
from storage.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class Sample:
    number: str
    title: str
    dispute: Dispute
    claimed_fen: int
    consumer: tuple[str, str]  # name, phone
    insurer: tuple[str, str, str]  # name, phone, organisation
    in_hours: int


MEMBERS: Final = {
    Role.MEDIATOR: ("林静", "13900000001"),
    Role.LEGAL: ("孙若兰", "13900000002"),
    Role.ADMIN: ("何川", "13900000003"),
}

REHEARSING: Final = (
    "何清",
    "13900000004",
)  # gives a reason in the rehearsal, so that nobody else's file is open

INSURER: Final = "安和在线财险"

SAMPLES: Final = (
    Sample(
        "〔2025〕云保调字第0127号",
        "医疗险拒赔争议",
        Dispute.CLAIM_DENIAL,
        4_725_175,
        ("周建国", "13800000011"),
        ("赵一鸣", "13800000012", INSURER),
        0,
    ),
    Sample(
        "〔2025〕云保调字第0318号",
        "退还多扣的保险费",
        Dispute.MIS_SELLING,
        235_300,
        ("刘桂英", "13800000021"),
        ("赵一鸣", "13800000012", INSURER),
        1,
    ),
    Sample(
        "〔2025〕云保调字第0402号",
        "车损定损争议",
        Dispute.LOSS_ASSESSMENT,
        3_860_000,
        ("陈立", "13800000031"),
        ("赵一鸣", "13800000012", INSURER),
        24,
    ),
)


def seed(tx: Tx) -> dict[Role, Staff]:
    """Add the members of staff and the cases that are not there yet; return the members."""
    members = {role: _member(tx, role, name, phone) for role, (name, phone) in MEMBERS.items()}
    for sample in SAMPLES:
        if not cases.number_taken(tx, sample.number):
            add_case_with_room(tx, _case(tx, sample, members[Role.MEDIATOR].id), "system")
    return members


def rehearsing_legal(tx: Tx) -> Staff:
    """Return the legal staff of the rehearsal, added if it is not there yet."""
    return _member(tx, Role.LEGAL, *REHEARSING)


def _member(tx: Tx, role: Role, name: str, phone: str) -> Staff:
    found = staff.staff_by_phone(tx, phone)
    if found is not None:
        return found[0]
    member = Staff(StaffId(new_id()), role, name, phone)
    keep_staff(tx, member, hash_password(new_id()))  # nobody knows it: they come in by tickets
    return member


def _case(tx: Tx, sample: Sample, mediator: StaffId) -> Case:
    consumer = Party(PartyId(new_id()), Role.CONSUMER, *sample.consumer)
    insurer = Party(PartyId(new_id()), Role.INSURER, *sample.insurer)
    return Case(
        id=CaseId(new_id()),
        number=sample.number,
        title=sample.title,
        dispute=sample.dispute,
        claimed_fen=sample.claimed_fen,
        scheduled_at=tx.now + timedelta(hours=sample.in_hours),
        mediator=mediator,
        parties=(consumer, insurer),
        opened_at=tx.now,
    )
