"""`heyi audit verify`: every chain, and every object against its row."""

import asyncio
import json
from pathlib import Path

import pytest

from cases.audit import CENTRE_CHAIN
from cases.model import Case
from tests.builders.http import House
from tests.builders.kept import Kept, flip, heyi, keep_one, rows, sealed_object, tamper

# heyi audit verify.


def test_an_installation_that_holds_is_said_to_hold(kept_once: Kept) -> None:
    ran = heyi(kept_once.folder, "audit", "verify")
    assert (ran.status, ran.err) == (0, "")
    assert "Stored objects: 4 of 4 have the SHA-256 that their rows say." in ran.out
    assert "3 of 3 are as they were written" in ran.out
    assert ran.out.splitlines()[-1] == "Everything holds."


def test_the_heads_of_the_chains_are_in_the_json(kept_once: Kept) -> None:
    ran = heyi(kept_once.folder, "audit", "verify", "--json")
    found = json.loads(ran.out)
    assert (ran.status, found["exit"], found["problem"]) == (0, 0, "")
    heads = dict(
        rows(
            kept_once.folder / "data/heyi.sqlite3",
            "select chain, hash from audit a where seq = (select max(seq) from audit where chain = a.chain)",
        )
    )
    assert set(heads) == {CENTRE_CHAIN, kept_once.case}
    assert {chain["chain"]: chain["head"] for chain in found["chains"]} == heads
    assert {entry["state"] for entry in found["objects"]} == {"ok"}


@pytest.mark.parametrize("kind", ["segment", "offer", "act", "seal"])
def test_a_changed_byte_of_any_object_is_noticed(kept: Kept, kind: str) -> None:
    listed = json.loads(heyi(kept.folder, "audit", "verify", "--json").out)["objects"]
    entry = next(entry for entry in listed if entry["kind"] == kind)
    flip(kept.folder / "data/objects" / entry["object"][:2] / entry["object"], -100)
    ran = heyi(kept.folder, "audit", "verify")
    assert ran.status == 1
    assert ran.err.startswith(f"heyi: object {entry['object']} of {kind} {entry['row']} is not what its row")
    assert ran.out.splitlines()[-1] == "Not everything holds."


@pytest.mark.parametrize(
    ("table", "column"), [("segments", "sha256"), ("offers", "digest"), ("seals", "sha256")]
)
def test_a_hash_that_was_changed_in_its_row_is_noticed(kept: Kept, table: str, column: str) -> None:
    tamper(kept.folder, f"update {table} set {column} = '{'ab' * 32}'")
    assert heyi(kept.folder, "audit", "verify").status == 1


def test_an_object_that_is_gone_is_noticed(kept: Kept) -> None:
    gone = sealed_object(kept.folder)
    gone.unlink()
    ran = heyi(kept.folder, "audit", "verify")
    assert ran.status == 1
    assert f"object {gone.name} of " in ran.err
    assert "is missing" in ran.err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("update audit set actor = 'nobody' where chain = '{case}' and seq = 3", "is broken at row 3"),
        ("delete from audit where chain = '{case}' and seq = 1", "is broken at row 1"),
        ("delete from audit where chain = '{case}'", "has no rows"),
    ],
    ids=["a changed row", "a missing row", "no row at all"],
)
def test_a_chain_that_does_not_hold_is_noticed(kept: Kept, change: str, said: str) -> None:
    tamper(kept.folder, change.format(case=kept.case))
    ran = heyi(kept.folder, "audit", "verify")
    assert (ran.status, ran.err) == (1, f"heyi: audit chain {kept.case} {said}\n")
    assert json.loads(heyi(kept.folder, "audit", "verify", "--json").out)["exit"] == 1


def test_without_a_database_nothing_can_be_told_and_none_is_made(fresh: Path) -> None:
    ran = heyi(fresh, "audit", "verify")
    assert (ran.status, ran.err) == (2, "heyi: there is no database\n")
    assert list(fresh.iterdir()) == []


async def test_an_installation_is_checked_while_it_serves(house: House, case: Case) -> None:
    seat = await house.seat(case.parties[0])
    await keep_one(house, case, seat)
    ran = await asyncio.to_thread(heyi, house.folder, "audit", "verify")
    assert (ran.status, ran.err) == (0, "")
