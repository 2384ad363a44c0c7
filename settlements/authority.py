"""The centre's own certification authority: root → issuing → the seal and a certificate for each act.

It is internal: it proves that a file is as it was signed, not who signed it, and says so in every
subject. Keys are P-256. The key of an act's certificate lives in memory for one signature.
"""

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier

from settlements.model import SEAL_FIELD

FOLDER = "authority"
INTERNAL = "自签内部证书：证明完整性，不证明身份"
YEAR = timedelta(days=365)
ROOT_LIFETIME = 30 * YEAR
ISSUING_LIFETIME = 25 * YEAR
LEAF_LIFETIME = 20 * YEAR  # a viewer must not call an old act expired; its key is gone after one use
BACKDATED = timedelta(minutes=10)  # a verifier's clock may be behind ours
FOR_ONE_ACT = "单次签署证书"  # stands for the organisation: the signer need not belong to the centre
MAX_NAME = 64  # bytes of UTF-8; RFC 5280, ub-common-name and ub-organization-name, in its strictest reading

# An arc of our own under 2.25 (ITU-T X.667: a UUID as an integer), which needs no registration.
ARC = "2.25.101743693143965036437757002083342031105"
FIELD_OID = ObjectIdentifier(f"{ARC}.1")  # UTF8String: the signature field that this certificate may fill
OFFER_OID = ObjectIdentifier(f"{ARC}.2")  # OCTET STRING: SHA-256 of the offer
EVIDENCE_OID = ObjectIdentifier(f"{ARC}.3")  # OCTET STRING: SHA-256 of the evidence of the act

UTF8_STRING, OCTET_STRING = 0x0C, 0x04  # X.690 tags


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class LocalAuthority:
    """What is needed to sign and to seal. The root's key stays on disk and is not loaded."""

    centre: str
    root: x509.Certificate
    issuing: Credential
    seal: Credential

    @classmethod
    def open_or_create(cls, folder: Path, centre: str, at: datetime) -> "LocalAuthority":
        """Return the authority in `folder`/authority, made now if there is none.

        It is made beside its place and renamed there whole, so a crash leaves none or all of it, and
        of two processes at once one wins and the other takes the winner's. Raises OSError, and
        ValueError when a file there is not what it should be.
        """
        place = folder / FOLDER
        if not place.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create(place, centre, at)
        return cls._open(place, centre)

    @classmethod
    def _open(cls, place: Path, centre: str) -> "LocalAuthority":
        root = x509.load_pem_x509_certificate((place / "root.pem").read_bytes())
        return cls(centre, root, _load(place, "issuing"), _load(place, "seal"))

    @property
    def root_pem(self) -> bytes:
        return self.root.public_bytes(serialization.Encoding.PEM)

    @property
    def root_fingerprint(self) -> str:
        """SHA-256 of the root's DER, hexadecimal."""
        return self.root.fingerprint(hashes.SHA256()).hex()

    def issue_for_act(
        self, name: str, field: str, offer_digest: str, evidence_digest: str, at: datetime
    ) -> Credential:
        """Return a fresh certificate for one act. Digests are SHA-256 (hex). Drop the key after use."""
        bound = [
            (FIELD_OID, _der(UTF8_STRING, field.encode())),
            (OFFER_OID, _der(OCTET_STRING, bytes.fromhex(offer_digest))),
            (EVIDENCE_OID, _der(OCTET_STRING, bytes.fromhex(evidence_digest))),
        ]
        return _issue(_name(name, FOR_ONE_ACT), self.issuing, at, LEAF_LIFETIME, bound)


def bound_value(certificate: bytes, oid: ObjectIdentifier) -> bytes | None:
    """Return what the extension `oid` of a certificate (DER) holds, without its tag, or None."""
    try:
        extension = x509.load_der_x509_certificate(certificate).extensions.get_extension_for_oid(oid)
    except x509.ExtensionNotFound:
        return None
    value = extension.value
    if not isinstance(value, x509.UnrecognizedExtension):
        return None
    tag, length, body = value.value[:1], value.value[1:2], value.value[2:]
    known = tag in {bytes([UTF8_STRING]), bytes([OCTET_STRING])}
    return body if known and length == bytes([len(body) & 0xFF]) else None


def fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 (hex) of a certificate's DER."""
    return hashlib.sha256(certificate).hexdigest()


def roots_of(pem: bytes) -> tuple[bytes, ...]:
    """Return the certificates in a PEM file as DER; raise ValueError when there is none."""
    return tuple(c.public_bytes(serialization.Encoding.DER) for c in x509.load_pem_x509_certificates(pem))


def _create(place: Path, centre: str, at: datetime) -> None:
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = _issue(
        _name(_purpose(centre, "根证书"), centre), None, at, ROOT_LIFETIME, own_key=root_key, below=1
    )
    issuing = _issue(_name(_purpose(centre, "签发证书"), centre), root, at, ISSUING_LIFETIME, below=0)
    bound = [(FIELD_OID, _der(UTF8_STRING, SEAL_FIELD.encode()))]
    seal = _issue(_name(_purpose(centre, "电子印章"), centre), issuing, at, LEAF_LIFETIME, bound)
    temporary = place.with_name(f".{FOLDER}-{secrets.token_hex(8)}")
    temporary.mkdir(mode=0o700)
    try:
        for name, credential in (("root", root), ("issuing", issuing), ("seal", seal)):
            _save(temporary, name, credential)
        _sync(temporary)
        with contextlib.suppress(OSError):  # not empty: another process was first, and its authority counts
            temporary.rename(place)
            _sync(place.parent)
        if not place.is_dir():
            raise FileNotFoundError(place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _issue(
    subject: x509.Name,
    issuer: Credential | None,
    at: datetime,
    lifetime: timedelta,
    bound: Sequence[tuple[ObjectIdentifier, bytes]] = (),
    *,
    own_key: ec.EllipticCurvePrivateKey | None = None,
    below: int | None = None,
) -> Credential:
    """Return a certificate; `below` is the path length of an authority, None for a leaf."""
    key = own_key or ec.generate_private_key(ec.SECP256R1())
    signer = issuer.key if issuer else key
    start, end = at - BACKDATED, at + lifetime
    if issuer:
        end = min(end, issuer.certificate.not_valid_after_utc)
        start = max(start, issuer.certificate.not_valid_before_utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(below is not None, below), critical=True)
        .add_extension(_usage(authority=below is not None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    for oid, value in bound:
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, value), critical=False)
    return Credential(builder.sign(signer, hashes.SHA256()), key)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _cut(organisation)),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, INTERNAL),
            x509.NameAttribute(NameOID.COMMON_NAME, _cut(common)),
        ]
    )


def _purpose(centre: str, purpose: str) -> str:
    """Return a name whose end stays whole: an authority and its issuer must not be called alike."""
    return f"{_cut(centre, MAX_NAME - len(purpose.encode()) - 1)} {purpose}"


def _cut(text: str, limit: int = MAX_NAME) -> str:
    return text.encode()[:limit].decode(errors="ignore")


def _der(tag: int, value: bytes) -> bytes:
    """Return DER of a value shorter than 128 bytes, whose length is one byte (X.690, 8.1.3.4)."""
    return bytes([tag, len(value)]) + value


def _save(folder: Path, name: str, credential: Credential) -> None:
    key = credential.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(folder / f"{name}.key", key)
    _write(folder / f"{name}.pem", credential.certificate.public_bytes(serialization.Encoding.PEM))


def _load(folder: Path, name: str) -> Credential:
    key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{name}.key is not a key on an elliptic curve")  # noqa: TRY004 - the content is wrong
    return Credential(x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()), key)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
