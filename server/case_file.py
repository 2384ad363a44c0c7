"""The case file of legal staff: recordings, gaps, what happened, and each check by itself."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding

from cases.audit import ChainReport
from cases.errors import NotFound
from cases.ids import ObjectId, RoomId, SeatId, SegmentId
from cases.model import Case
from recordings.completeness import GRACE, Lack, lack_of
from recordings.manifest import manifest
from recordings.model import Gap, Segment, Track, gaps
from recordings.records import VaultError
from rooms import events as e
from rooms.model import Room
from rooms.views import Name
from server.dark import dark
from server.pages import case_facts
from server.register import copy_of, segment_of
from server.services import services
from server.sessions import StaffGuest
from server.staff_cases import stage
from server.stored_objects import ObjectState, state_of
from settlements.report import CheckName, SealReport, State
from settlements.verifying import verify
from storage import audit, copies, recordings, rooms, settlements, staff
from storage.copies import CopyRow
from storage.grants import Grant
from storage.settlements import SealRow
from storage.unit_of_work import Tx
from web.happenings import happening_text, tellable
from web.views import CaseFile, Check, GapRow, Happening, SegmentRow
from web.words import (
    chain_detail,
    check_title,
    check_verdict,
    checked,
    complete_check,
    file_check,
    lack,
    recorded_name,
    seal_detail,
)


@dataclass(frozen=True, slots=True)
class _Facts:
    room: Room
    names: Mapping[SeatId, Name]
    segments: tuple[Segment, ...]
    copies: Mapping[SegmentId, CopyRow]
    journal: tuple[tuple[datetime, e.Event], ...]
    seal: SealRow | None
    chain: ChainReport
    mediator: str
    stage: str


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was found of one segment. `lack` is looked for when its session closed a while ago."""

    state: ObjectState
    copied: bool
    lack: Lack | None


async def case_file(request: web.Request, guest: StaffGuest, case: Case, grant: Grant) -> CaseFile:
    """Return the page; every stored hash is computed anew, in a thread."""
    facts = await services(request).database.read(_facts, case)
    now = services(request).clock()
    looked = await _looked(request, facts)
    report = await _report(request, facts)
    base = f"{guest.base}/archive/{case.id}"
    return CaseFile(
        viewer=guest.viewer(request),
        case=case_facts(case, facts.mediator, facts.stage),
        base=base,
        reason=grant.reason,
        expires_at=grant.expires_at,
        now=now,
        segments=tuple(_segment_row(facts, s, base, looked[s.id], now) for s in facts.segments),
        gaps=tuple(_gap_row(facts, gap) for gap in _gaps(facts, now)),
        happenings=tuple(
            Happening(at, text, isinstance(event, e.CaucusOpened | e.CaucusClosed))
            for at, event in tellable(facts.journal)
            if (text := happening_text(event, facts.names))
        ),
        checks=_checks(facts, report, looked.values(), now),
        has_settlement=facts.seal is not None,
    )


async def check_file(request: web.Request, case: Case) -> dict[str, Any]:
    """Return the checks as JSON."""
    facts = await services(request).database.read(_facts, case)
    looked = await _looked(request, facts)
    report = await _report(request, facts)
    found = _checks(facts, report, looked.values(), services(request).clock())
    return {
        "checks": [{"key": c.key, "state": c.state} for c in found],
        "settlement": report.to_json() if report is not None else None,
    }


async def manifest_of(request: web.Request, case: Case) -> bytes:
    """Return the manifest of the case's recording."""
    facts = await services(request).database.read(_facts, case)
    room = facts.room
    if room.opened_at is None:
        raise NotFound("nothing was recorded")
    closed_at = room.closed_at or services(request).clock()
    derived = {id_: copy for id_, row in facts.copies.items() if (copy := copy_of(row)) is not None}
    return manifest(room.id, room.opened_at, closed_at, facts.segments, derived)


def _facts(tx: Tx, case: Case) -> _Facts:
    id_: RoomId = rooms.room_of_case(tx, case.id)
    return _Facts(
        room=rooms.room(tx, id_),
        names=rooms.names(tx, id_),
        segments=tuple(segment_of(row) for row in recordings.of_room(tx, id_)),
        copies=copies.of_room(tx, id_),
        journal=rooms.journal(tx, id_),
        seal=settlements.sealed(tx, case.id),
        chain=audit.verify(tx, case.id),
        mediator=staff.staff(tx, case.mediator).name,
        stage=stage(tx, case),
    )


async def _looked(request: web.Request, facts: _Facts) -> dict[SegmentId, _Looked]:
    """Look at each segment's object, and for its copy, in a thread."""
    over = _over(facts, services(request).clock())
    return {
        s.id: await asyncio.to_thread(_look, request, s, facts.copies.get(s.id), over) for s in facts.segments
    }


def _look(request: web.Request, segment: Segment, copy: CopyRow | None, over: bool) -> _Looked:
    state = _state(request, segment)
    copied = copy is not None and copy.object is not None and services(request).vault.has(copy.object)
    found = lack_of(
        ended=segment.ended_at is not None,
        unwritten=state is ObjectState.UNWRITTEN,
        present=state is not ObjectState.MISSING,
        altered=state is ObjectState.ALTERED,
        copied=copied,
    )
    return _Looked(state, copied, found if over else None)


def _over(facts: _Facts, now: datetime) -> bool:
    return facts.room.closed_at is not None and now - facts.room.closed_at > GRACE


def _state(request: web.Request, segment: Segment) -> ObjectState:
    if segment.ended_at is None:
        return ObjectState.OPEN
    found = state_of(services(request).vault, segment.object, segment.sha256, cut_off=segment.cut_off)
    return ObjectState.UNWRITTEN if found is ObjectState.MISSING and segment.unwritten else found


def _gaps(facts: _Facts, now: datetime) -> tuple[Gap, ...]:
    if facts.room.opened_at is None:
        return ()
    return gaps(facts.segments, facts.room.opened_at, facts.room.closed_at or now)


def _segment_row(facts: _Facts, segment: Segment, base: str, looked: _Looked, now: datetime) -> SegmentRow:
    """Return the row. What a page plays stays one file: the original until the page is loaded anew."""
    seat = facts.room.seat(segment.seat)
    copy = facts.copies.get(segment.id)
    url = f"{base}/recordings/{segment.id}"
    pictures = Track.VIDEO in segment.tracks
    return SegmentRow(
        url=url if looked.copied else f"{url}/original",
        name=recorded_name(facts.names[seat.id].name, screen=segment.of_screen),
        side=seat.side,
        role=seat.role,
        started_at=segment.started_at,
        seconds=segment.media_ms / 1000,
        bytes=segment.bytes,
        sha256=segment.sha256,
        cause=segment.cause.value if segment.cause is not None else "",
        state=looked.state,
        original=f"{url}/original",
        checked=checked(copy.figures) if copy is not None and looked.copied else "",
        lack=lack(looked.lack, copy.reason or "" if copy is not None else "") if looked.lack else "",
        seat=seat.id,
        screen=segment.of_screen,
        pictures=pictures or segment.of_screen,
        dark=dark(facts.journal, seat.id, segment.started_at, segment.ended_at or now) if pictures else (),
    )


def _gap_row(facts: _Facts, gap: Gap) -> GapRow:
    cause = gap.cause.value if gap.cause is not None else ""
    seat = facts.room.seat(gap.seat)
    name = facts.names[seat.id].name
    return GapRow(name, seat.side, seat.role, gap.begins_at, gap.ends_at, cause, seat.id)


def _checks(
    facts: _Facts, report: SealReport | None, looked: Collection[_Looked], now: datetime
) -> tuple[Check, ...]:
    # There is nothing to check of the others.
    written = [one.state for one in looked if one.state is not ObjectState.UNWRITTEN]
    recordings_check = file_check(len(written), sum(state in {"altered", "missing"} for state in written))
    seal = _seal_checks(report) if report is not None else ()
    chain = Check(
        "audit-chain",
        "passed" if facts.chain.whole else "failed",
        check_title("audit-chain"),
        check_verdict("audit-chain", facts.chain.whole),
        chain_detail(facts.chain.length),
    )
    complete = (_complete(looked),) if written and _over(facts, now) else ()
    return (recordings_check, *complete, *seal, chain)


def _complete(looked: Collection[_Looked]) -> Check:
    lacks = [one.lack for one in looked if one.lack is not None]
    return complete_check(len(looked), len(lacks), lost=any(one is not Lack.NO_COPY for one in lacks))


def _seal_checks(report: SealReport) -> tuple[Check, ...]:
    """Return the stored hash, the seal and the digest of the terms, one by one."""
    groups = {
        "stored-hash": (CheckName.STORED_HASH,),
        "seal": (
            CheckName.READABLE,
            CheckName.FIELDS,
            CheckName.INTEGRITY,
            CheckName.CHANGES,
            CheckName.TRUST,
            CheckName.SEAL_LAST,
        ),
        "terms": (CheckName.TERMS, CheckName.BINDING),
    }
    details = {"stored-hash": report.file_digest, "terms": report.offer_digest, "seal": seal_detail()}
    return tuple(
        Check(
            key,
            "passed" if (good := all(report.state(n) is State.PASSED for n in names)) else "failed",
            check_title(key),
            check_verdict(key, good),
            details[key],
        )
        for key, names in groups.items()
    )


async def _report(request: web.Request, facts: _Facts) -> SealReport | None:
    if facts.seal is None:
        return None
    root = services(request).authority.root.public_bytes(Encoding.DER)
    return await asyncio.to_thread(_verify, request, facts.seal, root, facts.chain)


def _verify(request: web.Request, seal: SealRow, root: bytes, chain: ChainReport) -> SealReport:
    pdf = _content(request, seal.object)
    return verify(pdf, [root], stored_digest=seal.sha256, audit=chain)


def _content(request: web.Request, object_id: ObjectId) -> bytes:
    """Return what is kept; a damaged object is an empty file, which no check passes."""
    try:
        with services(request).vault.open(object_id) as reader:
            return reader.read(0, reader.size)
    except (VaultError, OSError):
        return b""
