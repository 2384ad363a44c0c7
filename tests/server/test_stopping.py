"""SIGTERM: pages are told to come back, and the process ends by itself."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp
import psutil
import pytest

from server.rehearsal.trial import prepare
from server.services import SERVICES
from storage import rooms
from tests.builders import house as installation
from tests.builders.clocks import StillClock
from tests.builders.http import MEDIATOR, house_in

SERVER = 30  # seconds for a process to start, or to stop, on a busy machine


async def test_a_page_is_told_of_the_restart(folder: Path, clock: StillClock) -> None:
    async with house_in(folder, clock) as house:
        case, mediator = await house.case(), await house.signed_in(MEDIATOR)
        async with mediator.page(f"/staff/{MEDIATOR.id}/cases/{case.id}") as page:
            stopping = asyncio.create_task(house.app.shutdown())
            assert (await page.until("bye"))["reason"] == "restart"
            assert await page.closed() == 1012
            await stopping


async def test_a_room_that_is_waking_up_ends_with_the_others(folder: Path, clock: StillClock) -> None:
    async with house_in(folder, clock) as house:
        parts, case = house.app[SERVICES], await house.case()
        room = await parts.database.read(rooms.room_of_case, case.id)
        waking = asyncio.create_task(parts.clerks.hold(room).__aenter__())
        await asyncio.sleep(0)  # it has begun
        waking.cancel()
        await parts.clerks.aclose()
        assert parts.clerks.live(room) is None
        left = {task.get_name() for task in asyncio.all_tasks()}
        assert not {f"wake {room}", f"clerk {room}"} & left


async def test_sigterm_ends_the_process_in_good_order(tmp_path: Path) -> None:
    trial = prepare(tmp_path, {"HEYI_ICE_LOOPBACK": "1"}, "http://127.0.0.1:9/sms", "secret")
    outside = {k: v for k, v in os.environ.items() if not k.startswith("HEYI_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server",
        "serve",
        env=outside | trial.environment,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SERVER):
            await answering(trial.base_url)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(SERVER):
            _, log = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    assert b"Traceback" not in log


async def test_a_server_that_does_not_start_in_time_is_ended_with_the_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "STARTING", 0.01)
    before = set(psutil.Process().children())
    with pytest.raises(TimeoutError):
        async with installation.house(tmp_path):
            pass
    assert set(psutil.Process().children()) <= before


async def answering(url: str) -> None:
    """Wait until the server takes a connection."""
    async with aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"{url}/healthz", ssl=False) as answer:
                    assert answer.status == 200
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
