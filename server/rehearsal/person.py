"""One synthetic person, a process of its own: `python -m server.rehearsal.person`.

The director writes one JSON object a line to its standard input, `{"id": 1, "do": "enter", …}`, and
reads `{"id": 1, "ok": true, "result": …}` or `{"id": 1, "ok": false, "why": …}` from its standard output.
The first line is `{"role", "base_url", "cafile"}`. It ends when its input ends.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import astuple
from typing import Any, Final

from server.rehearsal.browser import Browser, Refusal
from server.rehearsal.failing import Failed
from server.rehearsal.hearing import SLOTS, Line
from server.rehearsal.media import Connection
from server.rehearsal.outgoing import name_of
from server.rehearsal.room_page import RoomPage
from server.rehearsal.signals import SIGNALS, Signal

LINE: Final = 1 << 20  # bytes of one command, at most
AGAIN: Final = 0.5  # seconds between two questions
SOON: Final = 0.02  # seconds between two looks at what has come
TOO_SOON: Final = "code:too-soon"


class Person:
    """What a person can be told to do. Every public method is a command with JSON in and out."""

    def __init__(
        self, role: str, browser: Browser, medium: Callable[[Signal], Connection] = Connection
    ) -> None:
        self._signal = SIGNALS[role]
        self._medium = medium
        self._browser = browser
        self._base = ""  # /seat/<seat>, or /staff/<staff>/cases/<case>
        self._page: RoomPage | None = None

    @property
    def _room(self) -> RoomPage:
        if self._page is None:
            raise Failed("还没有进入房间。")
        return self._page

    # The pages

    async def open(self, path: str) -> str:
        """Open a page and return where that led."""
        return (await self._browser.get(path)).path

    async def submit(self, to: str, fields: dict[str, str]) -> dict[str, Any]:
        page = await self._browser.submit(to, **fields)
        return {"path": page.path, "actions": [form.action for form in page.forms], "text": page.text}

    async def settle_at(self, base: str) -> None:
        """Remember where this person's room is."""
        self._base = base

    async def post(self, to: str, body: dict[str, Any]) -> dict[str, Any]:
        """Post JSON under the room's address; wait where a code was asked for too soon."""
        while True:
            try:
                return await self._browser.post_json(f"{self._base}/settlement/{to}", **body)
            except Refusal as refusal:
                if refusal.reason != TOO_SOON:
                    raise
            await asyncio.sleep(AGAIN)

    # The room

    async def enter(self) -> None:
        """Open the room's page and its websocket."""
        self._page = await RoomPage.open(self._browser, self._base, self._medium(self._signal))

    async def connect(self) -> None:
        """Connect the media once the seat is admitted."""
        await self._room.connect()

    async def tell(self, type: str, fields: dict[str, Any]) -> dict[str, float]:  # noqa: A002  as in the protocol
        """Send a command of the room; return when it went and when the answer came (monotonic s)."""
        sent = time.monotonic()
        await self._room.command(type, **fields)
        return {"sent": sent, "done": time.monotonic()}

    async def sees(self, truth: str, people: list[str]) -> dict[str, Any]:
        """Wait until the strip says `truth` and exactly `people` (roles) are here; return the view."""

        def holds(page: RoomPage) -> bool:
            here = {person["role"] for person in page.view.get("people", ()) if person["here"]}
            return page.view.get("truth") == truth and here == set(people)

        await self._room.until(holds)
        return {"view": self._room.view, "at": self._room.viewed_at}

    async def finds(self, admission: str, roles: list[str]) -> dict[str, str]:
        """Wait until these roles have this admission on the console; return the seat of each."""

        def found(page: RoomPage) -> dict[str, str]:
            everybody = page.view.get("everybody", ())
            return {p["role"]: p["seat"] for p in everybody if p["admission"] == admission}

        await self._room.until(lambda page: set(roles) <= set(found(page)))
        return found(self._room)

    async def agreed(self, states: list[str], mine: bool) -> dict[str, Any]:
        """Wait until the settlement is in one of these states (and, if `mine`, it is my turn)."""

        def holds(page: RoomPage) -> bool:
            state = page.settlement
            return state.get("state") in states and (not mine or bool(state.get("my_turn")))

        await self._room.until(holds)
        return self._room.settlement

    async def reload(self) -> float:
        """Reload the page; return the milliseconds from then to the first whole keyframe of another."""
        started = time.monotonic()
        await self._room.close()
        await self.enter()
        await self.connect()
        return (await self._room.media.hearing.first_picture() - started) * 1000

    # A line that is bad, or gone

    async def drop(self, every: int) -> None:
        """Lose one in `every` packets of pictures on purpose, on the way up and on the way down; 0: none."""
        media = self._room.media
        media.loss_up.every = media.loss_down.every = every

    async def sent(self, since: float, until: float) -> list[tuple[str, float, bool, bool]]:
        """Return what was sent between two moments (monotonic s): name, when, whether sound, whether withheld."""
        return [astuple(sent) for sent in self._room.media.ledger if since <= sent.at < until]

    async def got(self, role: str, since: float) -> dict[str, Any]:
        """Return what came from a role: `came`, name and first arrival (monotonic s); `withheld`, names."""
        lines = self._lines_of(role)
        came: dict[str, float] = {}
        for line in lines:
            for arrival in line.arrivals:
                if arrival.at >= since:
                    came.setdefault(name_of(arrival.payload, sound=line.kind == "audio"), arrival.at)
        return {"came": came, "withheld": [name for line in lines for name in line.withheld]}

    async def flows(self, roles: list[str], since: float) -> float:
        """Wait for sound and picture of all these roles after `since`; return when they had come."""
        while True:
            lines = [line for role in roles for line in self._lines_of(role)]
            firsts = [next((a.at for a in line.arrivals if a.at >= since), None) for line in lines]
            if len(lines) == 2 * len(roles) and None not in firsts:
                return max(first for first in firsts if first is not None)
            await asyncio.sleep(SOON)

    def _lines_of(self, role: str) -> tuple[Line, ...]:
        """Return where sound and picture of a role come; nothing while it is not in my conversation."""
        people = self._room.view.get("people", ())
        slot = next((person["slot"] for person in people if person["role"] == role), None)
        return self._room.media.hearing.of_slot(slot) if slot is not None else ()

    async def lose_media(self) -> float:
        """Let the media connection fall silent without a word; return when (monotonic s)."""
        self._room.media.fall_silent()
        return time.monotonic()

    async def lose_page(self) -> float:
        """Let the page fall silent after one last sign of life; return when (monotonic s)."""
        return await self._room.fall_silent()

    async def come_back(self) -> float:
        """Open a new page with a new connection; return when that began (monotonic s)."""
        began, former = time.monotonic(), self._room
        await self.enter()
        await self.connect()
        await former.close()
        return began

    async def crash(self) -> None:
        """Be gone as somebody whose browser was killed."""
        await self._room.crash()

    async def shows(self, field: str, value: Any) -> None:
        """Wait until the view says `value` in `field`."""
        await self._room.until(lambda page: page.view.get(field) == value)

    async def misses(self, role: str) -> float:
        """Wait until the console says that a role has no page; return when it did (monotonic s)."""

        def gone(page: RoomPage) -> bool:
            return any(p["role"] == role and not p["here"] for p in page.view.get("everybody", ()))

        await self._room.until(gone)
        return self._room.viewed_at

    async def close(self) -> None:
        """Close the room's page, if it is open."""
        if self._page is not None:
            await self._page.close()

    # Eyes and ears

    async def perform(self, signal: str) -> None:
        """Send another signal from now on."""
        self._room.media.play(SIGNALS[signal])

    async def forget(self) -> None:
        """Forget what was heard and seen until now."""
        self._room.media.hearing.forget()

    async def perceives(self) -> dict[str, dict[str, str]]:
        """Return, for each role in my conversation, whose tone and colour come in its slot."""
        hearing = self._room.media.hearing
        return {
            person["role"]: {"tone": hearing.heard(person["slot"]), "colour": hearing.seen(person["slot"])}
            for person in self._room.view.get("people", ())
        }

    async def overhears(self) -> list[str]:
        """Return every tone and colour that comes in any slot, in the conversation or not."""
        hearing = self._room.media.hearing
        found = {name for slot in range(SLOTS) for name in (hearing.heard(slot), hearing.seen(slot))}
        return sorted(found - {""})

    async def arrivals(self) -> list[tuple[float, bool]]:
        """Return each media packet that came on this page: when, and whether its content is a caucus's."""
        return [(arrival.at, arrival.secret) for arrival in self._room.media.hearing.arrivals()]

    async def ask_again(self, hole: float) -> int:
        """Send NACKs, on every line, for what lies around the hole open at `hole`; return how many."""
        asked = 0
        for number, line in enumerate(self._room.media.hearing.lines):
            last = max((a for a in line.arrivals if a.at <= hole), key=lambda a: a.at, default=None)
            if last is not None:
                around = [(last.sequence + offset) & 0xFFFF for offset in range(-16, 241)]
                await self._room.media.ask_again(number, around)
                asked += len(around)
        return asked


async def _serve(person: Person, commands: asyncio.StreamReader) -> None:
    async with asyncio.TaskGroup() as group:
        while line := await commands.readline():
            group.create_task(_obey(person, json.loads(line)), name="command")


async def _obey(person: Person, order: dict[str, Any]) -> None:
    number, name = order.pop("id"), str(order.pop("do"))
    answer: dict[str, Any] = {"id": number, "ok": True}
    command: Callable[..., Awaitable[Any]] = getattr(person, name)
    try:
        answer["result"] = await command(**order)
    except Failed as failed:
        answer |= {"ok": False, "why": str(failed), "reason": getattr(failed, "reason", "")}
    except Exception as error:  # noqa: BLE001  the director must hear of it, whatever it is
        answer |= {"ok": False, "why": f"{name}：{type(error).__name__}: {error}", "reason": ""}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


async def main() -> None:
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader(limit=LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    first = json.loads(await commands.readline())
    async with Browser(first["base_url"], first["cafile"]) as browser:
        person = Person(first["role"], browser)
        try:
            await _serve(person, commands)
        finally:
            await person.close()


if __name__ == "__main__":
    asyncio.run(main())
