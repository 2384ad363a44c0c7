"""Text messages: posted to the operator's gateway, or kept in an outbox under demo."""

import asyncio
import hashlib
import hmac
import json
import logging
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import aiohttp

from cases.clocks import Clock, iso
from cases.errors import Reason, Refused
from cases.ids import new_id

log = logging.getLogger(__name__)

TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
OUTBOX: Final = 200  # messages that a demo remembers


class Sms(Protocol):
    """The way to somebody's phone."""

    async def send(self, to: str, kind: str, text: str) -> None:
        """Send `text`; raise Refused(SMS_FAILED) when it was not taken."""

    async def aclose(self) -> None: ...


class HttpSms:
    """HTTP POST of a small signed JSON object; see docs/protocol.md."""

    def __init__(self, url: str, secret: str, clock: Clock) -> None:
        self._url, self._secret, self._clock = url, secret.encode(), clock
        self._session: aiohttp.ClientSession | None = None

    async def send(self, to: str, kind: str, text: str) -> None:
        message = {"id": new_id(), "to": to, "kind": kind, "text": text, "at": iso(self._clock())}
        body = json.dumps(message, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "Heyi-Signature": "v1=" + hmac.new(self._secret, body, hashlib.sha256).hexdigest(),
        }
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT)
        try:
            async with self._session.post(self._url, data=body, headers=headers) as response:
                if response.status // 100 != 2:  # noqa: PLR2004
                    log.warning("sms %s: the gateway answered %s", message["id"], response.status)
                    raise Refused(Reason.SMS_FAILED)
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError):
            log.warning("sms %s: the gateway could not be reached", message["id"])
            raise Refused(Reason.SMS_FAILED) from None

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


@dataclass(frozen=True, slots=True)
class Sent:
    at: datetime
    to: str
    text: str


class OutboxSms:
    """Under demo only: messages stay in memory, for loopback clients to read."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.sent: deque[Sent] = deque(maxlen=OUTBOX)
        self._arrived = asyncio.Event()

    async def send(self, to: str, kind: str, text: str) -> None:  # noqa: ARG002  the kind is for gateways
        self.sent.appendleft(Sent(self._clock(), to, text))
        self._arrived.set()
        self._arrived = asyncio.Event()

    async def arrival(self) -> None:
        """Wait for the next message."""
        await self._arrived.wait()

    async def aclose(self) -> None:
        """Nothing is open."""
