"""The receiving end of the SMS transport (docs/protocol.md), on loopback: where codes arrive."""

import asyncio
import hashlib
import hmac
import json
import re
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Final, Self

from aiohttp import web

from cases.codes import DIGITS

SIGNATURE: Final = "Heyi-Signature"
KEPT: Final = 100  # messages a phone
BODY: Final = 16 * 1024  # bytes of one message, at most

_DIGITS = re.compile(rf"(?<!\d)\d{{{DIGITS}}}(?!\d)")


@dataclass(frozen=True, slots=True)
class Message:
    """One SMS as it came: `id` is the sender's, `kind` is `code` where digits are to be typed in."""

    id: str
    to: str
    kind: str
    text: str


def signature(secret: str, body: bytes) -> str:
    """Return the value of `Heyi-Signature` for a body."""
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def genuine(secret: str, body: bytes, claimed: str) -> bool:
    return hmac.compare_digest(signature(secret, body).encode(), claimed.encode())


def digits_in(text: str) -> str | None:
    """Return the one-time code in a text, or None."""
    found = _DIGITS.search(text)
    return found.group() if found else None


class Receiver:
    """Take messages over HTTP, refuse what is not signed, and let others wait for a code.

    Use it as an async context manager; `url` is where to post.
    """

    def __init__(self, secret: str, *, port: int = 0) -> None:
        self._secret = secret
        self._port = port
        self._messages: dict[str, deque[Message]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._arrived = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self.url = ""
        self.refused = 0

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=BODY)
        app.router.add_post("/sms", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/sms"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not genuine(self._secret, body, request.headers.get(SIGNATURE, "")):
            self.refused += 1
            return web.Response(status=401)
        try:
            fields = json.loads(body)
            message = Message(*(str(fields[name]) for name in ("id", "to", "kind", "text")))
        except (ValueError, KeyError, TypeError):
            self.refused += 1
            return web.Response(status=400)
        await self._keep(message)
        return web.Response(status=204)

    async def _keep(self, message: Message) -> None:
        async with self._arrived:
            kept = self._messages[message.to]
            if all(known.id != message.id for known in kept):  # the same id may come twice
                kept.append(message)
                self._arrived.notify_all()

    def codes(self, phone: str) -> tuple[str, ...]:
        """Return the codes that came for a phone, oldest first."""
        found = (digits_in(message.text) for message in self._messages[phone] if message.kind == "code")
        return tuple(digits for digits in found if digits is not None)

    async def code(self, phone: str, after: int = 0) -> str:
        """Return the code that follows the first `after` codes for a phone; wait until it is there.

        To wait for the next one: note `len(receiver.codes(phone))`, ask for a code, give the number.
        """
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.codes(phone)) > after)
        return self.codes(phone)[after]
