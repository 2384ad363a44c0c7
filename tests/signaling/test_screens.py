"""A shared screen, from the clerk to the wire: who gets it, and when nobody does any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from cases.errors import Broken, Reason, Refused
from cases.ids import SeatId
from cases.model import Side
from rooms import commands as c
from rooms import events as e
from rooms.edges import RECORDER, Kind
from rooms.model import Room
from signaling.clerk import Clerk
from signaling.rtcp import KeyframeRequest
from signaling.sharing import SHARES, SHARES_WITHIN
from tests.builders.clerk import FakeFacts, FakeJournal, FakePage, Stage, kinds, refusal, staged
from tests.builders.peer import SyntheticPeer, vp8
from tests.builders.room import (
    CAUCUS,
    CONSUMER,
    INSURER,
    MEDIATOR,
    NAMES,
    NOON,
    after,
    joint_room,
    other_of,
    phone_of,
    with_seat,
)
from tests.builders.sitting import ROOM, KeptTape, Sitting, sitting
from tests.builders.virtual_time import run

THREE = (MEDIATOR, CONSUMER, INSURER)
SHARE = c.ShareScreen(INSURER, private=False)
SHARE_INSIDE = c.ShareScreen(CONSUMER, private=True)
STOP = c.StopScreen(INSURER, INSURER)
OPEN_CAUCUS = c.OpenCaucus(MEDIATOR, Side.APPLICANT, CAUCUS)
NOTHING = c.SetCamera(CONSUMER, on=False)  # what comes after it in the queue, when it is done all before is


def seen_by(stage: Stage, seat: SeatId = INSURER) -> set[str]:
    """Return who is sent the screen of `seat`: by the edges, and past its gate."""
    passes = stage.media.publishing.get((seat, Kind.SCREEN), False)
    edges = {str(x.listener) for x in stage.media.edges if (x.source, x.kind) == (seat, Kind.SCREEN)}
    return edges if passes else set()


def last(stage: Stage) -> e.Event:
    """Return the last event but that of NOTHING."""
    return [event for event in stage.journal.events if not isinstance(event, e.CameraSet)][-1]


# The clerk.


async def test_a_screen_is_sent_only_after_it_is_written_down_and_told() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        task = await stage.begin(SHARE)
        passes = stage.media.publishing[INSURER, Kind.SCREEN]
        edges = {edge.kind for edge in stage.media.edges}
        await stage.finish(task)
        assert not passes
        assert Kind.SCREEN not in edges
        assert kinds(stage) == ["commit", "view", "connect"]
        assert seen_by(stage) == {MEDIATOR, CONSUMER, RECORDER}
        assert {page.view["screen"] for page in stage.pages.values()} == {INSURER}


@pytest.mark.parametrize("command", [STOP, c.StopScreen(MEDIATOR, INSURER), OPEN_CAUCUS, c.Leave(INSURER)])
async def test_a_screen_is_cut_before_its_end_is_written_down(command: c.Command) -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(SHARE)
        task = await stage.begin(command)
        passes = stage.media.publishing[INSURER, Kind.SCREEN]
        edges = {edge.kind for edge in stage.media.edges}
        await stage.finish(task)
        assert not passes
        assert Kind.SCREEN not in edges
        assert stage.clerk.room.sharing is None


async def test_a_second_one_is_refused_and_the_first_goes_on() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(SHARE)
        assert await refusal(stage, c.ShareScreen(CONSUMER, private=False)) is Reason.SCREEN_TAKEN
        assert seen_by(stage) == {MEDIATOR, CONSUMER, RECORDER}
        assert seen_by(stage, CONSUMER) == set()


async def test_who_starts_and_stops_without_end_is_refused_until_a_minute_has_passed() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        for _ in range(SHARES):
            await stage.do(SHARE, STOP)
        for _ in range(100):
            assert await refusal(stage, SHARE) is Reason.SCREEN_TOO_MANY
            await stage.do(STOP)
        begun = [event for event in stage.journal.events if isinstance(event, e.ScreenShared)]
        assert len(begun) == SHARES
        await stage.do(c.ShareScreen(CONSUMER, private=False))
        assert seen_by(stage, CONSUMER) == {MEDIATOR, INSURER, RECORDER}


def test_who_shared_too_often_may_again_a_minute_later() -> None:
    async def main() -> None:
        async with staged(joint_room(*THREE), *THREE) as stage:
            for _ in range(SHARES):
                await stage.do(SHARE, STOP)
            await asyncio.sleep(SHARES_WITHIN - 1)
            assert await refusal(stage, SHARE) is Reason.SCREEN_TOO_MANY
            await asyncio.sleep(1)
            await stage.do(SHARE)
            assert seen_by(stage) == {MEDIATOR, CONSUMER, RECORDER}

    run(main())


async def test_the_last_share_that_was_admitted_can_be_stopped() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        for _ in range(SHARES):
            await stage.do(SHARE, STOP)
        assert stage.clerk.room.sharing is None
        assert last(stage) == e.ScreenStopped(INSURER, INSURER, e.ScreenEnd.OWN)


async def test_how_often_somebody_shared_in_private_does_not_show_afterwards() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(OPEN_CAUCUS)
        for _ in range(SHARES):
            await stage.do(SHARE_INSIDE, c.StopScreen(CONSUMER, CONSUMER))
        assert await refusal(stage, SHARE_INSIDE) is Reason.SCREEN_TOO_MANY
        await stage.do(c.CloseCaucus(MEDIATOR))
        stage.show()
        with suppress(Refused):
            await stage.do(c.ShareScreen(CONSUMER, private=False))
        assert seen_by(stage, CONSUMER) == {MEDIATOR, INSURER, RECORDER}


async def test_in_a_caucus_a_screen_reaches_its_members_and_ends_with_it() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(OPEN_CAUCUS, SHARE_INSIDE)
        stage.show()
        assert seen_by(stage, CONSUMER) == {MEDIATOR}
        assert await refusal(stage, SHARE) is Reason.NOT_NOW
        await stage.do(c.CloseCaucus(MEDIATOR))
        stage.show()
        assert seen_by(stage, CONSUMER) == set()
        await stage.do(SHARE)
        assert seen_by(stage) == {MEDIATOR, CONSUMER, RECORDER}


async def test_a_screen_ends_with_the_line_that_it_comes_from() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(SHARE)
        stage.media.dead.add(INSURER)
        stage.clerk.media_changed(INSURER)
        stage.media.dead.clear()
        stage.clerk.media_changed(INSURER)
        stage.show()
        assert seen_by(stage) == set()
        await stage.do(NOTHING)
        assert last(stage) == e.ScreenStopped(INSURER, INSURER, e.ScreenEnd.LINE)
        assert stage.pages[INSURER].view["me"]["screen_ended"] == "line"


async def test_a_screen_ends_with_the_page_that_it_comes_from() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(SHARE)
        stage.come(INSURER)  # a reload: the media of the seat go on, and this page shares nothing
        assert seen_by(stage) == set()
        await stage.do(NOTHING)
        assert last(stage) == e.ScreenStopped(INSURER, INSURER, e.ScreenEnd.LINE)
        await stage.do(SHARE)
        assert seen_by(stage) == {MEDIATOR, CONSUMER, RECORDER}


async def test_a_page_that_goes_before_its_screen_is_written_down_shares_nothing() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        task = await stage.begin(SHARE)
        stage.clerk.detach(stage.pages[INSURER])
        await stage.finish(task)
        await stage.do(NOTHING)
        assert last(stage) == e.ScreenStopped(INSURER, INSURER, e.ScreenEnd.LINE)


async def test_another_device_ends_a_screen() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(SHARE)
        newer = stage.come(INSURER, other_of(INSURER))
        await stage.do(c.Knock(INSURER, newer.device))
        assert seen_by(stage) == {MEDIATOR, CONSUMER, RECORDER}
        await stage.do(c.Admit(MEDIATOR, INSURER))
        stage.show(newer)
        assert stage.clerk.room.sharing is None
        assert seen_by(stage) == set()


async def test_after_a_restart_nobody_shares() -> None:
    async with staged(after(joint_room(*THREE), SHARE)) as stage:
        for seat in THREE:
            stage.come(seat)
            assert seen_by(stage) == set()
        await stage.do(NOTHING)
        assert last(stage) == e.ScreenStopped(INSURER, INSURER, e.ScreenEnd.LINE)


@pytest.mark.parametrize("command", [STOP, c.LoseScreen(INSURER)])
async def test_an_end_that_could_not_be_written_down_holds_until_its_person_shares_again(
    command: c.Command,
) -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(SHARE)
        stage.breaks()
        with pytest.raises(Broken):
            await stage.do(command)
        stage.mends()
        await stage.do(NOTHING)
        stage.show()
        assert seen_by(stage) == set()
        await stage.do(SHARE)
        assert seen_by(stage) == {MEDIATOR, CONSUMER, RECORDER}


async def test_what_the_mediator_could_not_stop_goes_on() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        await stage.do(SHARE)
        stage.breaks()
        with pytest.raises(Broken):
            await stage.do(c.StopScreen(MEDIATOR, INSURER))
        assert seen_by(stage) == {MEDIATOR, CONSUMER, RECORDER}


# On the wire.


class Room3:
    """A clerk over a real switchboard; three synthetic browsers, whose pages show what they are told."""

    def __init__(self, held: Sitting, clerk: Clerk) -> None:
        self.held, self.clerk = held, clerk
        self.peers: dict[SeatId, SyntheticPeer] = {}
        self.pages = {seat: FakePage(seat, phone_of(seat), []) for seat in THREE}
        self._marks = 0

    async def do(self, *commands: c.Command) -> None:
        for command in commands:
            await self.clerk.submit(command, self.pages[command.by])
        for page in self.pages.values():
            self.clerk.shown(page, page.number)

    async def screen(self, seat: SeatId, tag: bytes) -> None:
        await self.peers[seat].video(tag, key=True, kind=Kind.SCREEN)

    async def settled(self, speaker: SeatId, listener: SeatId) -> None:
        """Wait until all that `speaker` sent has been dealt with: a marked picture comes behind it."""
        self._marks += 1
        mark = b"mark%d" % self._marks
        heard = self.peers[listener].heard
        await self.peers[speaker].video(mark, key=True)
        await self.peers[listener].until(
            lambda: any(mark in one.payload for slot in tuple(heard) for one in heard[slot])
        )

    def tapes(self, seat: SeatId, *, screen: bool) -> list[KeptTape]:
        return [tape for tape in self.held.deck.tapes if (tape.seat, tape.screen) == (seat, screen)]

    def saw(self, seat: SeatId) -> list[bytes]:
        return self.peers[seat].payloads("screen")


@asynccontextmanager
async def three(room: Room | None = None) -> AsyncIterator[Room3]:
    async with sitting() as held:
        room = replace(room or joint_room(*THREE), id=ROOM)
        clerk = Clerk(room, NAMES, FakeJournal([]), held.switchboard, FakeFacts(), lambda: NOON)
        told = held.switchboard.on_presence
        assert told is not None

        def both(room_id: object, seat: SeatId, alive: bool) -> None:
            told(ROOM, seat, alive)
            clerk.media_changed(seat)

        held.switchboard.on_presence = both
        at = Room3(held, clerk)
        for page in at.pages.values():
            clerk.attach(page)
        for seat in THREE:
            at.peers[seat] = await held.join(seat, room.seat(seat).place)
        await at.do()
        try:
            yield at
        finally:
            await clerk.aclose()


async def test_a_shared_screen_reaches_everybody_else_from_a_keyframe_on() -> None:
    async with three() as at:
        await at.do(SHARE)
        await at.peers[INSURER].video(b"leans on nothing", kind=Kind.SCREEN)
        await at.peers[INSURER].until(
            lambda: any(isinstance(r, KeyframeRequest) for r in at.peers[INSURER].reports)
        )
        await at.screen(INSURER, b"the policy")
        for seat in (MEDIATOR, CONSUMER):
            await at.peers[seat].until(lambda seat=seat: bool(at.saw(seat)))  # type: ignore[misc]
            assert at.saw(seat) == [vp8(b"the policy", key=True)]
        assert at.saw(INSURER) == []


async def test_a_browser_that_sends_a_screen_without_the_signal_reaches_nobody() -> None:
    async with three() as at:
        await at.do(c.ShareScreen(CONSUMER, private=False))
        await at.screen(INSURER, b"uncalled for")
        await at.settled(INSURER, MEDIATOR)
        await at.settled(INSURER, CONSUMER)
        assert at.saw(MEDIATOR) == at.saw(CONSUMER) == []
        assert await _refused(at, SHARE) is Reason.SCREEN_TAKEN
        await at.screen(INSURER, b"uncalled for")
        await at.screen(CONSUMER, b"the receipt")
        await at.settled(INSURER, MEDIATOR)
        await at.peers[MEDIATOR].until(lambda: bool(at.saw(MEDIATOR)))
        assert at.saw(MEDIATOR) == [vp8(b"the receipt", key=True)]


async def _refused(at: Room3, command: c.Command) -> Reason:
    with pytest.raises(Exception, match="screen:taken") as refused:
        await at.do(command)
    return Reason(str(refused.value))


async def test_a_screen_ends_at_the_border_of_a_caucus_and_inside_stays_inside() -> None:
    async with three() as at:
        await at.do(SHARE)
        await at.screen(INSURER, b"for all")
        await at.peers[CONSUMER].until(lambda: bool(at.saw(CONSUMER)))
        await at.peers[MEDIATOR].until(lambda: bool(at.saw(MEDIATOR)))

        await at.do(OPEN_CAUCUS)
        await at.screen(INSURER, b"still sent")
        await at.screen(CONSUMER, b"not shared yet")
        await at.settled(CONSUMER, MEDIATOR)
        await at.do(SHARE_INSIDE)
        await at.screen(CONSUMER, b"in private")
        await at.peers[MEDIATOR].until(lambda: len(at.saw(MEDIATOR)) > 1)
        assert at.saw(MEDIATOR) == [vp8(b"for all", key=True), vp8(b"in private", key=True)]

        await at.do(c.CloseCaucus(MEDIATOR))
        await at.screen(CONSUMER, b"left running")
        await at.settled(CONSUMER, MEDIATOR)
        await at.settled(CONSUMER, INSURER)
        assert len(at.saw(MEDIATOR)) == 2
        assert at.saw(INSURER) == []
        assert at.saw(CONSUMER) == [vp8(b"for all", key=True)]


async def test_a_screen_has_a_tape_of_its_own_where_its_person_agreed() -> None:
    async with three() as at:
        await at.do(SHARE)
        await at.peers[INSURER].video(b"a face", key=True)
        await at.screen(INSURER, b"the policy")
        await at.peers[MEDIATOR].until(lambda: bool(at.saw(MEDIATOR)))
        person, screen = (at.tapes(INSURER, screen=screen)[0] for screen in (False, True))
        assert screen.video.payloads == [vp8(b"the policy", key=True)]
        assert screen.audio.payloads == []
        assert person.video.payloads == [vp8(b"a face", key=True)]
        await at.do(STOP)
        assert (screen.stopped, person.stopped) == ("screen-stopped", None)

        await at.do(SHARE, OPEN_CAUCUS)
        assert [tape.stopped for tape in at.tapes(INSURER, screen=True)] == ["screen-stopped", "caucus"]
        await at.do(SHARE_INSIDE)
        assert at.tapes(CONSUMER, screen=True) == []


async def test_who_starts_and_stops_without_end_makes_a_bounded_number_of_tapes() -> None:
    async with three() as at:
        for _ in range(3 * SHARES):
            with suppress(Refused):
                await at.do(SHARE)
            await at.do(STOP)
        assert len(at.tapes(INSURER, screen=True)) == SHARES


async def test_no_screen_is_recorded_of_who_did_not_agree() -> None:
    async with three(with_seat(joint_room(*THREE), INSURER, recorded=False)) as at:
        await at.do(SHARE)
        await at.screen(INSURER, b"not to be kept")
        await at.peers[MEDIATOR].until(lambda: bool(at.saw(MEDIATOR)))
        assert at.tapes(INSURER, screen=True) == at.tapes(INSURER, screen=False) == []


async def test_nothing_of_a_screen_from_before_can_be_had_by_asking_for_it() -> None:
    async with three() as at:
        await at.do(OPEN_CAUCUS, SHARE_INSIDE)
        await at.screen(CONSUMER, b"in private")
        await at.peers[MEDIATOR].until(lambda: bool(at.saw(MEDIATOR)))
        await at.do(c.CloseCaucus(MEDIATOR), c.ShareScreen(CONSUMER, private=False))
        await at.screen(CONSUMER, b"for all")
        insurer = at.peers[INSURER]
        await insurer.until(lambda: bool(at.saw(INSURER)))
        first = insurer.heard["screen"][0].sequence
        await insurer.ask_again("screen", range(first - 40, first + 1))
        await insurer.until(lambda: bool(insurer.heard["screen again"]))
        again = insurer.payloads("screen again")
        assert all(b"for all" in payload for payload in again)
