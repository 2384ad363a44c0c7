"""A server for a rehearsal: the deployment's settings, a scratch folder, a test certificate."""

import asyncio
import contextlib
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server.rehearsal.browser import Browser
from server.rehearsal.failing import Failed

STARTING: Final = 20.0  # seconds until /healthz must answer
STOPPING: Final = 10.0  # seconds from SIGTERM to the end
COMMAND: Final = 20.0  # seconds for one command line
OWN: Final = ("HEYI_DATABASE_URL", "HEYI_ROOTS")  # of the deployment; a rehearsal must not touch them
HEALTHY: Final = 200
SERVER_LOG: Final = "server.log"  # in the folder of the trial
PORTS: Final = range(20_000, 32_000)  # below those that Linux gives to outgoing connections


@dataclass(frozen=True, slots=True)
class Trial:
    """Where the server is, and with which environment its commands run."""

    base_url: str
    certificate: Path
    environment: dict[str, str]
    folder: Path


def prepare(folder: Path, deployment: Mapping[str, str], sms_url: str, sms_secret: str) -> Trial:
    """Lay out the scratch folder and return what the server is to be started with."""
    port = _free_port()
    certificate, key = make_certificate(folder)
    environment = {name: value for name, value in deployment.items() if name not in OWN} | {
        "HEYI_PUBLIC_URL": f"https://localhost:{port}",
        "HEYI_HOST": "127.0.0.1",
        "HEYI_PORT": str(port),
        "HEYI_TLS_CERT": str(certificate),
        "HEYI_TLS_KEY": str(key),
        "HEYI_DATA": str(folder / "data"),
        "HEYI_KEYS": str(folder / "keys"),
        "HEYI_SMS_URL": sms_url,
        "HEYI_SMS_SECRET": sms_secret,
        "HEYI_CENTRE_PHONE": deployment.get("HEYI_CENTRE_PHONE") or "400-000-0000",
    }
    return Trial(f"https://localhost:{port}", certificate, environment, folder)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for localhost that only this rehearsal trusts; return it and its key (PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Heyi rehearsal")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "tls.pem", folder / "tls.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.touch(mode=0o600)
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate, secret


def _free_port() -> int:
    """Return a port that is free and that nobody is given by chance before the server has taken it."""
    while True:
        port = PORTS[secrets.randbelow(len(PORTS))]
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@asynccontextmanager
async def serving(trial: Trial) -> AsyncIterator[int]:
    """Run the server and give its process id; at the end stop it by SIGTERM and wait.

    Raises Failed if it does not start or stop.
    """
    log = trial.folder / SERVER_LOG
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server",
            "serve",
            env=trial.environment,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C must not reach it before the people have left
        )
    try:
        await _healthy(trial, process)
        yield process.pid
    finally:
        await _stop(process)


async def _healthy(trial: Trial, process: asyncio.subprocess.Process) -> None:
    async with Browser(trial.base_url, str(trial.certificate)) as browser:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STARTING):
                while process.returncode is None:
                    with contextlib.suppress(Failed):
                        if (await browser.request("GET", "/healthz")).status == HEALTHY:
                            return
                    await asyncio.sleep(0.1)
    last = (trial.folder / SERVER_LOG).read_text(errors="replace").strip().splitlines()[-1:]
    raise Failed(f"服务器没有起来：{''.join(last) or '没有说原因'}")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        raise Failed(f"服务器在演练中自己结束了，代码 {process.returncode}。")
    process.send_signal(signal.SIGTERM)
    try:
        code = await asyncio.wait_for(process.wait(), STOPPING)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise Failed(f"服务器在 SIGTERM 以后 {STOPPING:.0f} 秒内没有停下。") from None
    if code != 0:
        raise Failed(f"服务器停下时的代码是 {code}，应为 0。")


async def heyi(trial: Trial, *words: str, given: str = "") -> tuple[int, str]:
    """Run a `heyi` command in the trial's environment; return its exit status and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server",
        *words,
        env=trial.environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        written, _ = await asyncio.wait_for(process.communicate(given.encode()), COMMAND)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise Failed(f"heyi {words[0]} 在 {COMMAND:.0f} 秒内没有结束。") from None
    return process.returncode or 0, written.decode(errors="replace")


async def add_staff(trial: Trial, role: str, name: str, phone: str) -> str:
    """Add a member of staff by the command line; return the password."""
    password = secrets.token_urlsafe(18)
    words = ("--phone", phone, "--role", role, "--name", name, "--password-stdin")
    code, written = await heyi(trial, "staff", "add", *words, given=password)
    if code != 0:
        raise Failed(f"heyi staff add --role {role} 的代码是 {code}：{written.strip()[-200:]}")
    return password
