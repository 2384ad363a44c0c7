"""Records rooms: one tape a seat, one thread for the disk, one task for time.

The switchboard hands in packets; what comes out are objects in the vault and segments in a register.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final, Protocol

from cases.clocks import Clock
from cases.errors import Broken
from cases.ids import ObjectId, RoomId, SeatId, SegmentId, new_id
from recordings.desk import Desk
from recordings.model import EndCause, Segment, Track
from recordings.take import PROBE, Take
from recordings.tape import Tape
from recordings.vault import Vault

TICK: Final = 0.1  # seconds
RETRY_AFTER: Final = (0.5, 2.0, 8.0)  # seconds; then recovery at the next start finds what is there
REGISTER_WITHIN: Final = 10.0
PROBE_WITHIN: Final = 5.0
CLOSE_WITHIN: Final = 10.0
UNMEANT: Final = frozenset({EndCause.FAULT, EndCause.LINE_LOST})  # ends of a tape that nobody asked for

_PROBE_BYTES: Final = 4096

_log = logging.getLogger(__name__)


class SegmentRegister(Protocol):
    """Where segments are kept as rows. Both calls may be repeated with the same segment.

    The object of a segment that `began` is there. `ended` follows, or comes alone: when `began` failed each
    time, or the disk took nothing of it.
    """

    async def began(self, segment: Segment) -> None: ...

    async def ended(self, segment: Segment) -> None: ...


class Recorder:
    """Owns all tapes of the process, their thread and their tasks. Used on one event loop.

    `gaps` counts, by cause, how often a person who was being recorded no longer was without anybody's will.
    """

    def __init__(
        self,
        vault: Vault,
        register: SegmentRegister,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.on_fault: Callable[[RoomId, SeatId], None] = _nobody
        self.gaps: Counter[EndCause] = Counter()
        self._vault = vault
        self._register = register
        self._clock = clock
        self._monotonic = monotonic
        self._desk = Desk(monotonic)
        self._tapes: set[Tape] = set()
        self._keepers: dict[Take, asyncio.Task[None]] = {}  # two or three a tape at most
        self._ticking: asyncio.Task[None] | None = None
        self._closed = False

    def start(
        self,
        room: RoomId,
        seat: SeatId,
        request_keyframe: Callable[[], None],
        picture: Track = Track.VIDEO,
    ) -> Tape:
        """Begin to record a seat, its person or its screen; raise Broken once the recorder is closed."""
        if self._closed:
            raise Broken("the recorder is closed")
        tape = Tape(
            room,
            seat,
            self._monotonic(),
            request_keyframe,
            picture,
            begin=self._begin,
            over=self._over,
        )
        self._tapes.add(tape)
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.get_running_loop().create_task(self._tick(), name="recorder")
        return tape

    @property
    def waiting(self) -> int:
        """Bytes that wait for the disk."""
        return self._desk.waiting

    def lag(self) -> float:
        """Return the age, in seconds, of the oldest medium that was to be recorded and is not on the disk."""
        now = self._monotonic()
        return max([self._desk.behind(now), *(take.unwritten(now) for take in self._keepers)])

    async def drain(self) -> None:
        """Wait until everything that was stopped is closed and registered."""
        while closing := [task for take, task in self._keepers.items() if take.cause is not None]:
            await asyncio.wait(closing)

    async def aclose(self, cause: EndCause) -> None:
        """Stop every tape for `cause`, wait for the closing, end the task and the thread."""
        self._closed = True
        for tape in tuple(self._tapes):
            tape.stop(cause)
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.wait([self._ticking])
        try:
            await asyncio.wait_for(self.drain(), CLOSE_WITHIN)
        except TimeoutError:
            _log.error("%d segments are left to recovery", len(self._keepers))
            for task in self._keepers.values():
                task.cancel()
            await asyncio.gather(*self._keepers.values(), return_exceptions=True)
        await asyncio.to_thread(self._desk.stop, CLOSE_WITHIN)

    async def probe(self) -> None:
        """Write, read back and delete an object, as recording would; raise Broken if that fails."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()

        def settle(good: bool) -> None:
            if not answer.done():
                answer.set_result(good)

        def job() -> None:
            good = _probe(self._vault)
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(settle, good)

        if not self._desk.submit(job, _PROBE_BYTES):
            raise Broken("too much waits for the disk for recordings")
        try:
            good = await asyncio.wait_for(answer, PROBE_WITHIN)
        except TimeoutError as error:
            raise Broken("the disk for recordings does not answer") from error
        if not good:
            raise Broken("the disk for recordings does not keep what is written")

    def _begin(self, tape: Tape, tracks: frozenset[Track], size: tuple[int, int] | None, zero: float) -> Take:
        started_at = self._clock() - timedelta(seconds=self._monotonic() - zero)
        segment = Segment(
            SegmentId(new_id()), tape.room, tape.seat, ObjectId(new_id()), started_at, tuple(sorted(tracks))
        )
        take = Take(self._vault, self._desk, segment, size=size, zero=zero, faulted=tape.fault)
        task = asyncio.get_running_loop().create_task(self._keep(take), name=f"segment {segment.id}")
        self._keepers[take] = task
        task.add_done_callback(lambda _: self._keepers.pop(take, None))
        return take

    async def _keep(self, take: Take) -> None:
        """See one segment through the register."""
        segment = take.segment
        if await take.reel.opened:  # whatever happens next, no row names an object that never was
            await self._tell(self._register.began, segment)
        outcome = await take.reel.outcome
        whole = outcome.whole and take.cause is not None
        ended = replace(
            segment,
            ended_at=segment.started_at + timedelta(milliseconds=outcome.media_ms),
            cause=take.cause if whole else EndCause.FAULT,
            sha256=outcome.sum.sha256,
            bytes=outcome.sum.size,
            media_ms=outcome.media_ms,
        )
        await self._tell(self._register.ended, ended)

    async def _tell(self, call: Callable[[Segment], Awaitable[None]], segment: Segment) -> None:
        for wait in (*RETRY_AFTER, None):
            try:
                await asyncio.wait_for(_awaited(call, segment), REGISTER_WITHIN)
            except Exception:  # noqa: BLE001 - whatever the register's database raises
                _log.exception("segment %s cannot be registered", segment.id)
                if wait is not None:
                    await asyncio.sleep(wait)
            else:
                return

    def _over(self, tape: Tape, cause: EndCause) -> None:
        self._tapes.discard(tape)
        if cause in UNMEANT and tape.video.track is not Track.SCREEN:
            self.gaps[cause] += 1
        again = any((other.room, other.seat) == (tape.room, tape.seat) for other in self._tapes)
        if cause is EndCause.FAULT and not again:  # else it is of a former tape, and a new one works
            self.on_fault(tape.room, tape.seat)

    async def _tick(self) -> None:
        while self._tapes:
            await asyncio.sleep(TICK)
            now = self._monotonic()
            for tape in tuple(self._tapes):
                tape.tick(now)


async def _awaited(call: Callable[[Segment], Awaitable[None]], segment: Segment) -> None:
    await call(segment)


def _nobody(_room: RoomId, _seat: SeatId) -> None:
    """Nobody asked to be told of faults."""


def _probe(vault: Vault) -> bool:
    content = secrets.token_bytes(_PROBE_BYTES)
    try:
        object_id = vault.put(content, PROBE)
        try:
            with vault.open(object_id) as reader:
                return reader.read(0, reader.size) == content
        finally:
            vault.delete(object_id)
    except (Broken, OSError):
        return False
