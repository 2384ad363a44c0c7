"""One-time codes over HTTP: bound, short-lived, counted, and nowhere but in the message."""

import logging
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cases.clocks import steady_clock
from cases.model import Case, Party
from server.rehearsal.receiver import Receiver
from storage import audit
from tests.builders.cases import NOON
from tests.builders.clocks import StillClock
from tests.builders.http import MEDIATOR, Browser, House, Reply, house_in

SECRET = "the secret of the text messages"


class Entering:
    """A party's browser at its link."""

    def __init__(self, house: House, party: Party, link: str) -> None:
        self.house, self.party, self.link = house, party, link
        self.browser = house.browser()

    async def send(self) -> Reply:
        await self.browser.get(self.link)
        return await self.browser.post(f"{self.link}/code")

    async def confirm(self, digits: str) -> Reply:
        return await self.browser.post(f"{self.link}/confirm", code=digits)

    @property
    def digits(self) -> str:
        return self.house.code(self.party.phone)

    @property
    def wrong(self) -> str:
        return f"{(int(self.digits) + 1) % 1_000_000:06d}"


async def entering(house: House, case: Case, mediator: Browser, party: int = 0) -> Entering:
    found = case.parties[party]
    return Entering(house, found, await house.link(case, found, mediator))


@pytest.fixture
async def consumer(house: House, case: Case, mediator: Browser) -> Entering:
    return await entering(house, case, mediator)


async def test_the_right_code_opens_the_seat_and_the_consents_come_first(consumer: Entering) -> None:
    sent = await consumer.send()
    assert "138****5521" in sent.text
    assert consumer.digits not in sent.text
    opened = await consumer.confirm(consumer.digits)
    assert opened.status == 303
    assert (await consumer.browser.get(opened.location)).location == f"{opened.location}/consents"


@pytest.mark.parametrize("wide", [False, True])
async def test_digits_may_be_typed_as_a_keyboard_gives_them(consumer: Entering, wide: bool) -> None:
    await consumer.send()
    digits = "".join(chr(ord(d) + 0xFEE0 * wide) for d in consumer.digits)
    assert (await consumer.confirm(f" {digits[:3]} {digits[3:]}")).status == 303


async def test_a_wrong_code_says_how_many_tries_are_left(consumer: Entering) -> None:
    await consumer.send()
    for left in (4, 3, 2, 1):
        reply = await consumer.confirm(consumer.wrong)
        assert reply.status == 409
        assert f"还能试 {left} 次" in reply.text
    assert "试的次数太多了" in (await consumer.confirm(consumer.wrong)).text
    assert "试的次数太多了" in (await consumer.confirm(consumer.digits)).text


async def test_a_code_works_once(consumer: Entering) -> None:
    await consumer.send()
    assert (await consumer.confirm(consumer.digits)).status == 303
    again = await consumer.confirm(consumer.digits)
    assert again.status == 409
    assert "已经用过了" in again.text


async def test_a_late_code_says_so(consumer: Entering, clock: StillClock) -> None:
    await consumer.send()
    clock.wait(minutes=5)
    assert "过了 5 分钟" in (await consumer.confirm(consumer.digits)).text


async def test_a_newer_code_ends_the_older(consumer: Entering, clock: StillClock) -> None:
    await consumer.send()
    older = consumer.digits
    clock.wait(seconds=31)
    await consumer.send()
    if older != consumer.digits:
        assert (await consumer.confirm(older)).status == 409
    assert (await consumer.confirm(consumer.digits)).status == 303


async def test_a_second_code_has_to_wait_and_the_first_still_works(consumer: Entering) -> None:
    await consumer.send()
    reply = await consumer.send()
    assert "短信刚发出，请等 30 秒再点。" in reply.text
    assert "短信没有发出去" not in reply.text
    assert (await consumer.confirm(consumer.digits)).status == 303


async def test_five_codes_an_hour_are_enough(consumer: Entering, clock: StillClock) -> None:
    for _ in range(5):
        assert (await consumer.send()).status == 200
        clock.wait(minutes=1)
    assert re.search("请 5[56] 分钟后再试", (await consumer.send()).text)
    clock.wait(minutes=56)
    assert (await consumer.send()).status == 200


async def test_a_code_of_the_other_party_is_wrong(
    house: House, case: Case, mediator: Browser, consumer: Entering
) -> None:
    insurer = await entering(house, case, mediator, party=1)
    await consumer.send()
    await insurer.send()
    if insurer.digits != consumer.digits:
        assert "不对" in (await consumer.confirm(insurer.digits)).text


async def test_a_code_that_was_never_sent_is_asked_for_first(consumer: Entering) -> None:
    await consumer.browser.get(consumer.link)
    assert "还没有给您发过数字" in (await consumer.confirm("123456")).text


async def test_what_becomes_of_codes_is_in_the_chain_without_digits(
    house: House, case: Case, consumer: Entering
) -> None:
    await consumer.send()
    await consumer.confirm(consumer.wrong)
    await consumer.confirm(consumer.digits)
    rows = await house.services.database.read(audit.chain, case.id)
    assert [r.action for r in rows][-4:] == [
        "code:enter:sent",
        "code:enter:wrong",
        "code:enter:confirmed",
        "seat:device:confirmed",
    ]


async def test_digits_are_in_no_log_and_in_no_file(
    house: House, consumer: Entering, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await consumer.send()
    await consumer.confirm(consumer.wrong)
    await consumer.confirm(consumer.digits)
    assert consumer.digits not in caplog.text
    assert consumer.party.phone not in caplog.text
    assert consumer.link not in caplog.text
    for path in (house.folder / "data").glob("heyi.sqlite3*"):
        content = path.read_bytes()
        assert f"【和议】{consumer.digits}".encode() not in content
        assert consumer.party.phone.encode() not in content


@pytest.mark.parametrize("step", [-600.0, 600.0])
async def test_a_step_of_the_servers_clock_ends_no_code_early_or_late(folder: Path, step: float) -> None:
    wall, mono = [NOON.timestamp()], [0.0]
    time = steady_clock(lambda: wall[0], lambda: mono[0])
    async with house_in(folder, StillClock(NOON), time=time) as house:
        mediator = await house.signed_in(MEDIATOR)
        consumer = await entering(house, await house.case(), mediator)
        await consumer.send()
        wall[0] += step
        mono[0] += 299
        assert (await consumer.confirm(consumer.digits)).status == 303
        await consumer.send()
        mono[0] += 300
        assert "过了 5 分钟" in (await consumer.confirm(consumer.digits)).text


# The way to the phone.


async def test_a_message_is_signed_and_says_what_it_is_for(folder: Path, clock: StillClock) -> None:
    async with (
        Receiver(SECRET) as receiver,
        house_in(folder, clock, outbox=False, HEYI_SMS_URL=receiver.url, HEYI_SMS_SECRET=SECRET) as house,
    ):
        case, mediator = await house.case(), await house.signed_in(MEDIATOR)
        consumer = await entering(house, case, mediator)
        assert (await consumer.send()).status == 200
        digits = await receiver.code(consumer.party.phone)
        assert receiver.refused == 0
        assert (await consumer.confirm(digits)).status == 303


async def _down(request: web.Request) -> web.Response:
    return web.Response(status=500)


@pytest.mark.parametrize("gateway", ["absent", "failing"])
async def test_a_gateway_that_is_down_is_said_and_the_next_click_works(
    folder: Path, clock: StillClock, gateway: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken = web.Application()
    broken.router.add_post("/sms", _down)
    async with TestServer(broken) as failing, Receiver(SECRET) as receiver:
        url = str(failing.make_url("/sms")) if gateway == "failing" else "http://127.0.0.1:9/sms"
        async with house_in(folder, clock, outbox=False, HEYI_SMS_URL=url, HEYI_SMS_SECRET=SECRET) as house:
            case, mediator = await house.case(), await house.signed_in(MEDIATOR)
            consumer = await entering(house, case, mediator)
            for _ in range(6):
                reply = await consumer.send()
                assert reply.status == 409
                assert "短信没有发出去" in reply.text
            sms: Any = house.services.sms
            sms._url = receiver.url  # the gateway is up again
            assert (await consumer.send()).status == 200
            digits = await receiver.code(consumer.party.phone)
            assert (await consumer.confirm(digits)).status == 303
            actions = [r.action for r in await house.services.database.read(audit.chain, case.id)]
            assert actions.count("code:enter:not-sent") == 6
    assert consumer.party.phone not in caplog.text
