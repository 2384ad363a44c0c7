from dataclasses import fields, replace
from typing import Any

import pytest

from cases.audit import GENESIS, AuditEntry, AuditEvent, chained, salted, verify_chain

AT = "2025-09-18T04:00:00.000000Z"


def chain(length: int = 4) -> list[AuditEvent]:
    rows: list[AuditEvent] = []
    for seq in range(1, length + 1):
        entry = AuditEntry("room:caucus:open", "seat:s1", f"caucus:k{seq}", "d" * 64)
        rows.append(chained("c1", seq, AT, entry, rows[-1].hash if rows else GENESIS))
    return rows


def test_an_untouched_chain_is_whole() -> None:
    rows = chain()
    report = verify_chain(rows)
    assert (report.whole, report.length, report.head) == (True, 4, rows[-1].hash)


def test_an_empty_chain_is_whole() -> None:
    assert verify_chain([]).head == GENESIS


@pytest.mark.parametrize("name", [f.name for f in fields(AuditEvent)])
def test_a_change_of_any_field_is_found(name: str) -> None:
    rows = chain()
    change: dict[str, Any] = {name: 7 if name == "seq" else "e" * 64}
    rows[1] = replace(rows[1], **change)
    report = verify_chain(rows)
    assert report.broken_at == 2
    assert report.head == rows[0].hash


def test_a_row_rewritten_with_its_own_hash_breaks_the_next() -> None:
    rows = chain()
    rows[1] = chained("c1", 2, AT, AuditEntry("room:open", "seat:s9"), rows[0].hash)
    assert verify_chain(rows).broken_at == 3


def test_who_rewrites_a_row_has_to_rewrite_every_hash_after_it() -> None:
    rows = chain()
    rows[1] = chained("c1", 2, AT, AuditEntry("room:open", "seat:s9"), rows[0].hash)
    rows[2] = replace(rows[2], prev_hash=rows[1].hash)
    assert verify_chain(rows).broken_at == 3


def test_a_hole_is_found() -> None:
    rows = chain()
    assert verify_chain(rows[:1] + rows[2:]).broken_at == 2
    assert verify_chain(rows[1:]).broken_at == 1


def test_another_order_is_found() -> None:
    rows = chain()
    assert verify_chain([rows[0], rows[2], rows[1], rows[3]]).broken_at == 2


def test_a_repeated_row_is_found() -> None:
    rows = chain()
    assert verify_chain([*rows[:2], rows[1], *rows[2:]]).broken_at == 3


def test_a_chain_begins_with_one_and_counts_by_one() -> None:
    entry = AuditEntry("room:open", "seat:s1")
    assert verify_chain([chained("c1", 2, AT, entry, GENESIS)]).broken_at == 1
    first = chained("c1", 1, AT, entry, GENESIS)
    assert verify_chain([first, chained("c1", 3, AT, entry, first.hash)]).broken_at == 2


def test_a_hole_closed_by_renumbering_is_found() -> None:
    rows = chain()
    closed = [rows[0], *(replace(row, seq=row.seq - 1) for row in rows[2:])]
    assert verify_chain(closed).broken_at == 2


def test_a_salted_digest_depends_on_the_salt_and_on_where_parts_end() -> None:
    assert salted(b"a", "x", "y") == salted(b"a", "x", "y")
    assert salted(b"a", "x", "y") != salted(b"b", "x", "y")
    assert salted(b"a", "xy", "") != salted(b"a", "x", "y")
