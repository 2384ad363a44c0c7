"""Finds what the recordings of closed sessions lack, and says it once.

What it looks at costs little: rows, and which files there are. Hashes are computed where a segment is
copied, in the case file and by `heyi audit verify`.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cases.clocks import Clock
from cases.ids import ObjectId
from recordings.completeness import GRACE, Lack, lack_of
from recordings.copies import NoCopy
from recordings.vault import object_files
from server.copies import Copies
from server.register import segment_of
from server.stored_objects import nameless
from storage import copies, named
from storage.copies import CopyRow
from storage.database import Database
from storage.recordings import SegmentRow

LOOK_EVERY: Final = 300.0  # seconds
FIRST_AFTER: Final = 60.0
MOST: Final = 500  # missing objects that are looked up in one round

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` is a segment, or the object that nothing names; `reason` why it has no copy, if that was tried."""

    lack: Lack
    what: str
    reason: str = ""


class Reconciler:
    """Owns what was found. `lacks` counts it by its reason, as of the last round."""

    def __init__(self, database: Database, objects: Path, making: Copies, clock: Clock) -> None:
        self.lacks: Counter[Lack] = Counter()
        self._database, self._objects, self._making, self._clock = database, objects, making, clock
        self._found: frozenset[Finding] = frozenset()

    async def run(self) -> None:
        """Look until cancelled."""
        await asyncio.sleep(FIRST_AFTER)
        while True:
            try:
                await self.look()
            except Exception:  # noqa: BLE001 - the next look may succeed
                _log.exception("whether recordings are complete could not be looked up")
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Look once, say what is new and what is over, and have copies made anew that are gone."""
        known = await self._database.read(named.objects)  # first: an object is there before its row
        there = await asyncio.to_thread(lambda: frozenset(id_ for id_, _ in object_files(self._objects)))
        missing = sorted(known - there)[:MOST]
        rows = await self._database.read(copies.doubtful, self._clock() - GRACE, missing)
        strays = await asyncio.to_thread(nameless, self._objects, known, time.time() - GRACE.total_seconds())
        found = frozenset(
            (*_lacking(rows, frozenset(missing)), *(Finding(Lack.NO_ROW, id_) for id_ in strays))
        )
        self._tell(found)
        if gone := [copy.object for _, copy in rows if copy is not None and copy.object in missing]:
            await self._making.forget(gone)

    def _tell(self, found: frozenset[Finding]) -> None:
        for one in sorted(found - self._found, key=lambda f: (f.lack, f.what)):
            _log.warning("a recording is not complete: %s, %s %s", one.what, one.lack, one.reason)
        over = {one.what for one in self._found} - {one.what for one in found}
        for what in sorted(over):
            _log.info("what the recording lacked of %s is there", what)
        self._found = found
        self.lacks = Counter(one.lack for one in found)


def _lacking(
    rows: tuple[tuple[SegmentRow, CopyRow | None], ...], missing: frozenset[ObjectId]
) -> Iterator[Finding]:
    for row, copy in rows:
        segment = segment_of(row)
        copied = copy is not None and copy.object is not None and copy.object not in missing
        reason = copy.reason if copy is not None else None
        lack = lack_of(
            ended=segment.ended_at is not None,
            unwritten=segment.unwritten,
            present=segment.object not in missing,
            altered=reason == NoCopy.ALTERED,
            copied=copied,
        )
        if lack is not None:
            yield Finding(lack, row.id, reason or "")
