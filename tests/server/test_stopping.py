"""SIGTERM: pages are told to come back, and the process ends by itself."""

import asyncio
import os
import signal
import sys
import threading
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import psutil
import pytest

from server.rehearsal.trial import prepare
from server.services import SERVICES
from storage import rooms
from tests.builders import house as installation
from tests.builders.calls import heard, open_session
from tests.builders.clocks import StillClock
from tests.builders.http import MEDIATOR, house_in
from tests.builders.kept import heyi, rows
from tests.builders.service import gathered, seated, service

SERVER = 30  # seconds for a process to start, or to stop, on a busy machine
ROOMS = 3


async def test_a_page_is_told_of_the_restart(folder: Path, clock: StillClock) -> None:
    async with house_in(folder, clock) as house:
        case, mediator = await house.case(), await house.signed_in(MEDIATOR)
        async with mediator.page(f"/staff/{MEDIATOR.id}/cases/{case.id}") as page:
            stopping = asyncio.create_task(house.app.shutdown())
            assert (await page.until("bye"))["reason"] == "restart"
            assert await page.closed() == 1012
            await stopping


async def test_a_room_is_silent_and_its_pages_know_before_a_disk_that_hangs_is_waited_for(
    folder: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, sync = threading.Event(), os.fdatasync

    def hang(fd: int) -> None:
        answers.wait(SERVER)
        sync(fd)

    async with house_in(folder, clock) as house:
        case, mediator = await house.case(), await house.signed_in(MEDIATOR)
        async with open_session(house, case, mediator) as made:
            monkeypatch.setattr(os, "fdatasync", hang)
            stopping = asyncio.create_task(house.app.shutdown())
            await made.consumer.until(lambda: made.consumer.code == 1012)
            assert made.consumer.messages[-1]["reason"] == "restart"
            assert not stopping.done()
            answers.set()
            await stopping


async def test_a_server_that_stops_wakes_no_room_and_says_so_in_words(
    folder: Path, clock: StillClock
) -> None:
    async with house_in(folder, clock) as house:
        case, mediator = await house.case(), await house.signed_in(MEDIATOR)
        consumer = await house.consented(case, case.parties[0], mediator)
        await house.app.shutdown()
        reply = await consumer.get(f"/seat/{await house.seat(case.parties[0])}/room")
        assert reply.status == 503
        assert "什么都没丢，请过一会儿再点一次" in reply.text


async def test_every_room_goes_on_in_the_next_process(folder: Path) -> None:
    cases = await seated(folder, ROOMS)
    async with service(folder) as at:
        await at.start()
        before = [at.session(*one) for one in cases]
        async with AsyncExitStack() as open_rooms:
            for made in before:
                await open_rooms.enter_async_context(made.stack)
                await gathered(made)
                await heard(made.consumer, made.insurer, b"before")
            assert await at.end() == 0
            for caller in (c for made in before for c in (made.mediator, made.consumer, made.insurer)):
                await caller.until(lambda caller=caller: caller.code == 1012)  # type: ignore[misc]
                assert caller.messages[-1]["reason"] == "restart"
        causes = rows(folder / "data/heyi.sqlite3", "select cause from segments")
        assert set(causes) == {("shutdown",)}
        await at.start()
        for case, seats in cases:
            made = at.session(case, seats)
            async with made.stack:
                await made.come_back()
                await heard(made.consumer, made.insurer, b"after")
                await made.consumer.seen(truth="joint", recording=True)
        assert await at.end() == 0
    ran = await asyncio.to_thread(heyi, folder, "audit", "verify")
    assert (ran.status, ran.err) == (0, "")


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
