"""Three people in a room who come, go and break down, one act after another, as dice say."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, Final

from bench.load import Talker
from bench.room import Guest, Installation, Room
from cases.model import Ground
from server.rehearsal.failing import Failed
from server.rehearsal.joining import DEVICES
from server.rehearsal.signals import Signal
from server.rehearsal.stage import CONSUMER, EVERYBODY, INSURER, MEDIATOR, PARTIES, together

BETWEEN: Final = (1.0, 4.0)  # seconds from one act to the next
WHILE: Final = (0.5, 3.0)  # seconds that a caucus, a pause, an absence lasts
PICTURES: Final = 30  # that must come to everybody after an act: more than a second of one camera
COMING: Final = 15.0  # seconds for them
LOOK: Final = 0.1  # seconds between two looks at what came
NOTICED: Final = 20.0  # seconds until a lost line is known; a page whose media come has 10 s more
SIDES: Final = {"applicant": CONSUMER, "respondent": INSURER}
GROUNDS: Final = (Ground.WITHDRAWN, Ground.UNWILLING, Ground.TOO_FAR_APART, Ground.OTHER)

Act = Callable[["Sitting"], Awaitable[None]]


class Tally:
    """What was done and what went wrong: `done` by act, `failures` in sentences."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.failures: list[str] = []


class Sitting:
    """One room after another. `door` lets one of several sittings open a room at a time."""

    def __init__(self, house: Installation, dice: random.Random, tally: Tally, door: asyncio.Lock) -> None:
        self._house, self._dice, self._tally, self._door = house, dice, tally, door
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._talkers: dict[str, Talker] = {}
        self._stay = AsyncExitStack()
        self._room: Room | None = None

    async def each(self) -> None:
        """Do every act once, in an order that the dice give."""
        for name in self._dice.sample(sorted(ACTS), len(ACTS)):
            await self._do(name)

    async def go_on(self, until: float) -> None:
        """Do one act after another until then (monotonic s); the last one is brought to its end."""
        names, weights = list(ACTS), [weight for weight, _ in ACTS.values()]
        while time.monotonic() < until:
            await self._do(self._dice.choices(names, weights)[0])
            await asyncio.sleep(self._dice.uniform(*BETWEEN))

    async def end(self) -> None:
        """Send everybody home."""
        if self._room is not None and not await self._done("session ended", self._close()):
            await self._abandon()

    async def _do(self, name: str) -> None:
        if self._room is None and not await self._done("join", self._open()):
            return
        if not await self._done(name, ACTS[name][1](self)):
            await self._abandon()

    async def _done(self, name: str, act: Awaitable[None]) -> bool:
        try:
            await act
        except (Failed, TimeoutError, ConnectionError) as error:
            self._tally.failures.append(f"{name}: {str(error) or type(error).__name__}")
            return False
        self._tally.done[name] += 1
        return True

    async def _abandon(self) -> None:
        """Leave a room in which something went wrong; another one is opened."""
        self._room = None
        await self._stay.aclose()

    async def _open(self) -> None:
        async with self._door:
            try:
                self._room = await self._house.open_room(self._medium, self._stay)
            except BaseException:
                await self._abandon()
                raise
        await self._all_is_well()

    def _medium(self, signal: Signal) -> Talker:
        self._talkers[signal.name] = Talker(signal, self._flowing)
        return self._talkers[signal.name]

    async def _close(self) -> None:
        ground = self._dice.choice(GROUNDS)
        await self._tell(MEDIATOR, "close", ground=ground)
        await self._all_show("truth", "closed")
        await self._abandon()

    # Acts. Each begins and ends with all three in joint session.

    async def reload(self) -> None:
        """Load the page anew: another websocket, another media connection."""
        role = self._anybody()
        await self._guest(role).do("close")
        await self._return(role)

    async def lose_line(self) -> None:
        """Fall silent without a word, be missed, come back."""
        role = self._anybody()
        guest = self._guest(role)
        await together({"page": guest.do("lose_page"), "media": guest.do("lose_media")})
        await self._missed(role)
        await guest.do("come_back")
        await self._all_is_well()

    async def be_killed(self) -> None:
        """Lose the browser's process, and open the page again."""
        role = self._anybody()
        await self._guest(role).do("crash")
        await self._while()
        await self._return(role)

    async def leave(self) -> None:
        """Leave, knock again, be let in."""
        role = self._anybody()
        await self._tell(role, "leave")
        await self._guest(role).do("close")
        await self._while()
        await self._guest(role).do("enter")
        await self._tell(role, "knock", **DEVICES)
        if role != MEDIATOR:
            found = await self._guest(MEDIATOR).do("finds", admission="waiting", roles=[role])
            await self._tell(MEDIATOR, "admit", seat=found[role])
        await self._guest(role).do("connect")
        await self._all_is_well()

    async def caucus(self) -> None:
        """Go apart with one side; who is outside may reload meanwhile."""
        side = self._dice.choice(sorted(SIDES))
        outside = next(role for role in PARTIES if role != SIDES[side])
        await self._tell(MEDIATOR, "caucus-open", side=side)
        await self._guest(SIDES[side]).do("sees", truth="private", people=[MEDIATOR])
        await self._guest(outside).do("sees", truth="apart", people=[])
        await self._while()
        if self._dice.random() < 0.5:
            await self._guest(outside).do("close")
            await self._guest(outside).do("enter")
            await self._guest(outside).do("connect")
            self._tally.done["reload, apart"] += 1
        await self._tell(MEDIATOR, "caucus-close")
        await self._all_is_well()

    async def mute(self) -> None:
        """Be muted and speak again; switch the camera off and on."""
        role = self._dice.choice(PARTIES)
        await self._tell(MEDIATOR, "mute", seat=self._opened.seats[role])
        await self._tell(role, "camera", on=False)
        await self._while()
        await self._tell(role, "mic", on=True)
        await self._tell(role, "camera", on=True)
        await self._all_is_well()

    async def pause(self) -> None:
        """Pause the recording of everybody, and record again."""
        await self._tell(MEDIATOR, "recording", on=False)
        await self._all_show("recording_paused", value=True)
        await self._while()
        await self._tell(MEDIATOR, "recording", on=True)
        await self._all_show("recording", value=True)
        await self._all_is_well()

    async def share(self) -> None:
        """Begin to share a screen, and end it."""
        role = self._anybody()
        await self._tell(role, "screen", on=True, private=False)
        await self._all_show("screen", self._opened.seats[role])
        await self._while()
        await self._tell(role, "screen", on=False)
        await self._all_is_well()

    async def next_room(self) -> None:
        """End this session; the next act opens another case."""
        await self._close()

    # What acts are made of.

    @property
    def _opened(self) -> Room:
        if self._room is None:
            raise Failed("There is no room.")
        return self._room

    def _guest(self, role: str) -> Guest:
        return self._opened.guests[role]

    def _anybody(self) -> str:
        return self._dice.choice(EVERYBODY)

    async def _while(self) -> None:
        await asyncio.sleep(self._dice.uniform(*WHILE))

    async def _tell(self, role: str, type_: str, **fields: Any) -> None:
        await self._guest(role).do("tell", type=type_, fields=fields)

    async def _return(self, role: str) -> None:
        await self._guest(role).do("enter")
        await self._guest(role).do("connect")
        await self._all_is_well()

    async def _missed(self, role: str) -> None:
        if role == MEDIATOR:
            for party in PARTIES:
                await self._guest(party).do("shows", field="truth", value="mediator-away", within=NOTICED)
        else:
            await self._guest(MEDIATOR).do("misses", role=role, within=NOTICED)

    async def _all_show(self, field: str, value: Any) -> None:
        await together({r: self._guest(r).do("shows", field=field, value=value) for r in EVERYBODY})

    async def _all_is_well(self) -> None:
        """Wait until everybody sees the two others in joint session, and pictures come to all."""
        for role in EVERYBODY:
            others = [other for other in EVERYBODY if other != role]
            await self._guest(role).do("sees", truth="joint", people=others)
        had = {role: self._talkers[role].pictures_received for role in EVERYBODY}
        until = time.monotonic() + COMING
        while waiting := [r for r in EVERYBODY if self._talkers[r].pictures_received < had[r] + PICTURES]:
            if time.monotonic() > until:
                raise Failed(f"No pictures came any more to {', '.join(waiting)}.")
            await asyncio.sleep(LOOK)


ACTS: Final[Mapping[str, tuple[int, Act]]] = {
    "reload": (5, Sitting.reload),
    "line lost": (3, Sitting.lose_line),
    "killed": (3, Sitting.be_killed),
    "leave and come back": (3, Sitting.leave),
    "caucus": (4, Sitting.caucus),
    "mute": (2, Sitting.mute),
    "pause of the recording": (2, Sitting.pause),
    "screen": (2, Sitting.share),
    "session ended": (2, Sitting.next_room),
}
