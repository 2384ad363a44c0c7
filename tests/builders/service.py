"""The service as a process on folders that a test has laid out, with a fault in its way if one is wanted."""

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

import aiohttp
from yarl import URL

import server.app  # what each process is forked with
import server.serving  # noqa: F401
from cases.clocks import steady_clock
from cases.model import Case
from server.__main__ import main
from tests.builders.calls import Caller, Session
from tests.builders.cases import NOON
from tests.builders.clocks import StillClock
from tests.builders.fault_told import Told
from tests.builders.faults import Edge, Point
from tests.builders.http import MEDIATOR, ORIGIN, PATIENCE, Browser, House, house_in

LOOK: Final = 0.02  # seconds between two looks at a process
STARTING: Final = 20.0  # seconds until a process must answer, or must have ended


class Address:
    """Where the service listens, as a browser of `http` wants to know it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def make_url(self, path: str) -> URL:
        return URL(f"http://127.0.0.1:{self.port}{path}")


class Service:
    """`heyi serve` on the folders below `folder`, again and again at the same port."""

    def __init__(self, folder: Path, http: aiohttp.ClientSession) -> None:
        self.folder, self.http = folder, http
        self.address = Address(_free_port())
        self.process: ForkServerProcess | None = None

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    async def start(self, point: Point | None = None) -> None:
        """Start a process and wait until it answers, or has ended."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        self.process = context.Process(target=_serve, args=(self.folder, self.address.port, point))
        await asyncio.to_thread(self.process.start)
        async with asyncio.timeout(STARTING):
            while self.process.is_alive() and not await self._answers():  # noqa: ASYNC110  it sets no event
                await asyncio.sleep(LOOK)

    async def _answers(self) -> bool:
        try:
            async with self.http.get(self.address.make_url("/")) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def end(self, number: int = signal.SIGTERM) -> int | None:
        """Send a signal, and return how the process has ended."""
        if self.process is not None and self.process.pid is not None and self.process.is_alive():
            os.kill(self.process.pid, number)
        return await self.ended()

    async def ended_by_itself(self) -> None:
        """Wait until the process has ended, for whatever reason."""
        while self.process is not None and self.process.is_alive():  # noqa: ASYNC110  it sets no event
            await asyncio.sleep(LOOK)

    async def ended(self) -> int | None:
        """Wait until the process has ended; return its status."""
        if self.process is None:
            return None
        await asyncio.to_thread(self.process.join, STARTING)
        if self.process.is_alive():
            self.process.kill()
            await asyncio.to_thread(self.process.join)
            raise AssertionError(f"the service does not end: {self.log[-2000:]}")
        return self.process.exitcode

    def session(self, case: Case, seats: "Seats") -> Session:
        """Return the people of a case with the browsers that they had, none of whom has come."""
        callers = {}
        for who, (base, cookies) in seats.items():
            browser = Browser(self.http, self.address, dict(cookies))
            callers[who] = Caller(browser, base)
        return Session(case, callers["mediator"], callers["consumer"], callers["insurer"])


Seats = dict[str, tuple[str, dict[str, str]]]  # by role: the page below which they are, and their cookies


@asynccontextmanager
async def service(folder: Path) -> AsyncIterator[Service]:
    """Open a service that has not been started, and end what is left of it."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout) as http:
        opened = Service(folder, http)
        try:
            yield opened
        finally:
            await opened.end(signal.SIGKILL)


async def seated(folder: Path, count: int = 1) -> list[tuple[Case, Seats]]:
    """Make cases in the installation below `folder`, and browsers that may go into their rooms."""
    now = steady_clock()
    async with house_in(folder, StillClock(now()), time=now) as house:
        mediator = await house.signed_in(MEDIATOR)
        return [await _seated(house, mediator, number) for number in range(count)]


async def _seated(house: House, mediator: Browser, number: int) -> tuple[Case, Seats]:
    case = await house.case(f"〔2025〕云保调字第{number:04}号")
    seats = {"mediator": (f"/staff/{MEDIATOR.id}/cases/{case.id}", mediator.cookies)}
    for party in case.parties:
        browser = await house.consented(case, party, mediator)
        seats[party.role] = (f"/seat/{await house.seat(party)}", browser.cookies)
    return case, seats


async def gathered(made: Session) -> None:
    """Bring everybody into the open session, connected."""
    await made.come(made.mediator, made.consumer, made.insurer)
    for party in (made.consumer, made.insurer):
        await made.let_in(party)
    await made.connect(made.mediator, made.consumer, made.insurer)
    assert (await made.mediator.ask("open"))["type"] == "done"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _serve(folder: Path, port: int, point: Point | None) -> None:
    """Serve in this process, which was forked for it."""
    os.dup2(os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    os.environ.update(
        {
            "HEYI_PUBLIC_URL": ORIGIN,
            "HEYI_HOST": "127.0.0.1",
            "HEYI_PORT": str(port),
            "HEYI_DATA": str(folder / "data"),
            "HEYI_KEYS": str(folder / "keys"),
            "HEYI_ICE_LOOPBACK": "1",
            "HEYI_DISK_WARN": "0",
            "HEYI_SMS_URL": "http://127.0.0.1:9/sms",
            "HEYI_SMS_SECRET": "secret",
            "HEYI_CENTRE_PHONE": "12378",
        }
    )
    told = Told(folder)
    edge = Edge(point, lambda site: told(killed=site, now=(datetime.now(UTC) - NOON).total_seconds()))
    edge.install()
    status = main(["serve"])
    told(turns=edge.turns, reached=edge.reached)
    sys.exit(status)
