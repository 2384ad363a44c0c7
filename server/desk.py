"""The settlement desk: clauses, offer, acts, seal. The acts of one case come one after another.

Each step is decided purely, its file is made in a thread and put into the vault, and then the
settlement, the file's place and the audit are committed together. A file that was made and not
committed belongs to nobody and changes nothing.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import reduce
from typing import Any
from weakref import WeakValueDictionary

from cases.canonical import canonical_json
from cases.clocks import Clock, iso
from cases.errors import NotFound, Reason, Refused
from cases.ids import CaseId, OfferId, SeatId, StaffId, new_id
from cases.model import Role, yuan
from server import desk_rows
from server.press import Press
from server.settlement_view import settlement_view
from settlements import model as s
from settlements.document import Terms, TermsSigner
from settlements.sealing import SignerFacts
from storage import settlements
from storage.database import Database
from storage.settlements import ActRow, OfferRow, SealRow
from storage.unit_of_work import Tx
from web.translating import gettext
from web.words import DISPUTES

log = logging.getLogger(__name__)

Tell = Callable[[CaseId], Awaitable[None]]


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

    def to_json(self) -> bytes:
        return canonical_json(asdict(self))


class Desk:
    """Serves the settlements of all cases of this process."""

    def __init__(self, database: Database, press: Press, clock: Clock) -> None:
        self._database, self._press, self._clock = database, press, clock
        self._turns: WeakValueDictionary[CaseId, asyncio.Lock] = WeakValueDictionary()
        self.changed: Tell = _nobody

    # Reading.

    async def settlement(self, case: CaseId) -> s.Settlement:
        """Return the settlement of a case, an empty draft when nobody has written anything."""
        return await self._database.read(desk_rows.read_settlement, case)

    async def views(self, case: CaseId) -> Mapping[SeatId, Mapping[str, Any]]:
        """Return what each seat of the newest room may know of the settlement."""
        settlement, room, owners = await self._database.read(desk_rows.for_views, case)
        return {
            seat.id: settlement_view(settlement, owners[seat.id], for_mediator=seat.role is Role.MEDIATOR)
            for seat in room.seats
        }

    async def file(self, case: CaseId) -> bytes:
        """Return the PDF as it is now: the sealed one, else the open offer with its acts; raise NotFound."""
        found = await self._database.read(desk_rows.current_object, case)
        if found is None:
            raise NotFound("no file of a settlement")
        return await asyncio.to_thread(self._press.read, found)

    # Changing.

    async def write_clauses(self, case: CaseId, by: StaffId, texts: tuple[str, ...]) -> s.Settlement:
        """Save the draft; an open offer is void from now on."""
        async with self._turn(case):
            settlement = await self.settlement(case)
            events = settlement.decide(s.WriteClauses(texts), self._clock())
            seen = settlement.offer is not None
            return await self._commit(settlement, events, f"staff:{by}", seen=seen)

    async def offer(self, case: CaseId, by: StaffId) -> s.Settlement:
        """Render the clauses; the file's SHA-256 is the digest that everybody sees."""
        async with self._turn(case):
            settlement = await self._joint(case)
            at, offer = self._clock(), OfferId(new_id())
            settlement.decide(s.MakeOffer(offer, "", 1), at)  # refuse before the work
            terms = await self._terms(case, settlement, offer, at)
            rendered, object_id = await asyncio.to_thread(self._press.render, terms)
            command = s.MakeOffer(offer, rendered.digest, rendered.pages)
            row = OfferRow(offer, case, rendered.digest, object_id, at)
            events = settlement.decide(command, at)
            return await self._commit(
                settlement, events, f"staff:{by}", desk_rows.keeping(settlements.add_offer, row)
            )

    async def check_turn(self, case: CaseId, field: str, digest: str) -> s.Settlement:
        """Refuse who cannot act on `digest` now, before a code is sent or used up."""
        settlement = await self._joint(case)
        settlement.decide(s.RecordAct(field, digest, "0" * 64), self._clock())
        return settlement

    async def act(self, evidence: Evidence) -> s.Settlement:
        """Append a signer's approval to the file; after the last one the centre seals."""
        case = evidence.case
        async with self._turn(case):
            settlement = await self.settlement(case)
            content = evidence.to_json()
            digest = hashlib.sha256(content).hexdigest()
            at = self._clock()
            events = settlement.decide(s.RecordAct(evidence.field, evidence.digest, digest), at)
            signer = settlement.signer(evidence.field)
            before = await self._database.read(desk_rows.current_object, case)
            if before is None or settlement.offer is None:
                raise Refused(Reason.OFFER_NONE)
            facts = SignerFacts(signer.field, signer.name, settlement.offer.digest, digest, at)
            object_id = await asyncio.to_thread(self._press.approve, before, facts)
            row = ActRow(settlement.offer.id, signer.field, at, content.decode(), digest, object_id)
            keep = desk_rows.keeping(settlements.add_act, row)
            settlement = await self._commit(settlement, events, evidence.signer, keep)
            return await self._sealed_or_later(settlement)

    async def decline(self, case: CaseId, field: str, digest: str, by: str) -> s.Settlement:
        async with self._turn(case):
            settlement = await self.settlement(case)
            if settlement.offer is not None and settlement.offer.digest != digest:
                raise Refused(Reason.OFFER_CHANGED)
            return await self._commit(settlement, settlement.decide(s.Decline(field), self._clock()), by)

    async def take_up_seals(self) -> None:
        """Seal what was signed when the process ended before it could seal. Doing it twice changes nothing."""
        for case in await self._database.read(settlements.signed_not_sealed):
            async with self._turn(case):
                after = await self._sealed_or_later(await self.settlement(case))
                if after.state is s.SettlementState.SEALED:
                    log.info("case %s: the seal was taken up again", case)

    # How.

    def _turn(self, case: CaseId) -> asyncio.Lock:
        """Return the lock of a case, which lives as long as somebody waits for it."""
        return self._turns.setdefault(case, asyncio.Lock())

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
        before = await self._database.read(desk_rows.current_object, settlement.case)
        if before is None:
            raise NotFound("no file to seal")
        at = self._clock()
        object_id, digest = await asyncio.to_thread(self._press.seal, before, at)
        row = SealRow(settlement.case, settlement.offer.id, object_id, digest, at)
        events = settlement.decide(s.Seal(digest), at)
        keep = desk_rows.keeping(settlements.seal, row)
        return await self._commit(settlement, events, "system", keep, seen=False)

    async def _commit(
        self,
        settlement: s.Settlement,
        events: tuple[s.Event, ...],
        actor: str,
        keep: Callable[[Tx], Any] | None = None,
        *,
        seen: bool = True,
    ) -> s.Settlement:
        """Commit together. What both sides will have `seen` somebody do is refused during a caucus.

        It is asked again here, in the transaction: a file takes half a second to make, and a caucus
        that opened meanwhile is committed before this or after it.
        """
        if not events:
            return settlement
        after = reduce(s.Settlement.after, events, settlement)
        await self._database.write(desk_rows.store, after, events, actor, keep, seen)
        await self.changed(after.case)
        return after

    async def _joint(self, case: CaseId) -> s.Settlement:
        """Return the settlement of a case; raise Refused while one of its sides is apart."""
        return await self._database.read(desk_rows.joint_settlement, case)

    async def _terms(self, case: CaseId, settlement: s.Settlement, offer: OfferId, at: datetime) -> Terms:
        found, mediator = await self._database.read(desk_rows.case_and_mediator, case)
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


async def _nobody(_case: CaseId) -> None:
    """Nobody asked to be told of changes."""
