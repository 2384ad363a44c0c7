"""Consents: nothing preselected, each answer kept with its text, refusals respected at once."""

import pytest

from cases.consents import TEXTS, Purpose
from cases.model import Case
from storage import audit, consents
from tests.builders.http import CONSENTS, MEDIATOR, Browser, House


@pytest.fixture
async def seat(house: House, case: Case) -> str:
    return f"/seat/{await house.seat(case.parties[0])}"


@pytest.fixture
async def consumer(house: House, case: Case, mediator: Browser, seat: str) -> Browser:
    browser = await house.confirmed(case, case.parties[0], mediator)
    await browser.get(f"{seat}/consents")
    return browser


async def test_nothing_is_preselected_and_every_text_is_shown(consumer: Browser, seat: str) -> None:
    page = (await consumer.get(f"{seat}/consents")).text
    assert " checked" not in page
    for text in TEXTS:
        assert text.title in page
        assert all(paragraph in page for paragraph in text.paragraphs)


async def test_each_answer_is_kept_with_version_and_hash(
    house: House, case: Case, consumer: Browser, seat: str
) -> None:
    await consumer.post(f"{seat}/consents", **CONSENTS | {"consent-recording": "no"})
    kept = await house.services.database.read(consents.of_party, case.parties[0].id)
    assert {p: c.given for p, c in kept.items()} == {
        Purpose.NOTICE: True,
        Purpose.ONLINE: True,
        Purpose.RECORDING: False,
    }
    for text in TEXTS:
        assert (kept[text.purpose].version, kept[text.purpose].text_sha256) == (text.version, text.sha256)
    rows = await house.services.database.read(audit.chain, case.id)
    told = {(r.action, r.digest) for r in rows if r.action.startswith("consent:")}
    assert told == {
        (f"consent:{t.purpose}:{'refused' if t.purpose is Purpose.RECORDING else 'given'}", t.sha256)
        for t in TEXTS
    }


@pytest.mark.parametrize("purpose", ["notice", "online"])
@pytest.mark.parametrize("answer", ["no", None, "maybe"])
async def test_a_required_consent_keeps_out_until_it_is_given(
    consumer: Browser, seat: str, purpose: str, answer: str | None
) -> None:
    given = {k: v for k, v in CONSENTS.items() if k != f"consent-{purpose}"}
    asked = await consumer.post(
        f"{seat}/consents", **given | ({f"consent-{purpose}": answer} if answer else {})
    )
    assert asked.status == 409
    assert "还差 1 项" in asked.text
    assert asked.text.count(" checked") == (3 if answer == "no" else 2)  # the answers are kept
    assert (await consumer.get(f"{seat}/room")).location == f"{seat}/consents"
    assert (
        await consumer.post(f"{seat}/consents", **{f"consent-{purpose}": "yes"})
    ).location == f"{seat}/room"


async def test_who_refuses_the_recording_takes_part_and_is_never_recorded(
    house: House, case: Case, consumer: Browser, mediator: Browser, seat: str
) -> None:
    await consumer.post(f"{seat}/consents", **CONSENTS | {"consent-recording": "no"})
    async with (
        mediator.page(f"/staff/{MEDIATOR.id}/cases/{case.id}") as console,
        consumer.page(seat) as page,
    ):
        assert (await page.ask("knock", mic=True, camera=True))["type"] == "done"
        assert (await console.ask("admit", seat=seat.removeprefix("/seat/")))["type"] == "done"
        view = await page.seen()
        assert view["me"]["recorded"] is False


async def test_withdrawing_in_the_middle_takes_effect_at_once(
    house: House, case: Case, consumer: Browser, mediator: Browser, seat: str
) -> None:
    await consumer.post(f"{seat}/consents", **CONSENTS)
    async with (
        mediator.page(f"/staff/{MEDIATOR.id}/cases/{case.id}") as console,
        consumer.page(seat) as page,
    ):
        await page.ask("knock", mic=True, camera=True)
        await console.ask("admit", seat=seat.removeprefix("/seat/"))
        while not page.view["me"]["recorded"]:
            await page.until("view")
        await consumer.post(f"{seat}/consents", **{"consent-recording": "no"})
        while page.view["me"]["recorded"]:
            await page.until("view")


async def test_an_answer_that_is_given_again_is_kept_once(
    house: House, case: Case, consumer: Browser, seat: str
) -> None:
    for _ in range(2):
        await consumer.post(f"{seat}/consents", **CONSENTS)
    rows = await house.services.database.read(audit.chain, case.id)
    assert sum(r.action.startswith("consent:") for r in rows) == 3
