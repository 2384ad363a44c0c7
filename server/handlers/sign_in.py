"""Staff come in by phone and password; failures are slowed down and audited."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from cases.audit import CENTRE_CHAIN, AuditEntry
from cases.errors import Reason, Refused
from cases.ids import RoomId, SeatId, StaffId, new_secret
from cases.links import secret_hash
from cases.model import Role
from server.bodies import form_of
from server.responses import page, see
from server.security import (
    FORM_COOKIE,
    KNOWN_COOKIE_DAYS,
    STAFF_COOKIE_HOURS,
    address_hash,
    check_forged,
    check_origin,
    cookie,
    csrf_token,
    drop_cookie,
    form_secret,
    from_loopback,
    known_cookie,
    set_cookie,
    staff_cookie,
)
from server.services import services
from server.sessions import StaffGuest
from server.words import WORDS
from storage import links, staff
from storage.unit_of_work import Tx
from web.views import SignIn

HOUR: Final = 3600
DAY: Final = 24 * HOUR
WINDOW: Final = timedelta(minutes=15)
FREE_TRIES: Final = 5  # failures in WINDOW before one has to wait
LONGEST_WAIT: Final = timedelta(minutes=5)

FIRST_PAGE: Final = {Role.MEDIATOR: "cases", Role.LEGAL: "archive", Role.ADMIN: "people"}


@dataclass(frozen=True, slots=True)
class Try:
    """Who wants to be `staff` (None: the phone is nobody's), from where, with what in the browser."""

    phone: str
    address: str  # its hash
    staff: StaffId | None
    browser: str  # the hash of the cookie of a browser that may be known

    def pacemakers(self, tx: Tx) -> tuple[str, ...]:
        """Return whose failures slow this try down, and whom its own failure will slow down.

        A browser that its owner signed in with has a pace of its own: what strangers do elsewhere in
        the owner's name keeps nobody out.
        """
        known = self.staff is not None and staff.knows_browser(tx, self.staff, self.browser)
        return (self.browser,) if known else (self.phone, self.address)


async def sign_in_form(request: web.Request) -> web.StreamResponse:
    return _form(request)


async def sign_in(request: web.Request) -> web.StreamResponse:
    """Check phone and password; a member of staff gets a session of their own."""
    check_origin(request)
    await check_forged(request, cookie(request, FORM_COOKIE))
    fields = await form_of(request)
    phone, password = fields.get("phone", "").strip(), fields.get("password", "")
    database = services(request).database
    try:
        found = await database.read(staff.staff_by_phone, phone)
        member, hashed = (found[0].id, found[1]) if found is not None else (None, None)
        former = secret_hash(cookie(request, known_cookie(member))) if member is not None else ""
        this = Try(phone, address_hash(request), member, former)
        await database.read(_check_pace, this)
        fits = await services(request).passwords.fits(hashed, password)
        refused = await database.write(_judge, this, fits)
        if refused is not None or member is None:
            raise refused or Refused(Reason.SIGN_IN_WRONG)
    except Refused as refused:
        return _form(request, phone, refused)
    response = await _start(request, member, "sign-in")
    known = new_secret()
    await database.write(_remember, member, secret_hash(known), former)
    set_cookie(response, known_cookie(member), known, KNOWN_COOKIE_DAYS * DAY)
    return response


async def ticket(request: web.Request) -> web.StreamResponse:
    """Sign in by a one-use link: under demo, from this machine only."""
    if services(request).outbox is None or not from_loopback(request):
        raise web.HTTPNotFound
    hashed = secret_hash(request.match_info["secret"])
    id_ = await services(request).database.write(staff.use_ticket, hashed)
    if id_ is None:
        raise Refused(Reason.LINK_UNKNOWN)
    return await _start(request, id_, "sign-in:ticket")


async def sign_out(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    seats = await services(request).database.write(_end, guest)
    services(request).clerks.dismiss(seats)
    response = see("/staff/sign-in")
    drop_cookie(response, staff_cookie(guest.staff.id))
    return response


async def first_page(_request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    return see(f"{guest.base}/{FIRST_PAGE[guest.staff.role]}")


def _form(request: web.Request, phone: str = "", refused: Refused | None = None) -> web.Response:
    secret = form_secret(request)
    centre = services(request).settings.centre
    error = WORDS.refused(refused) if refused is not None else ""
    response = page(SignIn(centre, csrf_token(request, secret), phone, error), 401 if error else 200)
    set_cookie(response, FORM_COOKIE, secret, HOUR)
    return response


async def _start(request: web.Request, id_: StaffId, action: str) -> web.Response:
    secret = new_secret()
    await services(request).database.write(_add_session, id_, secret_hash(secret), action)
    response = see(f"/staff/{id_}")
    set_cookie(response, staff_cookie(id_), secret, STAFF_COOKIE_HOURS * HOUR)
    return response


def _check_pace(tx: Tx, this: Try) -> None:
    """Let the wait after the last failure double with each further one, for everybody who sets the pace."""
    since = tx.now - WINDOW
    wait = max(wait_after(staff.recent_failures(tx, who, since), tx.now) for who in this.pacemakers(tx))
    if wait > timedelta(0):
        raise Refused(Reason.SIGN_IN_SLOWED, seconds=int(wait.total_seconds()) + 1)


def wait_after(failures: tuple[datetime, ...], now: datetime) -> timedelta:
    """Return how long the next try has to wait, given the failures of the last WINDOW, oldest first."""
    beyond = len(failures) - FREE_TRIES
    if beyond < 0:
        return timedelta(0)
    pause = min(timedelta(seconds=2 ** min(beyond + 2, 16)), LONGEST_WAIT)
    return failures[-1] + pause - now


def _judge(tx: Tx, this: Try, fits: bool) -> Refused | None:
    """Return the refusal of a try, if any. The pace counts again: others may have failed meanwhile."""
    try:
        _check_pace(tx, this)
    except Refused as refused:
        return refused
    if fits:
        return None
    staff.note_failure(tx, *this.pacemakers(tx))
    tx.audit(CENTRE_CHAIN, AuditEntry("sign-in:failed", "unknown", f"address:{this.address}"))
    return Refused(Reason.SIGN_IN_WRONG)


def _add_session(tx: Tx, id_: StaffId, hashed: str, action: str) -> None:
    staff.add_session(tx, id_, hashed, tx.now + timedelta(hours=STAFF_COOKIE_HOURS))
    tx.audit(CENTRE_CHAIN, AuditEntry(action, f"staff:{id_}"))


def _remember(tx: Tx, id_: StaffId, hashed: str, former: str) -> None:
    staff.remember_browser(tx, id_, hashed, tx.now + timedelta(days=KNOWN_COOKIE_DAYS), former)


def _end(tx: Tx, guest: StaffGuest) -> tuple[tuple[RoomId, SeatId], ...]:
    staff.revoke_session(tx, guest.staff.id, secret_hash(guest.secret))
    tx.audit(CENTRE_CHAIN, AuditEntry("sign-out", f"staff:{guest.staff.id}"))
    return links.seats_of_staff(tx, guest.staff.id)
