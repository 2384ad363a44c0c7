"""Facts of a case as pages show them."""

from aiohttp import web

from cases.model import Case, Party, Side
from server.services import services
from web.views import CaseFacts, PartyCase


def party_case(request: web.Request, case: Case, me: Party, mediator: str) -> PartyCase:
    """Return the facts that a party sees; the opponent by organisation where there is one."""
    settings = services(request).settings
    other = next((p for p in case.parties if p.side is not me.side), None)
    return PartyCase(
        number=case.number,
        title=case.title,
        opponent=(other.organisation or other.name) if other is not None else "",
        scheduled_at=case.scheduled_at,
        mediator=mediator,
        centre=settings.centre,
        centre_phone=settings.centre_phone,
    )


def case_facts(case: Case, mediator: str, stage: str) -> CaseFacts:
    return CaseFacts(
        id=case.id,
        number=case.number,
        title=case.title,
        dispute=case.dispute,
        claimed_fen=case.claimed_fen,
        scheduled_at=case.scheduled_at,
        mediator=mediator,
        stage=stage,
        ground=case.ground,
    )


def side_name(case: Case, side: Side) -> str:
    """Return who is on a side: the organisation, or the person."""
    found = next((p for p in case.parties if p.side is side), None)
    return (found.organisation or found.name) if found is not None else ""
