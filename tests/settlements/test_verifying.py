"""What a valid file is, and what is said of one that is not."""

import hashlib
import logging
from pathlib import Path

import pytest
import typst

from cases.audit import GENESIS, AuditEntry, chained, verify_chain
from settlements.authority import LocalAuthority
from settlements.pdf import RenderedOffer
from settlements.report import BottomLine, CheckName, State
from settlements.sealing import seal
from settlements.verifying import MAX_FILE, verify
from tests.builders.settlements import (
    SEALED_AT,
    evidence_of,
    sample_signers,
    sample_terms,
    sealed_file,
    signed_by,
)

ALL = [s.field for s in sample_signers()]
ON_FILE = [name for name in CheckName if name not in {CheckName.STORED_HASH, CheckName.AUDIT_CHAIN}]
Roots = tuple[bytes, ...]


def test_a_sealed_file_passes_every_check(sealed: bytes, offer: RenderedOffer, roots: Roots) -> None:
    report = verify(sealed, roots)
    assert report.valid
    assert {report.state(name) for name in ON_FILE} == {State.PASSED}
    assert report.offer_digest == offer.digest
    assert report.file_digest == hashlib.sha256(sealed).hexdigest()
    assert report.case_number == sample_terms().case_number


def test_the_report_tells_who_signed_when_on_what_evidence(sealed: bytes, roots: Roots) -> None:
    signatures = verify(sealed, roots).signatures
    assert [s.field for s in signatures] == [*ALL, "seal"]
    assert signatures[0].name == "周建国"
    assert signatures[0].signed_at == "2026-05-16T03:31:00+00:00"
    assert [s.evidence_digest for s in signatures] == [*(evidence_of(f) for f in ALL), ""]


def test_the_parties_may_have_signed_in_another_order(
    offer: RenderedOffer, authority: LocalAuthority, roots: Roots
) -> None:
    signed = signed_by(offer, ["insurer", "consumer", "mediator"], authority)
    assert verify(seal(signed, authority, SEALED_AT), roots).valid


def test_what_only_the_server_knows_is_not_checkable_from_the_file(sealed: bytes, roots: Roots) -> None:
    report = verify(sealed, roots)
    assert report.state(CheckName.STORED_HASH) is State.NOT_CHECKABLE
    assert report.state(CheckName.AUDIT_CHAIN) is State.NOT_CHECKABLE


def test_the_server_adds_the_stored_hash_and_the_audit_chain(sealed: bytes, roots: Roots) -> None:
    row = chained("c1", 1, "2026-05-16T03:30:00.000000Z", AuditEntry("settlement:seal", "system"), GENESIS)
    whole, broken = verify_chain([row]), verify_chain([row, row])
    digest = hashlib.sha256(sealed).hexdigest()
    good = verify(sealed, roots, stored_digest=digest, audit=whole)
    assert good.valid
    assert {good.state(name) for name in CheckName} == {State.PASSED}
    assert verify(sealed, roots, stored_digest=digest, audit=broken).bottom_line is BottomLine.RECORDS_BROKEN
    assert verify(sealed, roots, stored_digest="00" * 32).bottom_line is BottomLine.NOT_THE_STORED_FILE


def test_without_a_root_nothing_is_trusted(sealed: bytes, authority: LocalAuthority) -> None:
    report = verify(sealed, ())
    assert report.bottom_line is BottomLine.NO_ROOT
    assert report.state(CheckName.TRUST) is State.NOT_CHECKABLE
    assert report.root_in_file == authority.root_fingerprint


def test_a_fingerprint_is_trust_enough(
    sealed: bytes, authority: LocalAuthority, stranger: LocalAuthority
) -> None:
    assert verify(sealed, (), root_fingerprints={authority.root_fingerprint}).valid
    other = verify(sealed, (), root_fingerprints={stranger.root_fingerprint})
    assert other.bottom_line is BottomLine.FOREIGN


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00" * 1000,
        b"%PDF-1.7\n",
        b"%PDF-1.7\n%%EOF",
        b"%PDF-1.7\ntrailer\n<</Root 1 0 R/Size 2/Prev 0>>\nstartxref\n9\n%%EOF\n",
        b"PK\x03\x04" * 100,
        b"%PDF-1.7\n" + b"[" * 200_000 + b"\nstartxref\n9\n%%EOF\n",
        b"%PDF-" + b"a" * MAX_FILE,
    ],
    ids=["empty", "zeros", "header", "header-and-end", "loop", "zip", "deep", "huge"],
)
def test_garbage_gives_a_report(garbage: bytes, roots: Roots) -> None:
    report = verify(garbage, roots)
    assert report.bottom_line is BottomLine.UNREADABLE
    assert report.state(CheckName.READABLE) is State.FAILED


def test_any_other_pdf_is_no_settlement(roots: Roots, tmp_path: Path) -> None:
    (tmp_path / "a.typ").write_text("hello")
    assert verify(typst.compile(str(tmp_path / "a.typ")), roots).bottom_line is BottomLine.NOT_A_SETTLEMENT


def test_an_offer_without_acts_is_incomplete(offer: RenderedOffer, roots: Roots) -> None:
    assert verify(offer.pdf, roots).bottom_line is BottomLine.INCOMPLETE


def test_checking_logs_no_name(
    offer: RenderedOffer, stranger: LocalAuthority, roots: Roots, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        verify(sealed_file(offer, stranger), roots)
        verify(offer.pdf[:-500], roots)
    assert not any(s.name in caplog.text for s in sample_signers())


def test_the_report_holds_on_to_plain_values_only(sealed: bytes, roots: Roots) -> None:
    report = verify(sealed, roots)
    assert {type(c.field) for c in report.checks} | {type(s.field) for s in report.signatures} == {str}
