"""What a session that ended badly has left: started again on the same folders, and everything compared."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cases.ids import RoomId, SeatId
from recordings.manifest import NOT_YET, manifest
from recordings.model import EndCause, Segment
from recordings.records import VaultError
from recordings.vault import Vault
from server import audit
from server.register import segment_of
from server.taking_up import take_up
from storage import recordings, rooms
from tests.builders.cases import NOON
from tests.builders.fault_scene import TICK, opened
from tests.builders.fault_told import Ran
from tests.builders.http import settings_in
from tests.builders.recordings import play

LOST: Final = 1.0 + TICK  # seconds of media, at most, when the process is killed
UNSYNCED: Final = 5.0  # seconds more, when the power fails


async def left_of(ran: Ran, lost: float) -> list[str]:
    """Start again on what is left; return a sentence for everything that does not agree.

    `lost` is how many seconds of media may be missing where it was killed.
    """
    last = max((fact["now"] for fact in ran.facts if "now" in fact), default=1000.0)
    now = NOON + timedelta(seconds=last + 10)
    database, vault = opened(ran.folder, lambda: now)
    try:
        await take_up(vault, database, Counter(), now)
        room = await database.read(_only_or_closed)
        happened = [type(e).__name__ for _, e in await database.read(rooms.journal, room.id)]
        segments = [segment_of(row) for row in await database.read(recordings.of_room, room.id)]
        if ran.killed and (refused := [s.id for s in segments if s.cause is EndCause.FAULT]):
            return [f"segment {id_} says that the disk failed" for id_ in refused]
        wrong = [*_files(vault, segments), *_times(segments, room.id, now), *_words(ran, happened)]
        if ran.killed:
            wrong += _loss(ran, segments, last, lost)
    finally:
        await database.aclose()
    found = audit.verify(settings_in(ran.folder))
    return [*wrong, *found.wrong, *([found.problem] if found.problem else [])]


async def happened_in(folder: Path) -> list[str]:
    """Return the names of the events of the one room, in order."""
    database, _ = opened(folder, lambda: NOON)
    try:
        room = await database.read(_only_or_closed)
        return [type(event).__name__ for _, event in await database.read(rooms.journal, room.id)]
    finally:
        await database.aclose()


def _only_or_closed(tx: Any) -> Any:
    (id_,) = tx.connection.exec_driver_sql("SELECT id FROM rooms").scalars()
    return rooms.room(tx, RoomId(id_))


def _files(vault: Vault, segments: list[Segment]) -> Iterator[str]:
    """Each row has its object, each object its row, and what is in it plays."""
    for segment in segments:
        if segment.ended_at is None:
            yield f"segment {segment.id} has no end"
        if segment.unwritten:
            continue
        try:
            with vault.open(segment.object, unfinished=segment.cut_off) as reader:
                content = reader.read(0, reader.size)
        except VaultError as error:
            yield f"segment {segment.id}: {error}"
            continue
        if segment.media_ms and (complaints := play(content).complaints):
            yield f"segment {segment.id} does not play: {complaints[0]}"
    for object_id in set(vault.objects()) - {segment.object for segment in segments}:
        yield f"object {object_id} belongs to nobody"


def _times(segments: list[Segment], room: RoomId, now: datetime) -> Iterator[str]:
    """A seat's segments follow each other, and each gap after the first has a cause."""
    ends: dict[SeatId, datetime] = {}
    for segment in segments:
        end = segment.ended_at or now
        if not segment.started_at <= end <= now:
            yield f"segment {segment.id} is from {segment.started_at} to {end}"
        before = ends.get(segment.seat)
        if before is not None and segment.started_at < before - timedelta(milliseconds=40):
            yield f"segment {segment.id} began before the one before it ended"
        ends[segment.seat] = end
    facts = json.loads(manifest(room, NOON, now, segments, {}))
    seats = [gap["seat"] for gap in facts["gaps"] if gap["cause"] == NOT_YET]
    yield from (f"a gap of seat {seat} has no cause" for seat in seats if seats.count(seat) > 1)


def _words(ran: Ran, happened: list[str]) -> Iterator[str]:
    """Nobody was told what is not written down, and what was said to be done is."""
    needed = {
        "private": "CaucusOpened",
        "apart": "CaucusOpened",
        "closed": "SessionClosed",
        "joint": "SessionOpened",
    }
    written = {"OpenSession": "SessionOpened", "OpenCaucus": "CaucusOpened", "CloseCaucus": "CaucusClosed",
               "PauseRecording": "RecordingPaused", "CloseSession": "SessionClosed"}  # fmt: skip
    for fact in ran.facts:
        event = needed.get(fact.get("truth", ""))
        if event is not None and event not in happened:
            yield f"somebody was told {fact['truth']}, and nothing of it is written down"
        event = written.get(fact.get("done", ""))
        if event is not None and event not in happened:
            yield f"{fact['done']} was said to be done, and nothing of it is written down"


def _loss(ran: Ran, segments: list[Segment], last: float, most: float) -> Iterator[str]:
    """Of a seat that was recorded when the process died, at most `most` seconds are missing."""
    taped: list[str] = next((fact["taped"] for fact in reversed(ran.facts) if "taped" in fact), [])
    for seat in taped:
        said = [fact for fact in ran.facts if "taped" in fact]
        since = next((f["now"] for f in reversed(said) if seat not in f["taped"]), said[0]["now"]) - TICK
        ends = [s.ended_at for s in segments if s.seat == seat and s.ended_at is not None]
        gone = last - max(since, (max(ends, default=NOON) - NOON).total_seconds())
        if gone > most:
            yield f"{gone:.2f} s of seat {seat} are lost"
