"""A browser that speaks WebDriver BiDi (W3C): commands and their results, events to who listens."""

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, Self

import aiohttp

ANSWER_WITHIN: Final = 30.0  # seconds for a command

Event = Callable[[Mapping[str, Any]], None]


class BidiError(Exception):
    """The browser could not do a command; the message names both."""


class Bidi:
    """One session. `events` are called, by name of the event, with its parameters."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Mapping[str, Any]]] = {}

    async def connect(self, url: str) -> Self:
        """Open a session at the browser's own address; certificates are not looked at."""
        self._client = aiohttp.ClientSession()
        self._socket = await self._client.ws_connect(f"{url}/session", max_msg_size=0)
        self._reader = asyncio.create_task(self._read(), name="bidi")
        await self.command("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        return self

    async def command(self, method: str, **parameters: Any) -> Mapping[str, Any]:
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(ANSWER_WITHIN):
            message = await answer
        if message["type"] == "error":
            raise BidiError(f"{method}: {message['error']}: {message['message']}")
        result: Mapping[str, Any] = message["result"]
        return result

    async def _read(self) -> None:
        async for raw in self._socket:
            message = json.loads(raw.data)
            if message["type"] == "event":
                if (event := self.events.get(message["method"])) is not None:
                    event(message["params"])
            elif (answer := self._waiting.pop(message["id"], None)) is not None:
                answer.set_result(message)

    async def close(self) -> None:
        """End the browser."""
        with suppress(BidiError, TimeoutError, ConnectionError):
            await self.command("browser.close")
        self._reader.cancel()
        await self._client.close()


class Tab:
    """One page in a browser of its own: nobody else's cookies."""

    def __init__(self, bidi: Bidi, context: str) -> None:
        self._bidi = bidi
        self._context = context

    @classmethod
    async def open(cls, bidi: Bidi, width: int, height: int) -> Self:
        user = (await bidi.command("browser.createUserContext"))["userContext"]
        made = await bidi.command("browsingContext.create", type="tab", userContext=user)
        size = {"width": width, "height": height}
        await bidi.command("browsingContext.setViewport", context=made["context"], viewport=size)
        return cls(bidi, made["context"])

    async def before_each_page(self, script: str) -> None:
        """Run `script` in every page before its own scripts."""
        body = f"() => {{{script}}}"
        await self._bidi.command(
            "script.addPreloadScript", functionDeclaration=body, contexts=[self._context]
        )

    async def goto(self, url: str) -> None:
        await self._bidi.command("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def reload(self) -> None:
        await self._bidi.command("browsingContext.reload", context=self._context, wait="complete")

    async def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; anything that JSON can say."""
        answer = await self._evaluate(f"(async () => JSON.stringify((await ({expression})) ?? null))()")
        return json.loads(answer["value"])

    async def _evaluate(self, expression: str) -> Mapping[str, Any]:
        target = {"context": self._context}
        answer = await self._bidi.command(
            "script.evaluate", expression=expression, target=target, awaitPromise=True
        )
        if answer["type"] != "success":
            raise BidiError(answer["exceptionDetails"]["text"])
        result: Mapping[str, Any] = answer["result"]
        return result

    async def element(self, expression: str) -> Mapping[str, Any] | None:
        """Return a reference to the element that an expression finds, or None.

        BiDi's own search by role and name walks the whole page's accessibility, and stops it for seconds.
        """
        answer = await self._evaluate(expression)
        return {"sharedId": answer["sharedId"]} if answer["type"] == "node" else None

    async def click(self, element: Mapping[str, Any]) -> None:
        """Click in the middle of an element, as a mouse does."""
        await self._bidi.command(
            "script.callFunction",
            functionDeclaration="element => element.scrollIntoView({ block: 'center' })",
            arguments=[element],
            target={"context": self._context},
            awaitPromise=False,
        )
        origin = {"type": "element", "element": element}
        mouse = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        await self._perform({"type": "pointer", "id": "mouse", "actions": mouse})

    async def type(self, text: str) -> None:
        """Type into what has the focus."""
        keys = [{"type": type_, "value": key} for key in text for type_ in ("keyDown", "keyUp")]
        await self._perform({"type": "key", "id": "keys", "actions": keys})

    async def _perform(self, actions: Mapping[str, Any]) -> None:
        await self._bidi.command("input.performActions", context=self._context, actions=[actions])
