"""From a link to the open session."""

from tests.builders.journey import (
    CONSUMER_NAME,
    INSURER_NAME,
    admit,
    ask_for_code,
    consent,
    enter_code,
    open_session,
    take_the_chair,
    try_devices,
    arrive,
)
from tests.builders.senses import received, perceive, until_together
from tests.builders.sittings import table


async def test_everybody_sees_and_hears_everybody(chromium, centre):
    async with table(chromium, centre) as at:
        consumer, insurer, mediator = at.consumer, at.insurer, at.mediator
        digits = await ask_for_code(consumer, centre, at.case)
        await enter_code(consumer, digits)
        await consent(consumer)
        await try_devices(consumer)
        await arrive(insurer, centre, at.case)
        await consumer.strip("现在没有人看得到您、听得到您")
        assert received(await perceive(consumer)) == (frozenset(), frozenset(), 0)
        assert consumer.views[-1]["people"] == ()  or consumer.views[-1]["people"] == []
        await take_the_chair(mediator, at.case)
        await admit(mediator, CONSUMER_NAME, INSURER_NAME)
        await consumer.heading("调解员请您进来了")
        await open_session(mediator)
        await until_together(at.all)
