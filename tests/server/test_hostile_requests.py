"""Requests that no page of ours sends."""

import gzip

import pytest

from server.bodies import MAX_FORM
from tests.builders.http import House

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


async def test_the_outbox_is_shown_under_names_of_this_machine_only(house: House) -> None:
    assert (await house.browser().get("/demo/outbox")).status == 200
    assert (await house.browser().get("/demo/outbox", Host="elsewhere.example:8000")).status == 404
