"""A party's pages: the consents, then one page for everything that follows."""

from functools import partial

from aiohttp import web

from cases.audit import AuditEntry
from cases.consents import TEXTS, Consent, Purpose, may_be_recorded, missing
from cases.errors import Reason, Refused
from rooms.commands import SetConsent
from rooms.states import Phase
from server.bodies import form_of
from server.handlers.connection import line_ways
from server.pages import party_case
from server.responses import page, see
from server.rooms_of import serve_socket
from server.security import csrf_token
from server.services import services
from server.sessions import PartyGuest, party_still_in
from settlements.intents import intent_of
from signaling.connection import Guest
from storage import consents, staff
from storage.unit_of_work import Tx
from web.views import ConsentItem, Consents, Expected, SeatPage


async def next_step(request: web.Request, guest: PartyGuest) -> web.StreamResponse:
    """Go on to what comes next: the consents, else the room."""
    given = await services(request).database.read(consents.of_party, guest.party.id)
    return see(f"{guest.base}/consents" if missing(given) else f"{guest.base}/room")


async def ask_consents(request: web.Request, guest: PartyGuest) -> web.StreamResponse:
    given = await services(request).database.read(consents.of_party, guest.party.id)
    return await _consents_page(request, guest, {p: c.given for p, c in given.items()})


async def take_consents(request: web.Request, guest: PartyGuest) -> web.StreamResponse:
    """Keep each answer by itself; an answer that is missing is asked for again, the others are kept."""
    fields = await form_of(request)
    answers = {
        text.purpose: fields.get(f"consent-{text.purpose}") == "yes"
        for text in TEXTS
        if fields.get(f"consent-{text.purpose}") in {"yes", "no"}
    }
    given = await services(request).database.write(_keep, guest, answers)
    await sync_consents(request, guest, given)
    if wanting := missing(given):
        shown = {p: c.given for p, c in given.items()}
        return await _consents_page(request, guest, shown, tuple(wanting))
    return see(f"{guest.base}/room")


async def room(request: web.Request, guest: PartyGuest) -> web.StreamResponse:
    """Device check, waiting room, session and signing: one page, so that devices are asked for once."""
    database = services(request).database
    given = await database.read(consents.of_party, guest.party.id)
    async with services(request).clerks.hold(guest.room) as clerk:
        live, names = clerk.room, clerk.names
    if missing(given) and live.phase is not Phase.CLOSED:
        return see(f"{guest.base}/consents")
    await sync_consents(request, guest, given)
    mediator = await database.read(staff.staff, guest.case.mediator)
    expected = tuple(
        Expected(names[s.id].name, s.role, s.side, names[s.id].organisation, s.id == guest.seat)
        for s in live.seats
    )
    return page(
        SeatPage(
            case=party_case(request, guest.case, guest.party, mediator.name),
            name=guest.party.name,
            role=guest.party.role,
            base=guest.base,
            csrf=csrf_token(request, guest.secret),
            expected=expected,
            recorded=may_be_recorded(given),
            intent=intent_of(guest.party.role),
            ways=line_ways(request),
        )
    )


async def socket(request: web.Request, guest: PartyGuest) -> web.StreamResponse:
    csrf = csrf_token(request, guest.secret)
    still_in = partial(party_still_in, request, guest)
    return await serve_socket(request, guest.room, Guest(guest.seat, guest.device, csrf, still_in, {}))


async def sync_consents(request: web.Request, guest: PartyGuest, given: dict[Purpose, Consent]) -> None:
    """Tell the room what the consents allow; harmless when it knows."""
    command = SetConsent(guest.seat, not missing(given), may_be_recorded(given))
    async with services(request).clerks.hold(guest.room) as clerk:
        try:
            await clerk.submit(command)
        except Refused as refused:
            if refused.reason is not Reason.ROOM_CLOSED:
                raise


async def _consents_page(
    request: web.Request,
    guest: PartyGuest,
    shown: dict[Purpose, bool],
    wanting: tuple[Purpose, ...] = (),
) -> web.Response:
    mediator = await services(request).database.read(staff.staff, guest.case.mediator)
    items = tuple(
        ConsentItem(
            purpose=text.purpose,
            title=text.title,
            summary=text.summary,
            text=text.paragraphs,
            version=text.version,
            required=text.required,
            given=shown.get(text.purpose),
        )
        for text in TEXTS
    )
    case = party_case(request, guest.case, guest.party, mediator.name)
    csrf = csrf_token(request, guest.secret)
    model = Consents(case, guest.base, csrf, items, tuple(str(p) for p in wanting))
    return page(model, 409 if wanting else 200)


def _keep(tx: Tx, guest: PartyGuest, answers: dict[Purpose, bool]) -> dict[Purpose, Consent]:
    before = consents.of_party(tx, guest.party.id)
    for text in TEXTS:
        if text.purpose not in answers:
            continue
        answer = Consent(text.purpose, text.version, text.sha256, answers[text.purpose], tx.now)
        old = before.get(text.purpose)
        if old is not None and (old.text_sha256, old.given) == (answer.text_sha256, answer.given):
            continue
        _put(tx, guest, answer)
    return consents.of_party(tx, guest.party.id)


def _put(tx: Tx, guest: PartyGuest, answer: Consent) -> None:
    party = guest.party.id
    consents.put(tx, party, answer)
    verb = "given" if answer.given else "refused"
    entry = AuditEntry(
        f"consent:{answer.purpose}:{verb}", f"party:{party}", answer.version, answer.text_sha256
    )
    tx.audit(guest.case.id, entry)
