"""A session whose lines are weak, narrow and broken, and screens that end."""

import asyncio
import json
import re
from typing import Any, Final

from playwright.async_api import WebSocketRoute

from tests.builders.gallery import DESK, PARTY_LOOKS, PHONE, STAFF_LOOKS
from tests.builders.house import MEDIATOR
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    INSURER,
    INSURER_NAME,
    Visitor,
    admit,
    arrive,
    close_caucus,
    open_case,
    open_caucus,
    open_session,
    take_the_chair,
)
from tests.builders.sittings import staff_page
from tests.journeys.tour.guide import Tour, pictured, with_a_face

CALLS: Final = """globalThis.calls = [];
globalThis.RTCPeerConnection &&= class extends RTCPeerConnection {
  constructor(...given) { super(...given); calls.push(this); }
};"""
CLEAR: Final = 2  # seconds: the first one of a picture is coarse
GOOD: Final = {"quality": "good", "cameras": True, "screen": True, "others": {}}


class Line:
    """Somebody's way to the server. It is as good as the tour says, not as the server measures it."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.broken = False
        self._open: list[WebSocketRoute] = []

    async def lay(self) -> None:
        """Stand between the page and the server; the page is opened afterwards."""
        await self.visitor.page.add_init_script(CALLS)
        await self.visitor.page.route_web_socket(re.compile("/socket$"), self._serve)

    async def _serve(self, page: WebSocketRoute) -> None:
        if self.broken:
            await page.close()
            return
        server = page.connect_to_server()
        server.on_message(
            lambda message: None if json.loads(message)["type"] == "line" else page.send(message)
        )
        self._open.append(page)

    def become(self, **condition: Any) -> None:
        self._open[-1].send(json.dumps({"type": "line", **GOOD, **condition}))

    async def rend(self) -> None:
        """Let nothing through any more, neither words nor media."""
        self.broken = True
        await self._open[-1].close()
        await self.visitor.page.evaluate("calls.forEach(one => one.close())")

    def mend(self) -> None:
        self.broken = False


async def see_rough_lines(tour: Tour) -> None:
    """Show what each of three people sees of a bad line, their own or another's."""
    tour.room = tour.gallery.chapter("A party on a bad line", PARTY_LOOKS)
    tour.console = tour.gallery.chapter("The mediator on a bad line", STAFF_LOOKS)
    mediator = await with_a_face(await staff_page(tour.browser, tour.house, MEDIATOR))
    consumer, insurer = await tour.party(CONSUMER, PHONE), await tour.party(INSURER, DESK)
    lines = {visitor.role: Line(visitor) for visitor in (consumer, insurer, mediator)}
    for visitor in (consumer, insurer, mediator):
        visitor.bear("WebSocket|ERR_")
        await lines[visitor.role].lay()
    case = await open_case(mediator)
    await asyncio.gather(arrive(consumer, tour.house, case), arrive(insurer, tour.house, case))
    await take_the_chair(mediator, case)
    await admit(mediator, CONSUMER_NAME, INSURER_NAME)
    await open_session(mediator)
    await clear(mediator, consumer, insurer)
    await see_weak_line(tour, mediator, consumer, lines)
    await see_broken_line(tour, mediator, consumer, insurer, lines)
    await see_line_with_screen(tour, mediator, consumer, insurer, lines)
    await see_screens_end(tour, mediator, consumer, insurer, lines)
    for visitor in (consumer, insurer, mediator):
        await visitor.page.context.close()


async def see_weak_line(tour: Tour, mediator: Visitor, consumer: Visitor, lines: dict[str, Line]) -> None:
    seat = consumer.views[-1]["me"]["seat"]
    lines[consumer.role].become(quality="weak")
    await consumer.reads("先保证声音")
    await tour.take(tour.room, consumer, "weak", "A weak line")
    lines[consumer.role].become(quality="weak", cameras=False)
    await consumer.reads("画面已暂停，声音正常")
    await tour.take(tour.room, consumer, "paused", "A narrow line: pictures pause, sound goes on")
    lines[consumer.role].become(quality="lost", cameras=False)
    await consumer.reads("您的网络很差")
    await tour.take(tour.room, consumer, "very-bad", "A line that is hardly one")
    lines[mediator.role].become(others={seat: "weak"})
    await mediator.reads("网络弱")
    await tour.take(tour.console, mediator, "other-weak", "The consumer's line is weak")
    lines[mediator.role].become(quality="weak", cameras=False, others={seat: "lost"})
    await mediator.reads("网络很差")
    await tour.take(tour.console, mediator, "paused", "The mediator's own line is narrow")
    for visitor in (consumer, mediator):
        lines[visitor.role].become()
    await clear(mediator, consumer)


async def see_broken_line(
    tour: Tour, mediator: Visitor, consumer: Visitor, insurer: Visitor, lines: dict[str, Line]
) -> None:
    await lines[consumer.role].rend()
    await consumer.truth("您的网络断了")
    await tour.take(tour.room, consumer, "broken", "The own line is broken")
    await insurer.reads(f"{CONSUMER_NAME}的网络断了，等一等")
    await tour.take(tour.room, insurer, "other-broken", "Another one's line is broken")
    await tour.take(tour.console, mediator, "other-broken", "The consumer's line is broken")
    lines[consumer.role].mend()
    await consumer.truth("大家一起谈")
    await clear(mediator, consumer, insurer)
    await lines[mediator.role].rend()
    await mediator.truth("网络断了")
    await tour.take(tour.console, mediator, "broken", "The mediator's own line is broken")
    lines[mediator.role].mend()
    await mediator.truth("一起谈")
    await clear(mediator, consumer, insurer)


async def see_line_with_screen(
    tour: Tour, mediator: Visitor, consumer: Visitor, insurer: Visitor, lines: dict[str, Line]
) -> None:
    await insurer.press("共享画面")
    for visitor in (mediator, consumer):
        await pictured(visitor, 4)
    await asyncio.sleep(CLEAR)
    lines[consumer.role].become(quality="weak", cameras=False)
    await consumer.reads("画面已暂停，声音正常")
    await tour.take(
        tour.room, consumer, "paused-with-screen", "A narrow line carries the shared screen alone"
    )
    lines[consumer.role].become(quality="weak", cameras=False, screen=False)
    await consumer.reads("共享的画面先停着")
    await tour.take(tour.room, consumer, "screen-paused", "A line that carries sound alone")
    await lines[consumer.role].rend()
    await consumer.truth("您的网络断了")
    await tour.take(tour.room, consumer, "broken-with-screen", "A broken line, while a screen is shared")
    lines[consumer.role].mend()
    await consumer.truth("大家一起谈")
    await pictured(consumer, 4)
    await lines[insurer.role].rend()
    await consumer.reads(f"{INSURER_NAME}的网络断了，等一等")
    lines[insurer.role].mend()
    await insurer.reads("网络断过，画面共享停了")
    await clear(mediator, consumer, insurer)
    await tour.take(tour.room, insurer, "sharing-broken", "A screen ends with its line")


async def see_screens_end(
    tour: Tour, mediator: Visitor, consumer: Visitor, insurer: Visitor, lines: dict[str, Line]
) -> None:
    """A private conversation ends a shared screen; so does its end."""
    await insurer.press("共享画面")
    await pictured(consumer, 4)
    await open_caucus(mediator, CONSUMER_NAME)
    await insurer.reads("您的画面共享已经停了。")
    await tour.take(tour.room, insurer, "apart-screen-ended", "A private conversation has ended the screen")
    await mediator.press("共享画面")
    await pictured(consumer, 3)
    await asyncio.sleep(CLEAR)
    await tour.take(tour.room, consumer, "private-screen", "A screen in a private conversation")
    await tour.take(tour.console, mediator, "private-sharing", "Sharing in a private conversation")
    lines[consumer.role].become(quality="weak", cameras=False)
    await consumer.reads("画面已暂停，声音正常")
    await tour.take(tour.room, consumer, "private-paused", "A narrow line in a private conversation")
    await close_caucus(mediator)
    await mediator.reads("回到一起谈了，刚才的画面共享已经停了。")
    await tour.take(tour.console, mediator, "joint-screen-ended", "Together again: the screen has ended")


async def clear(*visitors: Visitor) -> None:
    """Wait until each of them sees everybody, and not only coarsely."""
    for visitor in visitors:
        await pictured(visitor, 3)
    await asyncio.sleep(CLEAR)
