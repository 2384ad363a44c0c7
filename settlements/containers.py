"""The one gap in a signed file: the signature itself, which no signature covers.

A signature covers the file but for its own /Contents, and inside that container not the padding, the
certificates, the versions and the unsigned attributes (RFC 5652, 5.4). Of the last signature nobody
covers the rest, so it must be exactly what follows from the parts that are covered.
"""

from collections.abc import Collection

from asn1crypto import algos, cms
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

VERSION = "v1"  # RFC 5652, 5.1 and 5.3: plain data, X.509 certificates, issuer and serial number


def exact(pdf: bytes, signature: EmbeddedPdfSignature, path: Collection[bytes]) -> bool:
    """True when no byte of the container could be another without a check failing.

    `path` holds the certificates (DER) from the signer to its root; empty when there is none, and then
    the certificates are not looked at. ECDSA itself allows one other spelling of a signature's number.
    """
    _, start, end, _ = (int(n) for n in signature.byte_range)
    der = cms.ContentInfo.load(signature.pkcs7_content).dump()
    if pdf[start:end] != b"<" + der.hex().upper().encode().ljust(end - start - 2, b"0") + b">":
        return False
    if cms.ContentInfo.load(der).dump(force=True) != der:
        return False
    return _plain(signature.signed_data, signature.signer_info) and _belong(signature, path)


def _plain(data: cms.SignedData, signer: cms.SignerInfo) -> bool:
    """True when what is not signed is at its only value; algorithms stand without parameters, as ECDSA's do.

    A wrong algorithm needs no check here: under it neither the digest nor the signature would fit.
    """
    digest, mechanism = signer["digest_algorithm"], signer["signature_algorithm"]
    return (
        data["version"].native == signer["version"].native == VERSION
        and [a.dump() for a in data["digest_algorithms"]] == [digest.dump()]
        and data["encap_content_info"]["content_type"].native == "data"
        and data["encap_content_info"]["content"].native is None
        and data["crls"].native is None
        and not signer["unsigned_attrs"].native
        and digest.dump() == algos.DigestAlgorithm({"algorithm": digest["algorithm"].native}).dump()
        and mechanism.dump()
        == algos.SignedDigestAlgorithm({"algorithm": mechanism["algorithm"].native}).dump()
    )


def _belong(signature: EmbeddedPdfSignature, path: Collection[bytes]) -> bool:
    found = [choice.chosen.dump() for choice in signature.signed_data["certificates"]]
    return len(set(found)) == len(found) and (not path or set(found) <= set(path))
