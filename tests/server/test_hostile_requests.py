"""Requests that no page of ours sends."""

import asyncio
import gzip
import logging

import pytest

from cases.model import Case
from server.bodies import MAX_FORM
from tests.builders.http import MEDIATOR, PATIENCE, Browser, House

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"phone=" + b"1" * MAX_FORM, FORM),
        (
            PART * (MAX_FORM // len(PART) + 1) + b"--x--\r\n",
            {"Content-Type": "multipart/form-data; boundary=x"},
        ),
    ],
)
async def test_a_form_that_is_too_long_is_refused_before_it_is_taken_apart(
    house: House, body: bytes, headers: dict[str, str]
) -> None:
    stranger = house.browser()
    await stranger.get("/staff/sign-in")
    reply = await stranger.request("POST", "/staff/sign-in", data=body, headers=headers)
    assert reply.status == 413


async def test_a_compressed_form_is_refused(house: House) -> None:
    stranger = house.browser()
    await stranger.get("/staff/sign-in")
    body = gzip.compress(f"csrf={stranger.csrf}&phone=1&password=2".encode())
    reply = await stranger.request(
        "POST", "/staff/sign-in", data=body, headers=FORM | {"Content-Encoding": "gzip"}
    )
    assert reply.status == 400


@pytest.mark.parametrize(
    "head",
    [
        b'Content-Disposition: form-data; name="phone"\r\nContent-Transfer-Encoding: none of those',
        b"Content-Disposition form-data",
        b'Content-Disposition: form-data; name="' + b"x" * 9000 + b'"',
        b"\r\n".join(b"x%d: y" % number for number in range(300)),
        b'Content-Disposition: form-data; name="_charset_"\r\n\r\n' + b"x" * 50,
    ],
)
async def test_a_form_in_parts_that_nobody_can_take_apart_is_refused_in_words(
    house: House, head: bytes
) -> None:
    stranger = house.browser()
    await stranger.get("/staff/sign-in")
    body = b"--x\r\n" + head + b"\r\n\r\nvalue\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    reply = await stranger.request("POST", "/staff/sign-in", data=body, headers=headers)
    assert reply.status == 400
    assert "看不懂" in reply.text


async def test_a_form_in_another_charset_cannot_spell_half_a_character(house: House) -> None:
    stranger = house.browser()
    await stranger.get("/staff/sign-in")
    body = f"csrf={stranger.csrf}&phone=\\ud800&password=\\ud800"
    headers = {"Content-Type": FORM["Content-Type"] + "; charset=unicode_escape"}
    reply = await stranger.request("POST", "/staff/sign-in", data=body.encode(), headers=headers)
    assert reply.status == 400


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_json_that_says_it_is_compressed_is_refused_in_words(
    house: House, case: Case, mediator: Browser, encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = f"/staff/{MEDIATOR.id}/cases/{case.id}/settlement/code"
    headers = {
        "X-CSRF-Token": mediator.csrf,
        "Content-Type": "application/json",
        "Content-Encoding": encoding,
    }
    reply = await mediator.request("POST", path, data=b"nonsense", headers=headers)
    assert reply.status == 400
    assert "看不懂" in reply.text
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("host", ["x:99999", "x:abc", "http://x"])
async def test_a_host_that_is_none_is_no_name_of_this_machine(house: House, host: str) -> None:
    assert (await house.browser().get("/demo/outbox", Host=host)).status == 404


async def test_what_is_no_request_does_not_reach_the_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    reader, writer = await asyncio.open_connection(house.server.host, house.server.port)
    writer.write(b"GET /i/the-secret-of-a-link and more HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        assert (await reader.read()).startswith(b"HTTP/1.0 400")
    writer.close()
    assert "the-secret-of-a-link" not in caplog.text
    assert "Traceback" not in caplog.text


async def test_the_outbox_is_shown_under_names_of_this_machine_only(house: House) -> None:
    assert (await house.browser().get("/demo/outbox")).status == 200
    assert (await house.browser().get("/demo/outbox", Host="elsewhere.example:8000")).status == 404
