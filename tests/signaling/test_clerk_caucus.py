"""For two histories that differ only inside a caucus, the page of the excluded is sent equal bytes."""

import asyncio
import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from cases.errors import HeyiError
from cases.ids import SeatId
from rooms import commands as c
from rooms.edges import RECORDER, ear
from tests.builders.clerk import Stage, staged
from tests.builders.room import AGENT, CONSUMER, INSURER, MEDIATOR, SEATS, caucus_room, joint_room, other_of
from tests.builders.wishes import about_oneself, of_the_mediator, one_of, some

INSIDE = (MEDIATOR, CONSUMER, AGENT)
SETTLEMENT = {INSURER: {"state": "offered", "digest": "ab" * 32}}


class Line:
    """The line of somebody inside drops, comes back, or changes its page."""

    def __init__(self, seat: SeatId, what: str) -> None:
        self.seat, self.what = seat, what

    def __repr__(self) -> str:
        return f"{self.seat} {self.what}"

    def happen(self, stage: Stage) -> None:
        match self.what:
            case "drops":
                stage.media.dead.add(self.seat)
                stage.clerk.media_changed(self.seat)
            case "comes back":
                stage.media.dead.discard(self.seat)
                stage.clerk.media_changed(self.seat)
            case "goes":
                stage.clerk.detach(stage.pages[self.seat])
            case "reloads":
                stage.come(self.seat)
            case "takes another device":
                stage.come(self.seat, other_of(self.seat))
            case "shows":
                stage.show(stage.pages[self.seat])
            case _:
                stage.clerk.tell_settlement(
                    {**SETTLEMENT, self.seat: {"state": "draft", "clauses": [self.what]}}
                )


LINES = ("drops", "comes back", "goes", "reloads", "takes another device", "shows", "gets a draft")
happenings = st.lists(
    one_of(
        about_oneself(INSIDE),
        of_the_mediator((CONSUMER, AGENT)),
        st.builds(Line, st.sampled_from(INSIDE), st.sampled_from(LINES)),
    ),
    max_size=12,
)


async def excluded_page(inside: list[c.Command | Line], broken: frozenset[int]) -> list[str]:
    """Return all that the insurer's page is sent while `inside` happens; commits in `broken` fail."""
    async with staged(caucus_room(), *SEATS) as stage:
        stage.clerk.tell_settlement(SETTLEMENT)
        for number, what in enumerate(inside):
            if isinstance(what, Line):
                what.happen(stage)
                continue
            stage.breaks() if number in broken else stage.mends()
            with suppress(HeyiError):
                await stage.do(what)
            assert stage.heard(INSURER) == set()
            assert not any(
                {edge.source, edge.listener} & {INSURER, ear(INSURER), RECORDER} for edge in stage.media.edges
            )
        return stage.pages[INSURER].sent


@some
@given(happenings, st.frozensets(st.integers(0, 11), max_size=3))
def test_a_caucus_sends_the_excluded_nothing_of_itself(
    inside: list[c.Command | Line], broken: frozenset[int]
) -> None:
    sent = asyncio.run(excluded_page(inside, broken))
    assert sent == asyncio.run(excluded_page([], frozenset()))
    assert [json.loads(text)["type"] for text in sent] == ["view", "settlement"]


async def test_an_equal_number_of_views_whatever_happens_inside() -> None:
    """Numbers count what this page was sent, and not what happened in the room."""

    async def number(*commands: c.Command) -> int:
        async with staged(caucus_room(), *SEATS) as stage:
            await stage.do(*commands, c.CloseCaucus(MEDIATOR))
            return stage.pages[INSURER].number

    switched = [c.SetMic(CONSUMER, CONSUMER, on=on) for on in (False, True)]
    assert await number(*switched) == await number()


# What each page may know of the settlement.


async def test_a_settlement_reaches_the_holder_of_an_admitted_seat_once() -> None:
    async with staged(joint_room(MEDIATOR, CONSUMER), MEDIATOR, CONSUMER, INSURER) as stage:
        other = stage.come(CONSUMER, other_of(CONSUMER))
        first = [page for page in stage.pages.values() if page.seat != CONSUMER]
        states = {seat: {"state": "offered", "for": seat} for seat in SEATS}
        for _ in range(2):
            stage.clerk.tell_settlement(states)
        stage.clerk.media_changed(MEDIATOR)
        told = {page.seat: settlements(page.messages) for page in first}
        assert told == {MEDIATOR: [states[MEDIATOR]], INSURER: []}  # who is not inside is told nothing
        assert settlements(other.messages) == []


async def test_who_is_let_in_learns_the_settlement_then() -> None:
    async with staged(joint_room(MEDIATOR, CONSUMER), MEDIATOR, INSURER) as stage:
        stage.clerk.tell_settlement(SETTLEMENT)
        page = stage.pages[INSURER]
        await stage.do(c.Knock(INSURER, page.device))
        assert settlements(page.messages) == []
        await stage.do(c.Admit(MEDIATOR, INSURER))
        assert settlements(page.messages) == [SETTLEMENT[INSURER]]


def settlements(messages: list[dict[str, object]]) -> list[object]:
    return [m["settlement"] for m in messages if m["type"] == "settlement"]
