"""What is measured in the room: who hears whom, a caucus and its silence, coming back."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

from server.rehearsal.failing import Failed
from server.rehearsal.report import JOINS, Caucus
from server.rehearsal.signals import ANSWER, PROBE
from server.rehearsal.stage import CONSUMER, EVERYBODY, INSURER, MEDIATOR, PARTIES, Cast, together

HEARING: Final = 8.0  # seconds until everybody must have heard everybody
LOOK: Final = 0.4  # seconds between two looks
WINDOW: Final = 1.0  # seconds before and after a caucus in which packets are counted
WHISPER: Final = 2.0  # seconds of a caucus
SETTLED: Final = 0.1  # seconds for packets that were under way when the screen changed
SPACED: Final = 0.5  # seconds between two reloads: the views they cause are not to pile up
ANSWERED: Final = 0.6  # seconds for answers to NACKs

Perceived = dict[str, dict[str, dict[str, str]]]
Arrivals = list[tuple[float, bool]]


async def who_hears(cast: Cast) -> dict[str, list[str]]:
    """Return, for each role, whom it hears and sees in the right slots; look until all is well, or late."""
    until = time.monotonic() + HEARING
    await cast.all("forget")
    while True:
        await asyncio.sleep(LOOK)
        found: Perceived = await cast.all("perceives")
        heard = {role: _right(found[role]) for role in EVERYBODY}
        if all(len(roles) == len(EVERYBODY) - 1 for roles in heard.values()) or time.monotonic() > until:
            return heard


def _right(perceived: dict[str, dict[str, str]]) -> list[str]:
    return sorted(role for role, it in perceived.items() if it["tone"] == it["colour"] == role)


@dataclass(frozen=True, slots=True)
class Times:
    """Moments of a caucus, in seconds of the machine's monotonic clock."""

    opened: float  # the mediator's command left
    apart: float  # the excluded party's screen said so
    closed: float  # the mediator's command to come back left


async def caucus(cast: Cast) -> Caucus:
    """Open a caucus with the applicant's side, look for leaks to the insurer, and come back."""
    await asyncio.sleep(WINDOW)
    opened = await cast.mediator.do("tell", type="caucus-open", fields={"side": "applicant"})
    views = await together(
        {
            CONSUMER: cast.consumer.do("sees", truth="private", people=[MEDIATOR]),
            MEDIATOR: cast.mediator.do("sees", truth="private", people=[CONSUMER]),
            INSURER: cast.insurer.do("sees", truth="apart", people=[]),
        }
    )
    found = Caucus()
    await _whisper(cast, found)
    closed = await cast.mediator.do("tell", type="caucus-close", fields={})
    await cast.all_joint()
    await asyncio.sleep(WINDOW)
    await cast.insurer.do("ask_again", hole=closed["sent"])
    await asyncio.sleep(ANSWERED)
    arrivals = await cast.insurer.do("arrivals")
    count(found, arrivals, Times(opened["sent"], views[INSURER]["at"], closed["sent"]))
    return found


async def _whisper(cast: Cast, found: Caucus) -> None:
    """Let those inside send what nobody outside may get; look whether it arrives, and where."""
    await together(
        {
            CONSUMER: cast.consumer.do("perform", signal=PROBE.name),
            MEDIATOR: cast.mediator.do("perform", signal=ANSWER.name),
        }
    )
    await asyncio.sleep(SETTLED)
    await cast.all("forget")
    await asyncio.sleep(WHISPER / 2)
    await cast.insurer.do("ask_again", hole=time.monotonic())
    await asyncio.sleep(WHISPER / 2)
    heard: Perceived = {MEDIATOR: await cast.mediator.do("perceives")}
    arrived: Arrivals = await cast.mediator.do("arrivals")
    tone = heard[MEDIATOR].get(CONSUMER, {}).get("tone", "")
    found.probe_heard = tone == PROBE.name and any(secret for _, secret in arrived)
    found.excluded_heard = bool(await cast.insurer.do("overhears"))
    await together(
        {
            CONSUMER: cast.consumer.do("perform", signal=CONSUMER),
            MEDIATOR: cast.mediator.do("perform", signal=MEDIATOR),
        }
    )
    await asyncio.sleep(2 * SETTLED)


def count(found: Caucus, arrivals: Arrivals, times: Times) -> None:
    """Count what reached the excluded party.

    A packet belongs to the caucus when its content was sent only there, whenever it came, or when it
    came between the screen's change and the command to come back.
    """
    joint_until = times.apart + SETTLED
    last = max((at for at, _ in arrivals if at < times.closed), default=times.opened)
    first = min((at for at, _ in arrivals if at >= times.closed), default=0.0)
    found.before = sum(times.opened - WINDOW <= at < times.opened for at, _ in arrivals)
    found.during = sum(secret or joint_until <= at < times.closed for at, secret in arrivals)
    found.after = sum(first <= at < first + WINDOW for at, secret in arrivals if first and not secret)
    found.cut_ms = max(0.0, last - times.opened) * 1000
    found.back_ms = (first - times.closed) * 1000 if first else 0.0


async def rejoin(cast: Cast) -> list[float]:
    """Reload the parties' pages in turn; return the milliseconds until another's picture was there."""
    joins: list[float] = []
    for number in range(JOINS):
        await asyncio.sleep(SPACED)
        joins.append(await cast[PARTIES[number % len(PARTIES)]].do("reload"))
        await cast.all_joint()
    return joins


async def close(cast: Cast) -> None:
    """End the session as settled; everybody's page must say so."""
    await cast.mediator.do("tell", type="close", fields={"ground": "settled"})
    views: dict[str, Any] = await cast.all("sees", truth="closed", people=[])
    if any(view["view"].get("ground") != "settled" for view in views.values()):
        raise Failed("会议结束了，但不是每个人都看到“达成协议”。")
