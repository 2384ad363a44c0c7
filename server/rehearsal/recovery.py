"""One party's line is lost without a word, and comes back by a new connection with the seat's cookie."""

import asyncio
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from server.rehearsal.failing import Failed
from server.rehearsal.line import ARRIVED, Got, Notes, flowing, notes, tally
from server.rehearsal.outgoing import Sent
from server.rehearsal.report import CALLED, Recovery
from server.rehearsal.stage import CONSUMER, EVERYBODY, INSURER, MEDIATOR, Cast, together

OTHERS: Final = (INSURER, MEDIATOR)
BEFORE: Final = {role: [other for other in EVERYBODY if other != role] for role in EVERYBODY}
BACK: Final = {CONSUMER: OTHERS, **{role: [CONSUMER] for role in OTHERS}}  # who hears whom
LATER: Final = 2.0  # seconds from the media's silence to the page's: who notices each is seen by itself
AT_LAST: Final = 12.0  # seconds after which nobody waits for it any more


async def recover(cast: Cast) -> Recovery:
    """Cut the consumer's media, then its page; bring it back. Raises Failed if nobody notices at all.

    The page outlives the media, so that it is the media whose silence the others see first; the console
    says by itself who has a page.
    """
    await flowing(cast, BEFORE, time.monotonic())  # who came a moment ago gets nothing before a keyframe
    silent = float(await cast.consumer.do("lose_media"))
    noticed = await together({"media": _until_missed(cast, silent), "page": _lose_page(cast)})
    until = time.monotonic()
    found = Recovery(noticed_ms=max(noticed.values()) * 1000, back_ms=await _come_back(cast) * 1000)
    found.away_ms = (time.monotonic() - silent) * 1000
    await asyncio.sleep(ARRIVED)
    told = await notes(cast, OTHERS, silent, until)
    found.lost, found.pause_ms = tally(told).lost, longest_pause(told, silent, until) * 1000
    return found


async def _until_missed(cast: Cast, silent: float) -> float:
    """Return the seconds until both others' pages showed each other alone."""
    alone = {INSURER: [MEDIATOR], MEDIATOR: [INSURER]}
    try:
        seen = await together(
            {
                role: cast[role].do("sees", within=AT_LAST, truth="joint", people=alone[role])
                for role in OTHERS
            }
        )
    except Failed as failed:
        raise Failed(f"{CALLED[CONSUMER]}断线 {AT_LAST:.0f} 秒以后，别人的页面上还没有显示。") from failed
    return max(float(view["at"]) for view in seen.values()) - silent


async def _lose_page(cast: Cast) -> float:
    """Let the page fall silent too; return the seconds until the console says so."""
    await asyncio.sleep(LATER)
    silent = float(await cast.consumer.do("lose_page"))
    try:
        return float(await cast.mediator.do("misses", within=AT_LAST, role=CONSUMER)) - silent
    except Failed as failed:
        raise Failed(
            f"{CALLED[CONSUMER]}的页面断开 {AT_LAST:.0f} 秒以后，调解员的页面上还没有显示。"
        ) from failed


async def _come_back(cast: Cast) -> float:
    """Return the seconds until sound and picture flowed again in both directions."""
    began = float(await cast.consumer.do("come_back"))
    seconds = await flowing(cast, BACK, began) - began
    await cast.all_joint()
    return seconds


def longest_pause(told: Notes, since: float, until: float) -> float:
    """Return the seconds for which somebody heard nothing of somebody else, at worst."""
    return max(_longest_pause(*way, since, until) for way in told.values())


def _longest_pause(sent: Sequence[Sent], got: Got, since: float, until: float) -> float:
    heard = sorted(got.came[packet.name] for packet in sent if packet.sound and packet.name in got.came)
    return max(after - before for before, after in pairwise((since, *heard, until)))
