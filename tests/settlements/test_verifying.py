"""What a valid file is, and each way of tampering by its name."""

import hashlib
import logging
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.fields import SigFieldSpec, append_signature_field, enumerate_sig_fields

from cases.audit import GENESIS, AuditEntry, chained, verify_chain
from settlements import sealing
from settlements.authority import LocalAuthority, roots_of
from settlements.pdf import RenderedOffer, render
from settlements.report import BottomLine, CheckName, SealReport, State
from settlements.sealing import SignerFacts, approve, seal
from settlements.verifying import MAX_FILE, verify
from tests.builders.settlements import (
    CLAUSES,
    OFFERED_AT,
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


def appended(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """Return `pdf` with one more revision, as an attacker without keys would write it."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    output = BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]  # pyHanko has not annotated it
    return output.getvalue()


def failed(report: SealReport) -> set[CheckName]:
    return {c.name for c in report.checks if c.state is State.FAILED}


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


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
def test_one_changed_byte_is_found(sealed: bytes, roots: Roots, share: float) -> None:
    place = int(len(sealed) * share)
    changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
    assert not verify(changed, roots).valid


def test_a_changed_figure_in_the_offer_is_called_altered(sealed: bytes, roots: Roots) -> None:
    place = sealed.index(b"/Title")
    changed = sealed[:place] + b"/Tytle" + sealed[place + 6 :]
    report = verify(changed, roots)
    assert CheckName.INTEGRITY in failed(report)
    assert CheckName.BINDING in failed(report)
    assert report.bottom_line is BottomLine.ALTERED


def test_a_page_laid_over_the_text_is_found(sealed: bytes, roots: Roots) -> None:
    def overlay(writer: IncrementalPdfFileWriter) -> None:
        cover = generic.StreamObject(stream_data=b"1 1 1 rg 0 0 595 842 re f")
        writer.add_stream_to_page(0, writer.add_object(cover))  # type: ignore[no-untyped-call]

    report = verify(appended(sealed, overlay), roots)
    assert {CheckName.CHANGES, CheckName.SEAL_LAST} <= failed(report)
    assert report.bottom_line is BottomLine.ALTERED


def test_an_added_annotation_is_found(sealed: bytes, roots: Roots) -> None:
    def annotate(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"].raw_get(0)
        box = BoxConstraints(width=200, height=50)
        look = writer.add_object(RawContent(b"0 0 200 50 re f", box=box).as_form_xobject())
        entries = {
            "/Type": generic.NameObject("/Annot"),
            "/Subtype": generic.NameObject("/Stamp"),
            "/Rect": generic.ArrayObject(generic.NumberObject(n) for n in (100, 600, 300, 650)),
            "/AP": generic.DictionaryObject({generic.NameObject("/N"): look}),
        }
        annotation = generic.DictionaryObject({generic.NameObject(k): v for k, v in entries.items()})
        writer.register_annotation(page, writer.add_object(annotation))

    report = verify(appended(sealed, annotate), roots)
    assert {CheckName.CHANGES, CheckName.SEAL_LAST} <= failed(report)
    assert report.bottom_line is BottomLine.ALTERED


def test_a_further_signature_field_is_found(sealed: bytes, roots: Roots) -> None:
    changed = appended(sealed, lambda w: append_signature_field(w, SigFieldSpec("witness")))
    assert CheckName.FIELDS in failed(verify(changed, roots))


def test_a_file_cut_before_the_seal_is_incomplete(
    offer: RenderedOffer, authority: LocalAuthority, roots: Roots
) -> None:
    report = verify(signed_by(offer, ALL, authority), roots)
    assert report.bottom_line is BottomLine.INCOMPLETE
    assert {CheckName.FIELDS, CheckName.SEAL_LAST} == failed(report)


@pytest.mark.parametrize("keep", [0.999, 0.9, 0.5, 0.01])
def test_a_truncated_file_is_not_valid(sealed: bytes, roots: Roots, keep: float) -> None:
    assert not verify(sealed[: int(len(sealed) * keep)], roots).valid


@pytest.mark.parametrize("tail", [b"\n", b"\x00", b"% a comment\n", b"<html></html>"])
def test_trailing_bytes_are_found(sealed: bytes, roots: Roots, tail: bytes) -> None:
    assert not verify(sealed + tail, roots).valid


def test_bytes_before_the_file_are_found(sealed: bytes, roots: Roots) -> None:
    assert not verify(b"\n" + sealed, roots).valid


def test_a_file_saved_again_is_not_valid(sealed: bytes, roots: Roots) -> None:
    output = BytesIO()
    copy_into_new_writer(PdfFileReader(BytesIO(sealed))).write(output)  # type: ignore[no-untyped-call]
    assert not verify(output.getvalue(), roots).valid


def test_a_file_printed_again_by_another_program_is_no_settlement(
    sealed_path: Path, roots: Roots, tmp_path: Path
) -> None:
    again = tmp_path / "again.pdf"
    subprocess.run(["pdftocairo", "-pdf", sealed_path, again], check=True)
    assert verify(again.read_bytes(), roots).bottom_line is BottomLine.NOT_A_SETTLEMENT


def test_a_removed_signature_is_found(sealed: bytes, roots: Roots) -> None:
    def remove(writer: IncrementalPdfFileWriter) -> None:
        field = writer.root["/AcroForm"]["/Fields"][0]
        del field["/V"]
        writer.update_container(field)

    report = verify(appended(sealed, remove), roots)
    assert {CheckName.FIELDS, CheckName.SEAL_LAST} <= failed(report)
    assert not report.valid


def test_swapped_signatures_are_found(sealed: bytes, roots: Roots) -> None:
    def swap(writer: IncrementalPdfFileWriter) -> None:
        one, two = (writer.root["/AcroForm"]["/Fields"][i] for i in (0, 1))
        first, second = one.raw_get("/V"), two.raw_get("/V")
        one["/V"], two["/V"] = second, first
        for field in (one, two):
            writer.update_container(field)

    report = verify(appended(sealed, swap), roots)
    assert CheckName.BINDING in failed(report)
    assert report.bottom_line is BottomLine.ALTERED


def test_an_act_in_somebody_elses_field_is_found(
    offer: RenderedOffer, authority: LocalAuthority, roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = LocalAuthority.issue_for_act

    def for_the_consumer(self: LocalAuthority, name: str, _field: str, *rest: object) -> object:
        return genuine(self, name, "consumer", *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(LocalAuthority, "issue_for_act", for_the_consumer)
    report = verify(sealed_file(offer, authority), roots)
    assert failed(report) == {CheckName.BINDING}


def test_an_act_taken_from_another_document_is_found(
    sealed: bytes, offer: RenderedOffer, authority: LocalAuthority, roots: Roots
) -> None:
    other = render(sample_terms(clauses=CLAUSES[:-1]))
    increment = sealed[len(offer.pdf) :]
    assert not verify(other.pdf + increment, roots).valid


def test_an_act_on_another_offers_digest_is_found(
    offer: RenderedOffer, authority: LocalAuthority, roots: Roots
) -> None:
    other = SignerFacts("consumer", "周建国", "cd" * 32, evidence_of("consumer"), OFFERED_AT)
    signed = signed_by(offer, ["insurer", "mediator"], authority, approve(offer.pdf, other, authority))
    report = verify(seal(signed, authority, SEALED_AT), roots)
    assert failed(report) == {CheckName.BINDING}
    assert report.bottom_line is BottomLine.ALTERED


def test_a_seal_by_an_acts_certificate_is_found(
    offer: RenderedOffer, authority: LocalAuthority, roots: Roots
) -> None:
    signed = signed_by(offer, ALL, authority)
    own = authority.issue_for_act("林静", "mediator", offer.digest, evidence_of("mediator"), OFFERED_AT)
    usurper = LocalAuthority(authority.centre, authority.root, authority.issuing, own)
    assert CheckName.BINDING in failed(verify(seal(signed, usurper, SEALED_AT), roots))


def test_a_file_of_another_installation_is_foreign(
    offer: RenderedOffer, stranger: LocalAuthority, roots: Roots
) -> None:
    foreign = sealed_file(offer, stranger)
    report = verify(foreign, roots)
    assert failed(report) == {CheckName.TRUST}
    assert report.bottom_line is BottomLine.FOREIGN
    assert report.root_in_file == stranger.root_fingerprint
    assert verify(foreign, roots_of(stranger.root_pem)).valid


def test_one_act_by_a_stranger_makes_the_file_foreign(
    offer: RenderedOffer, authority: LocalAuthority, stranger: LocalAuthority, roots: Roots
) -> None:
    signed = signed_by(offer, ["insurer", "mediator"], authority, signed_by(offer, ["consumer"], stranger))
    report = verify(seal(signed, authority, SEALED_AT), roots)
    assert [c.field for c in report.checks if c.state is State.FAILED] == ["consumer"]
    assert report.bottom_line is BottomLine.FOREIGN


def test_a_missing_act_is_found_even_under_a_seal(
    offer: RenderedOffer, authority: LocalAuthority, roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_signed_fields", lambda _pdf: {"seal": False})
    hasty = seal(signed_by(offer, ["consumer", "mediator"], authority), authority, SEALED_AT)
    report = verify(hasty, roots)
    assert failed(report) == {CheckName.FIELDS}
    assert report.bottom_line is BottomLine.INCOMPLETE


def test_terms_attached_after_the_offer_do_not_count(
    offer: RenderedOffer, authority: LocalAuthority, roots: Roots
) -> None:
    bare = appended(offer.pdf, lambda w: (w.root.__delitem__("/Names"), w.update_root())[0])
    fake = RenderedOffer(bare, hashlib.sha256(bare).hexdigest(), offer.pages)
    assert CheckName.TERMS in failed(verify(sealed_file(fake, authority), roots))


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
    import typst

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
    assert len(list(enumerate_sig_fields(PdfFileReader(BytesIO(sealed))))) == 4
