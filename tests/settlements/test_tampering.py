"""Each way of tampering with a sealed file, by its name, and the check that finds it."""

import hashlib
import subprocess
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.fields import (
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    append_signature_field,
)
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from settlements.authority import Credential, LocalAuthority, roots_of
from settlements.pdf import RenderedOffer, render
from settlements.report import BottomLine, CheckName, SealReport, State
from settlements.sealing import SignerFacts, approve, seal
from settlements.verifying import verify
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


def dictionary(entries: dict[str, Any]) -> generic.DictionaryObject:
    named = {generic.NameObject(name): value for name, value in entries.items()}
    return generic.DictionaryObject(named)  # type: ignore[no-untyped-call]  # pyHanko has not annotated it


class CarelessAuthority(LocalAuthority):
    """Issues every certificate for the consumer's field, whoever asks."""

    def issue_for_act(
        self, name: str, field: str, offer_digest: str, evidence_digest: str, at: datetime
    ) -> Credential:
        return LocalAuthority.issue_for_act(self, name, "consumer", offer_digest, evidence_digest, at)


def hastily_sealed(pdf: bytes, authority: LocalAuthority) -> bytes:
    """Return `pdf` with a real seal by the centre's own certificate, whatever is missing."""
    der = authority.seal.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register(asn1.Certificate.load(authority.issuing.certificate.public_bytes(Encoding.DER)))
    signer = SimpleSigner(
        asn1.Certificate.load(authority.seal.certificate.public_bytes(Encoding.DER)),
        keys.PrivateKeyInfo.load(der),
        registry,
    )
    metadata = PdfSignatureMetadata(
        "seal", subfilter=SigSeedSubFilter.PADES, docmdp_permissions=MDPPerm.NO_CHANGES
    )
    output = BytesIO()
    PdfSigner(metadata, signer, stamp_style=StaticStampStyle(border_width=0)).sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)), output=output
    )
    return output.getvalue()


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
def test_one_changed_byte_is_found(sealed: bytes, roots: Roots, share: float) -> None:
    place = int(len(sealed) * share)
    changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
    assert not verify(changed, roots).valid


def test_no_byte_of_the_last_signature_itself_may_change(sealed: bytes, roots: Roots) -> None:
    """The gap that a signature leaves for itself: its certificates, its versions, its padding."""
    start = sealed.rindex(b"/Contents <") + len(b"/Contents <")
    end = sealed.index(b">", start)
    places = [start, start + 9, end - 1, *range(start + 40, end, (end - start) // 7)]
    for place in places:
        other = b"1" if sealed[place : place + 1] != b"1" else b"2"
        changed = sealed[:place] + other + sealed[place + 1 :]
        assert not verify(changed, roots).valid, place - start


def test_another_spelling_of_the_last_signature_is_found(sealed: bytes, roots: Roots) -> None:
    start = sealed.rindex(b"/Contents <") + len(b"/Contents <")
    end = sealed.index(b">", start)
    changed = sealed[:start] + sealed[start:end].lower() + sealed[end:]
    assert failed(verify(changed, roots)) == {CheckName.INTEGRITY}


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
            "/Rect": generic.ArrayObject(map(generic.NumberObject, (100, 600, 300, 650))),
            "/AP": dictionary({"/N": look}),
        }
        annotation = writer.add_object(dictionary(entries))
        writer.register_annotation(page, annotation)  # type: ignore[no-untyped-call]

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
    offer: RenderedOffer, authority: LocalAuthority, roots: Roots
) -> None:
    careless = CarelessAuthority(authority.centre, authority.root, authority.issuing, authority.seal)
    assert failed(verify(sealed_file(offer, careless), roots)) == {CheckName.BINDING}


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
    offer: RenderedOffer, authority: LocalAuthority, roots: Roots
) -> None:
    report = verify(hastily_sealed(signed_by(offer, ["consumer", "mediator"], authority), authority), roots)
    assert failed(report) == {CheckName.FIELDS}
    assert report.bottom_line is BottomLine.INCOMPLETE


def test_terms_attached_after_the_offer_do_not_count(
    offer: RenderedOffer, authority: LocalAuthority, roots: Roots
) -> None:
    def detach(writer: IncrementalPdfFileWriter) -> None:
        del writer.root["/Names"]
        writer.update_root()  # type: ignore[no-untyped-call]

    bare = appended(offer.pdf, detach)
    fake = RenderedOffer(bare, hashlib.sha256(bare).hexdigest(), offer.pages)

    def attach(writer: IncrementalPdfFileWriter) -> None:
        writer.root["/Names"] = PdfFileReader(BytesIO(offer.pdf)).root.raw_get("/Names")
        writer.update_root()  # type: ignore[no-untyped-call]

    assert CheckName.TERMS in failed(verify(appended(sealed_file(fake, authority), attach), roots))
