"""The test of somebody's own line, before a session: which ways lead from this browser to the server.

It goes by posts and not by the room's websocket. A websocket is presence: it would show the person as
there, and send away the page of theirs that waits.
"""

from aiohttp import web

from cases.ids import SeatId
from cases.model import Case
from server.bodies import json_body, text_field
from server.pages import case_facts, party_case
from server.responses import ok, page
from server.security import csrf_token
from server.services import services
from server.sessions import PartyGuest, StaffGuest
from server.staff_cases import own_case, stage
from server.turn import ice_servers, ways
from signaling.messages import MAX_MESSAGE
from signaling.probe import ProbeId
from storage import links, rooms, staff
from storage.unit_of_work import Tx
from web.views import CaseLine, PartyLine


async def party_page(request: web.Request, guest: PartyGuest) -> web.StreamResponse:
    mediator = await services(request).database.read(staff.staff, guest.case.mediator)
    case = party_case(request, guest.case, guest.party, mediator.name)
    csrf = csrf_token(request, guest.secret)
    return page(PartyLine(case, guest.base, csrf, line_ways(request)))


async def party_ways(request: web.Request, guest: PartyGuest) -> web.StreamResponse:
    return _ways(request, guest.seat)


async def party_probe(request: web.Request, guest: PartyGuest) -> web.StreamResponse:
    return await _probe(request, guest.seat)


async def party_end(request: web.Request, guest: PartyGuest) -> web.StreamResponse:
    return await _end(request, guest.seat)


async def mediator_page(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    case = await own_case(request, guest)
    where = await services(request).database.read(stage, case)
    facts, base = case_facts(case, guest.staff.name, where), f"{guest.base}/cases/{case.id}"
    return page(CaseLine(guest.viewer(request), facts, base, line_ways(request)))


async def mediator_ways(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    return _ways(request, await _mediators_seat(request, guest))


async def mediator_probe(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    return await _probe(request, await _mediators_seat(request, guest))


async def mediator_end(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    return await _end(request, await _mediators_seat(request, guest))


def line_ways(request: web.Request) -> tuple[str, ...]:
    """Return the names of the ways that are there, the best first."""
    return tuple(ways(services(request).settings.turn_urls))


def _ways(request: web.Request, seat: SeatId) -> web.Response:
    """Tell each way with what a browser needs to go by it and by no other."""
    settings, now = services(request).settings, services(request).clock()
    found = [
        {"way": way, "ice": ice_servers(relays, settings.turn_secret, seat, now)}
        for way, relays in ways(settings.turn_urls).items()
    ]
    return ok(ways=found)


async def _probe(request: web.Request, seat: SeatId) -> web.Response:
    offer = text_field(await json_body(request), "sdp", MAX_MESSAGE)
    answer = await services(request).probes.answer(seat, offer)
    return ok(probe=answer.probe, sdp=answer.sdp)


async def _end(request: web.Request, seat: SeatId) -> web.Response:
    services(request).probes.end(seat, ProbeId(text_field(await json_body(request), "probe")))
    return ok()


async def _mediators_seat(request: web.Request, guest: StaffGuest) -> SeatId:
    case = await own_case(request, guest)
    return await services(request).database.read(_seat, guest, case)


def _seat(tx: Tx, guest: StaffGuest, case: Case) -> SeatId:
    return links.seat_of_staff(tx, rooms.room_of_case(tx, case.id), guest.staff.id)
