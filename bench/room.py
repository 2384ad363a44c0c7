"""An installation of its own, and rooms in it: three people each, through the doors that people use."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from server.rehearsal import media
from server.rehearsal.actor import STEP, Actor
from server.rehearsal.browser import Browser
from server.rehearsal.joining import gather
from server.rehearsal.media import Connection
from server.rehearsal.person import Person
from server.rehearsal.receiver import Receiver
from server.rehearsal.signals import Signal
from server.rehearsal.stage import EVERYBODY, Cast, SignIn, Stage
from server.rehearsal.trial import SERVER_LOG, add_staff, prepare, serving

MEDIATOR_PHONE: Final = "13900000001"
NUMBERED: Final = 1.0  # seconds: a rehearsal numbers its case by the second in which it is opened
LOOPBACK: Final = "127.0.0.1"

Medium = Callable[[Signal], Connection]


class Guest(Actor):
    """A person in this process instead of one of their own."""

    def __init__(self, role: str, browser: Browser, medium: Medium) -> None:
        super().__init__(role, browser.base_url, "")
        self.browser = browser
        self._person = Person(role, browser, medium)

    async def do(self, command: str, *, within: float = STEP, **arguments: Any) -> Any:
        return await asyncio.wait_for(getattr(self._person, command)(**arguments), within)

    async def close(self) -> None:
        await self._person.close()

    def cookies(self) -> dict[str, str]:
        """Return what this person's browser is known by."""
        morsels = SimpleCookie(self.browser.headers()["Cookie"])
        return {name: morsel.value for name, morsel in morsels.items()}


@dataclass(frozen=True, slots=True)
class Room:
    """An open session with three people, all recorded. `seats` are by role."""

    guests: dict[str, Guest]
    seats: dict[str, str]

    async def recorded(self) -> bool:
        """Say whether everybody's screen says that they are being recorded."""
        views = [await self._view(role) for role in EVERYBODY]
        return all(view["recording"] for view in views)

    async def _view(self, role: str) -> dict[str, Any]:
        others = [other for other in EVERYBODY if other != role]
        seen: dict[str, Any] = await self.guests[role].do("sees", truth="joint", people=others)
        return dict(seen["view"])


@dataclass(slots=True)
class Installation:
    """A running server on scratch folders. `pid` is its process."""

    stage: Stage
    receiver: Receiver
    pid: int
    log: Path
    _rooms: AsyncExitStack
    _opened: int = field(default=0)

    async def open_room(self, medium: Medium, until: AsyncExitStack | None = None) -> Room:
        """Open a case, bring its three people into the room and open the session.

        The people go with `until`, or else at the end. One room at a time.
        """
        if self._opened:
            await asyncio.sleep(NUMBERED)
        self._opened += 1
        phones = (f"137{self._opened:08d}", f"138{self._opened:08d}")
        stage = replace(self.stage, phones=phones)
        stay = until or self._rooms
        guests = {role: await self._guest(role, medium, stay) for role in EVERYBODY}
        cast = Cast(**guests)
        _, seats = await gather(cast, stage, self.receiver, _silently)
        return Room(guests, seats)

    async def _guest(self, role: str, medium: Medium, stay: AsyncExitStack) -> Guest:
        browser = Browser(self.stage.base_url, self.stage.cafile)
        guest = Guest(role, await stay.enter_async_context(browser), medium)
        stay.push_async_callback(guest.close)
        return guest


def _silently(_text: str) -> None:
    pass


@asynccontextmanager
async def installation(**settings: str) -> AsyncIterator[Installation]:
    """Run a server as `heyi serve` does, with a mediator who may open cases; everything goes at the end.

    `settings` of the server beside those of every bench.
    """
    with TemporaryDirectory(prefix="heyi-bench-") as folder:
        secret = secrets.token_urlsafe(24)
        async with Receiver(secret) as receiver:
            trial = prepare(Path(folder), environment() | settings, receiver.url, secret)
            async with serving(trial) as pid, AsyncExitStack() as rooms:
                password = await add_staff(trial, "mediator", "林静", MEDIATOR_PHONE)
                account = SignIn(MEDIATOR_PHONE, password)
                stage = Stage(trial.base_url, account, account, ("", ""), str(trial.certificate))
                yield Installation(stage, receiver, pid, trial.folder / SERVER_LOG, rooms)


def environment() -> dict[str, str]:
    """Return this process's environment without another installation's settings."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("HEYI_")}
    alone = media._host_addresses(use_ipv4=True, use_ipv6=True) == [LOOPBACK]  # noqa: SLF001
    full = {"HEYI_CPU_LIMIT": "100", "HEYI_DISK_WARN": "0"}  # what a full machine does is what is measured
    return outside | full | ({"HEYI_ICE_LOOPBACK": "1"} if alone else {})
