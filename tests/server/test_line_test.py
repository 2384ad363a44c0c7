"""The test of one's own line over HTTP: before admission, beside the room, within its limits."""

import hashlib
import hmac
from base64 import b64encode
from pathlib import Path

import pytest

from cases.model import Case
from signaling.probe import AT_ONCE
from tests.builders.clocks import StillClock
from tests.builders.http import MEDIATOR, OTHER_MEDIATOR, Browser, House, house_in
from tests.builders.line import line

SECRET = "a-secret-of-the-relay"
URLS = (
    "turn:turn.example.cn:3478?transport=udp",
    "turn:turn.example.cn:3478?transport=tcp",
    "turns:turn.example.cn:5349?transport=tcp",
)
TOO_OFTEN = "刚才测过好几次了，请过半分钟再测。不影响参加调解。"


@pytest.fixture
async def seat(house: House, case: Case) -> str:
    return f"/seat/{await house.seat(case.parties[0])}"


@pytest.fixture
async def consumer(house: House, case: Case, mediator: Browser, seat: str) -> Browser:
    """Somebody who has confirmed a code, and not answered a single consent."""
    browser = await house.confirmed(case, case.parties[0], mediator)
    await browser.get(f"{seat}/connection")
    return browser


async def test_each_way_has_the_relay_that_it_goes_by_and_credentials_of_this_seat(
    folder: Path, clock: StillClock
) -> None:
    async with house_in(folder, clock, HEYI_ICE_TURN=",".join(URLS), HEYI_ICE_TURN_SECRET=SECRET) as house:
        case, mediator = await house.case(), await house.signed_in(MEDIATOR)
        consumer = await house.confirmed(case, case.parties[0], mediator)
        seat = await house.seat(case.parties[0])
        shown = await consumer.get(f"/seat/{seat}/connection")
        assert [shown.text.count(f'data-way="{way}"') for way in ("direct", "udp", "tcp", "tls")] == [1] * 4
        assert "没有设中转" not in shown.text
        direct, *relayed = (await consumer.post_json(f"/seat/{seat}/connection/ways", {})).json["ways"]
    assert direct == {"way": "direct", "ice": []}
    assert [one["way"] for one in relayed] == ["udp", "tcp", "tls"]
    for one, url in zip(relayed, URLS, strict=True):
        [server] = one["ice"]
        assert server["urls"] == [url]
        assert server["username"].endswith(f":{seat}")
        made = hmac.new(SECRET.encode(), server["username"].encode(), hashlib.sha1).digest()
        assert server["credential"] == b64encode(made).decode()


async def test_without_a_relay_there_is_the_direct_way_of_which_a_party_reads_nothing(
    consumer: Browser, seat: str
) -> None:
    assert "没有设中转" not in (await consumer.get(f"{seat}/connection")).text
    ways = (await consumer.post_json(f"{seat}/connection/ways", {})).json["ways"]
    assert ways == [{"way": "direct", "ice": []}]


async def test_a_line_is_tested_before_any_consent_and_the_room_learns_nothing(
    case: Case, mediator: Browser, consumer: Browser, seat: str
) -> None:
    async with mediator.page(f"/staff/{MEDIATOR.id}/cases/{case.id}") as console, line() as browser:
        before = await console.seen(phase="scheduled")
        answer = (await consumer.post_json(f"{seat}/connection/probe", {"sdp": await browser.offer()})).json
        await browser.connect(answer["sdp"])
        assert (await consumer.post_json(f"{seat}/connection/end", {"probe": answer["probe"]})).json["ok"]
        await console.socket.send_json({"type": "ping"})
        await console.until("pong")  # what the room had to say before it is read
        assert [one["here"] for one in console.view["everybody"]] == [
            one["here"] for one in before["everybody"]
        ]


async def test_a_test_sends_away_no_page_of_the_same_browser(
    house: House, case: Case, mediator: Browser, seat: str
) -> None:
    consumer = await house.consented(case, case.parties[0], mediator)
    async with consumer.page(seat) as waiting, line() as browser:
        answer = (await consumer.post_json(f"{seat}/connection/probe", {"sdp": await browser.offer()})).json
        await browser.connect(answer["sdp"])
        assert (await waiting.ask("knock", mic=True, camera=True))["type"] == "done"
        await waiting.seen(truth="waiting")


async def test_a_mediator_tests_the_line_from_the_page_of_a_case(case: Case, mediator: Browser) -> None:
    base = f"/staff/{MEDIATOR.id}/cases/{case.id}"
    assert f"{base}/connection" in (await mediator.get(base)).text
    shown = (await mediator.get(f"{base}/connection")).text
    assert 'data-way="direct"' in shown
    assert "调解中心没有设中转，只测直接连接。" in shown  # a house of tests has none
    assert (await mediator.post_json(f"{base}/connection/ways", {})).json["ways"][0]["way"] == "direct"
    async with line() as browser:
        answer = (await mediator.post_json(f"{base}/connection/probe", {"sdp": await browser.offer()})).json
        await browser.connect(answer["sdp"])
        assert (await mediator.post_json(f"{base}/connection/end", {"probe": answer["probe"]})).json["ok"]


async def test_more_tests_at_once_than_anybody_needs_are_refused_in_words(
    house: House, case: Case, mediator: Browser, consumer: Browser, seat: str
) -> None:
    async with line() as browser:
        offer = {"sdp": await browser.offer()}
        replies = [await consumer.post_json(f"{seat}/connection/probe", offer) for _ in range(AT_ONCE + 1)]
        assert [reply.status for reply in replies] == [200] * AT_ONCE + [429]
        assert replies[-1].json == {"ok": False, "reason": "probe:too-many", "text": TOO_OFTEN}
        other = f"/seat/{await house.seat(case.parties[1])}"
        insurer = await house.confirmed(case, case.parties[1], mediator)
        await insurer.get(f"{other}/connection")
        assert (await insurer.post_json(f"{other}/connection/probe", offer)).status == 200


@pytest.mark.parametrize("body", [{"sdp": "v=0"}, {"sdp": 7}, {}, {"sdp": "v=0\r\n" * 20_000}])
async def test_an_offer_that_is_none_is_refused_in_words(consumer: Browser, seat: str, body: object) -> None:
    reply = await consumer.post_json(f"{seat}/connection/probe", body)
    assert reply.status in {400, 409}
    assert reply.json["text"]


@pytest.mark.parametrize("path", ["ways", "probe", "end"])
async def test_only_the_page_of_a_seat_that_was_confirmed_may_test(
    house: House, case: Case, mediator: Browser, consumer: Browser, seat: str, path: str
) -> None:
    other = f"/seat/{await house.seat(case.parties[1])}"
    assert (await house.browser().post_json(f"{seat}/connection/{path}", {})).status == 401
    assert (await consumer.post_json(f"{other}/connection/{path}", {})).status == 401
    consumer.csrf = "0" * 64
    assert (await consumer.post_json(f"{seat}/connection/{path}", {})).status == 403
    strange = await house.signed_in(OTHER_MEDIATOR)
    theirs = f"/staff/{OTHER_MEDIATOR.id}/cases/{case.id}/connection/{path}"
    assert (await strange.post_json(theirs, {})).status == 404


@pytest.mark.parametrize("path", ["ways", "probe", "end"])
async def test_another_site_tests_nobodys_line(consumer: Browser, seat: str, path: str) -> None:
    consumer.origin = "https://elsewhere.test"
    assert (await consumer.post_json(f"{seat}/connection/{path}", {})).status == 403
