"""What is asked of one room, done one after another: a bounded queue, and the task that works it off."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from cases.errors import Broken, HeyiError, Reason, Refused
from cases.ids import RoomId
from rooms.commands import Command
from signaling.pages import Page

QUEUE: Final = 64  # commands that wait; a mediator's hand gives five in a second

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Job:
    """A command, and the page that asked for it; none for what happened without one."""

    command: Command
    page: Page | None
    done: asyncio.Future[None]


class Jobs:
    """`handle` does a command, or raises why it was not done."""

    def __init__(self, room: RoomId, handle: Callable[[Command, Page | None], Awaitable[None]]) -> None:
        self._room = room
        self._busy = False
        self._queue: asyncio.Queue[_Job] = asyncio.Queue(QUEUE)
        self._task: asyncio.Task[None] | None = asyncio.create_task(self._work(handle), name=f"clerk {room}")

    def put(self, command: Command, page: Page | None = None) -> asyncio.Future[None]:
        """Queue a command; return what is settled when it is done. Raise Refused when too many wait."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait(_Job(command, page, done))
        except asyncio.QueueFull:
            raise Refused(Reason.BUSY) from None
        return done

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is being done."""
        return self._queue.empty() and not self._busy

    async def aclose(self) -> None:
        """End the task; what was not done is answered."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None  # it knows who handles the jobs, who knows these
        while not self._queue.empty():
            _settle(self._queue.get_nowait().done, _stopping())

    async def _work(self, handle: Callable[[Command, Page | None], Awaitable[None]]) -> None:
        while True:
            job = await self._queue.get()
            self._busy = True
            try:
                await handle(job.command, job.page)
            except HeyiError as error:
                _settle(job.done, error)
            except Exception:  # noqa: BLE001  a fault of one command is not the next one's
                _log.exception("room %s: a command failed", self._room)
                _settle(job.done, Broken("the command failed"))
            else:
                _settle(job.done, None)
            finally:
                self._busy = False
                _settle(job.done, _stopping())


def _stopping() -> Broken:
    return Broken("the server is stopping")


def _settle(done: asyncio.Future[None], error: HeyiError | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
