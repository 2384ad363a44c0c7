"""The settlement desk: clauses, offer, acts, seal. The acts of one case come one after another.

Each step is decided purely, its file is made in a thread and put into the vault, and then the
settlement, the file's place and the audit are committed together. A file that was made and not
committed belongs to nobody and changes nothing.
"""

import asyncio
import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, Final

from cases.audit import AuditEntry
from cases.clocks import Clock, iso
from cases.errors import NotFound, Reason, Refused
from cases.ids import CaseId, ObjectId, OfferId, PartyId, SeatId, StaffId, new_id
from cases.model import Case, Role, masked_phone, yuan
from recordings.vault import Vault
from rooms.model import Room
from server.settlement_view import settlement_view
from settlements import model as s
from settlements.authority import LocalAuthority
from settlements.document import Terms, TermsSigner
from settlements.pdf import RenderedOffer, render
from settlements.sealing import SignerFacts, approve, seal
from settlements.stored import from_json, to_json
from settlements.typeface import Typeface
from storage import cases, rooms, settlements, staff
from storage.database import Database
from storage.settlements import ActRow, OfferRow, SealRow, SettlementRow
from storage.unit_of_work import Tx
from web.translating import gettext
from web.words import DISPUTES

log = logging.getLogger(__name__)

Tell = Callable[[CaseId], Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands behind an act. Its SHA-256 is in the certificate of that act."""

    case: CaseId
    offer: OfferId
    digest: str
    field: str
    signer: str  # party:<id> or staff:<id>
    phone: str
    intent: str  # the sentence that was ticked
    device: str
    address: str
    at: str

    def to_json(self) -> str:
        return json.dumps(
            {name: getattr(self, name) for name in self.__slots__},
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        )


INTENT: Final = "我逐条听懂了，自愿签这份协议。签了以后，双方都要照着做。"


@dataclass(frozen=True, slots=True)
class Press:
    """What makes files: the centre's keys, its name and its font."""

    vault: Vault
    authority: LocalAuthority
    centre: str
    typeface: Typeface


class Desk:
    """Serves the settlements of all cases of this process."""

    def __init__(self, database: Database, press: Press, clock: Clock) -> None:
        self._database, self._press, self._clock = database, press, clock
        self._turns: defaultdict[CaseId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.in_caucus: Callable[[CaseId], bool] = lambda _case: False
        self.changed: Callable[[CaseId], Any] = lambda _case: None

    # Reading.

    async def settlement(self, case: CaseId) -> s.Settlement:
        """Return the settlement of a case, an empty draft when nobody has written anything."""
        return await self._database.read(_settlement, case)

    async def views(self, case: CaseId) -> Mapping[SeatId, Mapping[str, Any]]:
        """Return what each seat of the newest room may know of the settlement."""
        settlement, room, owners = await self._database.read(_for_views, case)
        return {
            seat.id: settlement_view(settlement, owners[seat.id], for_mediator=seat.role is Role.MEDIATOR)
            for seat in room.seats
        }

    async def file(self, case: CaseId) -> bytes:
        """Return the PDF as it is now: the sealed one, else the open offer with its acts; raise NotFound."""
        found = await self._database.read(_current_object, case)
        if found is None:
            raise NotFound("no file of a settlement")
        return await asyncio.to_thread(self._read, found)

    # Changing.

    async def write_clauses(self, case: CaseId, by: StaffId, texts: tuple[str, ...]) -> s.Settlement:
        """Save the draft; an open offer is void from now on."""
        async with self._turns[case]:
            settlement = await self.settlement(case)
            if settlement.offer is not None:
                self._refuse_in_caucus(case)
            events = settlement.decide(s.WriteClauses(texts), self._clock())
            return await self._commit(settlement, events, f"staff:{by}")

    async def offer(self, case: CaseId, by: StaffId) -> s.Settlement:
        """Render the clauses; the file's SHA-256 is the digest that everybody sees."""
        async with self._turns[case]:
            self._refuse_in_caucus(case)
            settlement = await self.settlement(case)
            at, offer = self._clock(), OfferId(new_id())
            settlement.decide(s.MakeOffer(offer, "", 1), at)  # refuse before the work
            terms = await self._terms(case, settlement, offer, at)
            rendered, object_id = await asyncio.to_thread(self._render, terms)
            command = s.MakeOffer(offer, rendered.digest, rendered.pages)
            row = OfferRow(offer, case, rendered.digest, object_id, at)
            events = settlement.decide(command, at)
            return await self._commit(settlement, events, f"staff:{by}", _keeping(settlements.add_offer, row))

    async def check_turn(self, case: CaseId, field: str, digest: str) -> s.Settlement:
        """Refuse who cannot act on `digest` now, before a code is sent or used up."""
        self._refuse_in_caucus(case)
        settlement = await self.settlement(case)
        settlement.decide(s.RecordAct(field, digest, "0" * 64), self._clock())
        return settlement

    async def act(self, evidence: Evidence) -> s.Settlement:
        """Append a signer's approval to the file; after the last one the centre seals."""
        case = evidence.case
        async with self._turns[case]:
            settlement = await self.settlement(case)
            text = evidence.to_json()
            digest = hashlib.sha256(text.encode()).hexdigest()
            at = self._clock()
            events = settlement.decide(s.RecordAct(evidence.field, evidence.digest, digest), at)
            signer = settlement.signer(evidence.field)
            before = await self._database.read(_current_object, case)
            if before is None or settlement.offer is None:
                raise Refused(Reason.OFFER_NONE)
            facts = SignerFacts(signer.field, signer.name, settlement.offer.digest, digest, at)
            object_id = await asyncio.to_thread(self._approve, before, facts)
            row = ActRow(settlement.offer.id, signer.field, at, text, digest, object_id)
            keep = _keeping(settlements.add_act, row)
            settlement = await self._commit(settlement, events, evidence.signer, keep)
            return await self._sealed_or_later(settlement)

    async def decline(self, case: CaseId, field: str, digest: str, by: str) -> s.Settlement:
        async with self._turns[case]:
            self._refuse_in_caucus(case)
            settlement = await self.settlement(case)
            if settlement.offer is not None and settlement.offer.digest != digest:
                raise Refused(Reason.OFFER_CHANGED)
            return await self._commit(settlement, settlement.decide(s.Decline(field), self._clock()), by)

    async def take_up_seals(self) -> None:
        """Seal what was signed when the process ended before it could seal. Doing it twice changes nothing."""
        for case in await self._database.read(settlements.signed_not_sealed):
            async with self._turns[case]:
                after = await self._sealed_or_later(await self.settlement(case))
                if after.state is s.SettlementState.SEALED:
                    log.info("case %s: the seal was taken up again", case)

    # How.

    async def _sealed_or_later(self, settlement: s.Settlement) -> s.Settlement:
        """Seal what everybody signed. When that fails the acts stand, and it is taken up again."""
        try:
            return await self._seal(settlement)
        except Exception:
            log.exception("case %s: not sealed yet", settlement.case)
            return settlement

    async def _seal(self, settlement: s.Settlement) -> s.Settlement:
        if settlement.state is not s.SettlementState.SIGNED or settlement.offer is None:
            return settlement
        before = await self._database.read(_current_object, settlement.case)
        if before is None:
            raise NotFound("no file to seal")
        at = self._clock()
        object_id, digest = await asyncio.to_thread(self._sealed, before, at)
        row = SealRow(settlement.case, settlement.offer.id, object_id, digest, at)
        events = settlement.decide(s.Seal(digest), at)
        return await self._commit(settlement, events, "system", _keeping(settlements.seal, row))

    async def _commit(
        self,
        settlement: s.Settlement,
        events: tuple[s.Event, ...],
        actor: str,
        keep: Callable[[Tx], Any] | None = None,
    ) -> s.Settlement:
        if not events:
            return settlement
        after = reduce(s.Settlement.after, events, settlement)
        await self._database.write(_store, after, events, actor, keep)
        await self.changed(after.case)
        return after

    def _refuse_in_caucus(self, case: CaseId) -> None:
        """What both sides would see must not happen while one of them is apart."""
        if self.in_caucus(case):
            raise Refused(Reason.CAUCUS_OPEN)

    async def _terms(self, case: CaseId, settlement: s.Settlement, offer: OfferId, at: datetime) -> Terms:
        found, mediator = await self._database.read(_case_and_mediator, case)
        return Terms(
            case_number=found.number,
            title=found.title,
            centre=self._press.centre,
            mediator=mediator,
            dispute=gettext(DISPUTES[found.dispute]),
            claimed=yuan(found.claimed_fen),
            signers=tuple(
                TermsSigner(x.field, x.role, x.name, x.organisation, x.phone_masked)
                for x in settlement.signers
            ),
            matters=(),
            clauses=settlement.clauses,
            offer=offer,
            offered_at=iso(at),
            version=settlement.offers_made + 1,
        )

    # In threads.

    def _read(self, object_id: ObjectId) -> bytes:
        with self._press.vault.open(object_id) as reader:
            return reader.read(0, reader.size)

    def _render(self, terms: Terms) -> tuple[RenderedOffer, ObjectId]:
        rendered = render(terms, self._press.typeface)
        return rendered, self._press.vault.put(rendered.pdf)

    def _approve(self, before: ObjectId, facts: SignerFacts) -> ObjectId:
        pdf = approve(self._read(before), facts, self._press.authority, self._press.typeface)
        return self._press.vault.put(pdf)

    def _sealed(self, before: ObjectId, at: datetime) -> tuple[ObjectId, str]:
        pdf = seal(self._read(before), self._press.authority, at, self._press.typeface)
        return self._press.vault.put(pdf), hashlib.sha256(pdf).hexdigest()


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


def _settlement(tx: Tx, id_: CaseId) -> s.Settlement:
    row = settlements.settlement(tx, id_)
    if row is not None:
        return from_json(row.content)
    case = cases.case(tx, id_)
    mediator = staff.staff(tx, case.mediator)
    return s.Settlement(id_, _signers(case, mediator.name, mediator.phone))


def _for_views(tx: Tx, id_: CaseId) -> tuple[s.Settlement, Room, dict[SeatId, str]]:
    room = rooms.room(tx, rooms.room_of_case(tx, id_))
    return _settlement(tx, id_), room, {seat.id: field_of(seat.role) for seat in room.seats}


def _case_and_mediator(tx: Tx, id_: CaseId) -> tuple[Case, str]:
    case = cases.case(tx, id_)
    return case, staff.staff(tx, case.mediator).name


def _current_object(tx: Tx, id_: CaseId) -> ObjectId | None:
    sealed = settlements.sealed(tx, id_)
    if sealed is not None:
        return sealed.object
    settlement = _settlement(tx, id_)
    if settlement.offer is None:
        return None
    acts = settlements.acts_of(tx, settlement.offer.id)
    return acts[-1].object if acts else settlements.offer(tx, settlement.offer.id).object


def _store(
    tx: Tx,
    after: s.Settlement,
    events: tuple[s.Event, ...],
    actor: str,
    keep: Callable[[Tx], Any] | None,
) -> None:
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


def _keeping(function: Callable[[Tx, Any], Any], row: Any) -> Callable[[Tx], Any]:
    return lambda tx: function(tx, row)
