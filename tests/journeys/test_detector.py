"""The assertion that a caucus does not leak is itself proven: a server that leaks must fail it."""

from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser

from tests.builders.house import MEDIATOR as MEDIATING
from tests.builders.house import copy_of_the_program, house, put_in_a_fault
from tests.builders.journey import CONSUMER, CONSUMER_NAME, INSURER, MEDIATOR
from tests.builders.senses import stays_separated, until_together
from tests.builders.sittings import gather, table

SOUND: Final = """        for listener in talking
        if source != listener
        for kind in FLOWING
"""
LEAKING: Final = """        for listener in present
        if source != listener
        for kind in FLOWING
        if listener in talking or kind is Kind.{kind}
"""


@pytest.mark.parametrize(("kind", "outsider_has"), [("MIC", "received_tones"), ("CAMERA", "received_pictures")])
async def test_a_server_that_leaks_a_caucus_is_found_out(
    chromium: Browser, tmp_path: Path, kind: str, outsider_has: str
) -> None:
    (tmp_path / "program").mkdir()
    program = copy_of_the_program(tmp_path / "program")
    put_in_a_fault(program, "rooms/topology.py", SOUND, LEAKING.format(kind=kind))
    async with (
        house(tmp_path / "house", MEDIATING, program=program) as leaking,
        table(chromium, leaking) as at,
    ):
        await gather(at)
        await until_together(at.all)
        await at.mediator.press(f"和 {CONSUMER_NAME}")
        await at.insurer.heading("调解员正在和另一方单独谈，请稍等")
        with pytest.raises(AssertionError, match="insurer outside") as found:
            await stays_separated(
                {CONSUMER: at.consumer, MEDIATOR: at.mediator}, {INSURER: at.insurer}
            )
        silent = "received_tones" if outsider_has == "received_pictures" else "received_pictures"
        assert f"{outsider_has}=frozenset({{" in str(found.value)
        assert f"{silent}=frozenset()" in str(found.value)
