"""Another machine: a network namespace of the kernel, at the end of a cable that a test can spoil."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.builders.browsers import CHROMIUM
from tests.builders.cable import TUN, Condition
from tests.builders.house import ROOT

HERE: Final = "198.18.0.1"  # RFC 2544: addresses for tests of networks
THERE: Final = "198.18.0.2"
ELSEWHERE: Final = "198.18.0.3"
GOOD: Final = Condition()
GONE: Final = Condition(loss=1.0)
_CAP_NET_ADMIN: Final = 12


class Machine:
    """A namespace with one device, `inside`; `outside` is this machine's end of the cable."""

    def __init__(self, cable: asyncio.subprocess.Process, owner: int, number: int) -> None:
        self.outside, self.inside = names(number)
        self._cable = cable
        self._enter = ("nsenter", f"--net=/proc/{owner}/ns/net")

    async def line(self, condition: Condition) -> None:
        """Return when the cable is so."""
        assert self._cable.stdin is not None
        assert self._cable.stdout is not None
        self._cable.stdin.write(condition.to_json())
        assert await self._cable.stdout.readline() == b"so\n"

    async def take_address(self, address: str) -> None:
        await self.ip("address", "add", f"{address}/24", "dev", self.inside)
        await self.ip("route", "add", "default", "via", HERE)

    async def lose_address(self, address: str) -> None:
        """Lose the address, and with it every route."""
        await self.ip("address", "delete", f"{address}/24", "dev", self.inside)

    async def ip(self, *words: str) -> None:
        """Run `ip` in there."""
        await _run(*self._enter, "ip", *words)

    def launcher(self, folder: Path) -> Path:
        """Return a program that is Chromium in there: its pipes to the driver survive the way."""
        program = folder / "chromium"
        program.write_text(f'#!/bin/sh\nexec {" ".join(self._enter)} {CHROMIUM} "$@"\n')
        program.chmod(0o755)
        return program


def names(number: int) -> tuple[str, str]:
    return f"here{number}", f"there{number}"


@asynccontextmanager
async def machine() -> AsyncIterator[Machine]:
    """Set up a machine with a good line and the address THERE; take it away again."""
    _may_we()
    number = os.getpid()
    outside, inside = names(number)
    # The namespace is this process's and ends with it. One with a name, by `ip netns`, is a mount that stays.
    owner = await asyncio.create_subprocess_exec(
        *("unshare", "--net", "cat"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    cable = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.builders.cable", outside, inside),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    made = Machine(cable, owner.pid, number)
    try:
        assert cable.stdout is not None
        assert await cable.stdout.readline() == b"up\n"
        assert await _echoes(owner)
        await ip("link", "set", inside, "netns", str(owner.pid))
        await ip("address", "add", f"{HERE}/24", "dev", outside)
        await ip("link", "set", outside, "up")
        for device in ("lo", inside):
            await made.ip("link", "set", device, "up")
        await made.take_address(THERE)
        yield made
    finally:
        cable.kill()  # and with it both devices
        await cable.wait()
        owner.kill()
        await owner.wait()


async def _echoes(cat: asyncio.subprocess.Process) -> bool:
    """Return once it runs, and so is where it is meant to be."""
    assert cat.stdin is not None
    assert cat.stdout is not None
    cat.stdin.write(b"in there\n")
    return await cat.stdout.readline() == b"in there\n"


def _may_we() -> None:
    """Fail, in one sentence, where a network of one's own cannot be made."""
    effective = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("CapEff"))
    if not int(effective.split()[1], 16) >> _CAP_NET_ADMIN & 1 or not TUN.exists():
        pytest.fail(
            f"The journeys on a bad line make a network of their own: run them as root, with {TUN}.", False
        )


async def ip(*words: str) -> None:
    """Run `ip` of iproute2."""
    await _run("ip", *words)


async def _run(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    assert process.returncode == 0, (words, said.decode())
