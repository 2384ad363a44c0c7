"""Signatures on the offer: one appended revision for each act, and the centre's seal as the last.

Everything is local: no timestamp service, nothing fetched. Times are the centre's own clock.
Each call takes about a tenth of a second and starts an event loop of its own: call it in a thread.
"""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from cases.clocks import SHANGHAI
from cases.errors import Reason, Refused
from settlements.authority import Credential, LocalAuthority
from settlements.model import SEAL_FIELD
from settlements.pdf import Revision
from settlements.stamps import Stamp, style_of
from settlements.typeface import NOTO_SANS_SC, Typeface, unprintable


@dataclass(frozen=True, slots=True)
class SignerFacts:
    """One act. `display` is the name as shown; digests are SHA-256, hexadecimal."""

    field: str
    display: str
    offer_digest: str
    evidence_digest: str
    at: datetime


def approve(
    pdf: bytes, act: SignerFacts, authority: LocalAuthority, typeface: Typeface = NOTO_SANS_SC
) -> bytes:
    """Return `pdf` with the act's signature appended in its field.

    Refuses a field that the file does not have (NOT_YOURS), one that is signed (ACT_DONE) and a name
    that cannot be printed (UNPRINTABLE).
    """
    if unprintable(act.display, typeface):
        raise Refused(Reason.UNPRINTABLE, where="signer")
    width, height = _empty_field(pdf, act.field)
    stamp = Stamp("signature", act.display, _shown(act.at), width, height)
    once = authority.issue_for_act(act.display, act.field, act.offer_digest, act.evidence_digest, act.at)
    metadata = PdfSignatureMetadata(
        field_name=act.field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, name=act.display
    )
    revision = Revision(BytesIO(pdf))
    return _append(revision, metadata, _signer(once, authority), style_of(stamp, act.at, typeface), act.at)


def seal(pdf: bytes, authority: LocalAuthority, at: datetime, typeface: Typeface = NOTO_SANS_SC) -> bytes:
    """Return `pdf` with the centre's seal as its last revision, the certificates in the same revision.

    Sealing a sealed file changes nothing. Refuses a file that lacks an act (NOT_SETTLED).
    """
    signed = _signed_fields(pdf)
    if signed.get(SEAL_FIELD):
        return pdf
    if not all(done for field, done in signed.items() if field != SEAL_FIELD):
        raise Refused(Reason.NOT_SETTLED)
    width, height = _empty_field(pdf, SEAL_FIELD)
    stamp = Stamp("seal", authority.centre, f"{at.astimezone(SHANGHAI):%Y-%m-%d}", width, height)
    metadata = PdfSignatureMetadata(
        field_name=SEAL_FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=authority.centre,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    revision = Revision(BytesIO(pdf))
    chain = (authority.seal.certificate, authority.issuing.certificate, authority.root)
    DocumentSecurityStore.supply_dss_in_writer(revision, None, certs=[_asn1(c) for c in chain])
    return _append(revision, metadata, _signer(authority.seal, authority), style_of(stamp, at, typeface), at)


class _TimedSigner(PdfSigner):
    """Signs at a given time: the case's clock, not whatever the machine's shows meanwhile."""

    def __init__(self, at: datetime, metadata: PdfSignatureMetadata, signer: SimpleSigner) -> None:
        super().__init__(metadata, signer)
        self.at = at

    def init_signing_session(
        self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False
    ) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self.at
        return session


def _append(
    revision: Revision,
    metadata: PdfSignatureMetadata,
    signer: SimpleSigner,
    style: StaticStampStyle,
    at: datetime,
) -> bytes:
    timed = _TimedSigner(at, metadata, signer)
    timed.stamp_style = style
    output = BytesIO()
    timed.sign_pdf(revision, existing_fields_only=True, output=output)
    return output.getvalue()


def _signer(credential: Credential, authority: LocalAuthority) -> SimpleSigner:
    key = credential.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko has not annotated it
    for certificate in (authority.issuing.certificate, authority.root):
        registry.register(_asn1(certificate))
    return SimpleSigner(
        signing_cert=_asn1(credential.certificate),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=registry,
    )


def _asn1(certificate: x509.Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def _signed_fields(pdf: bytes) -> dict[str, bool]:
    reader = PdfFileReader(BytesIO(pdf))
    return {name: value is not None for name, value, _ in enumerate_sig_fields(reader)}


def _empty_field(pdf: bytes, field: str) -> tuple[float, float]:
    """Return width and height of an unsigned field, in points."""
    reader = PdfFileReader(BytesIO(pdf))
    for name, value, reference in enumerate_sig_fields(reader):
        if name == field:
            if value is not None:
                raise Refused(Reason.ACT_DONE)
            left, bottom, right, top = (float(x) for x in reference.get_object()["/Rect"])
            return right - left, top - bottom
    raise Refused(Reason.NOT_YOURS)


def _shown(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
