"""Cases and links: every field is checked beside itself, and a link is a secret that can be ended."""

import re
import sqlite3
from pathlib import Path

import pytest

from cases.codes import LIFETIME
from cases.ids import CaseId
from cases.links import secret_hash
from cases.model import Case
from storage import audit, cases
from tests.builders.clocks import StillClock
from tests.builders.http import CONSENTS, MEDIATOR, ORIGIN, Browser, House

NEW = f"/staff/{MEDIATOR.id}/cases/new"
FORM = {
    "number": "",
    "title": "退还多扣的保险费",
    "dispute": "mis-selling",
    "claimed": "33000.50",
    "scheduled": "2025-09-19T09:30",
    "applicant_name": "刘桂英",
    "applicant_phone": "13800000021",
    "respondent_organisation": "安和在线财险",
    "respondent_name": "赵一鸣",
    "respondent_phone": "13800000012",
}


async def opened(house: House, mediator: Browser, **fields: str) -> Case:
    reply = await mediator.post(NEW, **FORM | fields)
    assert reply.status == 303, reply.text
    id_ = CaseId(reply.location.rsplit("/", 1)[1])
    return await house.services.database.read(cases.case, id_)


def rows(folder: Path) -> bytes:
    """Return everything in the database as text, without what WAL and pages add."""
    with sqlite3.connect(f"file:{folder}/data/heyi.sqlite3?mode=ro", uri=True) as connection:
        dump = "\n".join(connection.iterdump()).encode()
    connection.close()
    return dump


async def test_a_case_is_kept_as_it_was_typed(house: House, mediator: Browser) -> None:
    case = await opened(house, mediator)
    assert case.title == "退还多扣的保险费"
    assert case.claimed_fen == 3_300_050
    assert case.scheduled_at.isoformat() == "2025-09-19T01:30:00+00:00"  # 9:30 in Shanghai
    assert [p.name for p in case.parties] == ["刘桂英", "赵一鸣"]
    page = (await mediator.get(f"/staff/{MEDIATOR.id}/cases/{case.id}")).text
    assert "2025-09-19" in page
    assert "09:30" in page
    assert "138****0021" in page
    assert "13800000021" not in page


async def test_an_empty_number_is_given_in_order(house: House, mediator: Browser) -> None:
    await opened(house, mediator, number="〔2025〕云保调字第0002号")
    numbers = [(await opened(house, mediator)).number for _ in range(2)]
    assert numbers == ["〔2025〕云保调字第0001号", "〔2025〕云保调字第0003号"]


async def test_a_number_is_given_to_one_case_only(house: House, mediator: Browser, case: Case) -> None:
    reply = await mediator.post(NEW, **FORM | {"number": case.number})
    assert reply.status == 409
    assert "这个案号已经有了，请换一个。" in reply.text
    assert 'value="刘桂英"' in reply.text


WRONG = {
    "title": ["", "长" * 81, "𠮷"],
    "number": ["案" * 65, "𠮷"],
    "dispute": ["", "war"],
    "claimed": ["", "-1", "1.005", "NaN", "1e99", "很多"],
    "scheduled": ["", "tomorrow", "2025-02-30T09:00", "0001-01-01T00:00", "9999-12-31T23:59"],
    "applicant_name": ["", "王𠮷", "a\u202eb"],
    "applicant_phone": ["", "1380000002", "23800000021", "１３８００００００２１", "1３８００００００２１"],
    "respondent_organisation": [""],
    "respondent_name": [""],
    "respondent_phone": ["", FORM["applicant_phone"]],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in WRONG.items() for v in values])
async def test_a_wrong_field_is_mended_beside_itself_and_the_others_are_kept(
    house: House, mediator: Browser, name: str, value: str
) -> None:
    reply = await mediator.post(NEW, **FORM | {name: value})
    assert reply.status == 409
    assert f'id="{name}-error"' in reply.text
    assert "没有登记，有 1 项要改" in reply.text
    for other in {"title", "claimed", "applicant_name"} - {name}:
        assert f'value="{FORM[other]}"' in reply.text
    assert not await house.services.database.read(cases.cases_of, MEDIATOR.id)


@pytest.mark.parametrize(
    ("typed", "fen"), [("0", 0), ("1,234.5", 123_450), ("￥33，000.00", 3_300_000), ("¥0.01", 1)]
)
async def test_an_amount_may_be_typed_as_people_do(
    house: House, mediator: Browser, typed: str, fen: int
) -> None:
    assert (await opened(house, mediator, claimed=typed)).claimed_fen == fen


# Links.


async def change(mediator: Browser, case: Case, do: str, party: int = 0) -> str:
    base = f"/staff/{MEDIATOR.id}/cases/{case.id}"
    reply = await mediator.post(f"{base}/links/{case.parties[party].id}", do=do)
    assert reply.status == 303
    assert "/i/" not in reply.location
    return (await mediator.get(reply.location.partition("#")[0])).text


async def test_an_invitation_is_shown_once_and_says_where_and_when(
    house: House, mediator: Browser, case: Case
) -> None:
    page = await change(mediator, case, "issue")
    assert re.search(
        rf"王秀英：请您参加视频调解.*2025-09-18 12:00.*{ORIGIN}/i/[\w-]{{40,}}\n", page, re.DOTALL
    )
    again = (await mediator.get(f"/staff/{MEDIATOR.id}/cases/{case.id}")).text
    assert "/i/" not in again


@pytest.mark.parametrize(("seconds", "shown"), [(59, True), (60, False)])
async def test_an_invitation_waits_a_minute_for_its_page(
    house: House, mediator: Browser, case: Case, seconds: int, shown: bool
) -> None:
    base = f"/staff/{MEDIATOR.id}/cases/{case.id}"
    await mediator.post(f"{base}/links/{case.parties[0].id}", do="issue")
    house.clock.wait(seconds=seconds)
    assert ("/i/" in (await mediator.get(base)).text) == shown


async def test_an_invitation_is_for_the_session_that_issued_the_link(
    house: House, mediator: Browser, case: Case
) -> None:
    elsewhere = await house.signed_in(MEDIATOR)
    base = f"/staff/{MEDIATOR.id}/cases/{case.id}"
    await mediator.post(f"{base}/links/{case.parties[0].id}", do="issue")
    assert "/i/" not in (await elsewhere.get(base)).text
    assert "/i/" in (await mediator.get(base)).text


async def test_the_secret_of_a_link_is_nowhere_in_the_data(
    house: House, mediator: Browser, case: Case
) -> None:
    link = await house.link(case, case.parties[0], mediator)
    secret = link.removeprefix("/i/")
    assert secret_hash(secret).encode() in rows(house.folder)
    for path in (house.folder / "data").rglob("*"):
        assert path.is_dir() or secret.encode() not in path.read_bytes()


async def test_looking_at_a_link_changes_nothing(house: House, mediator: Browser, case: Case) -> None:
    link = await house.link(case, case.parties[0], mediator)
    before = rows(house.folder)
    for _ in range(2):
        reply = await house.browser().get(link)
        assert reply.status == 200
        assert "调解员 陈静" in reply.text
        assert case.number in reply.text
    assert rows(house.folder) == before


async def test_a_link_alone_opens_no_seat(house: House, mediator: Browser, case: Case) -> None:
    link = await house.link(case, case.parties[0], mediator)
    browser = house.browser()
    await browser.get(link)
    seat = await house.seat(case.parties[0])
    for path in ("", "/consents", "/room", "/socket", "/settlement.pdf"):
        assert (await browser.get(f"/seat/{seat}{path}")).status == 401


async def test_a_seat_opens_for_nobody_elses_browser(house: House, mediator: Browser, case: Case) -> None:
    browser = await house.confirmed(case, case.parties[0], mediator)
    other = await house.seat(case.parties[1])
    mine = await house.seat(case.parties[0])
    browser.cookies[f"__Host-seat-{other}"] = browser.cookies[f"__Host-seat-{mine}"]
    assert (await browser.get(f"/seat/{other}/room")).status == 401


async def test_a_cookie_is_sent_to_this_service_alone_and_read_by_no_script(
    house: House, mediator: Browser, case: Case
) -> None:
    link = await house.link(case, case.parties[0], mediator)
    browser = house.browser()
    first = await browser.get(link)
    await browser.post(f"{link}/code")
    second = await browser.post(f"{link}/confirm", code=house.code(case.parties[0].phone))
    for reply in (first, second):
        cookie = reply.headers["Set-Cookie"]
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


@pytest.mark.parametrize("do", ["issue", "revoke"])
async def test_ending_a_link_ends_its_browsers_and_their_open_pages(
    house: House, mediator: Browser, case: Case, do: str
) -> None:
    party = case.parties[0]
    link = await house.link(case, party, mediator)
    browser = house.browser()
    await browser.get(link)
    await browser.post(f"{link}/code")
    await browser.post(f"{link}/confirm", code=house.code(party.phone))
    seat = f"/seat/{await house.seat(party)}"
    await browser.get(f"{seat}/consents")
    await browser.post(f"{seat}/consents", **CONSENTS)
    async with browser.page(seat) as page:
        text = await change(mediator, case, do)
        assert ("/i/" in text) == (do == "issue")
        assert (await page.until("bye"))["reason"] == "signed-out"
        assert await page.closed() == 4003
    assert (await browser.get(seat)).status == 401
    ended = await browser.get(link)
    assert ended.status == 410
    assert "这个链接已经换成新的了" in ended.text


async def test_the_other_partys_page_stays_open(house: House, mediator: Browser, case: Case) -> None:
    insurer = await house.consented(case, case.parties[1], mediator)
    async with insurer.page(f"/seat/{await house.seat(case.parties[1])}") as page:
        await change(mediator, case, "revoke", party=0)
        await page.socket.send_json({"type": "ping"})
        assert await page.until("pong", "bye") == {"type": "pong"}


async def test_an_unknown_wish_leaves_a_link_as_it_is(house: House, mediator: Browser, case: Case) -> None:
    link = await house.link(case, case.parties[0], mediator)
    base = f"/staff/{MEDIATOR.id}/cases/{case.id}"
    assert (await mediator.post(f"{base}/links/{case.parties[0].id}", do="dance")).status == 409
    assert (await house.browser().get(link)).status == 200


async def test_a_link_expires_after_thirty_days(
    house: House, mediator: Browser, case: Case, clock: StillClock
) -> None:
    link = await house.link(case, case.parties[0], mediator)
    browser = house.browser()
    await browser.get(link)
    clock.wait(days=30, seconds=-1)
    assert (await browser.get(link)).status == 200
    clock.wait(seconds=1)
    reply = await browser.get(link)
    assert reply.status == 410
    assert "这个链接过期了" in reply.text
    assert (await browser.post(f"{link}/code")).status == 410


async def test_a_link_that_nobody_made_says_so(house: House) -> None:
    for link in ("/i/x", "/i/%FF%FE", "/i/" + "x" * 5000):
        reply = await house.browser().get(link)
        assert reply.status == 404
        assert "这个链接不对" in reply.text


async def test_who_opened_a_case_and_changed_links_is_in_its_chain(house: House, mediator: Browser) -> None:
    case = await opened(house, mediator)
    await change(mediator, case, "issue")
    await change(mediator, case, "revoke")
    chain = await house.services.database.read(audit.chain, case.id)
    assert [(r.action, r.actor) for r in chain] == [
        (action, f"staff:{MEDIATOR.id}") for action in ("case:open", "link:issue", "link:revoke")
    ]


async def test_a_code_that_is_confirmed_after_the_link_ended_opens_nothing(
    house: House, mediator: Browser, case: Case, clock: StillClock
) -> None:
    link = await house.link(case, case.parties[0], mediator)
    browser = house.browser()
    await browser.get(link)
    await browser.post(f"{link}/code")
    await change(mediator, case, "issue")
    clock.wait(seconds=(LIFETIME / 2).total_seconds())
    reply = await browser.post(f"{link}/confirm", code=house.code(case.parties[0].phone))
    assert reply.status == 410
    assert not any(name.startswith("__Host-seat") for name in browser.cookies)
