"""A case and the people in it, as values."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.ids import CaseId, PartyId, StaffId


class Role(StrEnum):
    """What somebody is in a case."""

    CONSUMER = "consumer"
    AGENT = "agent"
    SUPPORTER = "supporter"
    INSURER = "insurer"
    APPROVER = "approver"
    MEDIATOR = "mediator"
    MINUTES_TAKER = "minutes-taker"
    EXPERT = "expert"
    CARE = "care"
    LEGAL = "legal"
    ADMIN = "admin"


MOBILE = re.compile(r"1[3-9][0-9]{9}")
STAFF_ROLES = frozenset({Role.MEDIATOR, Role.LEGAL, Role.ADMIN})


class Side(StrEnum):
    APPLICANT = "applicant"
    RESPONDENT = "respondent"
    CENTRE = "centre"


SIDE_OF = {
    Role.CONSUMER: Side.APPLICANT,
    Role.AGENT: Side.APPLICANT,
    Role.SUPPORTER: Side.APPLICANT,
    Role.INSURER: Side.RESPONDENT,
    Role.APPROVER: Side.RESPONDENT,
}


def side_of(role: Role) -> Side:
    """Return whose side a role is on; everybody who is on neither belongs to the centre."""
    return SIDE_OF.get(role, Side.CENTRE)


class Dispute(StrEnum):
    """Kinds of dispute of the first centres; a later issue makes the list the centre's own."""

    CLAIM_DENIAL = "claim-denial"
    LOSS_ASSESSMENT = "loss-assessment"
    MIS_SELLING = "mis-selling"
    RESCISSION = "rescission"
    OTHER = "other"


class Ground(StrEnum):
    """Ways a mediation ends (人民法院在线调解规则, 2022)."""

    SETTLED = "settled"
    WITHDRAWN = "withdrawn"  # after the parties' own reconciliation
    UNREACHABLE = "unreachable"  # in time
    UNWILLING = "unwilling"  # a party does not wish to continue
    TOO_FAR_APART = "too-far-apart"
    NO_AGREEMENT_IN_TIME = "no-agreement-in-time"
    REFUSED_TO_SIGN = "refused-to-sign"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Party:
    """A person in a case. `organisation` is the insurer's name for its representative, else empty."""

    id: PartyId
    role: Role
    name: str
    phone: str
    organisation: str = ""

    @property
    def side(self) -> Side:
        return side_of(self.role)


@dataclass(frozen=True, slots=True)
class Case:
    """One dispute. `claimed_fen` is in fen (¥0.01), so that no amount is ever a float."""

    id: CaseId
    number: str
    title: str
    dispute: Dispute
    claimed_fen: int
    scheduled_at: datetime
    mediator: StaffId
    parties: tuple[Party, ...]
    opened_at: datetime
    closed_at: datetime | None = None
    ground: Ground | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    id: StaffId
    role: Role
    name: str
    phone: str


def is_mobile(phone: str) -> bool:
    """Return whether one-time codes can be sent there: 11 digits, 13… to 19…, as in mainland China."""
    return MOBILE.fullmatch(phone) is not None


def masked_phone(phone: str) -> str:
    """Return 138****5521: enough to recognise one's own, too little to call."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 7 else "****"  # noqa: PLR2004


def yuan(fen: int) -> str:
    """Return ¥33,000.00 for 3300000."""
    return f"¥{fen // 100:,}.{fen % 100:02d}"
