"""Decide, silence, commit, connect: in that order, whatever comes between."""

import asyncio

import pytest

from cases.errors import Broken, Reason, Refused
from cases.model import Ground, Side
from rooms import commands as c
from rooms.edges import RECORDER, Kind
from rooms.states import Admission
from rooms.topology import who_hears
from signaling.clerk import QUEUE
from tests.builders.clerk import WITHIN, FakePage, Stage, staged
from tests.builders.room import (
    CAUCUS,
    CONSUMER,
    INSURER,
    MEDIATOR,
    after,
    coming_in,
    joint_room,
    new_room,
    other_of,
    phone_of,
)

THREE = (MEDIATOR, CONSUMER, INSURER)
OPEN_CAUCUS = c.OpenCaucus(MEDIATOR, Side.APPLICANT, CAUCUS)
CLOSE_CAUCUS = c.CloseCaucus(MEDIATOR)


def kinds(stage: Stage) -> list[str]:
    """Return what was done, in order, without repetitions."""
    return [kind for i, (kind, _) in enumerate(stage.trace) if i == 0 or stage.trace[i - 1][0] != kind]


async def refusal(stage: Stage, command: c.Command) -> Reason:
    with pytest.raises(Refused) as refused:
        await stage.do(command)
    return refused.value.reason


# The order.


async def test_silence_comes_before_the_commit_and_the_view_after_it() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(OPEN_CAUCUS)
        assert kinds(stage) == ["cut", "commit", "view"]
        assert stage.heard(INSURER) == set()
        assert stage.heard(CONSUMER) == {MEDIATOR}


async def test_what_widens_is_connected_only_after_the_commit_and_the_view() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(OPEN_CAUCUS)
        stage.show()
        stage.trace.clear()
        await stage.do(CLOSE_CAUCUS)
        assert kinds(stage) == ["commit", "view"]
        stage.show()
        assert kinds(stage) == ["commit", "view", "connect"]
        assert stage.heard(CONSUMER) == {MEDIATOR, INSURER, RECORDER}


async def test_while_a_commit_is_under_way_it_is_already_silent_and_nobody_is_told() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        told = {seat: page.number for seat, page in stage.pages.items()}
        task = await stage.begin(OPEN_CAUCUS)
        assert stage.heard(INSURER) == set()
        assert stage.heard(CONSUMER) == {MEDIATOR}
        stage.show()
        stage.clerk.media_changed(CONSUMER)
        assert {seat: page.number for seat, page in stage.pages.items()} == told
        assert stage.pages[CONSUMER].view["truth"] == "joint"
        await stage.finish(task)
        assert stage.pages[CONSUMER].view["truth"] == "private"
        assert stage.pages[INSURER].view["truth"] == "apart"


async def test_the_same_command_twice_is_written_once() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(*[c.SetMic(CONSUMER, CONSUMER, on=False)] * 2)
        assert len(stage.journal.events) == 1


async def test_a_refused_command_changes_nothing() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        assert await refusal(stage, c.CloseCaucus(MEDIATOR)) is Reason.CAUCUS_NONE
        assert await refusal(stage, c.Remove(CONSUMER, INSURER)) is Reason.NOT_YOURS
        assert stage.trace == []


# What the pages have shown.


async def test_an_edge_opens_only_when_its_sources_page_has_shown_the_newest_view() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(OPEN_CAUCUS)
        stage.show()
        consumer = stage.pages[CONSUMER]
        private = consumer.number
        await stage.do(CLOSE_CAUCUS)
        stage.clerk.shown(consumer, private)  # late, of the old screen
        assert stage.heard(CONSUMER) == {MEDIATOR}
        stage.show(consumer)
        assert stage.heard(CONSUMER) == {MEDIATOR, INSURER, RECORDER}
        assert stage.heard(INSURER) == set()  # whose page has not shown it yet


async def test_a_view_that_came_in_between_must_be_shown_itself() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(OPEN_CAUCUS)
        stage.show()
        await stage.do(CLOSE_CAUCUS)
        first = stage.pages[CONSUMER].number
        await stage.do(c.SetMic(INSURER, INSURER, on=False))
        stage.clerk.shown(stage.pages[CONSUMER], first)
        assert stage.heard(CONSUMER) == {MEDIATOR}


async def test_a_new_page_of_the_seat_is_heard_by_nobody_until_it_shows_its_view() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        page = stage.come(CONSUMER, shows=False)
        assert stage.heard(CONSUMER) == set()
        assert CONSUMER in stage.heard(INSURER)
        stage.show(page)
        assert stage.heard(CONSUMER) == {MEDIATOR, INSURER, RECORDER}


async def test_a_page_that_is_gone_shows_nothing() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.clerk.detach(stage.pages[CONSUMER])
        assert stage.heard(CONSUMER) == set()
        assert CONSUMER not in stage.heard(INSURER)
        stage.clerk.shown(stage.pages[CONSUMER], stage.pages[CONSUMER].number)
        assert stage.heard(CONSUMER) == set()


async def test_a_page_whose_view_did_not_change_is_sent_nothing() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.clerk.media_changed(CONSUMER)
        stage.clerk.recording_failed(CONSUMER)
        number = stage.pages[CONSUMER].number
        stage.clerk.recording_failed(CONSUMER)
        assert stage.pages[CONSUMER].number == number


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


# What comes by itself while a commit is under way.


async def test_the_mediators_page_goes_during_a_commit_and_all_is_silent_at_once() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        task = await stage.begin(c.SetMic(CONSUMER, CONSUMER, on=False))
        stage.clerk.detach(stage.pages[MEDIATOR])
        assert stage.media.edges == frozenset()
        await stage.finish(task)
        assert stage.media.edges == frozenset()
        assert stage.pages[CONSUMER].view["truth"] == "mediator-away"


async def test_the_mediators_line_drops_and_the_parties_are_silent_to_each_other() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.media.dead.add(MEDIATOR)
        stage.clerk.media_changed(MEDIATOR)
        assert stage.media.edges == frozenset()
        assert stage.pages[INSURER].view["hears_me"] == []
        stage.media.dead.clear()
        stage.clerk.media_changed(MEDIATOR)
        assert stage.media.edges == frozenset()  # the screens still say that nobody hears
        stage.show()
        assert stage.heard(INSURER) == {MEDIATOR, CONSUMER, RECORDER}


# Devices and pages.


async def test_the_newest_page_of_a_browser_replaces_the_older_one() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        older = stage.pages[CONSUMER]
        newer = stage.come(CONSUMER)
        assert (older.byes, newer.byes) == (["replaced"], [])
        stage.clerk.detach(older)
        assert stage.clerk.holds(newer)
        assert stage.heard(CONSUMER) == {MEDIATOR, INSURER, RECORDER}


async def test_nothing_flows_from_a_device_that_another_one_replaces() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        older = stage.pages[CONSUMER]
        newer = stage.come(CONSUMER, other_of(CONSUMER))
        assert newer.view["truth"] == "elsewhere"
        await stage.do(c.Knock(CONSUMER, newer.device))
        assert stage.clerk.holds(older)
        assert stage.heard(CONSUMER) == {MEDIATOR, INSURER, RECORDER}
        task = await stage.begin(c.Admit(MEDIATOR, CONSUMER))
        assert stage.heard(CONSUMER) == set()
        assert CONSUMER not in stage.heard(INSURER)
        await stage.finish(task)
        assert stage.media.closed == [CONSUMER]
        assert (older.byes, newer.byes) == (["replaced"], [])
        stage.clerk.shown(older, older.number)
        assert stage.heard(CONSUMER) == set()
        stage.show(newer)
        assert stage.heard(CONSUMER) == {MEDIATOR, INSURER, RECORDER}


async def test_an_offer_is_taken_only_from_the_page_that_holds_an_admitted_seat() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        page = stage.pages[CONSUMER]
        assert await stage.clerk.offer(page, "sdp") == "answer to sdp at 1"
        other = stage.come(CONSUMER, other_of(CONSUMER))
        assert await offered(stage, other) is Reason.SEAT_ELSEWHERE
        await stage.do(c.SendToWaiting(MEDIATOR, CONSUMER))
        assert await offered(stage, page) is Reason.NOT_NOW


async def test_a_closed_session_takes_no_offer() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(c.CloseSession(MEDIATOR, Ground.UNWILLING, sealed=False))
        assert await offered(stage, stage.pages[CONSUMER]) is Reason.NOT_NOW


async def offered(stage: Stage, page: FakePage) -> Reason:
    with pytest.raises(Refused) as refused:
        await stage.clerk.offer(page, "sdp")
    return refused.value.reason


@pytest.mark.parametrize(
    "command", [c.Remove(MEDIATOR, CONSUMER), c.SendToWaiting(MEDIATOR, CONSUMER), c.Leave(CONSUMER)]
)
async def test_the_media_of_who_is_out_are_closed(command: c.Command) -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(command)
        assert stage.media.closed == [CONSUMER]
        assert stage.heard(CONSUMER) == set()
        assert CONSUMER not in stage.heard(INSURER)


async def test_who_was_sent_away_has_no_further_part_at_once() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.clerk.dismiss(CONSUMER, "signed-out")
        assert stage.pages[CONSUMER].byes == ["signed-out"]
        assert CONSUMER not in stage.heard(INSURER)
        assert stage.pages[INSURER].byes == []


# Opening and closing.


async def test_opening_asks_the_recorder_for_the_mediator_alone() -> None:
    room = after(new_room(), *coming_in(*THREE))
    async with staged(room, *THREE) as stage:
        opening = c.OpenSession(CONSUMER, recorder_ready=True)
        assert await refusal(stage, opening) is Reason.NOT_YOURS
        assert stage.facts.probes == 0
        stage.facts.recorder = False
        opening = c.OpenSession(MEDIATOR, recorder_ready=True)
        assert await refusal(stage, opening) is Reason.RECORDER_DOWN
        stage.facts.recorder = True
        await stage.do(opening)
        stage.show()
        assert stage.heard(CONSUMER) == {MEDIATOR, INSURER, RECORDER}


async def test_the_ground_settled_needs_the_seal_that_no_page_can_claim() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        settled = c.CloseSession(MEDIATOR, Ground.SETTLED, sealed=True)
        assert await refusal(stage, settled) is Reason.NOT_SETTLED
        stage.facts.is_sealed = True
        await stage.do(settled)
        assert stage.media.edges == frozenset()
        assert set(THREE) <= set(stage.media.closed)
        assert stage.media.causes == ["closed"]
        assert {page.view["truth"] for page in stage.pages.values()} == {"closed"}


async def test_a_recording_that_fails_changes_the_strip() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        assert stage.pages[CONSUMER].view["recording"]
        stage.clerk.recording_failed(CONSUMER)
        view = stage.pages[CONSUMER].view
        assert (view["recording"], view["recorder_failed"]) == (False, True)
        assert stage.pages[INSURER].view["recorder_failed"]
        assert stage.heard(CONSUMER) == {MEDIATOR, INSURER}
        assert stage.media.causes == ["fault"]
        stage.show()
        assert stage.heard(CONSUMER) == {MEDIATOR, INSURER}


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
