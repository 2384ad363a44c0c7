"""The settlement: written, offered, signed by three, sealed, on paper."""

import asyncio
import re
import tempfile
from pathlib import Path
from typing import Final

from tests.builders.house import MEDIATOR
from tests.builders.journey import CONSUMER, MadeCase, Visitor
from tests.journeys.tour.guide import Tour, next_code

CLAUSES: Final = (
    "保险公司在 2027 年 1 月 31 日以前，把多扣的保险费 33,000 元退到周明原来交费的银行卡。",
    "保险合同从 2027 年 1 月 15 日起解除，双方都不再按它要求什么。",
    "双方就这件事再没有别的争议。",
)
SHARP: Final = 100  # dots an inch of a page of the settlement


async def see_settlement(
    tour: Tour, mediator: Visitor, parties: tuple[Visitor, Visitor], case: MadeCase
) -> None:
    consumer, insurer = parties
    await mediator.press("写第一条")
    for number, clause in enumerate(CLAUSES, 1):
        if number > 1:
            await mediator.press("加一条")
        await mediator.page.get_by_label(f"第 {number} 条", exact=True).fill(clause)
    await tour.take(tour.console, mediator, "draft", "The clauses are written", "#draft")
    await mediator.press("提出协议")
    await tour.take(tour.console, mediator, "offer", "Offering is asked once more")
    await mediator.page.get_by_role("dialog").get_by_role("button", name="提出协议").click()
    await mediator.reads("等签名")
    await tour.take(tour.console, mediator, "offered", "The offer is made", "#draft")
    await consumer.heading("签调解协议书")
    await tour.take(tour.signing, consumer, "read", "Reading the settlement")
    await tour.take(tour.signing, insurer, "read-insurer", "Reading it, as the insurer sees it")
    for party in parties:
        await sign(tour, party, case)
    await sign_as_mediator(tour, mediator)
    await consumer.heading("协议签好了，已经盖章")
    await tour.take(tour.signing, consumer, "sealed", "Signed and sealed")
    await tour.take(tour.console, mediator, "sealed", "The settlement is sealed", "#draft")
    answer = await consumer.page.context.request.get(re.sub(r"/room$", "/settlement.pdf", consumer.page.url))
    await see_paper(tour, await answer.body())


async def sign(tour: Tour, party: Visitor, case: MadeCase) -> None:
    await party.page.get_by_label("我逐条听懂了").check()
    digits = await next_code(tour, party, case.phones[party.role], "发 6 位数字到我的手机")
    await party.page.get_by_label("短信里的 6 位数字").fill(digits)
    if party.role == CONSUMER:
        await tour.take(tour.signing, party, "code", "The code of the signature", "#sign-form")
    await party.press("签署协议")
    await party.reads("现在不用您做什么")
    if party.role == CONSUMER:
        await tour.take(tour.signing, party, "signed", "Signed; others have not yet")


async def sign_as_mediator(tour: Tour, mediator: Visitor) -> None:
    await mediator.page.get_by_label("我逐条核对过").check()
    phone = tour.house.staff[MEDIATOR].phone
    digits = await next_code(tour, mediator, phone, re.compile("^发 6 位数字到"))
    await mediator.page.get_by_label("短信里的 6 位数字").fill(digits)
    await tour.take(tour.console, mediator, "sign", "The mediator signs last", "#draft")
    await mediator.press("签名")
    await mediator.reads("已盖章")


async def see_paper(tour: Tour, pdf: bytes) -> None:
    """Draw the pages of the sealed file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "settlement.pdf"
        await asyncio.to_thread(file.write_bytes, pdf)
        target = tour.gallery.folder / "settlement"
        for former in tour.gallery.folder.glob("settlement-*.jpg"):
            former.unlink()
        command = ("pdftoppm", "-jpeg", "-jpegopt", "quality=60", "-r", str(SHARP), str(file), str(target))
        process = await asyncio.create_subprocess_exec(*command)
        if await process.wait() != 0:
            raise RuntimeError("pdftoppm could not draw the settlement")
    drawn = sorted(path.name for path in tour.gallery.folder.glob("settlement-*.jpg"))
    tour.gallery.add(tour.paper, "The sealed file, page by page", *drawn)
