"""A clerk behind a real websocket on loopback."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from cases.errors import Refused
from cases.ids import DeviceId, SeatId
from rooms.model import Room
from rooms.views import Name
from signaling.connection import Connection, Guest, new_socket
from tests.builders.clerk import WITHIN, Stage, staged
from tests.builders.room import phone_of

CSRF = "token"


UPGRADE = (
    b"GET %b HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def masked(message: dict[str, str]) -> bytes:
    """Return a short text frame as a browser sends it (RFC 6455, 5.2), masked with zeros."""
    text = json.dumps(message).encode()
    return bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text


class PlainWords:
    def refused(self, refused: Refused, names: Mapping[SeatId, Name]) -> str:
        whose = names.get(SeatId(str(refused.facts.get("seat"))))
        return f"no: {refused.reason}" + (f" by {whose.name}" if whose else "")

    def broken(self) -> str:
        return "broken"

    def bye(self, reason: str) -> str:
        return f"bye: {reason}"


class Socket:
    """The page's end of a websocket."""

    def __init__(self, raw: ClientWebSocketResponse) -> None:
        self.raw = raw
        self.heard: list[dict[str, Any]] = []
        self.code: int | None = None  # with which the server closed

    async def say(self, type_: str, **fields: object) -> None:
        await self.raw.send_json({"type": type_, **fields})

    async def next(self) -> dict[str, Any] | None:
        """Return the next message; None when the server has closed."""
        async with asyncio.timeout(WITHIN):
            message = await self.raw.receive()
        if message.type is not WSMsgType.TEXT:
            self.code = message.data if message.type is WSMsgType.CLOSE else self.raw.close_code
            return None
        found: dict[str, Any] = message.json()
        self.heard.append(found)
        return found

    async def until(self, type_: str, **fields: object) -> dict[str, Any]:
        """Return the next message of a type, with these fields."""
        while (message := await self.next()) is not None:
            if message["type"] == type_ and fields.items() <= message.items():
                return message
        raise AssertionError(f"closed with {self.code} before {type_}")

    async def end(self) -> int | None:
        """Read until the server closes; return its code."""
        while await self.next() is not None:
            pass
        return self.code


async def until(so: Callable[[], bool]) -> None:
    """Return when something is so that nobody announces."""
    async with asyncio.timeout(WITHIN):
        while not so():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


class House:
    """The stage of a clerk with a web server in front of it."""

    def __init__(self, stage: Stage, client: "TestClient[web.Request, web.Application]") -> None:
        self.stage, self._client = stage, client
        self.right: bool | Exception = True  # whether the pages may still come, or why nobody knows
        self.serving = 0  # connections that have not ended
        self._sockets: list[Socket] = []  # a page that nobody holds would close by itself

    async def still_in(self) -> bool:
        if isinstance(self.right, Exception):
            raise self.right
        return self.right

    async def visit(self, seat: SeatId, device: DeviceId | None = None) -> Socket:
        """Open a websocket of a seat, without a greeting."""
        path = f"/{seat}/{device or phone_of(seat)}"
        page = Socket(await self._client.ws_connect(path, autoping=False))
        self._sockets.append(page)
        return page

    async def enter(self, seat: SeatId, device: DeviceId | None = None) -> Socket:
        """Open a websocket, greet, and read the first view."""
        page = await self.visit(seat, device)
        await page.say("hello", csrf=CSRF)
        await page.until("view")
        return page

    @asynccontextmanager
    async def unread(self, seat: SeatId) -> AsyncIterator[socket.socket]:
        """Enter, and read nothing: the pipe fills. Give the pipe, to write anything into it."""
        server = self._client.server
        pipe = socket.create_connection((server.host, server.port or 0))
        try:
            pipe.sendall(
                UPGRADE % f"/{seat}/{phone_of(seat)}".encode() + masked({"type": "hello", "csrf": CSRF})
            )
            await until(lambda: self.connected(seat))
            yield pipe
        finally:
            pipe.close()

    def connected(self, seat: SeatId) -> bool:
        """Return whether the clerk has a page of the seat."""
        return self.stage.clerk.here(seat, phone_of(seat))

    async def until_gone(self, seat: SeatId) -> None:
        await until(lambda: not self.connected(seat))


@asynccontextmanager
async def house(room: Room) -> AsyncIterator[House]:
    """Open a house; close it, and leave no task."""
    async with staged(room) as stage:

        async def serve(request: web.Request) -> web.StreamResponse:
            seat, device = SeatId(request.match_info["seat"]), DeviceId(request.match_info["device"])
            response = new_socket()
            await response.prepare(request)
            guest = Guest(seat, device, CSRF, at.still_in, {"now": "noon"})
            at.serving += 1
            try:
                await Connection(response, guest, PlainWords()).run(stage.clerk)
            finally:
                at.serving -= 1
            return response

        app = web.Application()
        app.router.add_get("/{seat}/{device}", serve)
        async with TestClient(TestServer(app)) as client:
            at = House(stage, client)
            yield at
