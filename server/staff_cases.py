"""A mediator's own case, and where a case stands."""

from aiohttp import web

from cases.errors import NotFound
from cases.ids import CaseId
from cases.model import Case, Ground
from server.services import services
from server.sessions import StaffGuest
from storage import cases, rooms
from storage.unit_of_work import Tx


async def own_case(request: web.Request, guest: StaffGuest) -> Case:
    """Return the case of the path if it is this mediator's; raise NotFound for any other."""
    case = await services(request).database.read(cases.case, CaseId(request.match_info["case"]))
    if case.mediator != guest.staff.id:
        raise NotFound("not this mediator's case")
    return case


def stage(tx: Tx, case: Case) -> str:
    """Return where a case stands: scheduled, open, settled or closed."""
    if case.ground is not None:
        return "settled" if case.ground is Ground.SETTLED else "closed"
    room = rooms.room(tx, rooms.room_of_case(tx, case.id))
    return room.phase.value
