"""Legal staff: find a case, say why, then watch, read and check for 60 minutes. Every look is in the audit."""

from datetime import date, timedelta
from typing import Final

from aiohttp import web

from cases.audit import CENTRE_CHAIN, AuditEntry, salted
from cases.errors import NotFound, Reason, Refused
from cases.ids import CaseId, SegmentId
from cases.model import Case
from server.bodies import form_of
from server.case_file import case_file, check_file, manifest_of
from server.ranges import send_object
from server.responses import page, see
from server.services import services
from server.sessions import StaffGuest
from server.words import WORDS
from storage import audit, cases, copies, grants, recordings, rooms, settlements
from storage.grants import Grant
from storage.unit_of_work import Tx
from web.form_texts import DAY
from web.translating import gettext
from web.views import Archive, ArchiveRow, AskReason

WATCH: Final = "archive:watch"
GRANT_LASTS: Final = timedelta(minutes=60)
REASON_LENGTH: Final = (4, 200)


async def search(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    """Search by number, name or day; what comes back is masked."""
    query = request.query.get("q", "").strip()
    texts = request.query.get("from", ""), request.query.get("to", "")
    searched = bool(query or any(texts))
    rows: tuple[ArchiveRow, ...] = ()
    error = ""
    try:
        days = tuple(date.fromisoformat(t) if t else None for t in texts)
    except ValueError:
        error = gettext(DAY)
    else:
        if searched:
            rows = await services(request).database.write(_search, guest, query, days[0], days[1])
    return page(Archive(guest.viewer(request), rows, query, *texts, error, searched))


async def open_file(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    """Show the case file, or ask for a reason when there is no grant, or no longer."""
    case = await _case(request)
    grant = await _grant(request, guest, case.id)
    if grant is None:
        row = await services(request).database.read(_row, guest, case)
        return page(AskReason(guest.viewer(request), row))
    return page(await case_file(request, guest, case, grant))


async def give_reason(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    case = await _case(request)
    reason = (await form_of(request)).get("reason", "").strip()
    if not REASON_LENGTH[0] <= len(reason) <= REASON_LENGTH[1]:
        row = await services(request).database.read(_row, guest, case)
        text = WORDS.refused(Refused(Reason.REASON_MISSING))
        return page(AskReason(guest.viewer(request), row, text, reason), 409)
    await services(request).database.write(_add_grant, guest, case.id, reason)
    return see(f"{guest.base}/archive/{case.id}")


async def recording(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    """Send a segment, or the range of it that a player asks for: the copy where there is one."""
    segment = await _watched(request, guest, "segment")
    copy = await services(request).database.read(copies.of_segment, segment.id)
    return await send_object(request, segment, copy)


async def original(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    """Send a segment as it was written, which is the evidence."""
    return await send_object(request, await _watched(request, guest, "original"))


async def _watched(request: web.Request, guest: StaffGuest, what: str) -> recordings.SegmentRow:
    """Return the segment of the path after its look is in the chain."""
    case = await _case(request)
    grant = await _require_grant(request, guest, case.id)
    id_ = SegmentId(request.match_info["segment"])
    look = AuditEntry(WATCH, f"staff:{guest.staff.id}", f"{what}:{id_}")
    segment, noted = await services(request).database.read(_segment, grant, id_, look)
    if not noted:
        await services(request).database.write(_note, guest, case.id, WATCH, look.subject)
    return segment


async def settlement_pdf(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    case = await _case(request)
    await _require_grant(request, guest, case.id)
    if await services(request).database.read(settlements.sealed, case.id) is None:
        raise NotFound("nothing is sealed in this case")
    content = await services(request).desk.file(case.id)
    await services(request).database.write(_note, guest, case.id, "archive:settlement", "")
    headers = {
        "Content-Disposition": f'attachment; filename="heyi-{case.id}.pdf"',
        "Cache-Control": "no-store",
    }
    return web.Response(body=content, content_type="application/pdf", headers=headers)


async def manifest(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    case = await _case(request)
    await _require_grant(request, guest, case.id)
    await services(request).database.write(_note, guest, case.id, "archive:manifest", "")
    return web.Response(body=await manifest_of(request, case), content_type="application/json")


async def checks(request: web.Request, guest: StaffGuest) -> web.StreamResponse:
    """Say what each check of the case file found, by itself."""
    case = await _case(request)
    await _require_grant(request, guest, case.id)
    await services(request).database.write(_note, guest, case.id, "archive:checks", "")
    report = await check_file(request, case)
    return web.json_response(report)


async def _case(request: web.Request) -> Case:
    return await services(request).database.read(cases.case, CaseId(request.match_info["case"]))


async def _grant(request: web.Request, guest: StaffGuest, case: CaseId) -> Grant | None:
    now = services(request).clock()
    return await services(request).database.read(grants.live, guest.staff.id, case, now)


async def _require_grant(request: web.Request, guest: StaffGuest, case: CaseId) -> Grant:
    grant = await _grant(request, guest, case)
    if grant is None:
        raise Refused(Reason.GRANT_EXPIRED)
    return grant


def _search(
    tx: Tx, guest: StaffGuest, query: str, from_day: date | None, to_day: date | None
) -> tuple[ArchiveRow, ...]:
    rows = tuple(_row(tx, guest, case) for case in cases.search(tx, query, from_day, to_day))
    tx.audit(CENTRE_CHAIN, AuditEntry("archive:search", f"staff:{guest.staff.id}", f"found:{len(rows)}"))
    return rows


def _row(tx: Tx, guest: StaffGuest, case: Case) -> ArchiveRow:
    room = rooms.room_of_case(tx, case.id)
    settlement = settlements.settlement(tx, case.id)
    return ArchiveRow(
        url=f"{guest.base}/archive/{case.id}",
        number=case.number,
        title=case.title,
        dispute=case.dispute,
        parties=tuple(p.organisation or masked_name(p.name) for p in case.parties),
        ground=case.ground,
        scheduled_at=case.scheduled_at,
        closed_at=case.closed_at,
        segments=len(recordings.of_room(tx, room)),
        settlement=settlement.state if settlement is not None else "none",
    )


def masked_name(name: str) -> str:
    """Return 周**: the family name alone (the first character)."""
    return name[:1] + "*" * min(max(len(name) - 1, 1), 3)


def _segment(tx: Tx, grant: Grant, id_: SegmentId, look: AuditEntry) -> tuple[recordings.SegmentRow, bool]:
    """Return the segment, and whether the chain has this look at it already, under this grant.

    A player asks for dozens of ranges: they are one look, whichever of them comes first.
    """
    segment = recordings.segment(tx, id_)
    if segment.room not in rooms.rooms_of_case(tx, grant.case):
        raise NotFound("not a segment of this case")
    return segment, audit.has(tx, grant.case, look, grant.granted_at)


def _add_grant(tx: Tx, guest: StaffGuest, case: CaseId, reason: str) -> None:
    grants.add(tx, guest.staff.id, case, reason, tx.now + GRANT_LASTS)
    digest = salted(cases.salt(tx, case), reason)
    tx.audit(case, AuditEntry("archive:open", f"staff:{guest.staff.id}", f"case:{case}", digest))


def _note(tx: Tx, guest: StaffGuest, case: CaseId, action: str, subject: str) -> None:
    tx.audit(case, AuditEntry(action, f"staff:{guest.staff.id}", subject))
