"""A commit that fails, a queue that is full, a clerk that ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass

import pytest

from cases.errors import Broken, Reason
from cases.model import Side
from rooms import commands as c
from rooms.edges import RECORDER, Kind
from rooms.states import Admission
from rooms.topology import who_hears
from signaling.jobs import QUEUE
from tests.builders.clerk import WITHIN, Stage, kinds, refusal, staged
from tests.builders.room import CAUCUS, CONSUMER, INSURER, MEDIATOR, joint_room, phone_of

THREE = (MEDIATOR, CONSUMER, INSURER)
OPEN_CAUCUS = c.OpenCaucus(MEDIATOR, Side.APPLICANT, CAUCUS)
CLOSE_CAUCUS = c.CloseCaucus(MEDIATOR)


# A commit that fails.


async def test_a_cut_that_could_not_be_committed_comes_back() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        before = {seat: page.number for seat, page in stage.pages.items()}
        edges = stage.media.edges
        stage.breaks()
        with pytest.raises(Broken):
            await stage.do(OPEN_CAUCUS)
        assert kinds(stage) == ["cut", "connect"]
        assert stage.media.edges == edges
        assert {seat: page.number for seat, page in stage.pages.items()} == before


@pytest.mark.parametrize("error", [Broken("the disk is full"), RuntimeError("what nobody thought of")])
async def test_ones_own_silence_stays_when_it_could_not_be_committed(error: Exception) -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.breaks(error)
        for command in (c.SetMic(CONSUMER, CONSUMER, on=False), c.Leave(INSURER)):
            with pytest.raises(Broken):
                await stage.do(command)
        assert not stage.speaks(CONSUMER)
        assert stage.heard(INSURER) == set()
        stage.clerk.media_changed(INSURER)
        stage.show()
        assert stage.heard(INSURER) == set()


async def test_a_withdrawn_consent_stops_the_recording_even_if_it_could_not_be_committed() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.breaks()
        with pytest.raises(Broken):
            await stage.do(c.SetConsent(CONSUMER, ready=True, recorded=False))
        assert stage.heard(CONSUMER) == {MEDIATOR, INSURER}
        assert stage.media.causes[0] == "consent-withdrawn"


async def test_anothers_silence_does_not_stay() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.breaks()
        for command in (c.SetMic(MEDIATOR, CONSUMER, on=False), c.Remove(MEDIATOR, INSURER)):
            with pytest.raises(Broken):
                await stage.do(command)
        assert stage.speaks(CONSUMER)
        assert stage.heard(INSURER) == {MEDIATOR, CONSUMER, RECORDER}


async def test_a_silence_outlives_what_else_its_person_asks_for() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.breaks()
        for command in (c.SetMic(CONSUMER, CONSUMER, on=False), c.SetCamera(CONSUMER, on=False)):
            with pytest.raises(Broken):
                await stage.do(command)
        assert not any(stage.media.publishing[CONSUMER, kind] for kind in (Kind.MIC, Kind.CAMERA))
        stage.mends()
        await stage.do(c.SetConsent(CONSUMER, ready=True, recorded=False))
        assert not stage.speaks(CONSUMER)


async def test_who_wants_to_be_heard_again_is_heard() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.breaks()
        for command in (c.SetMic(CONSUMER, CONSUMER, on=False), c.Leave(INSURER)):
            with pytest.raises(Broken):
                await stage.do(command)
        stage.mends()
        await stage.do(c.SetMic(CONSUMER, CONSUMER, on=True), c.Knock(INSURER, phone_of(INSURER)))
        assert stage.speaks(CONSUMER)
        stage.show()
        assert stage.heard(INSURER) == {MEDIATOR, CONSUMER, RECORDER}


async def test_a_microphone_is_silent_before_that_is_committed_and_heard_only_after() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        task = await stage.begin(c.SetMic(MEDIATOR, CONSUMER, on=False))
        assert not stage.speaks(CONSUMER)
        await stage.finish(task)
        task = await stage.begin(c.SetMic(CONSUMER, CONSUMER, on=True))
        assert not stage.speaks(CONSUMER)
        await stage.finish(task)
        assert stage.speaks(CONSUMER)


# Media that cannot be changed.


@pytest.mark.parametrize("part", ["cut", "connect", "gate"])
async def test_where_a_cut_fails_nothing_flows_at_all(part: str) -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.media.breaks = {part}
        await stage.do(OPEN_CAUCUS)
        stage.show()
        assert stage.media.edges == frozenset()
        assert stage.pages[INSURER].view["truth"] == "apart"
        assert stage.pages[CONSUMER].view["hears_me"] == []
        stage.media.breaks = set()
        stage.media.dead.clear()
        for seat in THREE:
            stage.clerk.media_changed(seat)
        stage.show()
        assert stage.heard(CONSUMER) == {MEDIATOR}
        assert stage.heard(INSURER) == set()


async def test_where_a_cut_fails_the_parties_do_not_go_on_without_the_mediator() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.media.breaks = {"cut"}
        stage.clerk.detach(stage.pages[MEDIATOR])
        assert stage.media.edges == frozenset()
        assert stage.pages[CONSUMER].view["hears_me"] == []


async def test_a_room_ends_in_silence_and_says_goodbye_even_if_a_cut_fails() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.media.breaks = {"cut"}
        await stage.clerk.aclose()
        assert stage.media.edges == frozenset()
        assert {tuple(page.byes) for page in stage.pages.values()} == {("restart",)}


# Its own life.


async def test_a_queue_that_is_full_says_so() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        first = await stage.begin(c.SetMic(CONSUMER, CONSUMER, on=False))
        rest = [asyncio.create_task(stage.clerk.submit(c.Leave(INSURER))) for _ in range(QUEUE)]
        await asyncio.sleep(0)
        assert await refusal(stage, c.Leave(CONSUMER)) is Reason.BUSY
        await stage.finish(first)
        async with asyncio.timeout(WITHIN):
            await asyncio.gather(*rest)
        assert stage.clerk.room.seat(INSURER).admission is Admission.LEFT


async def test_who_went_away_while_waiting_harms_nobody() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        task = await stage.begin(c.SetMic(CONSUMER, CONSUMER, on=False))
        task.cancel()
        stage.journal.go.set()
        await stage.do(c.SetMic(INSURER, INSURER, on=False))
        assert not stage.clerk.room.seat(CONSUMER).mic


async def test_closing_tells_the_pages_to_come_back_and_answers_whoever_waits() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        waiting = [
            await stage.begin(c.SetMic(CONSUMER, CONSUMER, on=False)),
            asyncio.create_task(stage.clerk.submit(c.Leave(INSURER))),
        ]
        await asyncio.sleep(0)
        async with asyncio.timeout(WITHIN):
            await stage.clerk.aclose()
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [Broken, Broken]
        assert {tuple(page.byes) for page in stage.pages.values()} == {("restart",)}
        assert stage.media.edges == frozenset()
        assert len(asyncio.all_tasks()) == 1


async def test_a_room_that_closes_in_the_middle_of_a_commit_opens_nothing() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        task = await stage.begin(OPEN_CAUCUS)
        await stage.clerk.aclose()
        await asyncio.gather(task, return_exceptions=True)
        assert "connect" not in kinds(stage)


async def test_a_page_that_finds_a_closed_clerk_comes_back_later() -> None:
    async with staged(joint_room(*THREE)) as stage:
        await stage.clerk.aclose()
        page = stage.come(CONSUMER)
        assert page.byes == ["restart"]
        with pytest.raises(Broken):
            await stage.do(c.Leave(CONSUMER))


async def test_a_closed_clerk_leaves_the_room_to_its_successor() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        page = stage.pages[CONSUMER]
        await stage.clerk.aclose()
        stage.media.edges = before = who_hears(joint_room(*THREE), frozenset(THREE))
        stage.clerk.detach(page)
        stage.clerk.media_changed(INSURER)
        assert stage.media.edges == before


async def test_a_clerk_is_idle_when_nobody_is_here_and_nothing_is_asked() -> None:
    async with staged(joint_room(*THREE)) as stage:
        assert stage.clerk.idle
        page = stage.come(CONSUMER)
        assert not stage.clerk.idle
        task = await stage.begin(c.SetMic(CONSUMER, CONSUMER, on=False))
        stage.clerk.detach(page)
        assert not stage.clerk.idle
        await stage.finish(task)
        await asyncio.sleep(0)
        assert stage.clerk.idle


# Each act, and each part of it that can fail.


@dataclass(frozen=True, slots=True)
class Case:
    """An act in an open room, or in a caucus with the applicant; `heard` is who hears the consumer and the insurer
    when it could not be written down.
    """

    command: c.Command
    caucus: bool
    heard: tuple[set[str], set[str]]
    speaks: bool = True


ACTS = {
    "caucus opens": Case(OPEN_CAUCUS, False, ({MEDIATOR, INSURER, RECORDER}, {MEDIATOR, CONSUMER, RECORDER})),
    "caucus closes": Case(CLOSE_CAUCUS, True, ({MEDIATOR}, set())),
    "removed": Case(
        c.Remove(MEDIATOR, CONSUMER),
        False,
        ({MEDIATOR, INSURER, RECORDER}, {MEDIATOR, CONSUMER, RECORDER}),
    ),
    "leaves": Case(c.Leave(CONSUMER), False, (set(), {MEDIATOR, RECORDER})),
    "mutes themselves": Case(
        c.SetMic(CONSUMER, CONSUMER, on=False),
        False,
        ({MEDIATOR, INSURER, RECORDER}, {MEDIATOR, CONSUMER, RECORDER}),
        speaks=False,
    ),
    "is muted": Case(
        c.SetMic(MEDIATOR, CONSUMER, on=False),
        False,
        ({MEDIATOR, INSURER, RECORDER}, {MEDIATOR, CONSUMER, RECORDER}),
    ),
    "withdraws the consent": Case(
        c.SetConsent(CONSUMER, ready=True, recorded=False),
        False,
        ({MEDIATOR, INSURER}, {MEDIATOR, CONSUMER, RECORDER}),
    ),
}


@asynccontextmanager
async def before(case: Case) -> AsyncIterator[Stage]:
    async with staged(joint_room(*THREE), *THREE) as stage:
        if case.caucus:
            await stage.do(OPEN_CAUCUS)
            stage.show()
        yield stage


@pytest.mark.parametrize("act", ACTS)
async def test_what_could_not_be_written_down_leaves_the_room_and_keeps_what_people_asked_about_themselves(
    act: str,
) -> None:
    case = ACTS[act]
    async with before(case) as stage:
        room = stage.clerk.room
        stage.breaks()
        with pytest.raises(Broken):
            await stage.do(case.command)
        stage.show()
        assert stage.clerk.room == room
        assert (stage.heard(CONSUMER), stage.heard(INSURER)) == case.heard
        assert stage.speaks(CONSUMER) == case.speaks


@pytest.mark.parametrize("part", ["cut", "connect", "gate"])
@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("act", ACTS)
async def test_media_that_cannot_be_changed_end_in_silence_and_no_screen_says_otherwise(
    act: str, written: bool, part: str
) -> None:
    case = ACTS[act]
    async with before(case) as stage:
        stage.media.breaks = {part}
        if not written:
            stage.breaks()
        with nullcontext() if written else pytest.raises(Broken):
            await stage.do(case.command)
        stage.show()
        assert stage.media.edges == frozenset()
        assert not any(page.view["hears_me"] for page in stage.pages.values())
        assert not any(page.view["recording"] for page in stage.pages.values())


@pytest.mark.parametrize("act", ACTS)
async def test_after_such_a_silence_all_goes_on_by_the_rules_as_they_are(act: str) -> None:
    case = ACTS[act]
    async with before(case) as stage:
        stage.media.breaks = {"cut"}
        await stage.do(case.command)
        stage.media.breaks = set()
        stage.media.dead.clear()
        for seat in THREE:
            stage.clerk.media_changed(seat)
        stage.show()
        assert stage.media.edges == who_hears(stage.clerk.room, frozenset(THREE))
        assert stage.speaks(CONSUMER) == stage.clerk.room.seat(CONSUMER).mic


# A cut or a connect that fails.


async def test_a_cut_that_fails_ends_in_silence() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.media.breaks.add("cut")
        await stage.do(OPEN_CAUCUS)
        assert stage.media.edges == frozenset()
        assert not any(stage.heard(seat) for seat in THREE)


async def test_a_connect_that_fails_half_way_ends_in_silence_and_the_screens_say_so() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(OPEN_CAUCUS)
        stage.show()
        stage.media.breaks.add("connect")
        await stage.do(CLOSE_CAUCUS)
        stage.show()
        assert stage.media.edges == frozenset()
        assert not stage.pages[CONSUMER].view["hears_me"]


async def test_after_a_failed_cut_the_clerk_still_serves() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.media.breaks.add("cut")
        await stage.do(OPEN_CAUCUS)
        stage.media.breaks.clear()
        stage.media.dead.clear()
        stage.clerk.media_changed(MEDIATOR)
        stage.show()
        assert stage.heard(CONSUMER) == {MEDIATOR}
        assert stage.heard(INSURER) == set()
