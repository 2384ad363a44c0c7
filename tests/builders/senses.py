"""What people in browsers see and hear, and the two assertions that everything rests on."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.builders.journey import LIKENESS, PATIENCE, TONES, Visitor

WINDOW: Final = 600  # milliseconds of watching and listening
HEARD: Final = -60.0  # dB; a tone that arrives is near -28, one that does not is below -100
NEAR: Final = 120  # distance of colours
DRAINED: Final = 5.0  # seconds in which a jitter buffer plays out what it has, on a busy machine
TALK: Final = 5  # windows of a conversation that a recording is to be watched of
WINDOWS: Final = 3  # looks that prove an absence


@dataclass(frozen=True, slots=True)
class Perceived:
    """Roles, by how they came to a page: received at all, in a visible picture, in a sound that is played."""

    received_pictures: frozenset[str]
    received_tones: frozenset[str]
    unknown_pictures: int
    seen: frozenset[str]
    heard: frozenset[str]


@dataclass(frozen=True, slots=True)
class Counted:
    """What the connections of a page have counted: packets by sound, samples, bytes of the own camera.

    `dialled` is how many connections the page has made since it was loaded.
    """

    dialled: int
    sent: int
    concealed: int
    samples: int
    sounds: Mapping[str, int]

    def flowing(self, before: "Counted") -> int:
        """Return in how many sounds something came since then."""
        return sum(count > before.sounds.get(name, 0) for name, count in self.sounds.items())


async def count(visitor: Visitor) -> Counted:
    return Counted(**await visitor.page.evaluate("count()"))


async def until_sounds_flow(*visitors: Visitor, sounds: int = 2) -> None:
    """Wait until each of these receives so many sounds at once; looked at ten times a second."""
    deadline = time.monotonic() + PATIENCE / 1000
    before = await asyncio.gather(*map(count, visitors))
    while time.monotonic() < deadline:
        await asyncio.sleep(0.1)
        now = await asyncio.gather(*map(count, visitors))
        if all(new.flowing(old) >= sounds for new, old in zip(now, before, strict=True)):
            return
        before = now
    raise AssertionError(f"no {sounds} sounds flow: {[counted.sounds for counted in before]}")


async def perceive(visitor: Visitor) -> Perceived:
    looking = visitor.page.evaluate("([tones, ms]) => perceive(tones, ms)", [TONES, WINDOW])
    found = await asyncio.wait_for(looking, PATIENCE / 1000)  # an evaluation has no deadline of its own
    pictures = [whose(frame["colour"]) for frame in found["frames"]]
    shown = [tile for tile in found["tiles"] if not tile["covered"]]
    return Perceived(
        received_pictures=frozenset(filter(None, pictures)),
        received_tones=_voices(found["received"]),
        unknown_pictures=pictures.count(""),
        seen=frozenset(filter(None, (whose(tile["colour"]) for tile in shown))),
        heard=_voices(found["heard"]),
    )


def whose(colour: Iterable[float] | None) -> str:
    """Return whose colour this is; empty for nobody's."""
    if colour is None:
        return ""
    rgb = tuple(colour)
    distance = {
        role: sum((a - b) ** 2 for a, b in zip(one.colour, rgb, strict=True)) ** 0.5
        for role, one in LIKENESS.items()
    }
    nearest = min(distance, key=lambda role: distance[role])
    return nearest if distance[nearest] < NEAR else ""


def _voices(levels: Mapping[str, float]) -> frozenset[str]:
    return frozenset(role for role, one in LIKENESS.items() if levels[str(one.tone)] > HEARD)


async def perceive_all(people: Mapping[str, Visitor]) -> dict[str, Perceived]:
    found = await asyncio.gather(*(perceive(visitor) for visitor in people.values()))
    return dict(zip(people, found, strict=True))


def _others(people: Iterable[str], role: str) -> frozenset[str]:
    return frozenset(people) - {role}


async def until_together(people: Mapping[str, Visitor]) -> None:
    """Wait until everybody sees and hears everybody else, on the screen and from the speaker."""
    await _until_all(people, lambda one, others: one.seen == one.heard == others)


async def _until_all(
    people: Mapping[str, Visitor], holds: Callable[[Perceived, frozenset[str]], bool]
) -> None:
    """Wait until this holds at once of what everybody perceives, given the others' roles."""
    found: dict[str, Perceived] = {}
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        found = await perceive_all(people)
        if all(holds(one, _others(people, role)) for role, one in found.items()):
            return
    raise AssertionError(f"not everybody sees and hears everybody: {found}")


async def talk(people: Mapping[str, Visitor]) -> None:
    """Let everybody see and hear everybody for some seconds, so that there is something to watch later."""
    for _ in range(TALK):
        await until_together(people)


async def stays_separated(inside: Mapping[str, Visitor], outside: Mapping[str, Visitor]) -> None:
    """Assert that nothing passes between the two groups, while those inside see and hear each other.

    What counts is what the connections of a page receive, tones and decoded frames, not what it shows.
    On a busy machine somebody inside may miss something for one look; nobody gets anything of a stranger.
    """
    await until_together(inside)
    await _drained(outside.values())
    for _ in range(WINDOWS):
        found = await perceive_all({**inside, **outside})
        for role in inside:
            assert receives_at_most(found[role], _others(inside, role)), f"{role} inside: {found[role]}"
        for role in outside:
            assert receives_nothing(found[role]), f"{role} outside: {found[role]}"
    await _until_all(inside, lambda one, others: one.received_tones == one.received_pictures == others)


async def stay_silent(*visitors: Visitor) -> None:
    """Assert that these pages receive neither picture nor tone from anybody."""
    await _drained(visitors)
    for _ in range(WINDOWS):
        for one in await asyncio.gather(*(perceive(visitor) for visitor in visitors)):
            assert receives_nothing(one), one


async def _drained(visitors: Iterable[Visitor]) -> None:
    """Let what had arrived be played out; what still comes after `DRAINED` is for others to judge."""
    deadline = time.monotonic() + DRAINED
    while time.monotonic() < deadline:
        if all(map(receives_nothing, await asyncio.gather(*map(perceive, visitors)))):
            return


def receives_nothing(one: Perceived) -> bool:
    return receives_at_most(one, frozenset())


def receives_at_most(one: Perceived, roles: frozenset[str]) -> bool:
    return one.received_tones | one.received_pictures <= roles and not one.unknown_pictures


def receives_only(one: Perceived, roles: frozenset[str]) -> bool:
    return one.received_tones == one.received_pictures == roles and not one.unknown_pictures


async def until(visitor: Visitor, holds: Callable[[Perceived], bool]) -> Perceived:
    """Wait until what somebody perceives fulfils a condition."""
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        found = await perceive(visitor)
        if holds(found):
            return found
    raise AssertionError(f"{visitor.role} perceives {await perceive(visitor)}")
