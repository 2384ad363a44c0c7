"""The assertion that a caucus does not leak is itself proven: a server that leaks must fail it.

The server is a copy with one condition too many: while one side is in a caucus, the insurer outside
gets its sound, and the consumer outside gets its pictures.
"""

from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.builders.house import MEDIATOR as MEDIATING
from tests.builders.house import copy_of_the_program, house, put_in_a_fault
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    INSURER,
    INSURER_NAME,
    MEDIATOR,
    close_caucus,
    open_caucus,
)
from tests.builders.senses import stays_separated, until_together
from tests.builders.sittings import Table, gather, table

SOUND: Final = """        for listener in talking
        if source != listener
        for kind in flowing(room.seat(source))
"""
LEAKING: Final = """        for listener in present
        if source != listener
        for kind in flowing(room.seat(source))
        if listener in talking or (kind is Kind.MIC) == (room.seat(listener).role == "insurer")
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def at(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Table]:
    folder = tmp_path_factory.mktemp("leaking")
    program = copy_of_the_program(folder / "program")
    put_in_a_fault(program, "rooms/topology.py", SOUND, LEAKING)
    async with (
        house(folder / "house", MEDIATING, program=program) as leaking,
        table(chromium, leaking) as opened,
    ):
        await gather(opened)
        await until_together(opened.all)
        yield opened


async def test_a_leak_of_sound_is_found_out(at: Table) -> None:
    await open_caucus(at.mediator, CONSUMER_NAME)
    await at.insurer.heading("调解员正在和另一方单独谈，请稍等")
    with pytest.raises(AssertionError, match="insurer outside") as found:
        await stays_separated({CONSUMER: at.consumer, MEDIATOR: at.mediator}, {INSURER: at.insurer})
    assert "received_tones=frozenset({" in str(found.value)
    assert "received_pictures=frozenset()" in str(found.value)
    await close_caucus(at.mediator)
    await until_together(at.all)


async def test_a_leak_of_pictures_is_found_out(at: Table) -> None:
    await open_caucus(at.mediator, INSURER_NAME)
    await at.consumer.heading("调解员正在和另一方单独谈，请稍等")
    with pytest.raises(AssertionError, match="consumer outside") as found:
        await stays_separated({INSURER: at.insurer, MEDIATOR: at.mediator}, {CONSUMER: at.consumer})
    assert "received_pictures=frozenset({" in str(found.value)
    assert "received_tones=frozenset()" in str(found.value)
