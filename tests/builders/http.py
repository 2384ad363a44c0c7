"""A service of its own for a test, and browsers that keep its cookies."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any, Protocol

import aiohttp
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer
from yarl import URL

from cases.clocks import Clock
from cases.ids import CaseId, PartyId, SeatId, StaffId, new_id, new_secret
from cases.links import secret_hash
from cases.model import Case, Dispute, Party, Role, Staff
from server.app import build_app
from server.handlers.cases import add_case_with_room
from server.handlers.sign_in import _add_session
from server.passwords import hash_password
from server.rehearsal.receiver import digits_in
from server.security import staff_cookie
from server.services import SERVICES, Services
from server.settings import Settings, read_settings
from server.sms import OutboxSms
from server.staff import keep_staff
from storage import links
from storage.unit_of_work import Tx
from tests.builders.cases import (
    CONSUMER_NAME,
    CONSUMER_PHONE,
    INSURER_NAME,
    INSURER_ORGANISATION,
    INSURER_PHONE,
    NOON,
)
from tests.builders.clocks import StillClock

ORIGIN = "https://heyi.test"
PASSWORD = "correct horse battery"
PATIENCE = 10  # seconds for one answer of a machine that is busy with something else

MEDIATOR = Staff(StaffId(new_id()), Role.MEDIATOR, "陈静", "13700131234")
OTHER_MEDIATOR = Staff(StaffId(new_id()), Role.MEDIATOR, "何平", "13700131235")
LEGAL = Staff(StaffId(new_id()), Role.LEGAL, "孙若兰", "13700131236")
ADMIN = Staff(StaffId(new_id()), Role.ADMIN, "何川", "13700131237")
STAFF = (MEDIATOR, OTHER_MEDIATOR, LEGAL, ADMIN)

CONSENTS = {"consent-notice": "yes", "consent-online": "yes", "consent-recording": "yes"}

_CSRF = re.compile(r'(?:name="csrf" value|data-csrf)="([0-9a-f]+)"')


def settings_in(folder: Path, **more: str) -> Settings:
    """Return the settings of a test's service: everything below `folder`, media on loopback."""
    return read_settings(
        {
            "HEYI_PUBLIC_URL": ORIGIN,
            "HEYI_DATA": str(folder / "data"),
            "HEYI_KEYS": str(folder / "keys"),
            "HEYI_ICE_LOOPBACK": "1",
            "HEYI_DISK_WARN": "0",
            "HEYI_CENTRE": "云州保险纠纷调解中心",
            "HEYI_CENTRE_PHONE": "12378",
            "HEYI_CASE_PREFIX": "云保调字",
            **more,
        }
    )


async def make_template(folder: Path) -> None:
    """Lay out an installation with its schema, keys and staff: copied by each test, made once."""
    app = build_app(settings_in(folder), outbox=True, clock=StillClock(NOON - timedelta(days=1)))
    hashed = hash_password(PASSWORD)
    for member in STAFF:
        await app[SERVICES].database.write(keep_staff, member, hashed)
    await app[SERVICES].database.aclose()


@dataclass(slots=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return unescape(self.body.decode())

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def location(self) -> str:
        return self.headers["Location"]


class Address(Protocol):
    """Where a service listens."""

    def make_url(self, path: str) -> URL: ...


@dataclass(slots=True)
class Browser:
    """One browser. Cookies are kept by hand: they are `Secure`, and the test's server is plain HTTP."""

    http: aiohttp.ClientSession
    server: Address
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""
    origin: str | None = ORIGIN

    def headers(self) -> dict[str, str]:
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} if self.cookies else {}
        return sent | ({"Origin": self.origin} if self.origin is not None else {})

    async def request(self, method: str, path: str, **arguments: Any) -> Reply:
        """Send one request and follow no redirect."""
        headers = self.headers() | arguments.pop("headers", {})
        url = self.server.make_url("/").join(URL(path, encoded=True))
        async with self.http.request(
            method, url, headers=headers, allow_redirects=False, **arguments
        ) as answer:
            for name, morsel in answer.cookies.items():
                if morsel.value and morsel["max-age"] != "0":
                    self.cookies[name] = morsel.value
                else:
                    self.cookies.pop(name, None)
            reply = Reply(answer.status, answer.headers, await answer.read())
        if found := _CSRF.search(reply.body.decode(errors="replace")):
            self.csrf = found.group(1)
        return reply

    async def get(self, path: str, **headers: str) -> Reply:
        return await self.request("GET", path, headers=headers)

    async def post(self, path: str, **fields: str) -> Reply:
        """Post a form as the page does, with its token."""
        return await self.request("POST", path, data={"csrf": self.csrf, **fields})

    async def post_json(self, path: str, body: object) -> Reply:
        headers = {"X-CSRF-Token": self.csrf, "Content-Type": "application/json"}
        return await self.request("POST", path, data=json.dumps(body), headers=headers)

    @asynccontextmanager
    async def page(self, base: str) -> AsyncIterator["Page"]:
        """Open the page below `base` (a seat, or a case of the console) and its websocket."""
        assert (await self.get(f"{base}/room")).status == 200
        url = self.server.make_url(f"{base}/socket")
        async with self.http.ws_connect(url, headers=self.headers()) as socket:
            page = Page(socket)
            await socket.send_json({"type": "hello", "csrf": self.csrf})
            await page.until("welcome")
            yield page


class Page:
    """A websocket of a page; `view` and `settlement` are the newest that came."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.view: dict[str, Any] = {}
        self.settlement: dict[str, Any] = {}
        self._asked = 0

    async def until(self, *types: str) -> dict[str, Any]:
        """Return the next message of one of `types`."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message: dict[str, Any] = await self.socket.receive_json()
                if message["type"] in {"view", "settlement"}:
                    setattr(self, message["type"], message[message["type"]])
                if message["type"] in types:
                    return message

    async def ask(self, type_: str, **fields: Any) -> dict[str, Any]:
        """Send a command and return its reply, `done` or `refused`."""
        self._asked += 1
        await self.socket.send_json({"type": type_, "re": self._asked, **fields})
        while True:
            reply = await self.until("done", "refused")
            if reply["re"] == self._asked:
                return reply

    async def seen(self, **wanted: Any) -> dict[str, Any]:
        """Return the first view in which the wanted fields hold."""
        while any(self.view.get(name) != value for name, value in wanted.items()):
            await self.until("view")
        return self.view

    async def closed(self) -> int:
        """Return the close code that the server sends."""
        async with asyncio.timeout(PATIENCE):
            while (message := await self.socket.receive()).type is not aiohttp.WSMsgType.CLOSE:
                assert not self.socket.closed
        code: int = message.data
        return code


@dataclass(slots=True)
class House:
    """A running service with its clock and its text messages."""

    app: web.Application
    server: BaseTestServer
    http: aiohttp.ClientSession
    clock: StillClock
    folder: Path

    @property
    def services(self) -> Services:
        return self.app[SERVICES]

    def browser(self) -> Browser:
        return Browser(self.http, self.server)

    async def signed_in(self, member: Staff) -> Browser:
        """Return a browser with a session of `member`: as by a password, but without the time that one costs."""
        browser, secret = self.browser(), new_secret()
        await self.services.database.write(_add_session, member.id, secret_hash(secret), "sign-in")
        browser.cookies[staff_cookie(member.id)] = secret
        await browser.get((await browser.get(f"/staff/{member.id}")).location)
        return browser

    async def case(self, number: str = "〔2025〕云保调字第0127号", mediator: Staff = MEDIATOR) -> Case:
        """Add a case of `mediator`, appointed for now."""
        parties = (
            Party(PartyId(new_id()), Role.CONSUMER, CONSUMER_NAME, CONSUMER_PHONE),
            Party(PartyId(new_id()), Role.INSURER, INSURER_NAME, INSURER_PHONE, INSURER_ORGANISATION),
        )
        case = Case(
            id=CaseId(new_id()),
            number=number,
            title="车险定损争议",
            dispute=Dispute.LOSS_ASSESSMENT,
            claimed_fen=3_300_000,
            scheduled_at=self.clock(),
            mediator=mediator.id,
            parties=parties,
            opened_at=self.clock(),
        )
        await self.services.database.write(add_case_with_room, case, "system")
        return case

    async def link(self, case: Case, party: Party, mediator: Browser) -> str:
        """Have the mediator issue a link; return its path."""
        reply = await mediator.post(f"/staff/{MEDIATOR.id}/cases/{case.id}/links/{party.id}", do="issue")
        shown = await mediator.get(reply.location.partition("#")[0])
        found = re.search(rf"{ORIGIN}(/i/[\w-]+)", shown.text)
        assert found is not None
        return found.group(1)

    def code(self, phone: str) -> str:
        """Return the digits of the newest message to a phone."""
        assert isinstance(self.services.sms, OutboxSms)
        text = next(message.text for message in self.services.sms.sent if message.to == phone)
        digits = digits_in(text)
        assert digits is not None
        return digits

    async def seat(self, party: Party) -> SeatId:
        return await self.services.database.read(_seat, party)

    async def confirmed(self, case: Case, party: Party, mediator: Browser) -> Browser:
        """Return a browser that a party confirmed by a code."""
        link = await self.link(case, party, mediator)
        browser = self.browser()
        await browser.get(link)
        await browser.post(f"{link}/code")
        reply = await browser.post(f"{link}/confirm", code=self.code(party.phone))
        assert reply.status == 303, reply.text
        return browser

    async def consented(self, case: Case, party: Party, mediator: Browser, recording: str = "yes") -> Browser:
        """Return a browser of a party that may go into the waiting room."""
        browser = await self.confirmed(case, party, mediator)
        base = f"/seat/{await self.seat(party)}"
        await browser.get(f"{base}/consents")
        answers = CONSENTS | {"consent-recording": recording}
        assert (await browser.post(f"{base}/consents", **answers)).location == f"{base}/room"
        await browser.get(f"{base}/room")
        return browser


class AsServed(TestServer):
    """As `heyi serve` has it: what is being done for a browser that has gone is brought to its end."""

    async def _make_runner(self, **settings: Any) -> web.AppRunner:
        return web.AppRunner(self.app, **settings | {"handler_cancellation": False})


@asynccontextmanager
async def house_in(
    folder: Path, clock: StillClock, *, outbox: bool = True, time: Clock | None = None, **settings: str
) -> AsyncIterator[House]:
    """Run a service on the folders below `folder` until the end of the block."""
    app = build_app(settings_in(folder, **settings), outbox=outbox, clock=time or clock)
    async with (
        AsServed(app) as server,
        aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=PATIENCE)
        ) as http,
    ):
        yield House(app, server, http, clock, folder)


def copy_template(template: Path, folder: Path) -> Path:
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return folder


def _seat(tx: Tx, party: Party) -> SeatId:
    return links.seat_of_party(tx, party.id)
