"""A narrow line: what its own person, the mediator and those it sees are told and sent."""

import asyncio

from rooms.edges import Kind
from signaling.downlink import CEILING, FLOOR, LEAD, PAUSE, SCREEN_CEILING, SCREEN_FLOOR, Health, Quality
from signaling.rtcp import ReportBlock, SenderReport, receiver_report, sender_report
from tests.builders.clerk import FakePage, staged
from tests.builders.peer import WAIT, SyntheticPeer
from tests.builders.room import CONSUMER, INSURER, MEDIATOR, joint_room
from tests.builders.sitting import ROOM, Sitting, all_hear_all, edge, flush, sitting, two

THREE = (MEDIATOR, CONSUMER, INSURER)
WEAK = Health(Quality.WEAK, cameras=False, screen=True, camera_rate=FLOOR, screen_rate=SCREEN_FLOOR)


def lines(page: FakePage) -> list[dict[str, object]]:
    return [message for message in page.messages if message["type"] == "line"]


async def test_a_person_is_told_of_their_line_and_the_mediator_of_everybodys() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.clerk.line_changed(CONSUMER, WEAK)
        own = lines(stage.pages[CONSUMER])[-1]
        assert (own["quality"], own["cameras"], own["screen"]) == ("weak", False, True)
        assert (own["camera_rate"], own["screen_rate"]) == (FLOOR, SCREEN_FLOOR)
        assert lines(stage.pages[MEDIATOR])[-1]["others"] == {CONSUMER: "weak"}


async def test_no_party_learns_how_another_ones_line_is() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.clerk.line_changed(INSURER, Health())
        told = list(stage.pages[INSURER].sent)
        stage.clerk.line_changed(CONSUMER, WEAK)
        assert stage.pages[INSURER].sent == told
        assert lines(stage.pages[INSURER])[-1]["others"] == {}


async def test_whose_own_line_was_never_told_learns_nothing_when_anothers_is() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        told = list(stage.pages[INSURER].sent)
        stage.clerk.line_changed(CONSUMER, WEAK)
        assert stage.pages[INSURER].sent == told


async def test_who_has_no_line_is_not_told_that_another_has_one() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        told = list(stage.pages[INSURER].sent)
        stage.clerk.line_changed(CONSUMER, WEAK)
        assert stage.pages[INSURER].sent == told


async def test_a_line_that_did_not_change_is_not_told_again() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.clerk.line_changed(CONSUMER, WEAK)
        told = len(stage.pages[CONSUMER].sent)
        stage.clerk.line_changed(CONSUMER, WEAK)
        assert len(stage.pages[CONSUMER].sent) == told


async def test_a_new_page_is_told_how_the_line_is() -> None:
    async with staged(joint_room(*THREE), *THREE) as stage:
        stage.clerk.line_changed(CONSUMER, WEAK)
        assert lines(stage.come(CONSUMER))[-1]["quality"] == "weak"


# On the wire.


async def lose(
    held: Sitting,
    listener: SyntheticPeer,
    other: SyntheticPeer,
    share: float,
    seconds: int,
    slot: str = "video0",
) -> None:
    """Report so much loss of the picture in a slot, once in each second; `other` shows that it came."""
    ssrc = next(ssrc for ssrc, name in listener._slots.items() if name == slot)
    for second in range(seconds + 1):  # the first one says where the numbers begin
        held.ahead += 1.0
        block = ReportBlock(ssrc, int(share * 256), int(share * 100 * second), 100 * second, 0, 0, 0)
        await listener.send(receiver_report((block,)))
        await flush(listener, other)


async def test_on_a_full_line_pictures_pause_and_sound_goes_on_and_both_come_back() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.video(b"1", key=True)
        await ben.until(lambda: bool(ben.heard["video0"]))
        await lose(held, ben, anna, 0.6, 5)
        await held.until(lambda: told(held, "ben").cameras is False)
        await anna.video(b"unseen", key=True)
        await anna.audio(b"0", b"heard")
        await ben.until(lambda: b"heard" in ben.payloads("audio0"))
        assert not any(b"unseen" in payload for payload in ben.payloads("video0"))
        await lose(held, ben, anna, 0.0, 13)
        await held.until(lambda: told(held, "ben").cameras)
        await anna.video(b"seen", key=True)
        await ben.until(lambda: any(b"seen" in payload for payload in ben.payloads("video0")))


async def test_a_camera_is_held_to_what_the_slowest_who_sees_it_takes() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.video(b"1", key=True)
        await ben.until(lambda: bool(ben.heard["video0"]))
        await lose(held, ben, anna, 0.2, 3)
        await held.until(lambda: FLOOR < told(held, "anna").camera_rate < 1_200_000)
        assert told(held, "ben").camera_rate == 1_200_000
        held.switchboard.connect(ROOM, frozenset())
        await held.until(lambda: told(held, "anna").camera_rate == 1_200_000)


def told(held: Sitting, name: str) -> Health:
    return next((health for seat, health in reversed(held.lines) if seat == name), Health())


async def test_senders_come_down_before_pictures_come_back() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.video(b"1", key=True)
        await ben.until(lambda: bool(ben.heard["video0"]))
        await lose(held, ben, anna, 0.6, 3)
        await held.until(lambda: told(held, "ben").cameras is False)
        await held.until(lambda: told(held, "anna").camera_rate == CEILING)
        await lose(held, ben, anna, 0.0, int(PAUSE - LEAD) - 2)
        await held.until(lambda: told(held, "anna").camera_rate == FLOOR)
        assert told(held, "ben").cameras is False
        await lose(held, ben, anna, 0.0, int(LEAD) - 1)
        await held.until(lambda: told(held, "ben").cameras)


async def test_a_screen_outlives_the_cameras_on_a_full_line() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await lose(held, ben, anna, 0.6, 3)
        await held.until(lambda: told(held, "ben").cameras is False)
        await anna.video(b"screen", key=True, kind=Kind.SCREEN)
        await ben.until(lambda: bool(ben.heard["screen"]))


async def test_a_screen_is_held_to_what_the_slowest_who_sees_it_takes() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.video(b"1", key=True)
        await ben.until(lambda: bool(ben.heard["video0"]))
        await lose(held, ben, anna, 0.2, 3)
        await held.until(lambda: SCREEN_FLOOR < told(held, "anna").screen_rate < SCREEN_CEILING)
        assert told(held, "ben").screen_rate == SCREEN_CEILING
        held.switchboard.connect(ROOM, frozenset())
        await held.until(lambda: told(held, "anna").screen_rate == SCREEN_CEILING)


async def test_what_those_take_who_will_see_a_screen_is_known_before_it_is_shared() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        held.switchboard.connect(ROOM, all_hear_all("anna", "ben") - {edge("anna", Kind.SCREEN, "ben")})
        await anna.video(b"1", key=True)
        await ben.until(lambda: bool(ben.heard["video0"]))
        await lose(held, ben, anna, 0.2, 3)
        await held.until(lambda: SCREEN_FLOOR < told(held, "anna").screen_rate < SCREEN_CEILING)


async def test_a_screen_that_comes_through_beside_paused_cameras_is_given_more() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.video(b"1", key=True)
        await ben.until(lambda: bool(ben.heard["video0"]))
        await lose(held, ben, anna, 0.6, 3)
        await held.until(lambda: told(held, "ben").cameras is False)
        await held.until(lambda: told(held, "anna").screen_rate < SCREEN_CEILING // 2)
        low = told(held, "anna").screen_rate
        await lose(held, ben, anna, 0.0, 4, slot="screen")
        await held.until(lambda: low < told(held, "anna").screen_rate < SCREEN_CEILING)
        assert told(held, "ben").cameras is False


def what_came(listener: SyntheticPeer, slot: str) -> ReportBlock:
    """Return what a browser would say of a slot."""
    ssrc = next(ssrc for ssrc, name in listener._slots.items() if name == slot)
    numbers = [packet.sequence for packet in listener.heard[slot]]
    span = (numbers[-1] - numbers[0]) % (1 << 16) + 1
    absent = span - len(numbers)
    return ReportBlock(ssrc, 256 * absent // span, absent, numbers[0] + span - 1, 0, 0, 0)


async def lose_on_the_way_here(held: Sitting, anna: SyntheticPeer, rate: int) -> None:
    """Let three of four packets of anna's picture not come, until her camera is held to `rate` or less."""
    async with asyncio.timeout(WAIT):
        while told(held, "anna").camera_rate > rate:
            anna.streams[Kind.CAMERA].sequence += 3
            await anna.video(b"some")
            await asyncio.sleep(0.01)


async def test_a_screen_is_held_to_what_its_own_line_carries_beside_the_camera() -> None:
    async with sitting() as held:
        anna, _ben = await two(held)
        await anna.video(b"1", key=True)
        await lose_on_the_way_here(held, anna, CEILING // 2)
        assert told(held, "anna").screen_rate <= SCREEN_CEILING // 2
        assert told(held, "ben").screen_rate == SCREEN_CEILING


async def test_a_camera_is_held_to_what_its_own_line_carries() -> None:
    async with sitting() as held:
        anna, _ben = await two(held)
        await anna.video(b"1", key=True)
        await lose_on_the_way_here(held, anna, CEILING // 2)
        assert told(held, "anna").quality is Quality.WEAK
        assert told(held, "ben").camera_rate == CEILING


async def test_what_was_lost_on_the_speakers_line_is_not_held_against_the_listeners() -> None:
    async with sitting() as held:
        anna, ben = await two(held)
        await anna.video(b"1", key=True)
        await ben.until(lambda: bool(ben.heard["video0"]))
        for _ in range(5):
            for _ in range(30):
                anna.streams[Kind.CAMERA].sequence += 3
                await anna.video(b"some")
            await flush(anna, ben)
            held.ahead += 1.0
            await ben.send(receiver_report((what_came(ben, "video0"),)))
            await flush(ben, anna)
        await lose_on_the_way_here(held, anna, FLOOR)  # the switchboard has looked around since
        assert told(held, "ben").cameras
        assert told(held, "ben").quality is Quality.GOOD


async def test_the_way_there_and_back_is_told_of_who_has_said_how_long_it_is() -> None:
    async with sitting() as held:
        ways: list[float] = []
        joins: list[float] = []
        held.switchboard.on_join, held.switchboard.on_way = joins.append, ways.append
        anna, ben = await two(held)
        assert len(joins) == 2
        await anna.video(b"1", key=True)
        stream = anna.streams[Kind.CAMERA]
        await anna.send(sender_report(SenderReport(stream.ssrc, 7 << 32, stream.timestamp, 1, 1)))
        ssrc = ben.ssrc_of("video0")
        await ben.until(lambda: any(isinstance(r, SenderReport) and r.ssrc == ssrc for r in ben.reports))
        assert ways == []
        await ben.send(receiver_report((ReportBlock(ssrc, 0, 0, 1, 0, 7 << 16, 0),)))
        await flush(ben, anna)
        held.ahead += 1.0
        async with asyncio.timeout(WAIT):
            while not ways:  # noqa: ASYNC110  it is told with a beat, and to nobody else
                await asyncio.sleep(0.05)
        assert 0 < ways[0] < WAIT
