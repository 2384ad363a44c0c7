"""A whole installation for browsers: `heyi serve` in a process of its own, scratch folders, staff, SMS."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import dropwhile
from pathlib import Path
from typing import Final

import aiohttp
import psutil

from server.rehearsal.receiver import Receiver
from server.rehearsal.trial import Trial, add_staff, prepare

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = (
    "cases",
    "rooms",
    "settlements",
    "signaling",
    "recordings",
    "storage",
    "web",
    "server",
)
SECRET: Final = "of-the-journeys"
STARTING: Final = 20.0  # seconds until /healthz must answer
STOPPING: Final = 15.0  # seconds from SIGTERM to the end

MEDIATOR, LEGAL, ADMIN = "mediator", "legal", "admin"
NAMES: Final = {MEDIATOR: "沈静", LEGAL: "顾平", ADMIN: "金山"}


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff who can sign in."""

    name: str
    phone: str
    password: str


@dataclass(slots=True)
class House:
    """The server's process, and everything a person gets from outside of it."""

    trial: Trial
    receiver: Receiver
    program: Path
    staff: dict[str, Account] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return self.trial.base_url

    @property
    def log(self) -> str:
        return (self.trial.folder / "server.log").read_text(errors="replace")

    @property
    def faults(self) -> str:
        """Return what the log says from the first fault on; empty when there is none."""
        lines = self.log.splitlines()
        return "\n".join(dropwhile(lambda line: "ERROR" not in line and "Traceback" not in line, lines))

    async def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.trial.folder / "server.log").open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "server",
                "serve",
                cwd=self.program,
                env=self.trial.environment | {"PYTHONPATH": str(self.program)},
                stdout=output,
                stderr=output,
            )
        async with asyncio.timeout(STARTING), aiohttp.ClientSession() as client:
            while not await _healthy(client, self.url):
                if self.process.returncode is not None:
                    raise AssertionError(f"the server did not start: {self.log[-500:]}")
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """End the process as a power cut does."""
        if self.process is not None:
            self.process.kill()
            await self.process.wait()

    async def stop(self) -> None:
        """Stop as an operator does, and wait until it has ended by itself."""
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await asyncio.wait_for(self.process.wait(), STOPPING)

    async def employ(self, role: str) -> Account:
        """Add a member of staff by the command line."""
        phone = f"1360000000{len(self.staff)}"
        password = await add_staff(self.trial, role, NAMES[role], phone)
        self.staff[role] = Account(NAMES[role], phone, password)
        return self.staff[role]


async def _healthy(client: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with client.get(f"{url}/healthz", ssl=False) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


@asynccontextmanager
async def house(
    folder: Path, *roles: str, program: Path = ROOT, settings: Mapping[str, str] | None = None
) -> AsyncIterator[House]:
    """Open an installation in `folder`, with one member of staff of each role, and end it again.

    `settings` go before those of every journey.
    """
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    async with Receiver(SECRET) as receiver:
        trial = prepare(folder, surroundings(), receiver.url, SECRET)
        trial.environment.update(settings or {})
        opened = House(trial, receiver, program)
        try:
            await opened.start()
            for role in roles:
                await opened.employ(role)
            yield opened
        finally:
            await opened.stop()


def surroundings() -> dict[str, str]:
    """Return the environment without settings of Heyi, but for what a machine without a network needs."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("HEYI_")}
    disk = {"HEYI_DISK_WARN": "0"}  # whatever this machine has left
    return outside | disk | ({"HEYI_ICE_LOOPBACK": "1"} if _loopback_only() else {})


def _loopback_only() -> bool:
    families = {"AF_INET", "AF_INET6"}
    return not any(
        address.family.name in families and not address.address.startswith(("127.", "::1", "fe80"))
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
    )


def copy_of_the_program(folder: Path) -> Path:
    """Copy the packages, so that a fault can be put into the copy; return where they are."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def put_in_a_fault(program: Path, module: str, sound: str, faulty: str) -> None:
    """Replace one passage of a module; it must stand there exactly once."""
    text = (program / module).read_text()
    if text.count(sound) != 1:
        raise AssertionError(f"{module} does not have this passage once: {sound}")
    (program / module).write_text(text.replace(sound, faulty))
