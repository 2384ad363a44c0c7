"""`heyi demo`: the service on this machine with three sample cases, and a rehearsal to look back at.

Text messages stay in an outbox that only this machine can read; staff come in by one-use links.
"""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
import tempfile
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import uvloop
from aiohttp import web

from cases.ids import new_secret
from cases.links import secret_hash
from cases.model import Case, Party, Role, Staff
from server.app import build_app
from server.handlers.cases import new_link
from server.logs import TEXT
from server.rehearsal.director import rehearse
from server.rehearsal.failing import Failed
from server.rehearsal.receiver import digits_in
from server.rehearsal.report import DEADLINE, Findings
from server.rehearsal.stage import GivenCase, SignIn, Stage
from server.samples import SAMPLES, rehearsing_legal, seed
from server.services import SERVICES, Services
from server.settings import Settings, SettingsError, read_settings
from server.sms import OutboxSms
from storage import cases, links, settlements, staff
from storage.unit_of_work import Tx

TICKET_HOURS: Final = 12
LOG: Final = "demo.log"


@dataclass(frozen=True, slots=True)
class Doors:
    """The links that are printed: fresh at every start, because only their hashes are kept."""

    mediator: str
    legal: str
    admin: str
    parties: dict[Role, str]


def run_demo(environ: Mapping[str, str], host: str, port: int, data: str) -> int:
    """Serve until Ctrl-C; return the exit status."""
    settings = demo_settings(environ, host, port, Path(data))
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    logging.basicConfig(filename=settings.data / LOG, level="INFO", format=TEXT)
    try:
        uvloop.run(_demo(settings))
    except OSError as error:
        raise SettingsError(f"{host}:{port} cannot be listened on: {error.strerror}") from None
    return 0


def demo_settings(environ: Mapping[str, str], host: str, port: int, data: Path) -> Settings:
    """Return the settings of a demo: loopback, its own folders, no SMS."""
    own = {
        "HEYI_HOST": host,
        "HEYI_PORT": str(port),
        "HEYI_PUBLIC_URL": f"http://localhost:{port}",
        "HEYI_DATA": str(data),
        "HEYI_KEYS": str(data / "keys"),
        "HEYI_CENTRE": "云州保险纠纷调解中心",
        "HEYI_CENTRE_PHONE": "12378",
        "HEYI_CASE_PREFIX": "云保调字",
        "HEYI_ICE_LOOPBACK": "0" if _has_network() else "1",
    }
    return read_settings({**own, **{k: v for k, v in environ.items() if k.startswith("HEYI_ICE_")}})


def _has_network() -> bool:
    """Say whether the machine has an address besides loopback; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1 (RFC 5737): only the route is looked up
        except OSError:
            return False
        return not probe.getsockname()[0].startswith("127.")


async def _demo(settings: Settings) -> None:
    app = build_app(settings, outbox=True)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        services = app[SERVICES]
        doors = await services.database.write(open_doors)
        _print_doors(settings, doors)
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        await _until(stop, _rehearse_once(services))
        sys.stdout.write("\n正在停下，录像段落先收好……\n")
    finally:
        await runner.cleanup()


async def _until(stop: asyncio.Event, rehearsal: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(rehearsal, name="rehearsal")
    try:
        await stop.wait()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def open_doors(tx: Tx) -> Doors:
    """Seed what is missing; make fresh tickets for staff and fresh links for the parties of case 2."""
    members = seed(tx)
    found = {role: _ticket(tx, member) for role, member in members.items()}
    second = cases.case_by_number(tx, SAMPLES[1].number)
    parties = {p.role: _link(tx, second, p) for p in second.parties} if second is not None else {}
    return Doors(found[Role.MEDIATOR], found[Role.LEGAL], found[Role.ADMIN], parties)


def _ticket(tx: Tx, member: Staff) -> str:
    secret = new_secret()
    staff.add_ticket(tx, member.id, secret_hash(secret), tx.now + timedelta(hours=TICKET_HOURS))
    return f"/demo/sign-in/{secret}"


def _link(tx: Tx, case: Case, party: Party) -> str:
    secret = new_secret()
    links.issue(tx, new_link(case, party, secret, tx.now))
    return f"/i/{secret}"


def _print_doors(settings: Settings, doors: Doors) -> None:
    rows = (
        ("申请人（手机）", doors.parties.get(Role.CONSUMER, "")),
        ("保险公司代表", doors.parties.get(Role.INSURER, "")),
        ("调解员", doors.mediator),
        ("法务", doors.legal),
        ("管理员", doors.admin),
        ("短信发件箱", "/demo/outbox"),
    )
    width = max(len(name) for name, _ in rows)
    lines = [f"  {name}{'　' * (width - len(name))}  {settings.public_url}{path}" for name, path in rows]
    sys.stdout.write("\n和议演示，按 Ctrl-C 停下。每个链接在一个标签页里打开：\n\n" + "\n".join(lines))
    sys.stdout.write("\n\n  当事人的链接属于样例二；短信里的 6 位数字在发件箱里看。\n\n")
    sys.stdout.flush()


async def _rehearse_once(services: Services) -> None:
    """Let three synthetic people go through sample case 1, unless they have done so before."""
    stage = await services.database.write(stage_of_rehearsal, services.settings.public_url)
    if stage is None or services.outbox is None:
        return
    sys.stdout.write("三个虚拟的人正在演练样例一：\n")
    found = Findings()
    folder = Path(tempfile.mkdtemp(prefix="heyi-demo-"))
    try:
        async with asyncio.timeout(2 * DEADLINE):
            await rehearse(stage, OutboxCodes(services.outbox), folder, found, _say)
    except Failed as failed:
        _say(f"演练没有走完：{failed}样例二不受影响。")
    except TimeoutError:
        _say("演练没有在限定时间里走完。样例二不受影响。")
    else:
        _say("演练完成：法务可以看录像、核对协议书。")


def _say(text: str) -> None:
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()


def stage_of_rehearsal(tx: Tx, base_url: str) -> Stage | None:
    """Return what the rehearsal of sample case 1 needs; None when there was one."""
    case = cases.case_by_number(tx, SAMPLES[0].number)
    if case is None or case.closed_at is not None or settlements.settlement(tx, case.id) is not None:
        return None
    mediator, legal = seed(tx)[Role.MEDIATOR], rehearsing_legal(tx)
    consumer, insurer = case.parties
    return Stage(
        base_url=base_url,
        mediator=SignIn(mediator.phone, ticket=_ticket(tx, mediator)),
        legal=SignIn(legal.phone, ticket=_ticket(tx, legal)),
        phones=(consumer.phone, insurer.phone),
        case=GivenCase(case.id, case.number, (_link(tx, case, consumer), _link(tx, case, insurer))),
    )


class OutboxCodes:
    """`server.rehearsal.stage.Codes` out of the demo's outbox."""

    def __init__(self, outbox: OutboxSms) -> None:
        self._outbox = outbox

    def codes(self, phone: str) -> tuple[str, ...]:
        """Return the codes that came for a phone, oldest first."""
        found = (digits_in(m.text) for m in reversed(self._outbox.sent) if m.to == phone)
        return tuple(digits for digits in found if digits)

    async def code(self, phone: str, after: int = 0) -> str:
        """Return the code that follows the first `after` ones; wait until it is there."""
        while len(known := self.codes(phone)) <= after:
            await self._outbox.arrival()
        return known[after]
