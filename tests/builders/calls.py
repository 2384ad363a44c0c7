"""People in a session of the real service: a page on its websocket, and a synthetic browser on its media."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp

from cases.model import Case, Party
from tests.builders.http import MEDIATOR, PATIENCE, Browser, House
from tests.builders.peer import SyntheticPeer, vp8


class Caller:
    """Reads its page all the time, and says of each view that it shows it unless `shows` is False."""

    def __init__(self, browser: Browser, base: str) -> None:
        self.browser, self.base = browser, base
        self.messages: list[dict[str, Any]] = []
        self.code: int | None = None  # with which the server closed
        self.shows = True
        self.peer: SyntheticPeer | None = None
        self._socket: aiohttp.ClientWebSocketResponse
        self._heard = asyncio.Event()
        self._asked = 0

    @asynccontextmanager
    async def on_line(self) -> AsyncIterator[Self]:
        """Open the page and its websocket, and greet."""
        assert (await self.browser.get(f"{self.base}/room")).status == 200
        url = self.browser.server.make_url(f"{self.base}/socket")
        async with self.browser.http.ws_connect(url, headers=self.browser.headers()) as self._socket:
            reading = asyncio.create_task(self._read())
            try:
                await self.say("hello", csrf=self.browser.csrf)
                yield self
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
                if self.peer is not None:
                    await self.peer.close()

    @property
    def view(self) -> dict[str, Any]:
        return next((m["view"] for m in reversed(self.messages) if m["type"] == "view"), {})

    async def say(self, type_: str, **fields: Any) -> None:
        await self._socket.send_json({"type": type_, **fields})

    async def ask(self, type_: str, **fields: Any) -> dict[str, Any]:
        """Say something and return its reply."""
        self._asked += 1
        await self.say(type_, re=self._asked, **fields)
        number = self._asked
        await self.until(lambda: any(m.get("re") == number for m in self.messages))
        return next(m for m in self.messages if m.get("re") == number)

    async def until(self, so: Callable[[], bool]) -> None:
        """Return when something is so, looked at with each message, and when the server has closed."""
        async with asyncio.timeout(PATIENCE):
            while not so():
                self._heard.clear()
                await self._heard.wait()

    async def seen(self, **wanted: Any) -> None:
        await self.until(lambda: all(self.view.get(name) == value for name, value in wanted.items()))

    async def call(self) -> dict[str, Any]:
        """Offer a connection; return the reply, and be connected if it is an answer."""
        peer = SyntheticPeer()
        reply = await self.ask("offer", sdp=await peer.offer())
        if reply["type"] == "answer":
            await peer.accept(reply["sdp"])
            self.peer = peer
        else:
            await peer.close()
        return reply

    def be_killed(self) -> None:
        """Lose the page's process: the system ends its connection, and nobody says goodbye."""
        self._socket.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    async def all_that_came(self) -> list[dict[str, Any]]:
        """Return the messages so far; what the server has sent before this call is among them."""
        pongs = self._count("pong")
        await self.say("ping")
        await self.until(lambda: self._count("pong") > pongs)
        return [m for m in self.messages if m["type"] != "pong"]

    def _count(self, type_: str) -> int:
        return sum(m["type"] == type_ for m in self.messages)

    async def _read(self) -> None:
        async for message in self._socket:
            found: dict[str, Any] = message.json()
            self.messages.append(found)
            if found["type"] == "view" and self.shows:
                await self.say("shown", number=found["number"])
            self._heard.set()
        self.code = self._socket.close_code
        self._heard.set()


@dataclass
class Session:
    """A session with a mediator, a consumer and an insurer; `link` is the insurer's."""

    case: Case
    mediator: Caller
    consumer: Caller
    insurer: Caller
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def come(self, *callers: Caller) -> None:
        """Bring people to the door: the mediator is inside, parties wait."""
        for caller in callers:
            await self.stack.enter_async_context(caller.on_line())
            if caller is not self.mediator:
                assert (await caller.ask("knock", mic=True, camera=True))["type"] == "done"
                await caller.seen(truth="waiting")

    async def come_back(self) -> None:
        """Bring everybody back whose seat is admitted still, and connect them."""
        for caller in (self.mediator, self.consumer, self.insurer):
            await self.stack.enter_async_context(caller.on_line())
            await caller.until(lambda caller=caller: bool(caller.view))  # type: ignore[misc]
            if caller.view["me"]["admission"] == "admitted":
                await self.connect(caller)

    async def let_in(self, caller: Caller) -> None:
        seat = caller.view["me"]["seat"]
        assert (await self.mediator.ask("admit", seat=seat))["type"] == "done"

    async def connect(self, *callers: Caller) -> None:
        for caller in callers:
            assert (await caller.call())["type"] == "answer"

    def seat_of(self, caller: Caller) -> str:
        seat: str = caller.view["me"]["seat"]
        return seat


async def heard(speaker: Caller, listener: Caller, tag: bytes) -> None:
    """Return when a listener has what a speaker says and shows; it is said again until all are connected."""
    assert speaker.peer is not None
    peer = listener.peer
    assert peer is not None

    def has_come() -> bool:
        payloads = [p for slot in tuple(peer.heard) for p in peer.payloads(slot)]
        return tag in payloads and vp8(tag, key=True) in payloads

    async with asyncio.timeout(PATIENCE):
        while not has_come():
            await speaker.peer.audio(tag)
            await speaker.peer.video(tag, key=True)
            await asyncio.sleep(0.02)


def given(caller: Caller) -> bytes:
    """Return all payloads that the browser of a caller was sent."""
    peer = caller.peer
    if peer is None:
        return b""
    return b" ".join(p for slot in tuple(peer.heard) for p in peer.payloads(slot))


@asynccontextmanager
async def session(house: House, case: Case, mediator: Browser) -> AsyncIterator[Session]:
    """Make the people of a session, none of whom has come."""

    async def party(who: Party) -> Caller:
        return Caller(await house.consented(case, who, mediator), f"/seat/{await house.seat(who)}")

    consumer, insurer = [await party(who) for who in case.parties]
    console = Caller(mediator, f"/staff/{MEDIATOR.id}/cases/{case.id}")
    made = Session(case, console, consumer, insurer)
    async with made.stack:
        yield made


@asynccontextmanager
async def open_session(house: House, case: Case, mediator: Browser) -> AsyncIterator[Session]:
    """A session that is open, with the mediator and the consumer connected; the insurer waits at the door."""
    async with session(house, case, mediator) as made:
        await made.come(made.mediator, made.consumer, made.insurer)
        await made.let_in(made.consumer)
        await made.connect(made.mediator, made.consumer)
        assert (await made.mediator.ask("open"))["type"] == "done"
        await heard(made.consumer, made.mediator, b"joint")
        yield made
