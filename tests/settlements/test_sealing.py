import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cases.errors import Reason, Refused
from settlements.authority import LocalAuthority
from settlements.pdf import RenderedOffer
from settlements.sealing import SignerFacts, approve, seal
from tests.builders.settlements import OFFERED_AT, SEALED_AT, evidence_of, signed_by
from tests.builders.trust import trust


def facts(offer: RenderedOffer, field: str) -> SignerFacts:
    return SignerFacts(field, "周建国", offer.digest, evidence_of(field), OFFERED_AT)


def test_an_act_only_appends(offer: RenderedOffer, authority: LocalAuthority) -> None:
    signed = approve(offer.pdf, facts(offer, "consumer"), authority)
    assert signed.startswith(offer.pdf)


def test_a_field_is_signed_once(offer: RenderedOffer, authority: LocalAuthority) -> None:
    signed = approve(offer.pdf, facts(offer, "consumer"), authority)
    with pytest.raises(Refused) as refused:
        approve(signed, facts(offer, "consumer"), authority)
    assert refused.value.reason is Reason.ACT_DONE


def test_a_field_that_the_offer_lacks_is_refused(offer: RenderedOffer, authority: LocalAuthority) -> None:
    with pytest.raises(Refused) as refused:
        approve(offer.pdf, facts(offer, "witness"), authority)
    assert refused.value.reason is Reason.NOT_YOURS


def test_a_name_that_cannot_be_printed_is_refused(offer: RenderedOffer, authority: LocalAuthority) -> None:
    with pytest.raises(Refused) as refused:
        approve(offer.pdf, replace(facts(offer, "consumer"), display="𠮷田"), authority)
    assert refused.value.reason is Reason.UNPRINTABLE


def test_the_seal_waits_for_every_act(offer: RenderedOffer, authority: LocalAuthority) -> None:
    signed = signed_by(offer, ["consumer", "insurer"], authority)
    with pytest.raises(Refused) as refused:
        seal(signed, authority, SEALED_AT)
    assert refused.value.reason is Reason.NOT_SETTLED


def test_sealing_a_sealed_file_changes_nothing(sealed: bytes, authority: LocalAuthority) -> None:
    assert seal(sealed, authority, SEALED_AT) == sealed


def test_no_private_key_is_in_the_file(sealed: bytes, authority: LocalAuthority) -> None:
    der = authority.seal.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert der not in sealed
    assert b"PRIVATE KEY" not in sealed


def test_every_font_of_the_stamps_is_embedded(sealed_path: Path) -> None:
    fonts = subprocess.run(["pdffonts", sealed_path], capture_output=True, check=True, text=True).stdout
    assert all(row.split()[-5] == "yes" for row in fonts.splitlines()[2:])


@pytest.fixture
def trusting_database(authority: LocalAuthority, tmp_path: Path, root_path: Path) -> Path:
    """An NSS database, as a foreign viewer has one, that trusts the centre's root."""
    return trust(tmp_path / "nss", root_path)


def test_poppler_agrees_that_all_four_are_valid_and_trusted(
    sealed_path: Path, trusting_database: Path
) -> None:
    command = ["pdfsig", "-nssdir", f"sql:{trusting_database}", str(sealed_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert found.count("Signature Validation: Signature is Valid.") == 4
    assert found.count("Certificate Validation: Certificate is Trusted.") == 4
    assert found.count("- Total document signed") == 1
    last = found.rsplit("Signature #", 1)[1]
    assert "Signature Field Name: seal" in last
    assert "- Total document signed" in last
