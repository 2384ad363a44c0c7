"""Who a request comes from: a party's browser that holds a seat's cookie, or a member of staff."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from cases.errors import NotFound, Reason, Refused
from cases.ids import DeviceId, PartyId, RoomId, SeatId, StaffId
from cases.links import secret_hash
from cases.model import Case, Party, Role, Staff
from server.security import (
    UNSAFE,
    check_forged,
    check_origin,
    cookie,
    csrf_token,
    seat_cookie,
    staff_cookie,
)
from server.services import services
from storage import cases, links, staff
from storage.unit_of_work import Tx
from web.views import Viewer


@dataclass(frozen=True, slots=True)
class PartyGuest:
    """A browser that a party confirmed."""

    party: Party
    case: Case
    room: RoomId
    seat: SeatId
    device: DeviceId
    secret: str

    @property
    def base(self) -> str:
        return f"/seat/{self.seat}"


@dataclass(frozen=True, slots=True)
class StaffGuest:
    """A signed-in member of staff."""

    staff: Staff
    secret: str

    @property
    def base(self) -> str:
        return f"/staff/{self.staff.id}"

    def viewer(self, request: web.Request) -> Viewer:
        return Viewer(self.staff.name, self.staff.role, self.base, csrf_token(request, self.secret))


PartyHandler = Callable[[web.Request, PartyGuest], Awaitable[web.StreamResponse]]
StaffHandler = Callable[[web.Request, StaffGuest], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def for_party(handler: PartyHandler) -> Handler:
    """Let in only a browser that holds the seat of the path; a change also needs its form's token."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        seat = SeatId(request.match_info["seat"])
        secret = cookie(request, seat_cookie(seat))
        guest = await services(request).database.read(_party_guest, seat, secret)
        await _check(request, secret)
        return await handler(request, guest)

    return guarded


def for_staff(*roles: Role) -> Callable[[StaffHandler], Handler]:
    """Let in only staff of `roles`, signed in as the member of the path."""

    def guard(handler: StaffHandler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            id_ = StaffId(request.match_info["staff"])
            secret = cookie(request, staff_cookie(id_))
            try:
                guest = await services(request).database.read(_staff_guest, id_, secret)
            except Refused:
                if _opens_a_page(request):
                    raise web.HTTPSeeOther("/staff/sign-in") from None
                raise
            if guest.staff.role not in roles:
                raise NotFound("not a page of this role")
            await _check(request, secret)
            return await handler(request, guest)

        return guarded

    return guard


def for_scraper(handler: Handler) -> Handler:
    """Let in only who shows HEYI_METRICS_TOKEN (RFC 6750); without the setting there is no such page."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        token = services(request).settings.metrics_token
        if not token:
            raise NotFound("no metrics")
        if not hmac.compare_digest(_bearer(request), token.encode()):
            refused = {"WWW-Authenticate": "Bearer"}
            return web.Response(status=401, headers=refused, text="a bearer token is wanted\n")
        return await handler(request)

    return guarded


def _bearer(request: web.Request) -> bytes:
    """Return the token that a request shows, as its bytes came; empty when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip().encode(errors="surrogateescape") if scheme.lower() == "bearer" else b""


async def _check(request: web.Request, secret: str) -> None:
    if request.method in UNSAFE:
        check_origin(request)
        await check_forged(request, secret)
    elif request.headers.get("Upgrade", "").lower() == "websocket":
        check_origin(request)  # the token comes in the first message


def _opens_a_page(request: web.Request) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "")


async def party_still_in(request: web.Request, guest: PartyGuest) -> bool:
    """Return whether this browser still holds its seat."""
    return await _still(services(request).database.read(_party_guest, guest.seat, guest.secret))


async def staff_still_in(request: web.Request, guest: StaffGuest) -> bool:
    """Return whether this session has not ended."""
    return await _still(services(request).database.read(_staff_guest, guest.staff.id, guest.secret))


async def _still(reading: Awaitable[PartyGuest | StaffGuest]) -> bool:
    try:
        await reading
    except Refused as refused:
        if refused.reason is not Reason.SIGNED_OUT:
            raise
        return False
    return True


def _party_guest(tx: Tx, seat: SeatId, secret: str) -> PartyGuest:
    device = links.device(tx, seat, secret_hash(secret)) if secret else None
    if device is None:
        raise Refused(Reason.SIGNED_OUT)
    owner = links.seat_owner(tx, seat)
    case = cases.case(tx, owner.case)
    return PartyGuest(party_of(case, owner.party), case, owner.room, seat, device, secret)


def _staff_guest(tx: Tx, id_: StaffId, secret: str) -> StaffGuest:
    if not secret or not staff.session(tx, id_, secret_hash(secret)):
        raise Refused(Reason.SIGNED_OUT)
    return StaffGuest(staff.staff(tx, id_), secret)


def party_of(case: Case, id_: PartyId | None) -> Party:
    """Return a party of `case`; raise NotFound."""
    for party in case.parties:
        if party.id == id_:
            return party
    raise NotFound("not a party of this case")
