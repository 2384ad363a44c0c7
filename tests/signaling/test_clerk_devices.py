"""What was asked from a device or a page that another one replaced while it waited for its turn."""

import asyncio

import pytest

from cases.errors import Reason, Refused
from cases.model import Side
from rooms import commands as c
from rooms import events as e
from rooms.states import Admission
from tests.builders.clerk import WITHIN, FakePage, Stage, staged
from tests.builders.room import CAUCUS, CONSUMER, INSURER, MEDIATOR, after, joint_room, other_of

THREE = (MEDIATOR, CONSUMER, INSURER)
SHARE = c.ShareScreen(INSURER, private=False)


async def other_device(stage: Stage) -> c.Admit:
    """Let the insurer's other device knock; return what gives it the seat."""
    newer = stage.come(INSURER, other_of(INSURER))
    await stage.do(c.Knock(INSURER, newer.device))
    return c.Admit(MEDIATOR, INSURER)


async def asked_meanwhile(
    stage: Stage, first: c.Command, command: c.Command, page: FakePage
) -> Reason | None:
    """Ask `command` from `page` while `first` is being committed; return why it was refused."""
    coming = await stage.begin(first)
    asked = asyncio.create_task(stage.clerk.submit(command, page))
    await asyncio.sleep(0)
    return await outcome(stage, coming, asked)


async def outcome(stage: Stage, coming: asyncio.Task[None], asked: asyncio.Task[None]) -> Reason | None:
    await stage.finish(coming)
    async with asyncio.timeout(WITHIN):
        try:
            await asked
        except Refused as refused:
            return refused.reason
    return None


@pytest.mark.parametrize(
    "command",
    [SHARE, c.SetMic(INSURER, INSURER, on=True), c.SetMic(INSURER, INSURER, on=False), c.Leave(INSURER)],
)
async def test_what_a_device_asked_is_not_done_once_another_one_has_its_seat(command: c.Command) -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        older = stage.pages[INSURER]
        assert (
            await asked_meanwhile(stage, await other_device(stage), command, older) is Reason.SEAT_ELSEWHERE
        )
        assert [type(event) for event in stage.journal.events] == [e.OtherDeviceKnocked, e.AdmissionChanged]


async def test_a_mediators_former_device_leads_the_room_no_more() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        older = stage.pages[MEDIATOR]
        newer = stage.come(MEDIATOR, other_of(MEDIATOR))
        takes = c.Knock(MEDIATOR, newer.device)  # the room is theirs: nobody lets them in
        opens = c.OpenCaucus(MEDIATOR, Side.APPLICANT, CAUCUS)
        assert await asked_meanwhile(stage, takes, opens, older) is Reason.SEAT_ELSEWHERE
        assert stage.clerk.room.caucus is None


async def test_who_was_sent_away_while_they_knocked_takes_no_seat() -> None:
    """Two devices of a mediator at once: one of them has the room, and not none."""
    async with staged(joint_room(*THREE), *THREE) as stage:
        older = stage.pages[MEDIATOR]
        newer = stage.come(MEDIATOR, other_of(MEDIATOR))
        knocks = c.Knock(MEDIATOR, older.device)
        takes = c.Knock(MEDIATOR, newer.device)
        assert await asked_meanwhile(stage, takes, knocks, older) is Reason.SEAT_ELSEWHERE
        assert (older.byes, newer.byes) == (["replaced"], [])
        assert stage.clerk.room.seat(MEDIATOR).device == newer.device


async def test_who_is_sent_away_while_a_fact_is_looked_up_is_not_obeyed() -> None:
    again = c.ResumeRecording(MEDIATOR, recorder_ready=True, failed=False)
    async with staged(after(joint_room(*THREE), c.PauseRecording(MEDIATOR)), *THREE) as stage:
        stage.facts.answers.clear()
        asked = asyncio.create_task(stage.clerk.submit(again, stage.pages[MEDIATOR]))
        await asyncio.sleep(0)
        stage.clerk.dismiss(MEDIATOR, "signed-out")
        stage.facts.answers.set()
        with pytest.raises(Refused):
            await asked
        assert stage.clerk.room.paused


async def test_who_knocks_needs_no_seat() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        newer = stage.come(INSURER, other_of(INSURER))
        knock = c.Knock(INSURER, newer.device)
        assert await asked_meanwhile(stage, c.SetCamera(CONSUMER, on=False), knock, newer) is None
        assert stage.clerk.room.seat(INSURER).knocking == newer.device


async def test_a_page_that_was_loaded_anew_shares_nothing_that_the_former_one_asked_for() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        coming = await stage.begin(c.SetCamera(CONSUMER, on=False))
        asked = asyncio.create_task(stage.clerk.submit(SHARE, stage.pages[INSURER]))
        await asyncio.sleep(0)
        stage.come(INSURER)
        assert await outcome(stage, coming, asked) is Reason.SEAT_ELSEWHERE
        assert not any(isinstance(event, e.ScreenShared) for event in stage.journal.events)


@pytest.mark.parametrize("command", [c.SetMic(INSURER, INSURER, on=False), c.Leave(INSURER)])
async def test_silence_that_was_asked_for_holds_though_its_page_was_loaded_anew(command: c.Command) -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        coming = await stage.begin(c.SetCamera(CONSUMER, on=False))
        asked = asyncio.create_task(stage.clerk.submit(command, stage.pages[INSURER]))
        await asyncio.sleep(0)
        stage.come(INSURER)
        assert await outcome(stage, coming, asked) is None
        seat = stage.clerk.room.seat(INSURER)
        assert not seat.mic or seat.admission is Admission.LEFT
