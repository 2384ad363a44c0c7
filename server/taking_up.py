"""At the start: what a killed process left becomes whole again, before anything is served."""

import asyncio
import logging
from collections import Counter
from datetime import datetime
from typing import Final

from cases.errors import NotFound
from recordings.model import EndCause
from recordings.recovery import orphans, recover
from recordings.vault import Vault
from server.register import keep_ended, row_of, segment_of
from storage import named, recordings
from storage.database import Database

_log: Final = logging.getLogger(__name__)


async def take_up(vault: Vault, database: Database, gaps: Counter[EndCause], now: datetime) -> None:
    """End each segment that was cut off, and adopt each that has no row; count them in `gaps`.

    To be called before anything is recorded. Repeated after a fault in the middle, it does the rest.
    """
    newest = await database.read(recordings.newest)
    if newest is not None and newest > now:
        _log.warning(
            "the clock of this machine is %d s behind the newest recording", (newest - now).total_seconds()
        )
    if left := await asyncio.to_thread(vault.sweep):
        _log.warning("%d half-made objects of a killed process are deleted", left)
    unfinished = await database.read(recordings.open_segments)
    known = await database.read(named.objects)
    found = await asyncio.to_thread(recover, vault, [segment_of(row) for row in unfinished], now)
    found += await asyncio.to_thread(orphans, vault, known, now)
    for segment in found:
        try:
            await database.write(keep_ended, row_of(segment))
        except NotFound:
            _log.exception("segment %s belongs to no room", segment.id)
        else:
            gaps[EndCause.CRASH] += 1
            _log.warning("segment %s was cut off and is recovered: %d ms", segment.id, segment.media_ms)
