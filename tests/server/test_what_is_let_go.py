"""Nothing of a session stays when it has ended, although the collector of cycles looks seldom."""

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest
from aiohttp import web

from cases.model import Case
from tests.builders.calls import heard, open_session
from tests.builders.http import MEDIATOR, PATIENCE, House

OF_A_SESSION: Final = ("recordings", "rooms", "signaling")  # packages
# What the synthetic browsers of this process have as well, in the cycles of their library; and what the
# switchboard remembers for ten seconds of who made an offer.
BESIDE: Final = frozenset({"_NoEstimate", "Entry", "Guard", "KeyframeRequest", "UdpSocket", "Pace"})


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Let nobody look for cycles: what is left over in one stays and is found."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    gc.collect()


@pytest.mark.usefixtures("no_collector")
async def test_a_session_that_has_ended_leaves_nothing_for_the_collector(house: House, case: Case) -> None:
    mediator = await house.signed_in(MEDIATOR)
    before = living()
    async with open_session(house, case, mediator) as made:
        await made.let_in(made.insurer)
        await made.connect(made.insurer)
        await heard(made.insurer, made.consumer, b"all three")
        await made.connect(made.insurer)  # another line in the place of the first
        await heard(made.insurer, made.consumer, b"again")
        await made.mediator.ask("caucus-open", side="applicant")
        await made.mediator.seen(truth="private")
        await made.mediator.ask("caucus-close")
        await made.mediator.seen(truth="joint")
        during = living()
        made.consumer.be_killed()
        await made.mediator.until(lambda: not all(p["here"] for p in made.mediator.view["people"]))
        assert (await made.mediator.ask("close", ground="withdrawn"))["type"] == "done"
    assert {"Peer", "Wire", "Tape", "Clerk", "Exchange", "Link", "Outlet", "WebSocketResponse"} <= set(during)
    await until_no_more_than(before)


async def until_no_more_than(before: Counter[str]) -> None:
    """Wait for what ends in the background; fail by what is left."""
    until = asyncio.get_running_loop().time() + PATIENCE
    while left := living() - before:
        assert asyncio.get_running_loop().time() < until, f"left behind: {dict(left)}"
        await asyncio.sleep(0.05)


def living() -> Counter[str]:
    """Count the objects of our classes, and the websockets, by their names."""
    return Counter(type(thing).__name__ for thing in gc.get_objects() if is_ours(type(thing)))


def is_ours(kind: type) -> bool:
    package = str(kind.__module__).split(".", 1)[0]  # some metaclasses have no name there
    return kind is web.WebSocketResponse or (package in OF_A_SESSION and kind.__name__ not in BESIDE)
