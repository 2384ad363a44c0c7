"""Decide, silence, commit, connect: in that order, whatever comes between."""

import asyncio

import pytest

from cases.errors import Broken, Reason, Refused
from cases.model import Ground, Side
from rooms import commands as c
from rooms.edges import RECORDER
from tests.builders.clerk import FakePage, Stage, kinds, refusal, staged
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
)

THREE = (MEDIATOR, CONSUMER, INSURER)
OPEN_CAUCUS = c.OpenCaucus(MEDIATOR, Side.APPLICANT, CAUCUS)
CLOSE_CAUCUS = c.CloseCaucus(MEDIATOR)


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
        assert stage.come(INSURER).sent == []  # it would say what is true no longer in a moment
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


async def test_after_a_fault_it_records_again_when_everybody_has_read_that_it_will() -> None:
    again = c.ResumeRecording(MEDIATOR, recorder_ready=True, failed=False)
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.clerk.recording_failed(CONSUMER)
        stage.show()
        stage.facts.recorder = False
        assert await refusal(stage, again) is Reason.RECORDER_DOWN
        stage.facts.recorder = True
        await stage.do(again)
        assert not stage.pages[CONSUMER].view["recorder_failed"]
        assert RECORDER not in stage.heard(CONSUMER)
        stage.show()
        assert RECORDER in stage.heard(CONSUMER)


async def test_a_pause_ends_the_recording_once_it_is_written_down_and_says_why() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.trace.clear()
        await stage.do(c.PauseRecording(MEDIATOR))
        assert stage.media.causes == ["paused"]
        assert [step for step, _ in stage.trace if step in {"cut", "commit"}] == ["commit", "cut"]
        stage.show()
        assert stage.heard(CONSUMER) == {MEDIATOR, INSURER}


async def test_a_pause_that_cannot_be_written_down_ends_no_segment() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.journal.error = Broken("no disk")
        with pytest.raises(Broken):
            await stage.do(c.PauseRecording(MEDIATOR))
        assert stage.media.causes == []
        assert RECORDER in stage.heard(CONSUMER)


async def test_a_disk_that_hangs_holds_up_nobody_elses_command() -> None:
    again = c.ResumeRecording(MEDIATOR, recorder_ready=True, failed=False)
    async with staged(after(joint_room(*THREE), c.PauseRecording(MEDIATOR)), *THREE) as stage:
        stage.facts.answers.clear()
        asked = asyncio.create_task(stage.clerk.submit(again))
        await stage.do(c.SetMic(CONSUMER, CONSUMER, on=False))
        assert not asked.done()
        stage.facts.answers.set()
        await asked
        assert not stage.clerk.room.paused
