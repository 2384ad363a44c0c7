"""What makes a page connect anew, and that nothing is lost by it.

The tests share one case, and each begins and ends with everybody together.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, WebSocketRoute

from tests.builders.house import House
from tests.builders.journey import Visitor
from tests.builders.senses import count, until_sounds_flow, until_together
from tests.builders.sittings import Table, gather, table

NOTICED_WITHIN: Final = 6.0  # seconds
FULL_LINE_WITHIN: Final = 16.0  # seconds, while sound still comes
BUSY: Final = 1.0  # seconds that a busy machine may add
PATIENCE: Final = 10.0  # seconds for a further connection
SIGNS: Final = {
    "the page comes back out of the browser's cache": (
        "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    ),
    "the browser says that it is on another network": (
        "Object.defineProperty(navigator.connection, 'type', { value: 'cellular', configurable: true });"
        "navigator.connection.dispatchEvent(new Event('change'))"
    ),
    "the browser says that it is online again": "dispatchEvent(new Event('online'))",
}
# Whether the page has said since then that it is being connected.
WATCH: Final = """
    globalThis.interrupted = false;
    const note = document.querySelector("[data-media=connecting]");
    new MutationObserver(() => { interrupted ||= !note.hidden; }).observe(note, { attributes: true });
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def at(chromium: Browser, centre: House) -> AsyncIterator[Table]:
    async with table(chromium, centre) as opened:
        await gather(opened)
        await until_together(opened.all)
        yield opened


@pytest.mark.parametrize("sign", SIGNS.values(), ids=SIGNS)
async def test_the_former_connection_goes_on_until_the_next_one_is_up(at: Table, sign: str) -> None:
    before = (await count(at.consumer)).dialled
    await at.consumer.page.evaluate(f"{{ {WATCH} {sign} }}")
    await until_dialled(at.consumer, before + 1)
    await until_together(at.all)
    assert not await at.consumer.page.evaluate("interrupted")
    assert (await count(at.consumer)).dialled == before + 1


async def test_a_websocket_that_comes_back_brings_a_new_media_connection(at: Table) -> None:
    before = (await count(at.consumer)).dialled
    await at.consumer.page.evaluate("dispatchEvent(new Event('offline'))")
    await until_dialled(at.consumer, before + 1)
    await until_together(at.all)


async def test_words_that_wait_in_a_full_line_cost_no_connection_while_sound_comes(at: Table) -> None:
    lines: list[WebSocketRoute] = []
    dead: set[WebSocketRoute] = set()
    another = asyncio.Event()

    def carry(line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        lines.append(line)
        another.set()
        line.on_message(lambda message: None if line in dead else server.send(message))
        server.on_message(lambda message: None if line in dead else line.send(message))

    await at.consumer.page.route_web_socket("**/socket", carry)
    await at.consumer.page.reload()
    await until_together(at.all)
    before = await count(at.consumer)
    dead.update(lines)
    another.clear()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(another.wait(), NOTICED_WITHIN + 2 * BUSY)
    dead.clear()
    await until_together(at.all)
    assert (await count(at.consumer)).dialled == before.dialled

    dead.update(lines)
    await asyncio.wait_for(another.wait(), FULL_LINE_WITHIN + BUSY)
    assert len(lines) == len(dead) + 1
    await until_together(at.all)


async def test_pauses_grow_to_a_limit_and_half_of_each_is_by_chance(at: Table) -> None:
    pauses = await at.consumer.page.evaluate("""
        import("/static/js/lib/backoff.js").then(({ pause }) =>
          [0, 1, 2, 3, 60].map((attempt) => [0, 0.5, 1].map((chance) => pause(attempt, 2000, () => chance))))
    """)
    assert pauses == [[0, 0, 0], [125, 188, 250], [250, 375, 500], [500, 750, 1000], [1000, 1500, 2000]]


async def until_dialled(visitor: Visitor, connections: int) -> None:
    """Wait until the page has made so many connections, and the newest alone carries both sounds."""
    deadline = time.monotonic() + PATIENCE
    while (counted := await count(visitor)).dialled < connections or len(counted.sounds) != 2:
        assert time.monotonic() < deadline, counted
    await until_sounds_flow(visitor)
