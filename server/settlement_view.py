"""What one seat may know of the settlement; docs/protocol.md lists the fields."""

from typing import Any

from cases.clocks import iso
from settlements.model import Settlement, SettlementState

CHARACTERS_OF_SHORT_CODE = 8


def short_code(digest: str) -> str:
    """Return 7F3A-92C1: the first eight digits of a digest, the same on all screens."""
    head = digest[:CHARACTERS_OF_SHORT_CODE].upper()
    return f"{head[:4]}-{head[4:]}" if head else ""


def settlement_view(settlement: Settlement, field: str, *, for_mediator: bool) -> dict[str, Any]:
    """Return the message of the seat that signs `field`; parties see nothing of a draft.

    Nor that there is one: after a refusal the mediator may write the next during a caucus.
    """
    offer = settlement.offer
    hidden = offer is None and not for_mediator
    signed = {act.field: iso(act.at) for act in settlement.acts}
    return {
        "state": (SettlementState.DRAFT if hidden else settlement.state).value,
        "offer": offer.id if offer is not None else "",
        "digest": offer.digest if offer is not None else "",
        "short": short_code(offer.digest) if offer is not None else "",
        "pages": offer.pages if offer is not None else 0,
        "clauses": [] if hidden else [clause.text for clause in settlement.clauses],
        "signers": [
            {
                "field": signer.field,
                "name": signer.name,
                "organisation": signer.organisation,
                "role": signer.role.value,
                "signed": signed.get(signer.field, ""),
                "me": signer.field == field,
            }
            for signer in settlement.signers
        ],
        "my_turn": settlement.may_act(field),
    }
