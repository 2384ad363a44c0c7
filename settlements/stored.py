"""A settlement as JSON, for the row that keeps it."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from cases.clocks import from_iso, iso
from cases.ids import CaseId, OfferId, PartyId
from cases.model import Role
from settlements.model import Act, Clause, Offer, Settlement, SettlementState, Signer

VERSION: Final = 1


def to_json(settlement: Settlement) -> str:
    """Return the whole settlement as JSON."""
    return json.dumps({"version": VERSION, **asdict(settlement)}, ensure_ascii=False, default=_time)


def from_json(text: str) -> Settlement:
    """Return the settlement that `to_json` wrote; raise ValueError for one from a newer version."""
    body = json.loads(text)
    if body["version"] > VERSION:
        raise ValueError(f"a settlement of version {body['version']} is from a newer server")
    return Settlement(
        case=CaseId(body["case"]),
        signers=tuple(_signer(s) for s in body["signers"]),
        state=SettlementState(body["state"]),
        clauses=tuple(Clause(**c) for c in body["clauses"]),
        offer=_offer(body["offer"]) if body["offer"] else None,
        acts=tuple(Act(a["field"], from_iso(a["at"]), a["evidence_digest"]) for a in body["acts"]),
        offers_made=body["offers_made"],
        signed_at=_at(body["signed_at"]),
        sealed_at=_at(body["sealed_at"]),
        sealed_digest=body["sealed_digest"],
    )


def _signer(body: dict[str, Any]) -> Signer:
    return Signer(**{**body, "role": Role(body["role"]), "ref": PartyId(body["ref"])})


def _offer(body: dict[str, Any]) -> Offer:
    return Offer(**{**body, "id": OfferId(body["id"]), "made_at": from_iso(body["made_at"])})


def _at(text: str | None) -> datetime | None:
    return from_iso(text) if text else None


def _time(value: object) -> str:
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"{type(value).__name__} has no JSON")
