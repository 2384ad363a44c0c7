"""Clauses, offer and acts over HTTP: these belong to the case and work with or without a room."""

from aiohttp import web

from cases.clocks import iso
from cases.codes import CodePurpose
from cases.errors import Reason, Refused
from cases.ids import CaseId
from cases.model import Role, masked_phone
from server.bodies import json_body, text_field
from server.desk import Evidence
from server.desk_rows import field_of
from server.one_time import Person
from server.responses import ok
from server.security import address_hash, device_of
from server.services import services
from server.sessions import PartyGuest, StaffGuest
from server.settlement_view import settlement_view, short_code
from server.staff_cases import own_case
from settlements.intents import intent_of
from settlements.typeface import unprintable

DIGEST_LENGTH = 64


class Signing:
    """Who signs, whichever page they come from."""

    def __init__(self, case: CaseId, role: Role, person: Person, device: str) -> None:
        self.case, self.field, self.person, self.device = case, field_of(role), person, device
        self.intent = intent_of(role)


def _party(guest: PartyGuest) -> Signing:
    person = Person(f"party:{guest.party.id}", guest.case.id, guest.party.phone)
    return Signing(guest.case.id, guest.party.role, person, guest.device)


async def _mediator(request: web.Request, guest: StaffGuest) -> Signing:
    case = await own_case(request, guest)
    person = Person(f"staff:{guest.staff.id}", case.id, guest.staff.phone)
    return Signing(case.id, Role.MEDIATOR, person, device_of(guest.secret))


# A party.


async def party_code(request: web.Request, guest: PartyGuest) -> web.StreamResponse:
    return await _send_code(request, _party(guest))


async def party_act(request: web.Request, guest: PartyGuest) -> web.StreamResponse:
    return await _act(request, _party(guest))


async def party_decline(request: web.Request, guest: PartyGuest) -> web.StreamResponse:
    signing = _party(guest)
    digest = _digest(await json_body(request))
    await services(request).desk.decline(signing.case, signing.field, digest, signing.person.key)
    return ok()


async def party_file(request: web.Request, guest: PartyGuest) -> web.StreamResponse:
    return await pdf(request, guest.case.id, guest.case.number)


# The mediator.


async def clauses(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    """Save the draft."""
    case = await own_case(request, guest)
    body = await json_body(request)
    texts = body.get("clauses")
    if not isinstance(texts, list) or not all(isinstance(t, str) for t in texts):
        raise Refused(Reason.MESSAGE_BAD)
    for text in texts:
        _check_printable(request, text)
    after = await services(request).desk.write_clauses(case.id, guest.staff.id, tuple(texts))
    return ok(settlement=settlement_view(after, field_of(Role.MEDIATOR), for_mediator=True))


async def offer(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    case = await own_case(request, guest)
    await json_body(request)
    after = await services(request).desk.offer(case.id, guest.staff.id)
    return ok(settlement=settlement_view(after, field_of(Role.MEDIATOR), for_mediator=True))


async def mediator_code(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    return await _send_code(request, await _mediator(request, guest))


async def mediator_act(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    return await _act(request, await _mediator(request, guest))


async def mediator_file(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    case = await own_case(request, guest)
    return await pdf(request, case.id, case.number)


# Both.


async def _send_code(request: web.Request, signing: Signing) -> web.Response:
    digest = _digest(await json_body(request))
    await services(request).desk.check_turn(signing.case, signing.field, digest)
    codes = services(request).codes
    await codes.send(signing.person, CodePurpose.ACT, digest, short_code(digest))
    return ok(phone=masked_phone(signing.person.phone))


async def _act(request: web.Request, signing: Signing) -> web.Response:
    body = await json_body(request)
    digest = _digest(body)
    if body.get("intent") is not True:
        raise Refused(Reason.INTENT_MISSING)
    settlement = await services(request).desk.check_turn(signing.case, signing.field, digest)
    if settlement.offer is None:
        raise Refused(Reason.OFFER_NONE)
    code = text_field(body, "code", 16)
    await services(request).codes.confirm(signing.person, CodePurpose.ACT, code, digest)
    evidence = Evidence(
        case=signing.case,
        offer=settlement.offer.id,
        digest=digest,
        field=signing.field,
        signer=signing.person.key,
        phone=signing.person.phone,
        intent=signing.intent,
        device=signing.device,
        address=address_hash(request),
        at=iso(services(request).clock()),
    )
    after = await services(request).desk.act(evidence)
    mediator = signing.field == field_of(Role.MEDIATOR)
    return ok(settlement=settlement_view(after, signing.field, for_mediator=mediator))


async def pdf(request: web.Request, case: CaseId, number: str) -> web.Response:
    """Return the settlement's file as it is now."""
    content = await services(request).desk.file(case)
    name = "".join(c for c in number if c.isascii() and c.isalnum()) or "settlement"
    headers = {
        "Content-Disposition": f'attachment; filename="heyi-{name}.pdf"',
        "Cache-Control": "no-store",
    }
    return web.Response(body=content, content_type="application/pdf", headers=headers)


def _digest(body: dict[str, object]) -> str:
    digest = text_field(body, "digest", DIGEST_LENGTH)
    if len(digest) != DIGEST_LENGTH:
        raise Refused(Reason.OFFER_CHANGED)
    return digest


def _check_printable(request: web.Request, text: str) -> None:
    characters = unprintable(text, services(request).typeface)
    if characters:
        raise Refused(Reason.UNPRINTABLE, characters=characters)
