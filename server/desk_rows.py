"""The rows of the settlement desk: units of work, called in a thread with a transaction."""

from collections.abc import Callable
from typing import Any

from cases.audit import AuditEntry
from cases.errors import Reason, Refused
from cases.ids import CaseId, ObjectId, PartyId, SeatId
from cases.model import Case, Role, masked_phone
from rooms.model import Room
from settlements import model as s
from settlements.stored import from_json, to_json
from storage import cases, rooms, settlements, staff
from storage.settlements import SettlementRow
from storage.unit_of_work import Tx


def field_of(role: Role) -> str:
    """Return the signature field of a role; there is one signer a role in this version."""
    return role.value


def _signers(case: Case, mediator: str, mediator_phone: str) -> tuple[s.Signer, ...]:
    parties = tuple(
        s.Signer(field_of(p.role), p.role, p.name, p.organisation, masked_phone(p.phone), PartyId(p.id))
        for p in case.parties
    )
    role = Role.MEDIATOR
    last = s.Signer(field_of(role), role, mediator, "", masked_phone(mediator_phone), case.mediator)
    return (*parties, last)


def read_settlement(tx: Tx, id_: CaseId) -> s.Settlement:
    row = settlements.settlement(tx, id_)
    if row is not None:
        return from_json(row.content)
    case = cases.case(tx, id_)
    mediator = staff.staff(tx, case.mediator)
    return s.Settlement(id_, _signers(case, mediator.name, mediator.phone))


def joint_settlement(tx: Tx, id_: CaseId) -> s.Settlement:
    """Return the settlement of a case; raise Refused during a caucus."""
    _refuse_in_caucus(tx, id_)
    return read_settlement(tx, id_)


def _refuse_in_caucus(tx: Tx, id_: CaseId) -> None:
    """What both sides would see must not happen while one of them is apart."""
    if rooms.room(tx, rooms.room_of_case(tx, id_)).caucus is not None:
        raise Refused(Reason.CAUCUS_OPEN)


def for_views(tx: Tx, id_: CaseId) -> tuple[s.Settlement, Room, dict[SeatId, str]]:
    room = rooms.room(tx, rooms.room_of_case(tx, id_))
    return read_settlement(tx, id_), room, {seat.id: field_of(seat.role) for seat in room.seats}


def case_and_mediator(tx: Tx, id_: CaseId) -> tuple[Case, str]:
    case = cases.case(tx, id_)
    return case, staff.staff(tx, case.mediator).name


def current_object(tx: Tx, id_: CaseId) -> ObjectId | None:
    sealed = settlements.sealed(tx, id_)
    if sealed is not None:
        return sealed.object
    settlement = read_settlement(tx, id_)
    if settlement.offer is None:
        return None
    acts = settlements.acts_of(tx, settlement.offer.id)
    return acts[-1].object if acts else settlements.offer(tx, settlement.offer.id).object


def store(
    tx: Tx,
    after: s.Settlement,
    events: tuple[s.Event, ...],
    actor: str,
    keep: Callable[[Tx], Any] | None,
    seen: bool,
) -> None:
    if seen:
        _refuse_in_caucus(tx, after.case)
    for event in events:
        if isinstance(event, s.OfferVoided):
            settlements.void_offer(tx, event.offer, tx.now)
    if keep is not None:
        keep(tx)
    settlements.put(tx, SettlementRow(after.case, after.state, to_json(after)))
    for event in events:
        if (entry := _audit_entry(event, actor)) is not None:
            tx.audit(after.case, entry)


def _audit_entry(event: s.Event, actor: str) -> AuditEntry | None:
    match event:
        case s.ClausesWritten():
            return None  # drafts are nobody's act; what counts is the offer
        case s.OfferMade(offer):
            return AuditEntry("settlement:offer", actor, f"offer:{offer.id}", offer.digest)
        case s.OfferVoided(offer_id, state):
            return AuditEntry(f"settlement:void:{state}", actor, f"offer:{offer_id}")
        case s.ActRecorded(act):
            return AuditEntry("settlement:act", actor, f"field:{act.field}", act.evidence_digest)
        case s.Signed():
            return AuditEntry("settlement:signed", actor)
        case s.Sealed(digest):
            return AuditEntry("settlement:sealed", actor, "", digest)


def keeping(function: Callable[[Tx, Any], Any], row: Any) -> Callable[[Tx], Any]:
    return lambda tx: function(tx, row)
