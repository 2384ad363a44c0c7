"""A test of somebody's line: connections that carry nothing, for a page that may not be let in yet.

A probe has no room, no exchange and no source. Whatever is sent on it ends here.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NewType

from cases.errors import Broken, Reason, Refused
from cases.ids import SeatId, new_id
from signaling import sdp
from signaling.aiortc_seam import Wire
from signaling.guard import Dropped
from signaling.ice import IceSettings
from signaling.pace import Pace
from signaling.peer import ANSWER_WITHIN
from signaling.traffic import Traffic

LIVES: Final = 10.0  # seconds from the offer; a page waits 8 for its connection
AT_ONCE: Final = 8  # of one seat: a test has four ways, and one that was left ends a little later
AT_ONCE_IN_ALL: Final = 40  # of the process: each takes a port
OFFERS: Final = 16  # of one seat in OFFERS_WITHIN: four tests of four ways
OFFERS_WITHIN: Final = 30.0  # seconds

_STREAMS = ("probe",)  # the one m-line is the browser's to receive on; nothing is sent

ProbeId = NewType("ProbeId", str)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    probe: ProbeId
    sdp: str


class Probe:
    """The ears of one connection: deaf."""

    def __init__(self, ice: IceSettings, monotonic: Callable[[], float], closed: Callable[[], None]) -> None:
        self._wire = Wire(self, ice, monotonic)
        self._closed = closed

    @property
    def dropped(self) -> Counter[Dropped]:
        return self._wire.guard.dropped

    async def answer(self, text: str) -> str:
        return await self._wire.answer(text, _STREAMS)

    async def close(self) -> None:
        await self._wire.close()

    def on_rtp(self, packet: bytes, size: int, arrived: float) -> None: ...
    def on_rtcp(self, packet: bytes, arrived: float) -> None: ...
    def on_connected(self) -> None: ...

    def on_closed(self) -> None:
        self._closed()


class Probes:
    """The probes of a process, by seat. Each ends `LIVES` seconds after its offer, or earlier."""

    def __init__(self, ice: IceSettings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ice = ice
        self._monotonic = monotonic
        self._live: dict[ProbeId, tuple[SeatId, Probe]] = {}
        self._paces: dict[SeatId, Pace] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._past: Counter[Dropped] = Counter()  # of probes that have ended
        self._closed = False

    @property
    def traffic(self) -> Traffic:
        """What was dropped; a probe carries nothing."""
        return Traffic(dropped=sum((probe.dropped for _, probe in self._live.values()), self._past))

    async def answer(self, seat: SeatId, offer: str) -> Answer:
        """Return the answer to a page's offer of the one m-line `sdp.PROBE`.

        Raises Refused for another offer, and for one too many; Broken when it could not be answered.
        """
        self._admit(seat)
        text = sdp.check_offer(offer, sdp.PROBE).text
        id_, probe = self._begin(seat)
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                answer = await probe.answer(text)
        except TimeoutError as error:
            self.end(seat, id_)
            raise Broken("a probe's offer took too long to answer") from error
        except BaseException as error:
            ended = id_ not in self._live
            self.end(seat, id_)
            if ended and isinstance(error, Exception):  # what was closed meanwhile fails in some way
                raise Refused(Reason.NOT_NOW) from error
            raise
        if id_ not in self._live:
            raise Refused(Reason.NOT_NOW)
        return Answer(id_, answer)

    def end(self, seat: SeatId, id_: ProbeId) -> None:
        """End a probe of this seat; one that has ended, or is another's, is nothing to it."""
        owner, probe = self._live.get(id_, (None, None))
        if probe is None or owner != seat:
            return
        del self._live[id_]
        self._past.update(probe.dropped)
        task = asyncio.create_task(probe.close(), name="closing a probe")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """End all probes; no task and no socket is left."""
        self._closed = True
        for id_, (seat, _) in tuple(self._live.items()):
            self.end(seat, id_)
        if self._closing:
            await asyncio.wait(self._closing)

    def _admit(self, seat: SeatId) -> None:
        """Refuse a seat that asks too often, before anything is done for it."""
        if self._closed:
            raise Refused(Reason.BUSY)
        now = self._monotonic()
        self._paces = {whose: pace for whose, pace in self._paces.items() if not pace.rested(now)}
        if not self._paces.setdefault(seat, Pace(OFFERS, OFFERS_WITHIN)).admits(now):
            raise Refused(Reason.PROBE_TOO_MANY)

    def _begin(self, seat: SeatId) -> tuple[ProbeId, Probe]:
        """Take up a probe within all limits; raise Refused."""
        if sum(owner == seat for owner, _ in self._live.values()) >= AT_ONCE:
            raise Refused(Reason.PROBE_TOO_MANY)
        if len(self._live) + len(self._closing) >= AT_ONCE_IN_ALL:
            _log.warning("%d lines are being tested at once: one more is refused", AT_ONCE_IN_ALL)
            raise Refused(Reason.BUSY)
        id_ = ProbeId(new_id())
        probe = Probe(self._ice, self._monotonic, lambda: self.end(seat, id_))
        self._live[id_] = (seat, probe)
        asyncio.get_running_loop().call_later(LIVES, self.end, seat, id_)
        return id_, probe
