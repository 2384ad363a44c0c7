"""Is this file a settlement as it was sealed? Our own policy over pyHanko's findings.

A library's verdict on a signature passes a file with a page laid over it, so a file is valid here only
if every check of `CheckName` that a file can answer passes. Failure is data: whatever the bytes are, the
answer is a report. It takes some tenths of a second and an event loop of its own: call it in a thread.
"""

import asyncio
import hashlib
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from asn1crypto import x509 as asn1
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from cases.audit import ChainReport
from settlements.authority import EVIDENCE_OID, FIELD_OID, OFFER_OID, bound_value, fingerprint
from settlements.containers import exact
from settlements.document import MAX_SIGNERS, Terms, parse_terms
from settlements.model import SEAL_FIELD
from settlements.report import Check, CheckName, SealReport, SignatureFacts, State

log = logging.getLogger(__name__)

ATTACHMENT = "terms.json"
MAX_FILE = 20_000_000  # bytes; forty long clauses make less than one million
MAX_SIGNATURES = MAX_SIGNERS + 1
DIGEST_BYTES = 32
END = b"%%EOF"


@dataclass(frozen=True, slots=True)
class _Opened:
    """What can be read of a file before anything is checked."""

    signatures: tuple[EmbeddedPdfSignature, ...]
    all_fields: tuple[str, ...]  # every signature field, signed or not
    offer: bytes
    terms: Terms | None


def verify(
    pdf: bytes,
    roots: Sequence[bytes],
    *,
    root_fingerprints: Collection[str] = (),
    stored_digest: str | None = None,
    audit: ChainReport | None = None,
) -> SealReport:
    """Check a file against the roots (DER) that the caller trusts; certificates in the file are no anchors.

    With `root_fingerprints` (SHA-256, lower-case hex) the certificate may come from the file, because the
    fingerprint is what the caller trusts.
    `stored_digest` (SHA-256 hex of the sealed file as kept) and `audit` come from the server; without
    them the two checks are not checkable.
    """
    digest = hashlib.sha256(pdf).hexdigest()
    records = _records(digest, stored_digest, audit)
    try:
        return _examined(pdf, roots, root_fingerprints, digest, records)
    except Exception as error:  # noqa: BLE001 - whatever hostile bytes make a parser raise is the finding
        log.info("not readable: %s", type(error).__name__)
        return SealReport((Check(CheckName.READABLE, State.FAILED), *records), digest)


def _examined(
    pdf: bytes,
    roots: Sequence[bytes],
    root_fingerprints: Collection[str],
    digest: str,
    records: Sequence[Check],
) -> SealReport:
    opened = _open(pdf)
    checks = [Check(CheckName.READABLE, State.PASSED), _terms_check(opened), _fields_check(opened)]
    anchored = bool(roots or root_fingerprints)
    named = [c for c in _roots_in(opened.signatures) if fingerprint(c) in root_fingerprints]
    statuses = asyncio.run(_statuses(opened.signatures, [*roots, *named]))
    offer_digest = hashlib.sha256(opened.offer).hexdigest()
    for signature, status in zip(opened.signatures, statuses, strict=True):
        checks += _signature_checks(pdf, signature, status, offer_digest, anchored=anchored)
    checks.append(_seal_check(opened.signatures, statuses))
    terms = opened.terms
    return SealReport(
        checks=(*checks, *records),
        file_digest=digest,
        offer_digest=offer_digest if opened.signatures else "",
        case_number=terms.case_number if terms else "",
        centre=terms.centre if terms else "",
        signatures=tuple(_facts(s) for s in opened.signatures),
        root_in_file=next((fingerprint(c) for c in _roots_in(opened.signatures[-1:])), ""),
    )


def _open(pdf: bytes) -> _Opened:
    if len(pdf) > MAX_FILE:
        raise ValueError(f"longer than {MAX_FILE} bytes")
    reader = PdfFileReader(BytesIO(pdf))
    fields = tuple(str(name) for name, _, _ in enumerate_sig_fields(reader))
    if len(fields) > MAX_SIGNATURES:
        raise ValueError(f"more than {MAX_SIGNATURES} signature fields")
    signatures = tuple(reader.embedded_signatures)
    for signature in signatures:
        _facts(signature)  # a certificate that cannot be read makes the file unreadable, here and not later
    offer = _offer_of(pdf, reader, signatures) if signatures else pdf
    return _Opened(signatures, fields, offer, _attached_terms(offer))


def _offer_of(pdf: bytes, reader: PdfFileReader, signatures: tuple[EmbeddedPdfSignature, ...]) -> bytes:
    """Return the bytes before the first signature's revision: the file that the digest was taken of."""
    before = min(s.signed_revision for s in signatures) - 1
    if before < 0:
        return b""
    end = pdf.find(END, reader.xrefs.get_xref_container_info(before).end_location) + len(END)
    return pdf[: end + 1] if pdf[end : end + 1] == b"\n" else pdf[:end]


def _attached_terms(offer: bytes) -> Terms | None:
    """Return the terms attached to the offer itself; an attachment of a later revision counts for nothing."""
    try:
        names = PdfFileReader(BytesIO(offer)).root["/Names"]["/EmbeddedFiles"]["/Names"]
        found = [names[i + 1] for i in range(0, len(names), 2) if str(names[i]) == ATTACHMENT]
        (specification,) = found
        return parse_terms(specification["/EF"]["/F"].data)
    except Exception as error:  # noqa: BLE001 - as in verify
        log.info("no terms readable: %s", type(error).__name__)
        return None


def _terms_check(opened: _Opened) -> Check:
    return Check(CheckName.TERMS, State.PASSED if opened.terms else State.FAILED)


def _fields_check(opened: _Opened) -> Check:
    signed = sorted(_name_of(s) for s in opened.signatures)
    if opened.terms is None:
        return Check(CheckName.FIELDS, State.NOT_CHECKABLE if signed else State.FAILED)
    expected = sorted([SEAL_FIELD, *(s.field for s in opened.terms.signers)])
    return _check(CheckName.FIELDS, signed == expected == sorted(opened.all_fields))


async def _statuses(
    signatures: Iterable[EmbeddedPdfSignature], roots: Sequence[bytes]
) -> list[PdfSignatureStatus | None]:
    """Return pyHanko's finding on each signature, None where it could not come to one."""
    statuses: list[PdfSignatureStatus | None] = []
    for signature in signatures:
        try:
            anchors = [asn1.Certificate.load(root) for root in roots]
            # Nothing is fetched, and an internal authority has no revocation lists to ask.
            context = ValidationContext(
                trust_roots=anchors,
                allow_fetching=False,
                revocation_mode="soft-fail",
                moment=_claimed_time(signature),
            )
            statuses.append(await async_validate_pdf_signature(signature, context))
        except Exception as error:  # noqa: BLE001 - as in verify
            log.info("a signature cannot be validated: %s", type(error).__name__)
            statuses.append(None)
    return statuses


def _signature_checks(
    pdf: bytes,
    signature: EmbeddedPdfSignature,
    status: PdfSignatureStatus | None,
    offer_digest: str,
    *,
    anchored: bool,
) -> list[Check]:
    field = _name_of(signature)
    if status is None:
        return [Check(CheckName.INTEGRITY, State.FAILED, field)]
    level = status.modification_level
    unchanged = level is not None and level <= ModificationLevel.FORM_FILLING and bool(status.docmdp_ok)
    trust = _check(CheckName.TRUST, bool(status.trusted), field)
    return [
        _check(CheckName.INTEGRITY, _intact(pdf, signature, status), field),
        _check(CheckName.CHANGES, unchanged, field),
        _check(CheckName.BINDING, _bound(signature, offer_digest), field),
        trust if anchored else Check(CheckName.TRUST, State.NOT_CHECKABLE, field),
    ]


def _intact(pdf: bytes, signature: EmbeddedPdfSignature, status: PdfSignatureStatus) -> bool:
    path = status.validation_path
    certificates = [c.dump() for c in path.iter_certs(include_root=True)] if status.trusted and path else []
    try:
        return bool(status.intact and status.valid) and exact(pdf, signature, certificates)
    except Exception as error:  # noqa: BLE001 - as in verify; a container that cannot be read is not intact
        log.info("a container cannot be read: %s", type(error).__name__)
        return False


def _bound(signature: EmbeddedPdfSignature, offer_digest: str) -> bool:
    certificate = signature.signer_cert.dump()
    if bound_value(certificate, FIELD_OID) != signature.field_name.encode():
        return False
    if signature.field_name == SEAL_FIELD:
        return True
    evidence = bound_value(certificate, EVIDENCE_OID)
    offer = bound_value(certificate, OFFER_OID)
    return offer == bytes.fromhex(offer_digest) and evidence is not None and len(evidence) == DIGEST_BYTES


def _seal_check(
    signatures: Sequence[EmbeddedPdfSignature], statuses: Sequence[PdfSignatureStatus | None]
) -> Check:
    if not signatures or statuses[-1] is None:
        return Check(CheckName.SEAL_LAST, State.FAILED)
    entire = statuses[-1].coverage == SignatureCoverageLevel.ENTIRE_FILE
    return _check(CheckName.SEAL_LAST, entire and signatures[-1].field_name == SEAL_FIELD)


def _records(digest: str, stored: str | None, audit: ChainReport | None) -> tuple[Check, Check]:
    none = State.NOT_CHECKABLE
    return (
        Check(CheckName.STORED_HASH, none)
        if stored is None
        else _check(CheckName.STORED_HASH, stored == digest),
        Check(CheckName.AUDIT_CHAIN, none) if audit is None else _check(CheckName.AUDIT_CHAIN, audit.whole),
    )


def _check(name: CheckName, passed: bool, field: str = "") -> Check:
    return Check(name, State.PASSED if passed else State.FAILED, field)


def _facts(signature: EmbeddedPdfSignature) -> SignatureFacts:
    certificate = signature.signer_cert
    evidence = bound_value(certificate.dump(), EVIDENCE_OID)
    return SignatureFacts(
        field=_name_of(signature),
        name=str(certificate.subject.native.get("common_name", "")),
        signed_at=_claimed_time(signature).isoformat(),
        certificate=fingerprint(certificate.dump()),
        evidence_digest=evidence.hex() if evidence else "",
    )


def _name_of(signature: EmbeddedPdfSignature) -> str:
    """Return the field's name as a plain string: pyHanko's own kind of string holds on to the whole file."""
    return str(signature.field_name)


def _claimed_time(signature: EmbeddedPdfSignature) -> datetime:
    """Return when the signature says it was made. A file without an outside timestamp has no better time."""
    claimed = signature.self_reported_timestamp
    return claimed.astimezone(UTC) if claimed else datetime.now(UTC)


def _certificates(signatures: Iterable[EmbeddedPdfSignature]) -> Iterable[bytes]:
    for signature in signatures:
        yield signature.signer_cert.dump()
        yield from (certificate.dump() for certificate in signature.other_embedded_certs)


def _roots_in(signatures: Iterable[EmbeddedPdfSignature]) -> Iterable[bytes]:
    """Yield the certificates of the file that issued themselves."""
    for certificate in _certificates(signatures):
        parsed = asn1.Certificate.load(certificate)
        if parsed.subject == parsed.issuer:
            yield certificate
