"""Every answer has its headers, and every wrong request an answer in words."""

import asyncio
import logging
import re
import shutil
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from cases.model import Case
from server.responses import in_words
from storage import staff
from tests.builders.clocks import StillClock
from tests.builders.http import MEDIATOR, Browser, House, Reply, house_in

PAGES = ("/", "/staff/sign-in", "/healthz", "/roots.pem", "/nowhere", "/static/css/tokens.css")


@pytest.mark.parametrize("path", PAGES)
async def test_every_answer_keeps_scripts_frames_and_links_at_home(house: House, path: str) -> None:
    headers = (await house.browser().get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_pages_are_kept_by_nobody_and_static_files_are_asked_for_anew(house: House) -> None:
    browser = house.browser()
    for path in PAGES[:-1]:
        assert (await browser.get(path)).headers["Cache-Control"] == "no-store"
    static = await browser.get(PAGES[-1])
    assert static.headers["Cache-Control"] == "no-cache"
    again = await browser.get(PAGES[-1], **{"If-None-Match": static.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/static/",
        "/static/nothing.js",
        "/static/css",
        "/static/%00",
        "/static/..%2frendering.py",
        "/static/../app.py",
        "/seat/x/y",
    ],
)
async def test_an_unknown_page_is_said_in_words(house: House, path: str) -> None:
    reply = await house.browser().get(path)
    assert reply.status in {403, 404}
    assert "这里没有这个页面，或者不是给您看的。" in reply.text
    asked = await house.browser().get(path, Accept="application/json")
    assert asked.json == {
        "ok": False,
        "reason": asked.json["reason"],
        "text": "这里没有这个页面，或者不是给您看的。",
    }


async def test_another_method_is_said_in_words(house: House) -> None:
    reply = await house.browser().post("/")
    assert reply.status == 405
    assert "<h1" in reply.text


async def test_a_body_that_is_too_large_is_said_in_words(house: House, case: Case, mediator: Browser) -> None:
    form = await mediator.post(f"/staff/{MEDIATOR.id}/cases/new", title="x" * 600_000)
    assert form.status == 413
    assert "发来的内容太长" in form.text
    path = f"/staff/{MEDIATOR.id}/cases/{case.id}/settlement/clauses"
    assert (await mediator.post_json(path, {"clauses": ["x" * 600_000]})).json["reason"] == "message:too-long"


BAD_JSON = [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"digest": "\\ud800"}', b"[" * 100_000]


@pytest.mark.parametrize("body", BAD_JSON, ids=lambda body: repr(body[:12]))
async def test_json_that_is_none_is_said_in_words(
    house: House, case: Case, mediator: Browser, body: bytes
) -> None:
    headers = {"X-CSRF-Token": mediator.csrf, "Content-Type": "application/json"}
    path = f"/staff/{MEDIATOR.id}/cases/{case.id}/settlement/code"
    reply = await mediator.request("POST", path, data=body, headers=headers)
    assert reply.status == 400
    assert reply.json["reason"] == "message:bad"
    assert "看不懂" in reply.json["text"]


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded; charset=klingon",
        "text/plain",
        "nonsense",
    ],
)
async def test_a_form_of_another_kind_is_refused_in_words(
    house: House, mediator: Browser, content_type: str
) -> None:
    headers = {"Content-Type": content_type, "X-CSRF-Token": mediator.csrf}
    reply = await mediator.request(
        "POST", f"/staff/{MEDIATOR.id}/cases/new", data=b"title=\xff&x", headers=headers
    )
    assert reply.status in {400, 409}
    assert "<h1" in reply.text


async def test_a_form_with_a_file_is_none_of_ours(house: House, mediator: Browser) -> None:
    data = aiohttp.FormData({"csrf": mediator.csrf})
    data.add_field("title", b"content", filename="x.txt")
    reply = await mediator.request("POST", f"/staff/{MEDIATOR.id}/cases/new", data=data)
    assert reply.status == 400
    assert "看不懂" in reply.text


async def test_a_cookie_that_cannot_be_ours_is_none(house: House) -> None:
    browser = house.browser()
    reply = await browser.get(f"/staff/{MEDIATOR.id}", Cookie=f"__Host-staff-{MEDIATOR.id}=\u00e9")
    assert reply.status == 401


# Who asks.

KNOWN = "203.0.113.7"


async def slowed(folder: Path, clock: StillClock, headers: Any, proxies: str) -> Reply:
    """Fail five times from KNOWN behind a trusted proxy, then ask once more with `headers`."""
    async with house_in(folder, clock, HEYI_TRUSTED_PROXIES=proxies) as house:
        browser = house.browser()
        await browser.get("/staff/sign-in")
        for n in range(6):
            form = {"csrf": browser.csrf, "phone": f"1370013900{n}", "password": "wrong"}
            sent = {"X-Forwarded-For": KNOWN} if n < 5 else headers
            merged = [*browser.headers().items(), *(sent.items() if isinstance(sent, dict) else sent)]
            async with house.http.post(
                house.server.make_url("/staff/sign-in"), data=form, headers=merged
            ) as r:
                text = await r.text()
    return Reply(0, {}, text.encode())


LOCAL = "127.0.0.0/8"


async def test_the_address_that_a_trusted_proxy_names_counts(folder: Path, clock: StillClock) -> None:
    assert "太快" in (await slowed(folder, clock, {"X-Forwarded-For": KNOWN}, LOCAL)).text


async def test_what_the_client_put_in_front_does_not_count(folder: Path, clock: StillClock) -> None:
    spoofed = {"X-Forwarded-For": f"198.51.100.1, {KNOWN}"}
    assert "太快" in (await slowed(folder, clock, spoofed, LOCAL)).text


async def test_a_line_that_the_client_put_in_front_does_not_count(folder: Path, clock: StillClock) -> None:
    spoofed = [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", KNOWN)]
    assert "太快" in (await slowed(folder, clock, spoofed, LOCAL)).text


async def test_another_address_behind_the_proxy_is_somebody_else(folder: Path, clock: StillClock) -> None:
    assert "太快" not in (await slowed(folder, clock, {"X-Forwarded-For": "203.0.113.8"}, LOCAL)).text


async def test_a_header_of_an_untrusted_peer_is_ignored(folder: Path, clock: StillClock) -> None:
    assert "太快" in (await slowed(folder, clock, {"X-Forwarded-For": "203.0.113.8"}, "10.0.0.0/8")).text


async def test_addresses_are_kept_under_a_key(folder: Path, clock: StillClock) -> None:
    await slowed(folder, clock, {}, LOCAL)
    for path in (folder / "data").glob("heyi.sqlite3*"):
        assert KNOWN.encode() not in path.read_bytes()
    assert staff.FAILURES_KEPT.days == 1


# Health.


async def test_health_is_ok_on_a_good_day(house: House) -> None:
    reply = await house.browser().get("/healthz")
    assert (reply.status, reply.body) == (200, b"ok\n")


async def test_health_names_a_data_folder_that_keeps_nothing(house: House) -> None:
    objects = house.folder / "data/objects"
    shutil.rmtree(objects, ignore_errors=True)
    objects.write_text("a file where the folder was")
    reply = await house.browser().get("/healthz")
    assert reply.status == 503
    assert re.search("recorder.* down", reply.text)


async def test_health_names_a_database_that_is_gone(house: House) -> None:
    await house.services.database.aclose()
    reply = await house.browser().get("/healthz")
    assert (reply.status, reply.body) == (503, b"database down\n")


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


async def test_a_browser_that_goes_during_its_handshake_is_no_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    asked, answered = asyncio.Event(), asyncio.Event()

    async def shake_hands(request: web.Request) -> web.StreamResponse:
        asked.set()
        while request.transport is not None:  # noqa: ASYNC110  aiohttp tells nobody
            await asyncio.sleep(0)
        try:
            await web.WebSocketResponse().prepare(request)
        finally:
            answered.set()
        raise AssertionError

    app = web.Application(middlewares=[in_words])
    app.router.add_get("/", shake_hands)
    runner = web.AppRunner(
        app, access_log=None
    )  # as `heyi serve` has it, and not the tests' own server, which cancels
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with asyncio.timeout(10):
        _, writer = await asyncio.open_connection(*runner.addresses[0][:2])
        writer.write(HANDSHAKE)
        await asked.wait()
        writer.close()
        await answered.wait()
    await runner.cleanup()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "GET /: the browser is gone")
    ]
