"""One websocket of one page: its greeting, its limits, its heartbeat, its bounded way out."""

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, Protocol, assert_never

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from cases.errors import Broken, NotFound, Reason, Refused
from cases.ids import DeviceId, SeatId
from rooms.commands import Knock, StopKnocking
from rooms.views import Name
from signaling.clerk import Clerk
from signaling.messages import (
    MAX_MESSAGE,
    Ask,
    Hello,
    Incoming,
    Offer,
    Ping,
    Shown,
    commands_of,
    parse,
    reply_number,
)
from signaling.pace import Pace

log = logging.getLogger(__name__)

HELLO_WITHIN: Final = 5.0  # s
STILL_IN_EVERY: Final = 30.0  # s between looks whether the right that the page came with still holds
SILENT_AFTER: Final = 5.5  # s without any message: the page is absent (it pings every 2 s)
PONG_EVERY: Final = 2.0  # s, while what the page asked for is being done
FULL_LINE_FOR: Final = 10.0  # s more for a page whose media come: its words wait in a line that is full
LOOK_EVERY: Final = 0.5  # s between looks at its media meanwhile
MESSAGES: Final = 120  # in WINDOW: pings, and an acknowledgement of each view in a lively room
WINDOW: Final = 10.0  # s
CLOSE_WITHIN: Final = 3.0  # s for the page to take the goodbye; a full pipe would hold us for ever
OUT_QUEUE: Final = 64  # messages to a page that does not read; then it is closed and comes back

OVER_THE_LIMIT: Final = frozenset({Reason.MESSAGE_TOO_LONG, Reason.MESSAGE_TOO_MANY})

CLOSE_CODES: Final = {
    "replaced": 4001,
    "signed-out": 4003,
    "removed": 4004,
    "slow": 4005,
    "restart": WSCloseCode.SERVICE_RESTART,
}


class Words(Protocol):
    """Sentences for people; the web package has them."""

    def refused(self, refused: Refused, names: Mapping[SeatId, Name]) -> str: ...
    def broken(self) -> str: ...
    def bye(self, reason: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Guest:
    """Whose page this is, and how the page may prove that it is ours.

    `still_in` says whether the right that the page came with still holds; it may raise Refused or
    Broken. Between its answer and the clerk nothing waits, so that an end reaches every page.
    """

    seat: SeatId
    device: DeviceId
    csrf: str
    still_in: Callable[[], Awaitable[bool]]
    welcome: Mapping[str, Any]


class Connection:
    """A `Page` of the clerk over a websocket."""

    def __init__(self, socket: web.WebSocketResponse, guest: Guest, words: Words) -> None:
        self.seat, self.device = guest.seat, guest.device
        self._socket, self._guest, self._words = socket, guest, words
        self._out: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue(OUT_QUEUE)
        self._pace = Pace(MESSAGES, WINDOW)
        self._looked = 0.0  # when the right was last looked at
        self._close_code: int = WSCloseCode.OK
        self._names: Mapping[SeatId, Name] = {}

    # What the clerk calls.

    @property
    def waiting(self) -> int:
        return self._out.qsize()

    def send(self, message: Mapping[str, Any]) -> None:
        """Queue a message; a page that does not read is closed and comes back."""
        try:
            self._out.put_nowait(message)
        except asyncio.QueueFull:
            log.info("seat %s: a page that does not read is closed", self.seat)
            self.bye("slow")

    def bye(self, reason: str) -> None:
        """Say goodbye and close; what was queued before is sent first, unless there is no room."""
        self._close_code = CLOSE_CODES[reason]
        while self._out.qsize() > OUT_QUEUE - 2:
            self._out.get_nowait()
        self._out.put_nowait({"type": "bye", "reason": reason, "text": self._words.bye(reason)})
        self._out.put_nowait(None)

    # The life of a connection.

    async def run(self, clerk: Clerk) -> None:
        """Serve the page until it goes or is sent away."""
        self._names = clerk.names
        async with asyncio.TaskGroup() as tasks:
            writer = tasks.create_task(self._write(), name=f"page {self.seat}")
            try:
                if await self._greeted():
                    await self._serve(clerk)
            finally:
                if not writer.done():
                    self._finish()
        error = self._socket.exception()
        while (
            error is not None
        ):  # where it was raised leads back to the socket, and they would keep each other
            error.__traceback__, error = None, error.__context__

    async def _greeted(self) -> bool:
        try:
            async with asyncio.timeout(HELLO_WITHIN):
                message = await self._socket.receive()
        except TimeoutError:
            self.bye("signed-out")
            return False
        try:
            hello = self._parsed(message)
        except Refused:
            hello = None
        if not isinstance(hello, Hello) or not hmac.compare_digest(
            hello.csrf.encode(), self._guest.csrf.encode()
        ):
            self.bye("signed-out")
            return False
        self._looked = monotonic()
        try:
            still_in = await self._guest.still_in()
        except (Refused, Broken):
            self.bye("restart")
            return False
        if not still_in:
            self.bye("signed-out")
            return False
        self.send({"type": "welcome", "seat": self.seat, **self._guest.welcome})
        return True

    async def _serve(self, clerk: Clerk) -> None:
        log.info("seat %s: a page is here", self.seat)
        clerk.attach(self)
        try:
            if clerk.room.seat(self.seat).admits_itself:
                await self._try(None, clerk.submit(Knock(self.seat, self.device), self))
            await self._read(clerk)
        finally:
            clerk.detach(self)
            log.info("seat %s: a page is gone", self.seat)
            await self._stop_knocking(clerk)

    async def _stop_knocking(self, clerk: Clerk) -> None:
        gone = not clerk.here(self.seat, self.device)  # and not only replaced by a newer page
        if not gone or clerk.room.seat(self.seat).knocking != self.device:
            return
        try:
            await clerk.submit(StopKnocking(self.seat, self.device))
        except (Refused, Broken):
            log.info("seat %s: another device stopped knocking, not noted", self.seat)

    async def _read(self, clerk: Clerk) -> None:
        while not self._socket.closed:
            message = await self._next(clerk)
            if message is None:
                return
            if message.type in {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}:
                return
            try:
                if not self._pace.admits(monotonic()):
                    raise Refused(Reason.MESSAGE_TOO_MANY)
                incoming = self._parsed(message)
            except Refused as refused:
                self._refuse(refused, reply_number(message.data))
                if refused.reason in OVER_THE_LIMIT:
                    self._close_code = WSCloseCode.POLICY_VIOLATION
                    return
                continue
            if not await self._still_in():
                self.bye("signed-out")
                return
            await self._take(clerk, incoming)
            await asyncio.sleep(0)  # a burst that lies ready leaves the writer and the others their turn

    async def _next(self, clerk: Clerk) -> WSMessage | None:
        """Return what the page says next; None when it is absent.

        Where pictures fill a narrow line, what TCP lost there is sent again ever later, while sound still
        comes. Such a page is there: to open another connection would cost it the sound as well.
        """
        loop = asyncio.get_running_loop()
        look_at = loop.time() + SILENT_AFTER
        last_look_at = look_at + FULL_LINE_FOR
        while True:
            try:
                async with asyncio.timeout_at(look_at):
                    return await self._socket.receive()
            except TimeoutError:
                if look_at >= last_look_at or not (clerk.holds(self) and clerk.media_come(self.seat)):
                    return None
            look_at = min(loop.time() + LOOK_EVERY, last_look_at)

    async def _still_in(self) -> bool:
        """Return whether the page may stay; looked at now and then, and taken for so when nobody can tell."""
        if monotonic() - self._looked < STILL_IN_EVERY:
            return True
        self._looked = monotonic()
        try:
            return await self._guest.still_in()
        except (Refused, Broken):
            return True

    async def _take(self, clerk: Clerk, incoming: Incoming) -> None:
        match incoming:
            case Ping():
                self.send({"type": "pong"})
            case Shown(number):
                clerk.shown(self, number)
            case Offer(sdp, re):
                await self._try(re, self._answer(clerk, sdp, re))
            case Ask():
                await self._try(incoming.re, self._ask(clerk, incoming))
            case Hello():
                pass  # twice does no harm
            case _:
                assert_never(incoming)

    async def _answer(self, clerk: Clerk, sdp: str, re: int | None) -> None:
        answer = await clerk.offer(self, sdp)
        self.send({"type": "answer", "sdp": answer, "re": re})

    async def _ask(self, clerk: Clerk, ask: Ask) -> None:
        """Submit what is asked. The switches that come with a knock are those of a page that holds the seat."""
        for command in commands_of(ask, self.seat, self.device):
            if isinstance(command, Knock):
                if not clerk.here(self.seat, self.device):
                    raise Refused(Reason.SIGNED_OUT)  # it was sent away, and has not hung up yet
            elif ask.type == "knock" and not clerk.holds(self):
                break
            await clerk.submit(command, self)
        self.send({"type": "done", "re": ask.re})

    async def _try(self, re: int | None, act: Awaitable[None]) -> None:
        """Do something for the page; every error becomes an answer in words."""
        meanwhile = asyncio.create_task(self._still_here(), name=f"pongs {self.seat}")
        try:
            await act
        except Refused as refused:
            self._refuse(refused, re)
        except (NotFound, Broken):
            self.send({"type": "refused", "re": re, "reason": "broken", "text": self._words.broken()})
        finally:
            meanwhile.cancel()

    async def _still_here(self) -> None:
        """Answer the pings that are not read while something is done: a slow disk is no broken line."""
        while True:
            await asyncio.sleep(PONG_EVERY)
            self.send({"type": "pong"})

    def _refuse(self, refused: Refused, re: int | None) -> None:
        text = self._words.refused(refused, self._names)
        self.send({"type": "refused", "re": re, "reason": refused.reason, "text": text})

    def _parsed(self, message: WSMessage) -> Incoming:
        if message.type is not WSMsgType.TEXT:
            raise Refused(Reason.MESSAGE_BAD)
        text: str = message.data
        return parse(text)

    def _finish(self) -> None:
        """Let the writer send what is queued, and end."""
        while True:
            try:
                self._out.put_nowait(None)
            except asyncio.QueueFull:
                self._out.get_nowait()
            else:
                return

    async def _write(self) -> None:
        try:
            while (message := await self._out.get()) is not None:
                async with asyncio.timeout(SILENT_AFTER):
                    await self._socket.send_str(json.dumps(message, ensure_ascii=False))
        except (ConnectionError, TimeoutError, RuntimeError):
            pass  # the reader notices the same and ends the page
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_WITHIN):
                    await self._socket.close(code=self._close_code)


def new_socket() -> web.WebSocketResponse:
    """Return a websocket with our limits; heartbeats are the page's own pings."""
    return web.WebSocketResponse(max_msg_size=4 * MAX_MESSAGE, compress=False, autoping=True)
