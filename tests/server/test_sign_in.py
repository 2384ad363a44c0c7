"""Staff: in by phone and password, slowed down after failures, out at once, each to their own pages."""

import asyncio
from typing import Any

import pytest

from cases.audit import CENTRE_CHAIN
from cases.ids import new_secret
from cases.links import secret_hash
from cases.model import Case, Staff
from server.passwords import hash_password
from signaling import connection
from storage import audit, staff
from tests.builders.clocks import StillClock
from tests.builders.http import (
    ADMIN,
    LEGAL,
    MEDIATOR,
    OTHER_MEDIATOR,
    PASSWORD,
    Browser,
    House,
    Reply,
    house_in,
)

WRONG = "not the password"


async def attempt(browser: Browser, phone: str = MEDIATOR.phone, password: str = PASSWORD) -> Reply:
    await browser.get("/staff/sign-in")
    return await browser.post("/staff/sign-in", phone=phone, password=password)


async def actions(house: House) -> list[str]:
    return [row.action for row in await house.services.database.read(audit.chain, CENTRE_CHAIN)]


@pytest.mark.parametrize(
    ("member", "first"),
    [(MEDIATOR, "cases"), (OTHER_MEDIATOR, "cases"), (LEGAL, "archive"), (ADMIN, "people")],
    ids=["mediator", "other", "legal", "admin"],
)
async def test_the_right_password_opens_the_first_page_of_the_role(
    house: House, member: Staff, first: str
) -> None:
    browser = house.browser()
    assert (await attempt(browser, phone=member.phone)).location == f"/staff/{member.id}"
    assert (await browser.get(f"/staff/{member.id}")).location == f"/staff/{member.id}/{first}"
    assert (await browser.get(f"/staff/{member.id}/{first}")).status == 200


async def test_a_wrong_password_and_an_unknown_phone_get_the_same_answer(house: House) -> None:
    browser = house.browser()
    known = await attempt(browser, password=WRONG)
    unknown = await attempt(browser, phone="13700139999", password=WRONG)
    assert known.status == unknown.status == 401
    assert "手机号或密码不对。" in known.text
    assert "手机号或密码不对。" in unknown.text
    assert "13700131234" in known.text  # what was typed is kept
    assert not any(name.startswith("__Host-staff") for name in browser.cookies)


async def test_failures_and_sign_ins_are_in_the_audit_without_a_phone(house: House) -> None:
    await attempt(house.browser(), password=WRONG)
    await house.signed_in(MEDIATOR)
    rows = await house.services.database.read(audit.chain, CENTRE_CHAIN)
    assert [r.action for r in rows][-2:] == ["sign-in:failed", "sign-in"]
    assert not any(MEDIATOR.phone in f"{r.actor}{r.subject}" for r in rows)


async def test_the_sixth_try_has_to_wait_and_a_right_password_does_not_help(
    house: House, clock: StillClock
) -> None:
    browser = house.browser()
    for _ in range(5):
        assert (await attempt(browser, password=WRONG)).status == 401
    assert "试得太快了" in (await attempt(browser)).text
    clock.wait(seconds=3.9)
    assert "试得太快了" in (await attempt(browser)).text
    clock.wait(seconds=0.2)
    assert (await attempt(browser)).status == 303


async def test_each_further_failure_doubles_the_wait(house: House, clock: StillClock) -> None:
    browser = house.browser()
    for _ in range(5):
        await attempt(browser, password=WRONG)
    clock.wait(seconds=4.1)
    assert "手机号或密码不对" in (await attempt(browser, password=WRONG)).text
    clock.wait(seconds=7.9)
    assert "试得太快了" in (await attempt(browser)).text
    clock.wait(seconds=0.2)
    assert (await attempt(browser)).status == 303


async def test_one_phone_is_slowed_down_whatever_address_it_is_tried_from(
    folder: Any, clock: StillClock
) -> None:
    async with house_in(folder, clock, HEYI_TRUSTED_PROXIES="127.0.0.0/8") as house:
        browser = house.browser()
        await browser.get("/staff/sign-in")
        form = {"csrf": browser.csrf, "phone": MEDIATOR.phone}

        async def from_address(address: str, phone: str, password: str) -> Reply:
            fields = form | {"phone": phone, "password": password}
            headers = {"X-Forwarded-For": address}
            return await browser.request("POST", "/staff/sign-in", data=fields, headers=headers)

        for n in range(5):
            await from_address(f"203.0.113.{n}", MEDIATOR.phone, WRONG)
        assert "试得太快了" in (await from_address("203.0.113.9", MEDIATOR.phone, PASSWORD)).text
        assert (await from_address("203.0.113.9", LEGAL.phone, PASSWORD)).status == 303


async def slow_down(house: House) -> None:
    """Fail in a member's name until everybody who does so has to wait."""
    stranger = house.browser()
    for _ in range(5):
        await attempt(stranger, password=WRONG)
    assert "试得太快了" in (await attempt(stranger)).text


async def test_a_browser_that_its_owner_signed_in_with_keeps_its_own_pace(house: House) -> None:
    own = house.browser()
    assert (await attempt(own)).status == 303
    await own.post(f"/staff/{MEDIATOR.id}/sign-out")
    await slow_down(house)  # from the same address, too
    assert (await attempt(own)).status == 303
    assert "试得太快了" in (await attempt(own, phone=LEGAL.phone)).text  # it is known to nobody else


async def test_a_known_browser_is_slowed_down_by_its_own_failures_alone(
    house: House, clock: StillClock
) -> None:
    own = house.browser()
    await attempt(own)
    for _ in range(5):
        assert "手机号或密码不对" in (await attempt(own, password=WRONG)).text
    assert "试得太快了" in (await attempt(own)).text
    assert (await attempt(house.browser())).status == 303
    clock.wait(seconds=4.1)
    assert (await attempt(own)).status == 303


async def test_a_cookie_that_we_did_not_give_keeps_no_pace(house: House) -> None:
    await slow_down(house)
    stranger = house.browser()
    stranger.cookies[f"__Host-known-{MEDIATOR.id}"] = new_secret()
    assert "试得太快了" in (await attempt(stranger)).text


async def test_the_end_of_somebodys_sessions_forgets_their_browsers(house: House) -> None:
    lost = house.browser()
    await attempt(lost)
    admin = await house.signed_in(ADMIN)
    await admin.post(f"/staff/{ADMIN.id}/people/{MEDIATOR.id}/sessions")
    await slow_down(house)
    assert "试得太快了" in (await attempt(lost)).text


async def test_one_address_is_slowed_down_whichever_phone_it_tries(house: House) -> None:
    browser = house.browser()
    for n in range(5):
        await attempt(browser, phone=f"1370013900{n}", password=WRONG)
    assert "试得太快了" in (await attempt(browser, phone=LEGAL.phone)).text


async def test_many_tries_at_once_are_slowed_down_like_one_after_the_other(house: House) -> None:
    browser = house.browser()
    await browser.get("/staff/sign-in")
    replies = await asyncio.gather(
        *(browser.post("/staff/sign-in", phone=MEDIATOR.phone, password=WRONG) for _ in range(9))
    )
    assert sum("手机号或密码不对" in reply.text for reply in replies) == 5
    assert sum("试得太快了" in reply.text for reply in replies) == 4


async def test_the_administrator_ends_a_session_at_once(house: House, mediator: Browser) -> None:
    admin = await house.signed_in(ADMIN)
    people = await admin.get(f"/staff/{ADMIN.id}/people")
    assert MEDIATOR.name in people.text
    assert (await admin.post(f"/staff/{ADMIN.id}/people/{MEDIATOR.id}/sessions")).status == 303
    assert (await mediator.get(f"/staff/{MEDIATOR.id}/cases")).status == 401
    assert (await actions(house))[-1] == "staff:sessions:end"


async def test_the_end_of_a_session_closes_the_open_console(
    house: House, case: Case, mediator: Browser
) -> None:
    admin = await house.signed_in(ADMIN)
    async with mediator.page(f"/staff/{MEDIATOR.id}/cases/{case.id}") as page:
        await admin.post(f"/staff/{ADMIN.id}/people/{MEDIATOR.id}/sessions")
        assert (await page.until("bye"))["reason"] == "signed-out"
        assert await page.closed() == 4003


async def test_signing_out_ends_the_session_and_its_console_on_the_server(
    house: House, case: Case, mediator: Browser
) -> None:
    kept = dict(mediator.cookies)
    async with mediator.page(f"/staff/{MEDIATOR.id}/cases/{case.id}") as page:
        assert (await mediator.post(f"/staff/{MEDIATOR.id}/sign-out")).location == "/staff/sign-in"
        assert await page.closed() == 4003
    mediator.cookies = kept  # a copy of the cookie is worth nothing
    assert (await mediator.get(f"/staff/{MEDIATOR.id}/cases")).status == 401


async def test_a_session_ends_after_twelve_hours(house: House, mediator: Browser, clock: StillClock) -> None:
    clock.wait(hours=11, minutes=59)
    assert (await mediator.get(f"/staff/{MEDIATOR.id}/cases")).status == 200
    clock.wait(minutes=2)
    assert (await mediator.get(f"/staff/{MEDIATOR.id}/cases")).status == 401


async def test_an_open_console_ends_with_its_session(
    house: House, case: Case, mediator: Browser, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STILL_IN_EVERY", 0.0)
    async with mediator.page(f"/staff/{MEDIATOR.id}/cases/{case.id}") as page:
        clock.wait(hours=11, minutes=59)
        assert (await page.ask("mic", on=False))["type"] == "done"
        clock.wait(minutes=2)
        await page.socket.send_json({"type": "ping"})
        assert (await page.until("bye"))["reason"] == "signed-out"
        assert await page.closed() == 4003


async def test_whose_session_has_ended_is_led_to_the_sign_in(house: House) -> None:
    reply = await house.browser().get(f"/staff/{MEDIATOR.id}/cases", Accept="text/html,*/*;q=0.8")
    assert (reply.status, reply.location) == (303, "/staff/sign-in")


async def test_the_people_page_says_when_somebody_signed_in_last(house: House, clock: StillClock) -> None:
    await house.signed_in(LEGAL)
    clock.wait(hours=1)
    admin = await house.signed_in(ADMIN)
    text = (await admin.get(f"/staff/{ADMIN.id}/people")).text
    assert "2025-09-18 12:00" in text
    assert text.count("没有登录过") == 2  # the two mediators


def test_a_password_is_kept_by_argon2id_and_is_not_short() -> None:
    assert hash_password(PASSWORD).startswith("$argon2id$")
    with pytest.raises(ValueError, match="10"):
        hash_password("too short")


# Forgery.


@pytest.mark.parametrize("token", ["", "0" * 64, "\u00ff"], ids=["missing", "wrong", "not-ascii"])
async def test_a_form_without_this_sessions_token_is_refused(
    house: House, mediator: Browser, token: str
) -> None:
    form = {"csrf": token} if token else {}
    reply = await mediator.request("POST", f"/staff/{MEDIATOR.id}/sign-out", data=form)
    assert reply.status == 403
    assert "这个页面放得太久了" in reply.text
    headers = {"X-CSRF-Token": token}
    assert (await mediator.request("POST", f"/staff/{MEDIATOR.id}/sign-out", headers=headers)).status == 403
    assert (await mediator.get(f"/staff/{MEDIATOR.id}/cases")).status == 200


async def test_a_token_of_another_session_is_refused(house: House, mediator: Browser) -> None:
    legal = await house.signed_in(LEGAL)
    mediator.csrf = legal.csrf
    assert (await mediator.post(f"/staff/{MEDIATOR.id}/sign-out")).status == 403


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "http://heyi.test"])
async def test_a_post_from_another_origin_is_refused(
    house: House, case: Case, mediator: Browser, origin: str | None
) -> None:
    mediator.origin = origin
    assert (await mediator.post(f"/staff/{MEDIATOR.id}/sign-out")).status == 403
    stranger = house.browser()
    await stranger.get("/staff/sign-in")
    stranger.origin = origin
    sign_in = await stranger.post("/staff/sign-in", phone=MEDIATOR.phone, password=PASSWORD)
    assert sign_in.status == 403


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
async def test_a_websocket_from_another_origin_is_refused(
    house: House, case: Case, mediator: Browser, origin: str | None
) -> None:
    mediator.origin = origin
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    reply = await mediator.get(f"/staff/{MEDIATOR.id}/cases/{case.id}/socket", **headers)
    assert reply.status == 403


async def test_a_websocket_without_the_pages_token_is_sent_away(
    house: House, case: Case, mediator: Browser
) -> None:
    url = house.server.make_url(f"/staff/{MEDIATOR.id}/cases/{case.id}/socket")
    async with house.http.ws_connect(url, headers=mediator.headers()) as socket:
        await socket.send_json({"type": "hello", "csrf": "0" * 64})
        assert (await socket.receive_json())["reason"] == "signed-out"
        await socket.receive()
        assert socket.close_code == 4003


# Rights.

PAGES = {
    "cases": MEDIATOR,
    "cases/new": MEDIATOR,
    "archive": LEGAL,
    "people": ADMIN,
}


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_opens_for_its_role_alone(house: House, page: str) -> None:
    for member in (MEDIATOR, LEGAL, ADMIN):
        browser = await house.signed_in(member)
        found = await browser.get(f"/staff/{member.id}/{page}")
        assert found.status == (200 if member is PAGES[page] else 404)


async def test_a_session_opens_nobody_elses_pages(house: House, mediator: Browser) -> None:
    assert (await mediator.get(f"/staff/{OTHER_MEDIATOR.id}/cases")).status == 401


async def test_another_mediators_case_is_not_found(house: House, case: Case) -> None:
    other = await house.signed_in(OTHER_MEDIATOR)
    base = f"/staff/{OTHER_MEDIATOR.id}/cases/{case.id}"
    for path in ("", "/room", "/socket", "/settlement.pdf"):
        assert (await other.get(base + path)).status == 404
    assert (await other.post(f"{base}/links/{case.parties[0].id}", do="issue")).status == 404
    for path in ("clauses", "offer", "code", "act"):
        assert (await other.post_json(f"{base}/settlement/{path}", {})).status == 404
    listed = await other.get(f"/staff/{OTHER_MEDIATOR.id}/cases")
    assert case.number not in listed.text


# One-use sign-ins of the demo.


async def a_ticket(house: House) -> str:
    secret = new_secret()
    expires = house.clock.now.replace(hour=16)
    await house.services.database.write(staff.add_ticket, MEDIATOR.id, secret_hash(secret), expires)
    return f"/demo/sign-in/{secret}"


async def test_a_ticket_signs_in_once(house: House) -> None:
    ticket = await a_ticket(house)
    browser = house.browser()
    assert (await browser.get(ticket)).location == f"/staff/{MEDIATOR.id}"
    assert (await browser.get(f"/staff/{MEDIATOR.id}/cases")).status == 200
    assert (await house.browser().get(ticket)).status == 404


async def test_a_ticket_expires(house: House, clock: StillClock) -> None:
    ticket = await a_ticket(house)
    clock.wait(hours=13)
    assert (await house.browser().get(ticket)).status == 404


async def test_tickets_and_outbox_are_for_this_machine_alone(house: House) -> None:
    ticket = await a_ticket(house)
    far = house.browser()
    assert (await far.get(ticket, **{"X-Forwarded-For": "203.0.113.5"})).status == 404
    assert (await far.get("/demo/outbox", **{"X-Forwarded-For": "203.0.113.5"})).status == 404
    assert (await far.get(ticket)).status == 303  # it was not used up


async def test_tickets_and_outbox_exist_under_demo_alone(folder: Any, clock: StillClock) -> None:
    async with house_in(folder, clock, outbox=False, HEYI_SMS_URL="http://127.0.0.1:9/") as house:
        assert (await house.browser().get(await a_ticket(house))).status == 404
        assert (await house.browser().get("/demo/outbox")).status == 404
