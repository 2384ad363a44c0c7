"""What may happen in a room at any moment, as values: commands, pages, connections, packets, faults."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from hypothesis import strategies as st

from cases.ids import SeatId
from rooms import commands as c
from signaling import rtcp
from signaling.rtcp import ReportBlock
from tests.builders.room import other_of, phone_of
from tests.builders.wires import SLOT_NAMES, is_rtcp, own_ssrc
from tests.builders.wishes import Commands
from tests.builders.worlds import World

LOST_HALF, LOST_NOTHING = 128, 0  # in 1/256
UP_LINES = 3


class What(StrEnum):
    """What a seat's page, browser or line does by itself."""

    PAGE_GOES = "page goes"
    PAGE_RELOADS = "page reloads"
    OTHER_DEVICE_COMES = "other device comes"
    SHOWS = "shows"
    SHOWS_AN_OLD_VIEW = "shows an old view"
    CONNECTS = "connects"
    LINE_ENDS = "line ends"
    LINE_VANISHES = "line vanishes"
    SPEAKS = "speaks"
    IS_SEEN = "is seen"
    BEGINS_A_PICTURE = "begins a picture"
    LOSES_PACKETS = "loses packets"
    TELLS_TIME = "tells time"
    REPEATS_ITSELF = "repeats itself"
    WANTS_KEYFRAMES = "wants keyframes"
    ASKS_FOR_EVERYTHING_AGAIN = "asks for everything again"
    HEARS_BADLY = "hears badly"
    HEARS_WELL = "hears well"
    GETS_A_DRAFT = "gets a draft"
    RECORDING_FAILS = "recording fails"


@dataclass(frozen=True, slots=True)
class Doing:
    """Something that a seat does without asking; what it says or shows is tagged with `tag`."""

    seat: SeatId
    what: What

    async def happen(self, world: World, tag: bytes) -> None:
        if self.what in _OF_PAGES:
            _page(world, self.seat, self.what)
        elif self.what is What.CONNECTS:
            await world.call(self.seat)
        elif self.what is What.GETS_A_DRAFT:
            clauses = [f"{tag!r} at {asyncio.get_running_loop().time()}"]
            world.drafts[self.seat] = {"state": "draft", "clauses": clauses}
            world.clerk.tell_settlement(dict(world.drafts))
        elif self.what is What.RECORDING_FAILS:
            world.clerk.recording_failed(self.seat)
        elif self.seat in world.browsers:
            _packets(world, self.seat, self.what, tag)


_OF_PAGES = frozenset(
    {
        What.PAGE_GOES,
        What.PAGE_RELOADS,
        What.OTHER_DEVICE_COMES,
        What.SHOWS,
        What.SHOWS_AN_OLD_VIEW,
    }
)


def _page(world: World, seat: SeatId, what: What) -> None:
    match what:
        case What.PAGE_GOES:
            world.leave(seat)
        case What.PAGE_RELOADS:
            world.come(seat, phone_of(seat))
        case What.OTHER_DEVICE_COMES:
            world.come(seat, other_of(seat))
        case What.SHOWS:
            world.show(seat)
        case _:
            world.show(seat, behind=1)


def _packets(world: World, seat: SeatId, what: What, tag: bytes) -> None:
    browser = world.browsers[seat]
    wire = browser.wire
    assert wire is not None
    match what:
        case What.LINE_ENDS:
            wire.end()
        case What.LINE_VANISHES:
            wire.vanish()
        case What.SPEAKS:
            browser.sound(tag, tag)
        case What.IS_SEEN:
            browser.picture(tag)
        case What.BEGINS_A_PICTURE:
            browser.picture(tag, key=True)
        case What.LOSES_PACKETS:
            browser.lose()
        case What.TELLS_TIME:
            browser.tell_time()
        case What.REPEATS_ITSELF:
            browser.send_again()
        case What.WANTS_KEYFRAMES:
            for slot in range(len(SLOT_NAMES)):
                browser.send(rtcp.picture_loss(own_ssrc(UP_LINES + slot)))
        case What.ASKS_FOR_EVERYTHING_AGAIN:
            ask_for_everything(world, seat)
        case What.HEARS_BADLY | What.HEARS_WELL:
            loss = LOST_HALF if what is What.HEARS_BADLY else LOST_NOTHING
            blocks = (
                ReportBlock(own_ssrc(UP_LINES + slot), loss, 0, 0, 0, 0, 0) for slot in range(len(SLOT_NAMES))
            )
            browser.send(rtcp.receiver_report(tuple(blocks)))
        case _:
            raise AssertionError(what)


def ask_for_everything(world: World, seat: SeatId) -> None:
    """Let a seat ask for whatever could lie around the numbers that it was sent, on each of its streams."""
    browser = world.browsers[seat]
    newest: dict[int, int] = {}
    for _, packet in browser.heard:
        if not is_rtcp(packet):
            newest[int.from_bytes(packet[8:12], "big")] = int.from_bytes(packet[2:4], "big")
    for ssrc, number in newest.items():
        near = [(number + ahead) & 0xFFFF for ahead in range(-40, 120)]
        for first in range(0, len(near), 80):
            browser.send(rtcp.nack(ssrc, near[first : first + 80]))


@dataclass(frozen=True, slots=True)
class Asking:
    """A command; `written` says whether its commit succeeds."""

    command: c.Command
    written: bool = True

    async def happen(self, world: World, _tag: bytes) -> None:
        await world.do(self.command, written=self.written)


Act = Doing | Asking
Acts = st.SearchStrategy[Act]


def by_themselves(*seats: SeatId) -> Acts:
    return st.builds(Doing, st.sampled_from(seats), st.sampled_from(What))


def asked(commands: Commands) -> Acts:
    """Return commands most of whose commits succeed."""
    return st.builds(Asking, commands, st.sampled_from((True, True, True, False)))


def asked_in_vain(commands: Commands) -> Acts:
    """Return commands none of whose commits succeeds."""
    return st.builds(Asking, commands, st.just(value=False))
