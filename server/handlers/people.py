"""For the administrator: who works here, and the end of somebody's sessions."""

from datetime import datetime, timedelta

from aiohttp import web

from cases.audit import CENTRE_CHAIN, AuditEntry
from cases.ids import RoomId, SeatId, StaffId
from cases.model import masked_phone
from server.responses import page, see
from server.security import STAFF_COOKIE_HOURS
from server.services import services
from server.sessions import StaffGuest
from storage import links, staff
from storage.unit_of_work import Tx
from web.views import People, StaffRow


async def people(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    rows = await services(request).database.read(_rows)
    return page(People(guest.viewer(request), rows))


async def end_sessions(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    """Sign somebody out everywhere, at once."""
    other = StaffId(request.match_info["other"])
    seats = await services(request).database.write(_end_sessions, guest.staff.id, other)
    services(request).clerks.dismiss(seats)
    return see(f"{guest.base}/people")


def _rows(tx: Tx) -> tuple[StaffRow, ...]:
    return tuple(
        StaffRow(
            s.id, s.name, s.role, masked_phone(s.phone), staff.live_sessions(tx, s.id), _last_seen(tx, s.id)
        )
        for s in staff.list_staff(tx)
    )


def _last_seen(tx: Tx, id_: StaffId) -> datetime | None:
    """Return when somebody signed in last."""
    ends = staff.last_session_ends(tx, id_)
    return ends - timedelta(hours=STAFF_COOKIE_HOURS) if ends is not None else None


def _end_sessions(tx: Tx, by: StaffId, other: StaffId) -> tuple[tuple[RoomId, SeatId], ...]:
    member = staff.staff(tx, other)
    staff.revoke_sessions(tx, member.id)
    staff.forget_browsers(tx, member.id)
    tx.audit(CENTRE_CHAIN, AuditEntry("staff:sessions:end", f"staff:{by}", f"staff:{member.id}"))
    return links.seats_of_staff(tx, member.id)
