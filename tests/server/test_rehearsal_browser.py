"""The rehearsal's browser does what browsers do: cookies, hidden fields, redirects, the Origin."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from server.rehearsal.browser import Browser, Refusal
from server.rehearsal.failing import Failed

FORM = '<body data-csrf="t0"><form method="post" action="/step/confirm"><input type="hidden" name="csrf" value="t1">'


async def page(request: web.Request) -> web.Response:
    response = web.Response(text=FORM, content_type="text/html")
    response.set_cookie("__Host-form", "one", secure=True, path="/")
    return response


async def confirm(request: web.Request) -> web.Response:
    form = await request.post()
    fits = form.get("csrf") == "t1" and request.cookies.get("__Host-form") == "one"
    if not fits or request.headers.get("Origin") != f"http://{request.host}" or form.get("code") != "123456":
        return web.Response(status=403, text="<h1>不行</h1>", content_type="text/html")
    response = web.Response(status=303, headers={"Location": "/seat/7"})
    response.set_cookie("__Host-seat-7", "two", secure=True, path="/")
    response.del_cookie("__Host-form", path="/")
    return response


async def seat(request: web.Request) -> web.Response:
    return web.Response(text=",".join(sorted(request.cookies)), content_type="text/html")


async def act(request: web.Request) -> web.Response:
    if request.headers.get("X-CSRF-Token") != "t0":
        return web.json_response({"ok": False, "reason": "forged", "text": "不行"}, status=403)
    return web.json_response({"ok": True, "state": "sealed"})


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    app = web.Application()
    app.router.add_get("/step", page)
    app.router.add_post("/step/confirm", confirm)
    app.router.add_get("/seat/7", seat)
    app.router.add_post("/act", act)
    async with TestServer(app, host="127.0.0.1") as server, Browser(str(server.make_url("/"))) as opened:
        yield opened


async def test_a_form_is_sent_with_its_hidden_fields_and_the_cookies_of_this_browser(
    browser: Browser,
) -> None:
    await browser.get("/step")
    arrived = await browser.submit("/confirm", code="123456")
    assert (arrived.path, arrived.text) == ("/seat/7", "__Host-seat-7")  # the other cookie was dropped


async def test_a_refused_form_is_a_failure_in_the_servers_words(browser: Browser) -> None:
    await browser.get("/step")
    with pytest.raises(Failed, match=r"403.*不行"):
        await browser.submit("/confirm", code="000000")


async def test_a_page_without_the_form_is_a_failure(browser: Browser) -> None:
    await browser.get("/step")
    with pytest.raises(Failed, match="表单"):
        await browser.submit("/elsewhere")


async def test_json_carries_the_pages_token_and_a_refusal_its_reason(browser: Browser) -> None:
    with pytest.raises(Refusal) as refused:
        await browser.post_json("/act")
    assert refused.value.reason == "forged"
    await browser.get("/step")
    assert (await browser.post_json("/act"))["state"] == "sealed"


async def test_a_links_secret_is_never_in_a_message(browser: Browser) -> None:
    with pytest.raises(Failed) as failed:
        await browser.get("/i/very-secret")
    assert "very-secret" not in str(failed.value)
