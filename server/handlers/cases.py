"""The mediator's cases: the list, a new one, its parties and their links."""

from dataclasses import replace
from datetime import datetime, timedelta

from aiohttp import web

from cases.audit import AuditEntry
from cases.clocks import SHANGHAI
from cases.errors import Reason, Refused
from cases.ids import CaseId, LinkId, PartyId, RoomId, SeatId, new_id, new_secret
from cases.links import LIFETIME, Link, check_link, secret_hash
from cases.model import Case, Party, Role, Side, masked_phone
from rooms.model import Room, Seat
from server.bodies import form_of
from server.case_form import CaseForm, read_case_form
from server.pages import case_facts, side_name
from server.responses import page, see
from server.services import services
from server.sessions import StaffGuest, party_of
from server.staff_cases import own_case, stage
from settlements.typeface import unprintable
from storage import cases, links, settlements
from storage.unit_of_work import Tx
from web.form_texts import NUMBER_TAKEN
from web.messages import INVITATION
from web.translating import gettext
from web.views import CaseFacts, CaseList, CasePage, CaseRow, NewCase, PartyRow


async def case_list(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    query = request.query.get("q", "").strip()
    rows = await services(request).database.read(_rows, guest, query)
    return page(CaseList(guest.viewer(request), rows, query))


async def new_case(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    """Show the form; a number that is left empty is given when the case is opened."""
    return page(NewCase(guest.viewer(request), {}, {}))


async def add_case(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    """Open a case and the room of its first sitting."""
    values = {k: v.strip() for k, v in (await form_of(request)).items() if k != "csrf"}
    typeface = services(request).typeface
    form, errors = read_case_form(values, lambda text: unprintable(text, typeface))
    if (
        form is not None
        and form.number
        and await services(request).database.read(cases.number_taken, form.number)
    ):
        form, errors = None, {"number": gettext(NUMBER_TAKEN)}
    if form is None:
        return page(NewCase(guest.viewer(request), values, errors), 409)
    prefix = services(request).settings.case_prefix
    case = await services(request).database.write(_add, guest, form, prefix)
    return see(f"{guest.base}/cases/{case.id}")


async def case_page(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    """Show the case, and once, after a link was issued, the invitation."""
    case = await own_case(request, guest)
    invited, secret = services(request).invitations.take(_session(guest, case)) or (None, "")
    facts, states, settlement = await services(request).database.read(_facts, guest, case)
    rows = tuple(
        PartyRow(
            id=p.id,
            name=p.name,
            organisation=p.organisation,
            role=p.role,
            side=p.side,
            masked_phone=masked_phone(p.phone),
            link=states[p.id][0],
            expires_at=states[p.id][1],
            invitation=_text(request, case, p, secret) if p.id == invited else "",
        )
        for p in case.parties
    )
    base = f"{guest.base}/cases/{case.id}"
    return page(CasePage(guest.viewer(request), facts, base, rows, settlement))


async def change_link(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    """Issue a party's link anew, or revoke it; either ends the old link and its browsers at once."""
    case = await own_case(request, guest)
    party = party_of(case, PartyId(request.match_info["party"]))
    match (await form_of(request)).get("do"):
        case "issue":
            secret = new_secret()
        case "revoke":
            secret = ""
        case _:
            raise Refused(Reason.FIELD_BAD)
    seat = await services(request).database.write(_change_link, guest, case, party, secret)
    services(request).clerks.dismiss([seat])
    invitations = services(request).invitations
    if secret:
        invitations.keep(_session(guest, case), (party.id, secret))
    else:
        invitations.take(_session(guest, case))
    return see(f"{guest.base}/cases/{case.id}#party-{party.id}")


def _session(guest: StaffGuest, case: Case) -> tuple[str, CaseId]:
    return secret_hash(guest.secret), case.id


def _text(request: web.Request, case: Case, party: Party, secret: str) -> str:
    settings = services(request).settings
    return gettext(INVITATION).format(
        centre=settings.centre,
        name=party.name,
        number=case.number,
        when=f"{case.scheduled_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        url=f"{settings.public_url}/i/{secret}",
        phone=settings.centre_phone,
    )


def _rows(tx: Tx, guest: StaffGuest, query: str) -> tuple[CaseRow, ...]:
    return tuple(
        CaseRow(
            url=f"{guest.base}/cases/{case.id}",
            number=case.number,
            title=case.title,
            dispute=case.dispute,
            claimed_fen=case.claimed_fen,
            applicant=side_name(case, Side.APPLICANT),
            respondent=side_name(case, Side.RESPONDENT),
            scheduled_at=case.scheduled_at,
            stage=stage(tx, case),
            ground=case.ground,
        )
        for case in cases.cases_of(tx, guest.staff.id, query)
    )


def _facts(
    tx: Tx, guest: StaffGuest, case: Case
) -> tuple[CaseFacts, dict[PartyId, tuple[str, datetime | None]], str]:
    used = links.last_used(tx, case.id)
    newest = {link.party: link for link in reversed(links.of_case(tx, case.id))}
    states = {p.id: _link_state(newest.get(p.id), used, tx.now) for p in case.parties}
    row = settlements.settlement(tx, case.id)
    return case_facts(case, guest.staff.name, stage(tx, case)), states, row.state if row else "none"


def _link_state(
    link: Link | None, used: dict[LinkId, datetime], now: datetime
) -> tuple[str, datetime | None]:
    if link is None:
        return "none", None
    try:
        check_link(link, now)
    except Refused as refused:
        return refused.reason.removeprefix("link:"), link.expires_at
    return ("used" if link.id in used else "works"), link.expires_at


def _add(tx: Tx, guest: StaffGuest, form: CaseForm, prefix: str) -> Case:
    number = form.number
    while not number or (not form.number and cases.number_taken(tx, number)):
        number = cases.next_number(tx, tx.now.astimezone(SHANGHAI).year, prefix)
    case = replace(form.case(guest.staff.id, tx.now), number=number)
    add_case_with_room(tx, case, f"staff:{guest.staff.id}")
    return case


def add_case_with_room(tx: Tx, case: Case, actor: str) -> Room:
    """Keep a case with the room of its first sitting: the mediator's place is 0, the parties' follow."""
    roles = (Role.MEDIATOR, *(p.role for p in case.parties))
    seats = tuple(Seat(SeatId(new_id()), role, place) for place, role in enumerate(roles))
    room = Room(RoomId(new_id()), case.id, seats)
    cases.add_case(tx, case, room)
    tx.audit(case.id, AuditEntry("case:open", actor, f"case:{case.id}"))
    return room


def _change_link(tx: Tx, guest: StaffGuest, case: Case, party: Party, secret: str) -> tuple[RoomId, SeatId]:
    """Without a secret the link is only revoked. Browsers of the returned seat are signed out."""
    seat = links.seat_of_party(tx, party.id)
    links.revoke(tx, party.id)
    links.revoke_devices(tx, seat)
    if secret:
        links.issue(tx, new_link(case, party, secret, tx.now))
    action = "link:issue" if secret else "link:revoke"
    tx.audit(case.id, AuditEntry(action, f"staff:{guest.staff.id}", f"party:{party.id}"))
    return links.seat_owner(tx, seat).room, seat


def new_link(case: Case, party: Party, secret: str, at: datetime) -> Link:
    """Return a link that lives 30 days, and in any case two weeks beyond the appointed time."""
    expires = max(at + LIFETIME, case.scheduled_at + timedelta(days=14))
    return Link(LinkId(new_id()), case.id, party.id, secret_hash(secret), at, expires)
