"""What anybody may post, to any page, and bytes on the port of HTTP that are no request."""

import asyncio
import json
import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.model import Case
from server import passwords
from tests.builders.cases import NOON
from tests.builders.clocks import StillClock
from tests.builders.hostile import mangled
from tests.builders.http import MEDIATOR, PATIENCE, Browser, House, house_in, make_template
from tests.builders.profiles import MORE

FORM, JSON, PARTS = "application/x-www-form-urlencoded", "application/json", "multipart/form-data"
FIELDS = (
    "phone", "password", "code", "title", "number", "claimed", "consumer-name", "consumer-phone", "reason", "do",
    "digest", "clauses", "sdp", "probe", "consent-notice", "amount",
)  # fmt: skip

texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ("\x00", "\ud800", "９" * 11, "1" * 5000, "-1", "1e999", "issue", "2025-06-03T09:00", "x" * 3000)
    ),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(texts, v, max_size=3),
    max_leaves=6,
)
objects = st.one_of(st.dictionaries(st.sampled_from(FIELDS), values, max_size=5), values)


def _form(fields: Mapping[str, str]) -> bytes:
    return "&".join(f"{name}={quote(value, errors='ignore')}" for name, value in fields.items()).encode()


def _parts(fields: Mapping[str, str]) -> bytes:
    parts = (
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return ("".join(parts) + "--x--\r\n").encode(errors="ignore")


fields = st.dictionaries(st.sampled_from((*FIELDS, "_charset_")), texts, max_size=5)
bodies = st.one_of(
    mangled(fields.map(_form)),
    mangled(fields.map(_parts)),
    objects.map(lambda body: json.dumps(body).encode()),
    mangled(objects.map(lambda body: json.dumps(body).encode())),
    st.binary(max_size=60),
)
kinds = st.builds(
    str.__add__,
    st.sampled_from((FORM, JSON, JSON, PARTS, "text/plain", "nonsense", "")),
    st.sampled_from(
        ("", "", "", "; boundary=x", "; charset=unicode_escape", "; charset=\x80", "; charset=utf-16")
    ),
)
more = st.sampled_from((
    {}, {}, {}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "br"}, {"Content-Encoding": "x"},
    {"Accept": JSON}, {"Host": "x:x"}, {"X-Forwarded-For": "\xff, ::"}, {"Range": "bytes=9-1"},
))  # fmt: skip


def posts(case: Case) -> tuple[str, ...]:
    """Return where something can be posted, in the mediator's browser or a stranger's."""
    base = f"/staff/{MEDIATOR.id}/cases/{case.id}"
    ends = ("clauses", "offer", "code", "act")
    return (
        "/staff/sign-in",
        "/i/x/code",
        "/i/%FF/confirm",
        f"/staff/{MEDIATOR.id}/cases/new",
        f"{base}/links/{case.parties[0].id}",
        *(f"{base}/settlement/{end}" for end in ends),
        *(f"{base}/connection/{end}" for end in ("ways", "probe", "end")),
        "/seat/x/settlement/act",
        "/nowhere",
        "/",
    )


@contextmanager
def running() -> Iterator[tuple[asyncio.Runner, House]]:
    """Run one service for many examples."""
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        asyncio.Runner() as runner,
    ):
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        runner.run(make_template(Path(folder)))
        context = house_in(Path(folder), StillClock(NOON))
        house = runner.run(context.__aenter__())
        try:
            yield runner, house
        finally:
            runner.run(context.__aexit__(None, None, None))


def faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log has that nobody may cause from outside."""
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR or r.exc_info]


def test_whatever_is_posted_is_answered_in_words(caplog: pytest.LogCaptureFixture) -> None:
    with running() as (runner, house):
        case, mediator = runner.run(house.case()), runner.run(house.signed_in(MEDIATOR))
        stranger = house.browser()
        runner.run(stranger.get("/staff/sign-in"))

        @settings(max_examples=250 * MORE)
        @given(st.sampled_from(posts(case)), bodies, kinds, more, st.sampled_from((mediator, stranger)))
        def answered(path: str, body: bytes, kind: str, extra: Mapping[str, str], browser: Browser) -> None:
            caplog.clear()
            headers = {"Content-Type": kind, "X-CSRF-Token": browser.csrf, **extra}
            reply = runner.run(browser.request("POST", path, data=body, headers=headers))
            assert reply.status < 500, (reply.status, reply.text)
            assert faults(caplog) == []
            if reply.status >= 400:
                said = reply.json["text"] if reply.headers["Content-Type"].startswith(JSON) else reply.text
                assert any("\u4e00" <= character <= "\u9fff" for character in said)

        answered()
        assert runner.run(house.browser().get("/healthz")).status == 200


requests = mangled(
    st.builds(
        lambda method, path, line, body: b"%b %b HTTP/1.1\r\nHost: x\r\n%b\r\n\r\n%b" % (method, path, line, body),
        st.sampled_from((b"GET", b"POST", b"PUT", b"\x00", b"get", b"OPTIONS")),
        st.sampled_from((b"/", b"/staff/sign-in", b"/i/%FF/code", b"*", b"http://[/", b"//", b"/static/%00")),
        st.sampled_from((
            b"Connection: close", b"Transfer-Encoding: chunked", b"Content-Length: 5", b"Content-Length: -1",
            b"Transfer-Encoding: chunked\r\nContent-Length: 4", b"Content-Encoding: gzip\r\nContent-Length: 2",
            b"Upgrade: websocket\r\nConnection: Upgrade", b"Expect: 100-continue", b"Cookie: \xff=;;=", b"A" * 9000,
        )),
        st.sampled_from((b"", b"5\r\nhello\r\n0\r\n\r\n", b"z\r\n", b"\x1f\x8b", b"ffffffffffffffff\r\n")),
    ),
    edits=2,
)  # fmt: skip


def test_bytes_that_are_no_request_disturb_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with running() as (runner, house):

        @settings(max_examples=120 * MORE)
        @given(requests)
        def survived(sent: bytes) -> None:
            caplog.clear()
            said = runner.run(_thrown(house, sent))
            assert not said or said.startswith(b"HTTP/1.")
            assert not said.startswith((b"HTTP/1.1 5", b"HTTP/1.0 5")), said
            assert faults(caplog) == []
            assert runner.run(house.browser().get("/roots.pem")).status == 200

        survived()


async def _thrown(house: House, sent: bytes) -> bytes:
    """Return what comes back for some bytes."""
    reader, writer = await asyncio.open_connection(house.server.host, house.server.port)
    try:
        writer.write(sent)
        writer.write_eof()
        async with asyncio.timeout(PATIENCE):
            return await reader.read()
    finally:
        writer.close()
