"""coturn on loopback, with the configuration that docs/deployment.md gives."""

import asyncio
import re
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from server.rehearsal.trial import make_certificate

TURNSERVER: Final = Path("/usr/bin/turnserver")
DEPLOYMENT: Final = Path(__file__).parents[2] / "docs" / "deployment.md"
SECRET: Final = "a-secret-of-the-relay-in-tests"
HOST: Final = "127.0.0.1"
STARTING: Final = 10.0  # seconds until it takes connections
STOPPING: Final = 5.0
PORTS: Final = (20_000, 20_999)  # for what it relays; the documented ones may be somebody's here


@dataclass(slots=True)
class Relay:
    """A relay that may be up or down. `port` takes UDP and TCP, `tls_port` TLS.

    `certificate` (PEM) is what it shows over TLS, and its own root.
    """

    folder: Path
    certificate: Path
    port: int
    tls_port: int
    process: asyncio.subprocess.Process | None = None

    @property
    def urls(self) -> dict[str, str]:
        """Return its addresses by way."""
        return {
            "udp": f"turn:{HOST}:{self.port}?transport=udp",
            "tcp": f"turn:{HOST}:{self.port}?transport=tcp",
            "tls": f"turns:localhost:{self.tls_port}?transport=tcp",
        }

    @property
    def log(self) -> str:
        return (self.folder / "turnserver.log").read_text(errors="replace")

    def settings(self, *ways: str) -> dict[str, str]:
        """Return the settings of a service that offers this relay, by these ways."""
        return {
            "HEYI_ICE_TURN": ",".join(self.urls[way] for way in ways or ("udp", "tcp")),
            "HEYI_ICE_TURN_SECRET": SECRET,
        }

    async def start(self) -> None:
        with (self.folder / "turnserver.log").open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                TURNSERVER, "-c", self.folder / "turnserver.conf", stdout=output, stderr=output
            )
        deadline = time.monotonic() + STARTING
        while not all(map(_takes_connections, (self.port, self.tls_port))):  # without its key it takes no TLS
            assert self.process.returncode is None, self.log[-1000:]
            assert time.monotonic() < deadline, self.log[-1000:]
            await asyncio.sleep(0.05)

    def renew(self) -> None:
        """Put another certificate in the place of the one it has, and tell it, as it is documented."""
        assert self.process is not None
        make_certificate(self.folder)
        self.process.send_signal(signal.SIGUSR2)

    async def stop(self) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOPPING)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


def documented() -> list[str]:
    """Return the lines of the documented configuration, without comments."""
    found = re.search(r"```\n# /etc/turnserver.conf\n(.*?)```", DEPLOYMENT.read_text(), re.DOTALL)
    assert found is not None
    lines = (line.partition("#")[0].strip() for line in found[1].splitlines())
    return [line for line in lines if line]


def on_loopback(at: Relay, key: Path, allowed: tuple[str, ...]) -> list[str]:
    """Return the documented configuration for this machine: other addresses, ports, files and secret.

    `allowed` are the addresses of the service. What loopback needs beside is at the end.
    """
    own = {
        "listening-port": str(at.port),
        "tls-listening-port": str(at.tls_port),
        "cert": str(at.certificate),
        "pkey": str(key),
        "static-auth-secret": SECRET,
        "min-port": str(PORTS[0]),
        "max-port": str(PORTS[1]),
    }
    kept = [line for line in documented() if not line.startswith("allowed-peer-ip=")]
    changed = [f"{name}={own[name]}" if (name := line.partition("=")[0]) in own else line for line in kept]
    return [
        *changed,
        *(f"allowed-peer-ip={address}" for address in allowed),
        f"listening-ip={HOST}",
        f"relay-ip={HOST}",
        "allow-loopback-peers",
        "cli-password=never-used-because-of-no-cli",  # loopback peers want one
        f"pidfile={at.folder / 'turnserver.pid'}",
        f"userdb={at.folder / 'turndb'}",
        "log-file=stdout",
        "simple-log",
    ]


@asynccontextmanager
async def relay(folder: Path, *allowed: str) -> AsyncIterator[Relay]:
    """Run a relay that lets nothing be reached but `allowed`, by default the service on loopback."""
    if not TURNSERVER.is_file():
        pytest.fail(f"This needs Debian's coturn ({TURNSERVER}): apt-get install coturn", False)
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    certificate, key = make_certificate(folder)
    opened = Relay(folder, certificate, _free_port(), _free_port())
    lines = on_loopback(opened, key, allowed or (HOST,))
    (folder / "turnserver.conf").write_text("\n".join(lines) + "\n")
    try:
        await opened.start()
        yield opened
    finally:
        await opened.stop()


def _takes_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
