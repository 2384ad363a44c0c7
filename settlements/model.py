"""A settlement on its way from a draft to a sealed file, as a pure value: decide, then after.

The digest of an offer is the SHA-256 of its PDF; whoever acts names the digest that they saw, so
nobody can agree to a text other than the one in force.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from cases.errors import Reason, Refused
from cases.ids import CaseId, OfferId, PartyId, StaffId
from cases.model import Role

MAX_CLAUSES = 40
MAX_CLAUSE_CHARACTERS = 2000
SEAL_FIELD = "seal"  # no signer's field may be called so


class SettlementState(StrEnum):
    DRAFT = "draft"
    OFFERED = "offered"
    SIGNED = "signed"
    SEALED = "sealed"
    DECLINED = "declined"


CONCLUDED = frozenset({SettlementState.SIGNED, SettlementState.SEALED})


@dataclass(frozen=True, slots=True)
class Clause:
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose signature the file needs. `field` is the name of the signature field in the PDF.

    `organisation` is empty for a natural person; `ref` is the party, or the staff member for the mediator.
    """

    field: str
    role: Role
    name: str
    organisation: str
    phone_masked: str
    ref: PartyId | StaffId


@dataclass(frozen=True, slots=True)
class Act:
    """One person agreed. `evidence_digest` is the SHA-256 (hex) of the evidence of the one-time code."""

    field: str
    at: datetime
    evidence_digest: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One frozen text. `digest` is the SHA-256 (hex) of the PDF of `pages` pages."""

    id: OfferId
    digest: str
    pages: int
    version: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class WriteClauses:
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MakeOffer:
    offer: OfferId
    digest: str
    pages: int


@dataclass(frozen=True, slots=True)
class RecordAct:
    field: str
    digest: str
    evidence_digest: str


@dataclass(frozen=True, slots=True)
class Decline:
    field: str


@dataclass(frozen=True, slots=True)
class Seal:
    """The file is sealed. `sealed_digest` is the SHA-256 (hex) of the sealed PDF."""

    sealed_digest: str


Command = WriteClauses | MakeOffer | RecordAct | Decline | Seal


@dataclass(frozen=True, slots=True)
class ClausesWritten:
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class OfferMade:
    offer: Offer


@dataclass(frozen=True, slots=True)
class OfferVoided:
    """An open offer ended without a settlement; the acts that it had count for nothing."""

    offer: OfferId
    state: SettlementState  # what the settlement is now: DRAFT or DECLINED
    by: str = ""  # the field of who declined


@dataclass(frozen=True, slots=True)
class ActRecorded:
    act: Act


@dataclass(frozen=True, slots=True)
class Signed:
    """Every act is there; the centre's seal is due."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Sealed:
    sealed_digest: str
    at: datetime


Event = ClausesWritten | OfferMade | OfferVoided | ActRecorded | Signed | Sealed


@dataclass(frozen=True, slots=True)
class Settlement:
    """The settlement of one case. `signers` in the order of the file, the mediator last."""

    case: CaseId
    signers: tuple[Signer, ...]
    state: SettlementState = SettlementState.DRAFT
    clauses: tuple[Clause, ...] = ()
    offer: Offer | None = None
    acts: tuple[Act, ...] = ()
    offers_made: int = 0
    signed_at: datetime | None = None
    sealed_at: datetime | None = None
    sealed_digest: str = ""

    def decide(self, command: Command, at: datetime) -> tuple[Event, ...]:
        """Return what follows from `command`, or raise Refused; change nothing."""
        match command:
            case WriteClauses():
                return self._write_clauses(command)
            case MakeOffer():
                return self._make_offer(command, at)
            case RecordAct():
                return self._record_act(command, at)
            case Decline(field):
                return (self._declined(field),)
            case Seal():
                return self._seal(command, at)
            case _:
                assert_never(command)

    def after(self, event: Event) -> "Settlement":
        """Return the settlement after `event`. Never fails."""
        match event:
            case ClausesWritten(clauses):
                return replace(self, state=SettlementState.DRAFT, clauses=clauses)
            case OfferMade(offer):
                return replace(
                    self,
                    state=SettlementState.OFFERED,
                    offer=offer,
                    acts=(),
                    offers_made=offer.version,
                )
            case OfferVoided(_, state):
                return replace(self, state=state, offer=None, acts=())
            case ActRecorded(act):
                return replace(self, acts=(*self.acts, act))
            case Signed(at):
                return replace(self, state=SettlementState.SIGNED, signed_at=at)
            case Sealed(digest, at):
                return replace(self, state=SettlementState.SEALED, sealed_digest=digest, sealed_at=at)
            case _:
                assert_never(event)

    @property
    def missing(self) -> tuple[Signer, ...]:
        """Whose act the open offer still lacks, in the order of the file."""
        acted = {act.field for act in self.acts}
        return tuple(s for s in self.signers if s.field not in acted)

    def may_act(self, field: str) -> bool:
        """Return whether it is this signer's turn; the mediator attests what the others did, so comes last."""
        waiting = {s.field for s in self.missing}
        return (
            self.state is SettlementState.OFFERED
            and field in waiting
            and (self.signer(field).role is not Role.MEDIATOR or waiting == {field})
        )

    def signer(self, field: str) -> Signer:
        """Return who signs `field`; refuse anybody who does not sign this settlement."""
        for signer in self.signers:
            if signer.field == field:
                return signer
        raise Refused(Reason.NOT_YOURS)

    def _write_clauses(self, command: WriteClauses) -> tuple[Event, ...]:
        if self.state in CONCLUDED:
            raise Refused(Reason.NOT_NOW)
        clauses = numbered(command.texts)
        if clauses == self.clauses:
            return ()
        void = (OfferVoided(self.offer.id, SettlementState.DRAFT),) if self.offer else ()
        return (*void, ClausesWritten(clauses))

    def _make_offer(self, command: MakeOffer, at: datetime) -> tuple[Event, ...]:
        if self.state in CONCLUDED:
            raise Refused(Reason.NOT_NOW)
        if not self.clauses:
            raise Refused(Reason.CLAUSES_EMPTY)
        offer = Offer(command.offer, command.digest, command.pages, self.offers_made + 1, at)
        void = (OfferVoided(self.offer.id, SettlementState.DRAFT),) if self.offer else ()
        return (*void, OfferMade(offer))

    def _record_act(self, command: RecordAct, at: datetime) -> tuple[Event, ...]:
        field = self.signer(command.field).field
        if field in {act.field for act in self.acts}:
            raise Refused(Reason.ACT_DONE)
        if command.digest != self._open_offer().digest:
            raise Refused(Reason.OFFER_CHANGED)
        if not self.may_act(field):
            raise Refused(Reason.NOT_NOW)
        act = ActRecorded(Act(field, at, command.evidence_digest))
        return (act, Signed(at)) if len(self.missing) == 1 else (act,)

    def _seal(self, command: Seal, at: datetime) -> tuple[Event, ...]:
        if self.state is SettlementState.SEALED:
            return ()
        if self.state is not SettlementState.SIGNED:
            raise Refused(Reason.NOT_SETTLED)
        return (Sealed(command.sealed_digest, at),)

    def _declined(self, field: str) -> OfferVoided:
        offer = self._open_offer()
        return OfferVoided(offer.id, SettlementState.DECLINED, self.signer(field).field)

    def _open_offer(self) -> Offer:
        if self.state is not SettlementState.OFFERED or self.offer is None:
            raise Refused(Reason.OFFER_NONE)
        return self.offer


def numbered(texts: tuple[str, ...]) -> tuple[Clause, ...]:
    """Return `texts` as clauses 1, 2, …; refuse none at all, an empty one, too many and too long ones."""
    stripped = [text.strip() for text in texts]
    if not stripped or not all(stripped):
        raise Refused(Reason.CLAUSES_EMPTY)
    if len(stripped) > MAX_CLAUSES or any(len(text) > MAX_CLAUSE_CHARACTERS for text in stripped):
        raise Refused(Reason.CLAUSES_TOO_LONG, clauses=MAX_CLAUSES, characters=MAX_CLAUSE_CHARACTERS)
    return tuple(Clause(number, text) for number, text in enumerate(stripped, 1))
