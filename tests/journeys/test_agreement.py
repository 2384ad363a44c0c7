"""One case from the joint session over a caucus to the sealed settlement, and what legal staff find of it."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.builders.archive import fetch, manifest, open_file, segments
from tests.builders.house import MEDIATOR as MEDIATING
from tests.builders.house import ROOT, House
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    Visitor,
    close_caucus,
    end_session,
    likeness,
    next_code,
    open_caucus,
    write_and_offer,
)
from tests.builders.senses import talk, until
from tests.builders.sittings import Table, gather, table
from tests.builders.trust import trust

CLAUSES: Final = ("保险公司在 2027 年 1 月 31 日以前退还保险费 33000 元。", "双方就这件事再没有别的争议。")
SECRET: Final = {"colour": "rgb(255, 255, 0)", "tone": 2000}


@dataclass(frozen=True, slots=True)
class Agreed:
    """A closed case: the short code on each screen, the file that the consumer saved, who had which seat."""

    at: Table
    short_codes: dict[str, str]
    file: Path
    seats: dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def agreed(
    chromium: Browser, centre: House, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Agreed]:
    async with table(chromium, centre) as at:
        await gather(at)
        await talk(at.all)
        await say_something_secret(at)
        await talk(at.all)
        await write_and_offer(at.mediator, *CLAUSES)
        short_codes = {role: await short_code(visitor) for role, visitor in at.all.items()}
        await asyncio.gather(*(sign(at, party) for party in (at.consumer, at.insurer)))
        await sign_as_mediator(at)
        seats = {role: visitor.views[-1]["me"]["seat"] for role, visitor in at.all.items()}
        await end_session(at.mediator, "达成协议")
        file = tmp_path_factory.mktemp("agreed") / "settlement.pdf"
        await save_settlement(at.consumer, file)
        yield Agreed(at, short_codes, file, seats)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def legal(agreed: Agreed, chromium: Browser) -> Visitor:
    """Legal staff at the file of the case, which they found by its number and opened with a reason."""
    return agreed.at.watch(await open_file(chromium, agreed.at.house, agreed.at.case))


async def test_the_three_screens_show_one_short_code(agreed: Agreed) -> None:
    assert len(set(agreed.short_codes.values())) == 1
    assert re.fullmatch(r"[0-9A-F]{4}-[0-9A-F]{4}", agreed.short_codes[CONSUMER])


async def test_the_sealed_file_is_valid_for_heyi_verify_and_for_pdfsig(
    agreed: Agreed, tmp_path: Path
) -> None:
    answer = await agreed.at.consumer.page.context.request.get(f"{agreed.at.house.url}/roots.pem")
    roots = tmp_path / "roots.pem"
    roots.write_bytes(await answer.body())
    status, said = await run(sys.executable, "-m", "server", "verify", agreed.file, "--root", roots)
    assert status == 0, said

    each = [tmp_path / f"{n}.pem" for n, _ in enumerate(certificates(roots.read_text()))]
    for file, root in zip(each, certificates(roots.read_text()), strict=True):
        file.write_text(root)
    database = await asyncio.to_thread(trust, tmp_path / "nss", *each)
    status, said = await run("pdfsig", "-nssdir", f"sql:{database}", agreed.file)
    assert status == 0, said
    assert said.count("Signature is Valid.") == 4, said
    assert said.count("Certificate is Trusted.") == 4, said
    assert "Total document signed" in said


async def test_the_recording_has_each_persons_colour_and_tone_and_not_the_caucus(
    agreed: Agreed, legal: Visitor
) -> None:
    found = await segments(legal)
    for role, seat in agreed.seats.items():
        own = [segment.decoded for segment in found if segment.entry["seat"] == seat]
        assert len(own) >= 2, f"{role}: before and after the caucus"
        for decoded in own:
            assert set(decoded.pictures) <= {role}, (role, decoded)
            assert set(decoded.tones) <= {role}, (role, decoded)
        assert sum(decoded.pictures.total() for decoded in own) > 30
        assert sum(decoded.tones.total() for decoded in own) > 15
    caucuses = [gap for gap in (await manifest(legal))["gaps"] if gap["cause"] == "caucus"]
    assert {gap["seat"] for gap in caucuses} == set(agreed.seats.values())


async def test_legal_staff_give_a_reason_watch_and_see_each_check_by_itself(
    agreed: Agreed, legal: Visitor
) -> None:
    checks = legal.page.get_by_role("region", name="逐项核对")
    for title, verdict in (
        ("录像散列", "段都符"),
        ("协议书散列", "与存档一致"),
        ("印章和签名", "有效"),
        ("条款摘要", "与签名时一致"),
        ("日志链", "连续"),
    ):
        await expect(checks.get_by_role("listitem").filter(has_text=title)).to_contain_text(verdict)

    await legal.page.get_by_role("link", name="第 1 段", exact=True).click()
    await legal.press("播放")
    playing = "() => document.querySelector('video[data-shown]')?.currentTime > 0.5"
    await legal.page.wait_for_function(playing)
    await legal.press("暂停")
    assert await fetch(legal, "settlement.pdf") == agreed.file.read_bytes()


async def say_something_secret(at: Table) -> None:
    """Hold a caucus in which the consumer looks and sounds like nobody else."""
    await open_caucus(at.mediator, CONSUMER_NAME)
    await at.consumer.truth("现在只有您和调解员")
    await at.consumer.page.evaluate("given => Object.assign(person, given)", SECRET)
    await until(at.mediator, lambda one: one.unknown_pictures == 1 and CONSUMER not in one.received_tones)
    await at.consumer.page.evaluate("given => Object.assign(person, given)", likeness(CONSUMER))
    await until(at.mediator, lambda one: one.seen == one.heard == {CONSUMER})
    await close_caucus(at.mediator)


async def short_code(visitor: Visitor) -> str:
    shown = visitor.page.locator(".short-code").filter(visible=True).first
    await expect(shown).to_have_text(re.compile(r"\S"))
    return await shown.inner_text()


async def sign(at: Table, party: Visitor) -> None:
    """Read, tick, ask for a code, type it in, sign."""
    await party.heading("签调解协议书")
    for clause in CLAUSES:
        await party.reads(clause)
    await party.page.get_by_label("我逐条听懂了").check()
    digits = await next_code(party, at.house, at.case.phones[party.role], "发 6 位数字到我的手机")
    await party.page.get_by_label("短信里的 6 位数字").fill(digits)
    await party.press("签署协议")
    await party.reads("现在不用您做什么")


async def sign_as_mediator(at: Table) -> None:
    mediator = at.mediator
    await mediator.page.get_by_label("我逐条核对过").check()
    phone = at.house.staff[MEDIATING].phone
    digits = await next_code(mediator, at.house, phone, re.compile("^发 6 位数字到"))
    await mediator.page.get_by_label("短信里的 6 位数字").fill(digits)
    await mediator.press("签名")
    await mediator.reads("已盖章")
    for party in (at.consumer, at.insurer):
        await party.heading("协议签好了，已经盖章")


async def save_settlement(party: Visitor, file: Path) -> None:
    await party.heading("这次调解结束了")
    async with party.page.expect_download() as started:
        await party.page.get_by_role("link", name="下载协议书（PDF）").click()
    await (await started.value).save_as(file)


def certificates(pem: str) -> list[str]:
    end = "-----END CERTIFICATE-----\n"
    return [part + end for part in pem.split(end) if part.strip()]


async def run(*command: str | Path) -> tuple[int, str]:
    """Run a program; return its exit status and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    written, _ = await process.communicate()
    return process.returncode or 0, written.decode(errors="replace")
