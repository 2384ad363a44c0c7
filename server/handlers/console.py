"""The mediator's console."""

from functools import partial

from aiohttp import web

from cases.ids import RoomId, SeatId
from cases.model import Case, Role, masked_phone
from server.pages import case_facts
from server.responses import page
from server.rooms_of import serve_socket
from server.security import csrf_token, device_of
from server.services import services
from server.sessions import StaffGuest, staff_still_in
from server.staff_cases import own_case, stage
from settlements.intents import intent_of
from signaling.connection import Guest
from storage import links, rooms
from storage.unit_of_work import Tx
from web.views import Console


async def console(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    case = await own_case(request, guest)
    where = await services(request).database.read(stage, case)
    facts = case_facts(case, guest.staff.name, where)
    base = f"{guest.base}/cases/{case.id}"
    phone, intent = masked_phone(guest.staff.phone), intent_of(Role.MEDIATOR)
    return page(Console(guest.viewer(request), facts, base, phone, intent))


async def socket(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    case = await own_case(request, guest)
    room, seat = await services(request).database.read(_seat, guest, case)
    csrf = csrf_token(request, guest.secret)
    still_in = partial(staff_still_in, request, guest)
    return await serve_socket(request, room, Guest(seat, device_of(guest.secret), csrf, still_in, {}))


def _seat(tx: Tx, guest: StaffGuest, case: Case) -> tuple[RoomId, SeatId]:
    room = rooms.room_of_case(tx, case.id)
    return room, links.seat_of_staff(tx, room, guest.staff.id)
