"""A link, and the code that confirms a browser. GET changes nothing: previews do GET."""

from dataclasses import dataclass

from aiohttp import web

from cases.audit import AuditEntry
from cases.codes import CodePurpose
from cases.errors import Reason, Refused
from cases.ids import DeviceId, SeatId, new_id, new_secret
from cases.links import check_link, secret_hash
from cases.model import Case, Party, masked_phone
from server.bodies import form_of
from server.one_time import Person
from server.pages import party_case
from server.responses import page, see
from server.security import (
    FORM_COOKIE,
    SEAT_COOKIE_DAYS,
    check_forged,
    check_origin,
    cookie,
    csrf_token,
    form_secret,
    seat_cookie,
    set_cookie,
)
from server.services import services
from server.sessions import party_of
from server.words import WORDS
from storage import cases, links, staff
from storage.unit_of_work import Tx
from web.views import ConfirmCode, Invitation

DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Invited:
    """What a link leads to."""

    case: Case
    party: Party
    seat: SeatId
    mediator: str

    @property
    def person(self) -> Person:
        return Person(f"party:{self.party.id}", self.case.id, self.party.phone)


async def invitation(request: web.Request) -> web.StreamResponse:
    """Show who invites, what about, and how to know that it is genuine."""
    invited = await _invited(request)
    secret = form_secret(request)
    held = cookie(request, seat_cookie(invited.seat))
    known = bool(held) and await services(request).database.read(_holds, invited.seat, held)
    response = page(
        Invitation(
            case=party_case(request, invited.case, invited.party, invited.mediator),
            name=invited.party.name,
            role=invited.party.role,
            link=_link(request),
            csrf=csrf_token(request, secret),
            known=known,
            seat_url=f"/seat/{invited.seat}",
        )
    )
    set_cookie(response, FORM_COOKIE, secret, DAY)
    return response


async def send_code(request: web.Request) -> web.StreamResponse:
    """Send a code to the registered phone and ask for it."""
    await _check(request)
    invited = await _invited(request)
    try:
        await services(request).codes.send(invited.person, CodePurpose.ENTER)
    except Refused as refused:
        just_sent = refused.reason is Reason.CODE_TOO_SOON
        return _ask(request, invited, sent=just_sent, refused=refused)
    return _ask(request, invited, sent=True)


async def confirm(request: web.Request) -> web.StreamResponse:
    """Take the code; this browser may then take the seat."""
    await _check(request)
    invited = await _invited(request)
    digits = (await form_of(request)).get("code", "")
    try:
        await services(request).codes.confirm(invited.person, CodePurpose.ENTER, digits)
    except Refused as refused:
        return _ask(request, invited, sent=True, refused=refused)
    secret = new_secret()
    await services(request).database.write(_add_device, invited, _hash(request), secret_hash(secret))
    response = see(f"/seat/{invited.seat}")
    set_cookie(response, seat_cookie(invited.seat), secret, SEAT_COOKIE_DAYS * DAY)
    return response


def _ask(
    request: web.Request, invited: Invited, *, sent: bool, refused: Refused | None = None
) -> web.Response:
    secret = form_secret(request)
    return page(
        ConfirmCode(
            case=party_case(request, invited.case, invited.party, invited.mediator),
            masked_phone=masked_phone(invited.party.phone),
            link=_link(request),
            csrf=csrf_token(request, secret),
            sent=sent,
            error=WORDS.refused(refused) if refused is not None else "",
        ),
        409 if refused is not None else 200,
    )


async def _check(request: web.Request) -> None:
    check_origin(request)
    await check_forged(request, cookie(request, FORM_COOKIE))


async def _invited(request: web.Request) -> Invited:
    return await services(request).database.read(_read_invited, _hash(request))


def _link(request: web.Request) -> str:
    return f"/i/{request.match_info['secret']}"


def _hash(request: web.Request) -> str:
    return secret_hash(request.match_info["secret"])


def _read_invited(tx: Tx, hashed: str) -> Invited:
    link = check_link(links.by_secret_hash(tx, hashed), tx.now)
    case = cases.case(tx, link.case)
    seat = links.seat_of_party(tx, link.party)
    return Invited(case, party_of(case, link.party), seat, staff.staff(tx, case.mediator).name)


def _holds(tx: Tx, seat: SeatId, secret: str) -> bool:
    return links.device(tx, seat, secret_hash(secret)) is not None


def _add_device(tx: Tx, invited: Invited, link_hash: str, secret: str) -> None:
    link = check_link(links.by_secret_hash(tx, link_hash), tx.now)  # it may have been revoked meanwhile
    device = DeviceId(new_id())
    links.add_device(tx, device, invited.seat, secret)
    links.mark_used(tx, link.id)
    who = f"party:{invited.party.id}"
    tx.audit(invited.case.id, AuditEntry("seat:device:confirmed", who, f"device:{device}"))
