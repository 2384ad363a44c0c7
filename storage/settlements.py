"""Settlements: the state of each as text that is not read here, its offers, acts, and the sealed file."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from cases.errors import NotFound
from cases.ids import CaseId, ObjectId, OfferId
from storage import tables as t
from storage.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """`content` is JSON text of the settlement's own making."""

    case: CaseId
    state: str
    content: str


@dataclass(frozen=True, slots=True)
class OfferRow:
    """`digest` is the SHA-256 (hexadecimal) of the PDF in the object `object`."""

    id: OfferId
    case: CaseId
    digest: str
    object: ObjectId
    made_at: datetime
    voided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ActRow:
    """`evidence` is JSON text; `object` is the file after this act."""

    offer: OfferId
    field: str
    at: datetime
    evidence: str
    evidence_digest: str
    object: ObjectId


@dataclass(frozen=True, slots=True)
class SealRow:
    case: CaseId
    offer: OfferId
    object: ObjectId
    sha256: str
    sealed_at: datetime


def put(tx: Tx, settlement: SettlementRow) -> None:
    """Keep the settlement of a case in place of its former state."""
    values = {
        "state": settlement.state,
        "content": tx.columns.encrypt(settlement.content),
        "changed_at": tx.now,
    }
    this = update(t.settlements).where(t.settlements.c.case_id == settlement.case)
    if tx.connection.execute(this.values(**values)).rowcount == 0:
        tx.connection.execute(insert(t.settlements).values(case_id=settlement.case, **values))


def settlement(tx: Tx, case: CaseId) -> SettlementRow | None:
    row = tx.connection.execute(select(t.settlements).where(t.settlements.c.case_id == case)).one_or_none()
    return None if row is None else SettlementRow(case, row.state, tx.columns.decrypt(row.content))


def signed_not_sealed(tx: Tx) -> tuple[CaseId, ...]:
    """Return the cases whose settlement is in the state "signed": their seal is to be taken up again."""
    query = select(t.settlements.c.case_id).where(t.settlements.c.state == "signed")
    return tuple(CaseId(id_) for id_ in tx.connection.execute(query).scalars())


# Offers.


def add_offer(tx: Tx, offer: OfferRow) -> None:
    tx.connection.execute(
        insert(t.offers).values(
            id=offer.id,
            case_id=offer.case,
            digest=offer.digest,
            object_id=offer.object,
            made_at=offer.made_at,
            voided_at=offer.voided_at,
        )
    )


def offer(tx: Tx, id_: OfferId) -> OfferRow:
    """Return an offer, voided or not; raise NotFound."""
    row = tx.connection.execute(select(t.offers).where(t.offers.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound(f"offer {id_}")
    return _offer(row)


def offers_of(tx: Tx, case: CaseId) -> tuple[OfferRow, ...]:
    """Return all offers of a case, oldest first."""
    query = select(t.offers).where(t.offers.c.case_id == case).order_by(t.offers.c.made_at, t.offers.c.id)
    return tuple(_offer(row) for row in tx.connection.execute(query))


def void_offer(tx: Tx, id_: OfferId, at: datetime) -> None:
    """End an offer; a voided one keeps its first time."""
    tx.connection.execute(
        update(t.offers).where(t.offers.c.id == id_, t.offers.c.voided_at.is_(None)).values(voided_at=at)
    )


def _offer(row: Row[Any]) -> OfferRow:
    return OfferRow(
        OfferId(row.id),
        CaseId(row.case_id),
        row.digest,
        ObjectId(row.object_id),
        row.made_at,
        row.voided_at,
    )


# Acts.


def add_act(tx: Tx, act: ActRow) -> None:
    """Keep an act; a second one for the same field of an offer is refused by the database (Broken)."""
    count = select(func.count()).select_from(t.acts).where(t.acts.c.offer_id == act.offer)
    tx.connection.execute(
        insert(t.acts).values(
            offer_id=act.offer,
            field=act.field,
            position=tx.connection.execute(count).scalar_one(),
            at=act.at,
            evidence=tx.columns.encrypt(act.evidence),
            evidence_digest=act.evidence_digest,
            object_id=act.object,
        )
    )


def acts_of(tx: Tx, offer: OfferId) -> tuple[ActRow, ...]:
    """Return the acts of an offer in their order: the object of the last is the file as it is now."""
    query = select(t.acts).where(t.acts.c.offer_id == offer).order_by(t.acts.c.position)
    return tuple(
        ActRow(
            OfferId(row.offer_id),
            row.field,
            row.at,
            tx.columns.decrypt(row.evidence),
            row.evidence_digest,
            ObjectId(row.object_id),
        )
        for row in tx.connection.execute(query)
    )


# The sealed file.


def seal(tx: Tx, row: SealRow) -> SealRow:
    """Keep the sealed file and return the one that counts: the first, when this is a repetition."""
    former = sealed(tx, row.case)
    if former is not None:
        return former
    tx.connection.execute(
        insert(t.seals).values(
            case_id=row.case,
            offer_id=row.offer,
            object_id=row.object,
            sha256=row.sha256,
            sealed_at=row.sealed_at,
        )
    )
    return row


def sealed(tx: Tx, case: CaseId) -> SealRow | None:
    row = tx.connection.execute(select(t.seals).where(t.seals.c.case_id == case)).one_or_none()
    if row is None:
        return None
    return SealRow(case, OfferId(row.offer_id), ObjectId(row.object_id), row.sha256, row.sealed_at)
