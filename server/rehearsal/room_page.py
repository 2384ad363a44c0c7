"""The page of a room without a screen: its websocket (docs/protocol.md) and its media connection."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Callable
from typing import Any, Final

import aiohttp

from server.rehearsal.browser import Browser, Refusal
from server.rehearsal.failing import Failed
from server.rehearsal.media import Connection

PING: Final = 2.0  # seconds between two signs of life
REPLY: Final = 10.0  # seconds for an answer to a message


class RoomPage:
    """One opening of the room's page: `RoomPage.open`, `connect`, commands, `close`."""

    def __init__(self, line: aiohttp.ClientWebSocketResponse, media: Connection) -> None:
        self.media = media
        self.view: dict[str, Any] = {}
        self.viewed_at = 0.0  # monotonic seconds at which the present view came
        self.settlement: dict[str, Any] = {}
        self._socket = line
        self._changed = asyncio.Event()
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._welcome: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._number = 0
        self._ended = ""
        self._offer = ""
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    @classmethod
    async def open(cls, browser: Browser, base: str, media: Connection) -> "RoomPage":
        """Load the page under `base`, say hello, wait for the first view. Raises Failed."""
        loaded = await browser.get(f"{base}/room")
        if not loaded.path.endswith("/room"):
            raise Failed(f"没有进到房间页面，而是 {loaded.path}。")
        try:
            line = await browser.http.ws_connect(
                f"{browser.base_url}{base}/socket", headers=browser.headers(), max_msg_size=1 << 20
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Failed(f"websocket 没有接通（{type(error).__name__}）。") from error
        page = cls(line, media)
        page._tasks = (
            asyncio.create_task(page._read(), name="words"),
            asyncio.create_task(page._ping(), name="pings"),
        )
        try:
            await page._arrive(loaded.csrf)
        except BaseException:
            await page.close()
            raise
        return page

    async def _arrive(self, csrf: str) -> None:
        await self._socket.send_json({"type": "hello", "csrf": csrf})
        self._offer, _ = await asyncio.gather(self.media.offer(), self._soon(self._welcome, "hello"))
        await self.until(lambda page: bool(page.view))

    async def connect(self) -> None:
        """Connect the media as soon as the seat is admitted; before that there is nothing to connect to."""
        await self.until(lambda page: page.view["me"]["admission"] == "admitted")
        answer = await self.command("offer", sdp=self._offer)
        await self.media.accept(str(answer["sdp"]))

    async def _soon(self, reply: asyncio.Future[dict[str, Any]], to: str) -> dict[str, Any]:
        try:
            return await asyncio.wait_for(reply, REPLY)
        except TimeoutError as error:
            raise Failed(
                f"消息 {to} 在 {REPLY:.0f} 秒内没有回答{self._ended and '：' + self._ended}。"
            ) from error

    async def command(self, type_: str, **fields: Any) -> dict[str, Any]:
        """Send a message and return its answer. Raises Refusal when the server says no."""
        self._number += 1
        number = self._number
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[number] = reply
        try:
            await self._socket.send_json({"type": type_, "re": number, **fields})
            answer = await self._soon(reply, type_)
        except ConnectionError as error:
            raise Failed(f"websocket 已断开，{type_} 没有发出。") from error
        finally:
            del self._replies[number]
        if answer["type"] == "refused":
            raise Refusal(str(answer.get("reason")), f"{type_} 被拒绝：{answer.get('text')}")
        return answer

    async def until(self, holds: Callable[["RoomPage"], bool]) -> None:
        """Wait until something holds of this page; the caller sets the deadline. Raises Failed at its end."""
        while not holds(self):
            if self._ended:
                raise Failed(f"页面已被服务器关闭：{self._ended}")
            self._changed.clear()
            await self._changed.wait()

    async def _ping(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(PING)
                await self._socket.send_json({"type": "ping"})

    async def _read(self) -> None:
        async for frame in self._socket:
            if frame.type is aiohttp.WSMsgType.TEXT:
                await self._take(json.loads(frame.data))
        self._ended = self._ended or f"代码 {self._socket.close_code}"
        self._changed.set()

    async def _take(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "welcome" if not self._welcome.done():
                self._welcome.set_result(message)
            case "view":
                self.view, self.viewed_at = message["view"], time.monotonic()
                with contextlib.suppress(ConnectionError):
                    await self._socket.send_json({"type": "shown", "number": message["number"]})
            case "settlement":
                self.settlement = message["settlement"] or {}
            case "answer" | "done" | "refused":
                self._reply(message)
            case "bye":
                self._ended = str(message.get("text"))
            case _:
                pass
        self._changed.set()

    def _reply(self, message: dict[str, Any]) -> None:
        waiting = self._replies.get(message.get("re") or 0)
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    async def fall_silent(self) -> float:
        """Send a last sign of life and then read and write nothing more; return when (monotonic s)."""
        with contextlib.suppress(ConnectionError):
            await self._socket.send_json({"type": "ping"})
        at = time.monotonic()
        for task in self._tasks:
            task.cancel()
        return at

    async def crash(self) -> None:
        """End as a killed process does: the system closes its sockets, and nobody says goodbye."""
        self.media.fall_silent()
        line = self._socket.get_extra_info("socket")
        if line is not None:
            with contextlib.suppress(OSError):  # the server was quicker
                line.shutdown(socket.SHUT_RDWR)
        await self.close()

    async def close(self) -> None:
        """Close the page as a browser does: no word to the server."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await asyncio.gather(self.media.close(), self._socket.close())
