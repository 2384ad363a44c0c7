"""What runs out is noticed before it has: the processor's time, and room on the disk."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cases.ids import new_id
from cases.model import Case
from server.watch import Load
from tests.builders.calls import heard, session
from tests.builders.clocks import StillClock
from tests.builders.http import MEDIATOR, PATIENCE, Browser, house_in


@pytest.mark.parametrize(("busy", "full"), [(0.79, False), (0.81, True)])
def test_a_thread_that_is_busy_over_its_limit_is_full(busy: float, full: bool) -> None:
    load = Load(limit=0.8)
    for second in range(60):
        load.note(busy * second, 100.0 + second)
    assert load.full is full


def test_what_was_long_ago_counts_no_longer() -> None:
    load = Load(limit=0.5)
    for second in range(60):
        load.note(float(second), 100.0 + second)
    for second in range(20):
        load.note(60.0, 160.0 + second)
    assert not load.full


def test_of_one_look_nothing_is_concluded() -> None:
    load = Load(limit=0.1)
    load.note(5.0, 100.0)
    assert not load.full


async def test_a_session_does_not_open_where_it_would_stutter(folder: Path, clock: StillClock) -> None:
    """The limit is so low that a page which asks and asks is over it; until then the recorder refuses."""
    async with house_in(folder, clock, HEYI_CPU_LIMIT="1") as house:
        case, mediator = await house.case(), await house.signed_in(MEDIATOR)
        (folder / "data" / "objects").write_text("in the way")
        async with mediator.page(f"/staff/{MEDIATOR.id}/cases/{case.id}") as console:
            await console.ask("knock", mic=True, camera=True)
            async with asyncio.timeout(PATIENCE):
                while (refused := await console.ask("open"))["reason"] == "recorder:down":
                    for _ in range(20):
                        await mediator.get("/staff/sign-in")
            assert refused["reason"] == "overloaded"
            assert refused["text"].startswith("服务器正忙，现在开始会卡")
            assert console.view["phase"] == "scheduled"


async def test_where_no_further_room_fits_those_that_are_open_go_on(folder: Path, clock: StillClock) -> None:
    """Rooms are opened until the machine is full, whose limit is so low that it is full soon."""
    async with house_in(folder, clock) as house:
        case, mediator = await house.case(), await house.signed_in(MEDIATOR)
        assert (await opened(mediator, case))["type"] == "done"
    async with house_in(folder, clock, HEYI_CPU_LIMIT="1") as house:
        mediator = await house.signed_in(MEDIATOR)
        async with session(house, case, mediator) as made:
            await made.come(made.mediator, made.consumer)
            await made.let_in(made.consumer)
            await made.connect(made.mediator, made.consumer)
            await heard(made.consumer, made.mediator, b"before")
            async with asyncio.timeout(PATIENCE):
                while (reply := await opened(mediator, await house.case(number=new_id())))["type"] == "done":
                    pass
            assert (reply["reason"], reply["text"][:11]) == ("overloaded", "服务器正忙，现在开始会")
            await heard(made.consumer, made.mediator, b"afterwards")
            await made.come(made.insurer)  # who is late comes in
            await made.let_in(made.insurer)
            await made.connect(made.insurer)
            await heard(made.insurer, made.consumer, b"late")
            assert made.mediator.view["recording"]
            assert (await made.mediator.ask("caucus-open", side="applicant"))["type"] == "done"


async def opened(mediator: Browser, case: Case) -> dict[str, Any]:
    """Let the mediator open the session of a case, and leave; return what was replied."""
    async with mediator.page(f"/staff/{MEDIATOR.id}/cases/{case.id}") as console:
        await console.ask("knock", mic=True, camera=True)
        return await console.ask("open")


async def test_the_mediator_reads_for_how_long_the_disk_is_enough_and_nobody_else_does(
    folder: Path, clock: StillClock
) -> None:
    async with house_in(folder, clock, HEYI_DISK_WARN="999999") as house:
        case, mediator = await house.case(), await house.signed_in(MEDIATOR)
        party = case.parties[0]
        waiting = await house.consented(case, party, mediator)
        async with mediator.page(f"/staff/{MEDIATOR.id}/cases/{case.id}") as console:
            assert (await console.until("disk"))["hours"] > 0
        async with waiting.page(f"/seat/{await house.seat(party)}") as page:
            await page.socket.send_json({"type": "ping"})
            assert (await page.until("disk", "pong"))["type"] == "pong"
