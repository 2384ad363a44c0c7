"""What becomes of each packet in joint session: lost, repaired, how late. Counted by those who send and hear."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from server.rehearsal.outgoing import Sent
from server.rehearsal.report import Line
from server.rehearsal.stage import EVERYBODY, Cast, together

WINDOW: Final = 2.0  # seconds
EVERY: Final = 8  # one in so many packets of pictures is lost on purpose, on the way up and on the way down
PICTURES: Final = 1 << 15  # ids of pictures (RFC 7741, section 4.2)
ARRIVED: Final = 0.6  # seconds for what was under way or asked for again


@dataclass(frozen=True, slots=True)
class Got:
    """What one person got from another: first arrivals by name (monotonic s); what it lost on purpose."""

    came: Mapping[str, float]
    withheld: frozenset[str]


Notes = Mapping[tuple[str, str], tuple[Sequence[Sent], Got]]  # by speaker and listener


async def carries(cast: Cast) -> Line:
    """Let everybody lose some packets on purpose for a while; return what became of all of them."""
    since = time.monotonic()
    await cast.all("drop", every=EVERY)
    await asyncio.sleep(WINDOW)
    await cast.all("drop", every=0)
    until = time.monotonic()
    await asyncio.sleep(ARRIVED)
    return tally(await notes(cast, EVERYBODY, since, until))


async def flowing(cast: Cast, ways: Mapping[str, Sequence[str]], since: float) -> float:
    """Wait until each role has had sound and picture of others after `since`; return when the last had."""
    flows = {role: cast[role].do("flows", roles=list(ways[role]), since=since) for role in ways}
    return max(map(float, (await together(flows)).values()))


async def notes(cast: Cast, roles: Sequence[str], since: float, until: float) -> Notes:
    """Fetch what these roles sent each other between two moments, and what of it came."""
    span = {"since": since, "until": until}
    sent: dict[str, Any] = await together({role: cast[role].do("sent", **span) for role in roles})
    found = {}
    for speaker in roles:
        for listener in roles:
            if listener != speaker:
                got = await cast[listener].do("got", role=speaker, since=since)
                told = [Sent(*row) for row in sent[speaker]]
                found[speaker, listener] = told, as_sent(told, got["came"], got["withheld"])
    return found


def as_sent(sent: Sequence[Sent], came: Mapping[str, float], withheld: Sequence[str]) -> Got:
    """Return what came under the names that it was sent by: with the speaker's ids of pictures.

    The server counts them from another number on for each listener; how far off is what most pictures say.
    """
    ids: dict[str, list[int]] = {}
    for packet in sent:
        content, _, number = packet.name.partition(":")
        if number:
            ids.setdefault(content, []).append(int(number))
    apart = Counter(
        (int(number) - own) % PICTURES
        for content, _, number in (name.partition(":") for name in (*came, *withheld))
        for own in ids.get(content, ())
    )
    shift = apart.most_common(1)[0][0] if apart else 0

    def own_name(name: str) -> str:
        content, _, number = name.partition(":")
        return f"{content}:{(int(number) - shift) % PICTURES}" if number else name

    return Got({own_name(name): at for name, at in came.items()}, frozenset(map(own_name, withheld)))


def tally(told: Notes) -> Line:
    """Count once a listener what came, what did not, and what came in the end although it was lost."""
    line = Line()
    for packets, got in told.values():
        for packet in packets:
            came = got.came.get(packet.name)
            if packet.withheld or packet.name in got.withheld:
                line.withheld += 1
                line.repaired += came is not None
            else:
                line.sent += 1
                line.lost += came is None
            if packet.sound and came is not None:
                line.delays.append((came - packet.at) * 1000)
    return line
