"""Has each segment of a closed session copied, one after the other, and keeps what came of it."""

import asyncio
import logging
from collections.abc import Callable, Collection, Container
from contextlib import suppress
from datetime import timedelta
from typing import Final

from cases.clocks import Clock
from cases.errors import Broken
from cases.ids import ObjectId
from recordings.copies import NoCopy, NotCopied
from recordings.copying import is_copy
from recordings.copyist import Copyist
from recordings.records import VaultError
from recordings.vault import Vault
from server.register import row_of_copy, segment_of
from server.watch import Disk
from storage import copies, named
from storage.copies import CopyRow
from storage.database import Database
from storage.recordings import SegmentRow

LOOK_EVERY: Final = 15.0  # seconds
SETTLED: Final = timedelta(seconds=10)  # after a session closed, for its segments to end
TRIES: Final = 4  # of one segment, from one start of the service to the next
AGAIN_AFTER: Final = timedelta(minutes=10)
NOT_ITS_FAULT: Final = frozenset({NoCopy.DISK_FULL})  # tried again for as long as it takes
RESTING: Final = (
    9.0  # parts of the time in which nothing is done, for each in which it works, beside open rooms
)

_log = logging.getLogger(__name__)


class Copies:
    """Owns the making of copies. `busy` says whether media are being forwarded."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        copyist: Copyist,
        disk: Disk,
        busy: Callable[[], bool],
        clock: Clock,
    ) -> None:
        self._database, self._vault, self._copyist = database, vault, copyist
        self._disk, self._busy, self._clock = disk, busy, clock
        self._taken_up = False

    async def take_up(self) -> None:
        """Bring rows and objects together before anything is copied, and let everything be tried again.

        A copy without a row was made for a process that was killed: it is deleted, and made anew. So is a
        row whose copy is gone, as after a restore.
        """
        known = await self._database.read(named.objects)
        if left := await asyncio.to_thread(_delete_strays, self._vault, known):
            _log.warning("%d copies of a killed process are deleted, to be made anew", left)
        if gone := await self._gone():
            _log.warning("%d copies are gone, and are made anew", len(gone))
            await self.forget(gone)
        await self._database.write(copies.try_again)
        self._taken_up = True

    async def forget(self, gone: Collection[ObjectId]) -> None:
        """Have copies made anew whose objects are gone."""
        await self._database.write(copies.forget, gone)

    async def run(self) -> None:
        """Copy what is due, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                if not self._taken_up:
                    await self.take_up()
                await self.work()
            except Exception:  # noqa: BLE001 - the next look may succeed
                _log.exception("what is to be copied could not be looked up")

    async def work(self) -> None:
        """Copy everything that is due now."""
        while True:
            due = await self._database.read(copies.next_due, self._clock() - SETTLED, TRIES)
            if due is None:
                return
            if not await self._has_room(*due):
                return
            await self._try(*due)

    async def _has_room(self, row: SegmentRow, before: CopyRow | None) -> bool:
        """Say whether the disk takes a copy; if not, keep that this is why, once and not each time."""
        await asyncio.to_thread(self._disk.look)
        if self._disk.takes(row.bytes):
            return True
        if before is None or before.reason != NoCopy.DISK_FULL:
            await self._database.write(copies.begun, row.id, self._clock() + AGAIN_AFTER)
            await self._failed(row, before, NoCopy.DISK_FULL)
        return False

    async def _gone(self) -> frozenset[ObjectId]:
        made = await self._database.read(copies.objects)
        return made - frozenset(await asyncio.to_thread(lambda: list(self._vault.objects())))

    async def _try(self, row: SegmentRow, before: CopyRow | None) -> None:
        await self._database.write(copies.begun, row.id, self._clock() + AGAIN_AFTER)
        try:
            copy = await self._copyist.copy(segment_of(row), RESTING if self._busy() else 0.0)
        except NotCopied as error:
            await self._failed(row, before, error.reason)
            return
        try:
            await self._database.write(copies.made, row_of_copy(copy))
        except Broken:
            with suppress(VaultError):
                await asyncio.to_thread(self._vault.delete, copy.object)
            raise
        _log.info("segment %s has its copy", row.id)

    async def _failed(self, row: SegmentRow, before: CopyRow | None, reason: NoCopy) -> None:
        counts = reason not in NOT_ITS_FAULT
        await self._database.write(lambda tx: copies.failed(tx, row.id, reason, counts=counts))
        if before is None or before.reason != reason:
            _log.warning("segment %s has no copy: %s", row.id, reason)


def _delete_strays(vault: Vault, known: Container[ObjectId]) -> int:
    """Delete copies that no row names; return how many."""
    deleted = 0
    for object_id in [id_ for id_ in vault.objects() if id_ not in known]:
        with suppress(VaultError):
            with vault.open(object_id) as reader:
                stray = is_copy(reader.about)
            if stray:
                vault.delete(object_id)
                deleted += 1
    return deleted
