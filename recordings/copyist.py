"""Has copies made, one at a time, by a process of low priority."""

import asyncio
import sys
from pathlib import Path
from typing import Final

from cases.ids import ObjectId, new_id
from recordings.copies import Copy, NoCopy, NotCopied
from recordings.copy_process import copy_from, order_of
from recordings.model import Segment

ROOT: Final = Path(__file__).parents[1]  # of the packages
END_WITHIN: Final = 5.0  # seconds for a process that nobody waits for to leave nothing behind


class Copyist:
    """Makes copies of segments of the vault in `folder`, sealed under `key`."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = key

    async def copy(self, segment: Segment, rest: float) -> Copy:
        """Make the copy of a segment that has ended; raise NotCopied.

        It works for one part of the time and rests for `rest`. Whoever stops waiting ends the process.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "recordings.copy_process",
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the service, which ends it
            )
        except OSError as error:
            raise NotCopied(NoCopy.STOPPED) from error
        try:
            order = order_of(self._folder, self._key, segment, ObjectId(new_id()), rest)
            return copy_from(await _answer(process, order))
        finally:
            await _end(process)


async def _answer(process: asyncio.subprocess.Process, order: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        return b""
    try:
        process.stdin.write(order)
        await process.stdin.drain()
    except ConnectionError:
        return b""
    return await process.stdout.readline()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Let the process end: it has answered, or it sees that nobody waits."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), END_WITHIN)
    except TimeoutError:  # a disk that hangs
        process.kill()
