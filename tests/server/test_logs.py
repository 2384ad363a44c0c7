"""The log of a whole session, with faults, line by line; and that of a process."""

import asyncio
import io
import json
import logging
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from cases.clocks import from_iso
from cases.model import Case
from server.logs import JsonLines
from server.rehearsal.receiver import digits_in
from server.sms import OutboxSms
from tests.builders.calls import Session, heard, session
from tests.builders.cases import INSURER_ORGANISATION
from tests.builders.house import house as installation
from tests.builders.http import LEGAL, MEDIATOR, PASSWORD, STAFF, Browser, House

CLAUSE = "被申请人于三日内退还保险费 2353.00 元。"
REASON = "核对录像和协议书"
WRONG_CODE = "000000"
FIELDS = {"time", "level", "logger", "message"}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, down to debug, as JSON."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    handler.addFilter(lambda record: record.name != "aiohttp.access")  # which `heyi serve` has not
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(handler)


async def test_the_log_of_a_whole_session_is_json_and_names_nobody(house: House, log: io.StringIO) -> None:
    case = await house.case()
    secrets = await whole_session(house, case)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert all(line.keys() in (FIELDS, FIELDS | {"exception"}) for line in lines)
    assert {line["level"] for line in lines} >= {"info", "error"}
    assert any("exception" in line for line in lines)
    said = "\n".join(line["message"] + line.get("exception", "") for line in lines)
    assert [secret for secret in secrets if re.search(rf"(?<![\w.]){re.escape(secret)}(?!\w)", said)] == []
    assert re.findall(r"[\u4e00-\u9fff]+", said) == []


async def whole_session(house: House, case: Case) -> list[str]:
    """Go the whole way, with what goes wrong on it; return what must not be in the log."""
    mediator = await house.signed_in(MEDIATOR)
    async with session(house, case, mediator) as made:
        await talk(made)
        parties = ((made.consumer, case.parties[0].phone), (made.insurer, case.parties[1].phone))
        await sign(house, [*((c.browser, c.base, phone) for c, phone in parties), console(made)])
        assert (await made.mediator.ask("close", ground="settled"))["type"] == "done"
    link = await house.link(case, case.parties[0], mediator)
    legal = await house.signed_in(LEGAL)
    await look_back(legal, case)
    await fail(house, mediator, case, link)
    browsers = (mediator, legal, made.consumer.browser, made.insurer.browser)
    return [
        *(word for one in STAFF for word in (one.name, one.phone)),
        *(word for one in case.parties for word in (one.name, one.phone)),
        *(cookie for browser in browsers for cookie in browser.cookies.values()),
        *codes(house),
        *(case.title, case.number, CLAUSE, REASON, INSURER_ORGANISATION, PASSWORD, WRONG_CODE),
        link.removeprefix("/i/"),
    ]


def console(made: Session) -> tuple[Browser, str, str]:
    return made.mediator.browser, made.mediator.base, MEDIATOR.phone


async def talk(made: Session) -> None:
    await made.come(made.mediator, made.consumer, made.insurer)
    for caller in (made.consumer, made.insurer):
        await made.let_in(caller)
    await made.connect(made.mediator, made.consumer, made.insurer)
    assert (await made.mediator.ask("open"))["type"] == "done"
    await heard(made.consumer, made.mediator, b"a joint word")
    assert (await made.consumer.ask("admit", seat="x"))["type"] == "refused"
    assert (await made.mediator.ask("caucus-open", side="applicant"))["type"] == "done"
    await heard(made.consumer, made.mediator, b"a private word")
    assert (await made.mediator.ask("caucus-close"))["type"] == "done"


async def sign(house: House, signers: list[tuple[Browser, str, str]]) -> None:
    mediator, base, _ = signers[-1]
    assert (await mediator.post_json(f"{base}/settlement/clauses", {"clauses": [CLAUSE]})).status == 200
    digest = (await mediator.post_json(f"{base}/settlement/offer", {})).json["settlement"]["digest"]
    for browser, base, phone in signers:
        assert (await browser.post_json(f"{base}/settlement/code", {"digest": digest})).status == 200
        for code in (WRONG_CODE, house.code(phone)):
            act = {"digest": digest, "code": code, "intent": True}
            reply = await browser.post_json(f"{base}/settlement/act", act)
    assert reply.json["settlement"]["state"] == "sealed"


async def look_back(legal: Browser, case: Case) -> None:
    archive = f"/staff/{LEGAL.id}/archive"
    assert (await legal.get(f"{archive}?q={quote(case.parties[0].name[0])}")).status == 200
    await legal.get(f"{archive}/{case.id}")
    await legal.post(f"{archive}/{case.id}", reason=REASON)
    assert (await legal.get(f"{archive}/{case.id}/checks")).status == 200


async def fail(house: House, mediator: Browser, case: Case, link: str) -> None:
    """Sign in wrongly, lose the disk of recordings, have a change fail, and lose the database."""
    browser = house.browser()
    await browser.get("/staff/sign-in")
    await browser.post("/staff/sign-in", phone=MEDIATOR.phone, password=PASSWORD[:-1])
    shutil.rmtree(house.folder / "data/objects")
    (house.folder / "data/objects").write_text("a file where the folder was")
    assert (await browser.get("/healthz")).status == 503
    with closing(sqlite3.connect(house.folder / "data/heyi.sqlite3")) as outside:
        outside.execute("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
    path = f"/staff/{MEDIATOR.id}/cases/{case.id}/links/{case.parties[0].id}"
    assert (await mediator.post(path, do="issue")).status == 503
    await send_what_is_no_request(house, link)
    await house.services.database.aclose()
    assert (await browser.get(link)).status == 503


async def send_what_is_no_request(house: House, link: str) -> None:
    """Open a link as a messenger does that adds what does not belong into an address."""
    reader, writer = await asyncio.open_connection(house.server.host, house.server.port)
    writer.write(f"GET {link}?来自=微信 HTTP/1.1\r\nHost: heyi.test\r\n\r\n".encode())
    assert (await reader.readline()).split()[1] == b"400"
    writer.close()
    await writer.wait_closed()


async def test_a_request_that_cannot_be_read_is_no_fault_and_stays_out_of_the_log(
    house: House, log: io.StringIO
) -> None:
    await send_what_is_no_request(house, "/i/a-secret")
    [line] = [json.loads(line) for line in log.getvalue().splitlines() if "aiohttp.server" in line]
    assert (line["level"], line["message"]) == ("info", "a request could not be read: InvalidURLError")
    assert "a-secret" not in log.getvalue()
    assert "127.0.0.1" not in log.getvalue()


def codes(house: House) -> list[str]:
    assert isinstance(house.services.sms, OutboxSms)
    return [digits for message in house.services.sms.sent if (digits := digits_in(message.text))]


# A process.


async def test_a_process_writes_nothing_but_json(tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    async with installation(tmp_path, settings={"HEYI_LOG_FORMAT": "json"}) as opened:
        pass
    lines = [json.loads(line) for line in opened.log.splitlines()]
    assert lines
    assert all(before < from_iso(line["time"]) < before + timedelta(minutes=2) for line in lines)


FAULTS = """
import threading, warnings
from server.logs import begin_logging
from server.settings import read_settings

def fail():
    raise ValueError("in a thread")

begin_logging(read_settings({"HEYI_LOG_FORMAT": "json"}))
warnings.warn("of a library")
thread = threading.Thread(target=fail)
thread.start()
thread.join()
raise ValueError("of the process,\\non two lines")
"""


def test_what_python_says_by_itself_is_json_as_well() -> None:
    ran = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=False)
    found = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [line["level"] for line in found] == ["warning", "critical", "critical"]
    said = [line["message"] + line.get("exception", "") for line in found]
    for text, line in zip(
        ("of a library", "in a thread", "of the process,\non two lines"), said, strict=True
    ):
        assert text in line


def test_text_is_what_a_terminal_gets_unless_json_is_asked_for() -> None:
    code = "import logging; from server.logs import begin_logging; from server.settings import read_settings;"
    code += "begin_logging(read_settings({})); logging.getLogger('heyi').error('a word')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stderr.endswith(" ERROR heyi: a word\n")
