"""The settlement from clauses to the seal, over HTTP alone, and what the rules refuse on the way."""

import asyncio
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cases.codes import CodePurpose
from cases.ids import ObjectId
from recordings.records import VaultError
from server.one_time import Person
from settlements.authority import roots_of
from settlements.report import SealReport
from settlements.verifying import verify
from storage import audit, settlements
from tests.builders.cases import CONSUMER_NAME, CONSUMER_PHONE, INSURER_NAME, INSURER_PHONE
from tests.builders.clocks import StillClock
from tests.builders.http import MEDIATOR, PATIENCE, House, Reply, house_in
from tests.builders.table import CLAUSES, Table, in_session, table_of


@pytest.fixture
async def table(house: House) -> Table:
    return await table_of(house)


async def checked(house: House, pdf: bytes) -> SealReport:
    """Verify as anybody may, by the centre's published root; it has a loop of its own."""
    root = (await house.browser().get("/roots.pem")).body
    return await asyncio.to_thread(verify, pdf, roots_of(root))


def reason(reply: Reply) -> str:
    assert reply.json["ok"] is False
    assert reply.json["text"]
    found: str = reply.json["reason"]
    return found


async def test_three_acts_make_a_sealed_file_that_verifies(table: Table) -> None:
    digest = await table.offer()
    after = (await table.all_act(digest)).json["settlement"]
    assert after["state"] == "sealed"
    assert all(signer["signed"] for signer in after["signers"])
    for who in table.browsers:
        found = await checked(table.house, (await table.pdf(who)).body)
        assert found.valid
        assert found.offer_digest == digest
    rows = await table.house.services.database.read(audit.chain, table.case.id)
    assert [r.action for r in rows if r.action.startswith("settlement:")] == [
        "settlement:offer",
        *["settlement:act"] * 3,
        "settlement:signed",
        "settlement:sealed",
    ]


async def test_the_chain_of_a_whole_case_is_whole_and_names_nobody(table: Table) -> None:
    await table.all_act(await table.offer())
    report = await table.house.services.database.read(audit.verify, table.case.id)
    assert report.whole
    assert report.length > 20
    rows = await table.house.services.database.read(audit.chain, table.case.id)
    text = "\n".join(f"{r.actor} {r.action} {r.subject} {r.digest}" for r in rows)
    said = [CONSUMER_NAME, CONSUMER_PHONE, INSURER_NAME, INSURER_PHONE, MEDIATOR.name, MEDIATOR.phone]
    for word in (*said, table.case.title, table.case.number, *CLAUSES):
        assert word not in text


@pytest.mark.parametrize(
    ("clauses", "why"),
    [
        ([], "clauses:empty"),
        ([" "], "clauses:empty"),
        (["条款"] * 41, "clauses:too-long"),
        (["字" * 2001], "clauses:too-long"),
        (["付给王𠮷。"], "unprintable"),
        (["一\u202e二"], "unprintable"),
        ("一条", "message:bad"),
        ([1], "message:bad"),
        (["\ud800"], "message:bad"),
    ],
)
async def test_clauses_that_cannot_be_offered_are_refused_in_words(
    table: Table, clauses: Any, why: str
) -> None:
    reply = await table.post("mediator", "clauses", clauses=clauses)
    if reply.status == 200:
        reply = await table.post("mediator", "offer")
    assert reason(reply) == why


async def test_an_offer_needs_clauses(table: Table) -> None:
    assert reason(await table.post("mediator", "offer")) == "clauses:empty"


async def test_a_party_learns_nothing_of_a_draft(table: Table) -> None:
    await table.post("mediator", "clauses", clauses=CLAUSES)
    assert (await table.pdf("consumer")).status == 404
    async with table.browsers["consumer"].page(table.bases["consumer"]) as page:
        await page.until("view")
        assert page.settlement.get("clauses", []) == []


async def test_parties_write_no_clauses_and_make_no_offer(table: Table) -> None:
    for path in ("clauses", "offer"):
        assert (await table.post("consumer", path, clauses=CLAUSES)).status == 404


async def test_a_code_signs_the_text_that_it_was_sent_for(table: Table) -> None:
    digest = await table.offer()
    code = await table.code("consumer", digest)
    await table.post("mediator", "clauses", clauses=["另一条。"])
    newer = (await table.post("mediator", "offer")).json["settlement"]["digest"]
    assert reason(await table.post("consumer", "act", digest=newer, code=code, intent=True)) == "code:wrong"
    assert (
        reason(await table.post("consumer", "act", digest=digest, code=code, intent=True)) == "offer:changed"
    )


async def test_a_code_for_entering_signs_nothing(table: Table, clock: StillClock) -> None:
    digest = await table.offer()
    consumer = table.case.parties[0]
    person = Person(f"party:{consumer.id}", table.case.id, consumer.phone)
    await table.house.services.codes.send(person, CodePurpose.ENTER)
    entering = table.house.code(consumer.phone)
    assert (
        reason(await table.post("consumer", "act", digest=digest, code=entering, intent=True)) == "code:none"
    )
    await table.code("consumer", digest)
    assert (
        reason(await table.post("consumer", "act", digest=digest, code=entering, intent=True)) == "code:wrong"
    )


async def test_whoever_has_only_the_link_keeps_nobody_from_signing(table: Table, clock: StillClock) -> None:
    digest, consumer = await table.offer(), table.case.parties[0]
    link = await table.house.link(table.case, consumer, table.browsers["mediator"])
    owner, stranger = table.browsers["consumer"], table.house.browser()
    await owner.get(link)
    await owner.post(f"{link}/code")
    await owner.post(f"{link}/confirm", code=table.house.code(consumer.phone))
    await owner.get(f"{table.bases['consumer']}/room")
    await stranger.get(link)
    clock.wait(hours=1)  # what the person needed to come in no longer counts
    for _ in range(4):
        clock.wait(minutes=1)
        assert (await stranger.post(f"{link}/code")).status == 200
        for _ in range(4):
            await stranger.post(f"{link}/confirm", code="not the digits")
    clock.wait(minutes=1)
    assert (await stranger.post(f"{link}/code")).status == 409  # the stranger has used up what there is
    assert (await table.act("consumer", digest)).status == 200


async def test_a_code_of_the_other_party_signs_nothing(table: Table) -> None:
    digest = await table.offer()
    await table.code("consumer", digest)
    code = await table.code("insurer", digest)
    assert reason(await table.post("consumer", "act", digest=digest, code=code, intent=True)) == "code:wrong"


@pytest.mark.parametrize("intent", [None, False, "yes", 1])
async def test_nobody_signs_without_saying_that_they_mean_it(table: Table, intent: object) -> None:
    digest = await table.offer()
    code = await table.code("consumer", digest)
    refused = await table.post("consumer", "act", digest=digest, code=code, intent=intent)
    assert reason(refused) == "intent:missing"
    assert (await table.post("consumer", "act", digest=digest, code=code, intent=True)).status == 200


async def test_the_evidence_of_an_act_has_the_very_words_that_its_signer_saw(table: Table) -> None:
    await table.all_act(await table.offer())
    settlement = await table.house.services.desk.settlement(table.case.id)
    assert settlement.offer is not None
    acts = await table.house.services.database.read(settlements.acts_of, settlement.offer.id)
    ticked = {act.field: json.loads(act.evidence)["intent"] for act in acts}
    assert set(ticked) == set(table.browsers)
    assert ticked["mediator"] != ticked["consumer"]
    for who, words in ticked.items():
        shown = (await table.browsers[who].get(f"{table.bases[who]}/room")).text
        assert 'id="intent"' in shown
        assert f"><span>{words}</span></label>" in shown


async def test_the_mediator_signs_last(table: Table) -> None:
    digest = await table.offer()
    assert reason(await table.post("mediator", "code", digest=digest)) == "not-now"
    assert (await table.act("insurer", digest)).status == 200
    assert reason(await table.post("mediator", "code", digest=digest)) == "not-now"
    assert (await table.act("consumer", digest)).status == 200
    assert (await table.act("mediator", digest)).json["settlement"]["state"] == "sealed"


async def test_nobody_signs_twice(table: Table) -> None:
    digest = await table.offer()
    await table.act("consumer", digest)
    assert reason(await table.post("consumer", "code", digest=digest)) == "act:done"


async def test_a_change_of_the_clauses_voids_an_offer_and_its_acts(table: Table) -> None:
    digest = await table.offer()
    await table.act("consumer", digest)
    after = (await table.post("mediator", "clauses", clauses=["另一条。"])).json["settlement"]
    assert after["state"] == "draft"
    assert not any(signer["signed"] for signer in after["signers"])
    assert reason(await table.post("insurer", "code", digest=digest)) in {"offer:none", "offer:changed"}
    assert (await table.pdf("consumer")).status == 404


async def test_whoever_declines_ends_the_offer(table: Table) -> None:
    digest = await table.offer()
    assert reason(await table.post("consumer", "decline", digest="0" * 64)) == "offer:changed"
    assert (await table.post("consumer", "decline", digest=digest)).status == 200
    assert reason(await table.post("insurer", "code", digest=digest)) in {"offer:none", "offer:changed"}
    again = await table.offer("换一种方案。")
    assert again != digest
    assert (await table.act("consumer", again)).status == 200


async def test_declining_without_an_offer_is_refused(table: Table) -> None:
    assert reason(await table.post("consumer", "decline", digest="0" * 64)) == "offer:none"


async def test_a_second_code_has_to_wait(table: Table, clock: StillClock) -> None:
    digest = await table.offer()
    first = await table.code("consumer", digest)
    assert reason(await table.post("consumer", "code", digest=digest)) == "code:too-soon"
    clock.wait(seconds=31)
    second = await table.code("consumer", digest)
    if first != second:
        refused = await table.post("consumer", "act", digest=digest, code=first, intent=True)
        assert reason(refused) == "code:wrong"
    assert (await table.post("consumer", "act", digest=digest, code=second, intent=True)).status == 200


async def test_a_digest_of_another_length_is_refused(table: Table) -> None:
    await table.offer()
    for digest in ("", "7F3A", "0" * 64):
        assert reason(await table.post("consumer", "code", digest=digest)) == "offer:changed"


async def test_nothing_is_offered_or_signed_during_a_private_conversation(table: Table) -> None:
    digest = await table.offer()
    code = await table.code("consumer", digest)
    async with in_session(table) as console:
        await console.ask("caucus-open", side="applicant")
        refused = [
            await table.post("consumer", "act", digest=digest, code=code, intent=True),
            await table.post("consumer", "decline", digest=digest),
            await table.post("insurer", "code", digest=digest),
            await table.post("mediator", "offer"),
            await table.post("mediator", "clauses", clauses=["另一条。"]),
        ]
        assert [reason(reply) for reply in refused] == ["caucus:open"] * len(refused)
        await console.ask("caucus-close")
        assert (await table.post("consumer", "act", digest=digest, code=code, intent=True)).status == 200


async def test_a_draft_that_nobody_else_sees_is_written_during_a_private_conversation(table: Table) -> None:
    async with in_session(table) as console:
        await console.ask("caucus-open", side="applicant")
        assert (await table.post("mediator", "clauses", clauses=CLAUSES)).status == 200


async def test_the_excluded_side_does_not_learn_that_a_new_draft_is_written_after_a_refusal(
    table: Table,
) -> None:
    digest = await table.offer()
    assert (await table.post("consumer", "decline", digest=digest)).status == 200
    async with (
        in_session(table) as console,
        table.browsers["insurer"].page(table.bases["insurer"]) as insurer,
    ):
        await insurer.until("settlement")
        before = insurer.settlement
        await console.ask("caucus-open", side="applicant")
        assert (await table.post("mediator", "clauses", clauses=["另一条。"])).status == 200
        await insurer.ask("mic", on=False)  # whatever was sent before has come
        assert insurer.settlement == before


@pytest.mark.parametrize("step", ["act", "offer"])
async def test_nothing_that_takes_its_time_crosses_the_opening_of_a_private_conversation(
    table: Table, step: str
) -> None:
    digest = await table.offer()
    body = {"digest": digest, "code": await table.code("consumer", digest), "intent": True}
    if step == "offer":
        body = {}
        await table.post("mediator", "clauses", clauses=["另一条。"])
    desk: Any = table.house.services.desk
    vault = SlowDisk(desk._press.vault)
    desk._press = replace(desk._press, vault=vault)
    async with in_session(table) as console:
        working = asyncio.create_task(table.post("consumer" if step == "act" else "mediator", step, **body))
        await asyncio.to_thread(vault.asked.wait, PATIENCE)
        assert (await console.ask("caucus-open", side="respondent"))["type"] == "done"
        vault.go.set()
        assert reason(await working) == "caucus:open"
        settlement = await desk.settlement(table.case.id)
        assert settlement.state == ("offered" if step == "act" else "draft")
        assert not settlement.acts


class SlowDisk:
    """A vault that says when it is `asked` to keep a file, and keeps it when it may `go` on."""

    def __init__(self, vault: Any) -> None:
        self._vault = vault
        self.asked, self.go = threading.Event(), threading.Event()

    def open(self, object_id: ObjectId) -> Any:
        return self._vault.open(object_id)

    def put(self, content: bytes) -> ObjectId:
        self.asked.set()
        assert self.go.wait(PATIENCE)
        found: ObjectId = self._vault.put(content)
        return found


class FullDisk:
    """A vault that keeps three files, one after each act, and has no room for the fourth."""

    def __init__(self, vault: Any) -> None:
        self._vault, self._room = vault, 3

    def open(self, object_id: ObjectId) -> Any:
        return self._vault.open(object_id)

    def put(self, content: bytes) -> ObjectId:
        if not self._room:
            raise VaultError("the disk is full")
        self._room -= 1
        found: ObjectId = self._vault.put(content)
        return found


async def test_a_seal_that_failed_is_taken_up_after_a_restart_and_only_once(
    folder: Path, clock: StillClock
) -> None:
    async with house_in(folder, clock) as house:
        table = await table_of(house)
        digest = await table.offer()
        desk: Any = house.services.desk
        press = desk._press
        desk._press = type(press)(FullDisk(press.vault), press.authority, press.centre, press.typeface)
        reply = await table.all_act(digest)
        assert reply.status == 200  # the act stands; only the seal is missing
        assert reply.json["settlement"]["state"] == "signed"
    async with house_in(folder, clock) as house:
        settlement = await house.services.desk.settlement(table.case.id)
        assert settlement.state == "sealed"
        before = await house.services.desk.file(table.case.id)
        await house.services.desk.take_up_seals()
        assert await house.services.desk.file(table.case.id) == before
        assert (await checked(house, before)).valid
