"""`heyi rehearse [--json]`: an operator's self-test, from an empty folder to a verified settlement.

Exit status: 0 when everything holds, 1 otherwise. Progress goes to standard error.
"""

import argparse
import asyncio
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from server.rehearsal.director import rehearse
from server.rehearsal.failing import Failed
from server.rehearsal.receiver import Receiver
from server.rehearsal.report import DEADLINE, Findings, as_json, as_table, problems
from server.rehearsal.stage import Say, SignIn, Stage
from server.rehearsal.trial import Trial, add_staff, heyi, prepare, serving

MEDIATOR_PHONE: Final = "13900000001"
LEGAL_PHONE: Final = "13900000002"
PARTY_PHONES: Final = ("13900000003", "13900000004")
SCRATCH: Final = ("data", "keys", "tls.pem", "tls.key")

OK, NOT_OK = 0, 1


def run(argv: Sequence[str]) -> int:
    """Rehearse; write the result to standard output; return the exit status."""
    parser = argparse.ArgumentParser(prog="heyi rehearse", description="演练一次完整的调解 (self-test)")
    parser.add_argument("--json", action="store_true", help="输出一个 JSON 对象 (one JSON object)")
    arguments = parser.parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="heyi-rehearsal-"))
    try:
        found = asyncio.run(_rehearse_in(folder))
    except KeyboardInterrupt:
        found = Findings(failure="演练被中断。")
    sys.stdout.write((as_json(found) if arguments.json else as_table(found)) + "\n")
    wrong = problems(found)
    if arguments.json:
        sys.stderr.writelines(f"✗ {sentence}\n" for sentence in wrong)
    _tidy(folder, keep_log=bool(wrong))
    return NOT_OK if wrong else OK


async def _rehearse_in(folder: Path) -> Findings:
    """Rehearse against a server of its own; never raises: what failed is in the findings."""
    found = Findings()
    started = time.monotonic()
    say = progress(started)
    try:
        async with asyncio.timeout(DEADLINE):
            await _whole_way(folder, found, say)
    except TimeoutError:
        found.failure = f"{DEADLINE:.0f} 秒内没有走完。"
    except Failed as failed:
        found.failure = str(failed)
    except Exception as error:  # noqa: BLE001  a result is owed, whatever happened
        found.failure = f"{type(error).__name__}: {error}"
    found.seconds = time.monotonic() - started
    return found


async def _whole_way(folder: Path, found: Findings, say: Say) -> None:
    secret = secrets.token_urlsafe(24)
    async with Receiver(secret) as receiver:
        trial = prepare(folder, os.environ, receiver.url, secret)
        async with serving(trial):
            say("服务器启动")
            mediator, legal = await asyncio.gather(
                add_staff(trial, "mediator", "林静", MEDIATOR_PHONE),
                add_staff(trial, "legal", "何清", LEGAL_PHONE),
            )
            say("登记调解员和法务")
            stage = Stage(
                base_url=trial.base_url,
                mediator=SignIn(MEDIATOR_PHONE, mediator),
                legal=SignIn(LEGAL_PHONE, legal),
                phones=PARTY_PHONES,
                cafile=str(trial.certificate),
            )
            await rehearse(stage, receiver, folder, found, say)
        say("服务器停下")
    found.settlement.verified = await verified(trial, folder)
    say("heyi verify")


async def verified(trial: Trial, folder: Path) -> bool:
    """Check the settlement by `heyi verify`, without the server."""
    code, _ = await heyi(
        trial, "verify", str(folder / "settlement.pdf"), "--root", str(folder / "roots.pem"), "--json"
    )
    return code == 0


def progress(started: float) -> Say:
    """Return a way to write progress to standard error, with the seconds since `started` (monotonic)."""

    def say(text: str) -> None:
        sys.stderr.write(f"  {time.monotonic() - started:5.1f} 秒  {text}\n")
        sys.stderr.flush()

    return say


def _tidy(folder: Path, *, keep_log: bool) -> None:
    """Leave the settlement and the root; after a failure also the server's log."""
    for name in (*SCRATCH, *(() if keep_log else ("server.log",))):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
