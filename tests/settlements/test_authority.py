import os
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from settlements.authority import (
    EVIDENCE_OID,
    FIELD_OID,
    OFFER_OID,
    LocalAuthority,
    bound_value,
    roots_of,
)
from tests.builders.settlements import CENTRE, OFFERED_AT, evidence_of

OFFER = "ab" * 32


def opened(folder: Path) -> str:
    return LocalAuthority.open_or_create(folder, CENTRE, OFFERED_AT).root_fingerprint


def test_the_second_start_finds_the_first_ones_authority(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert opened(folder) == opened(folder)


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    opened(tmp_path / "keys")
    place = tmp_path / "keys" / "authority"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in place.iterdir()} == {0o600}


def test_a_start_that_was_cut_off_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    torn = tmp_path / ".authority-0123456789abcdef"
    torn.mkdir()
    (torn / "root.key").write_bytes(b"half")
    assert opened(tmp_path) == opened(tmp_path)


def test_a_failing_disk_leaves_no_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="space"):
            opened(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_processes_at_once_make_one_authority(tmp_path: Path) -> None:
    with get_context("spawn").Pool(2) as pool:
        first, second = pool.map(opened, [tmp_path / "keys"] * 2)
    assert first == second


def test_many_threads_at_once_make_one_authority(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(opened, [tmp_path / "keys"] * 8))) == 1
    assert [p.name for p in (tmp_path / "keys").iterdir()] == ["authority"]


def test_openssl_accepts_the_chain(authority: LocalAuthority, tmp_path: Path) -> None:
    act = authority.issue_for_act("周建国", "consumer", OFFER, evidence_of("consumer"), OFFERED_AT)
    for name, certificate in (
        ("root", authority.root),
        ("issuing", authority.issuing.certificate),
        ("seal", authority.seal.certificate),
        ("act", act.certificate),
    ):
        (tmp_path / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "verify", "-x509_strict", "-CAfile", "root.pem", "-untrusted", "issuing.pem"]
    run = subprocess.run(
        [*command, "seal.pem", "act.pem"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["seal.pem:", "OK", "act.pem:", "OK"]


def test_an_acts_certificate_binds_field_offer_and_evidence(authority: LocalAuthority) -> None:
    act = authority.issue_for_act("周建国", "consumer", OFFER, evidence_of("consumer"), OFFERED_AT)
    certificate = act.certificate.public_bytes(Encoding.DER)
    assert bound_value(certificate, FIELD_OID) == b"consumer"
    assert bound_value(certificate, OFFER_OID) == bytes.fromhex(OFFER)
    assert bound_value(certificate, EVIDENCE_OID) == bytes.fromhex(evidence_of("consumer"))


def test_no_two_acts_share_a_key(authority: LocalAuthority) -> None:
    one, two = (
        authority.issue_for_act("周建国", "consumer", OFFER, evidence_of("consumer"), OFFERED_AT)
        for _ in range(2)
    )
    assert one.key.private_numbers() != two.key.private_numbers()


def test_an_act_long_after_the_start_is_issued_within_its_issuer(authority: LocalAuthority) -> None:
    late = OFFERED_AT + timedelta(days=365 * 10)
    act = authority.issue_for_act("周建国", "consumer", OFFER, evidence_of("consumer"), late)
    assert act.certificate.not_valid_after_utc == authority.issuing.certificate.not_valid_after_utc


def test_every_certificate_says_that_it_is_internal(authority: LocalAuthority) -> None:
    act = authority.issue_for_act("周建国", "consumer", OFFER, evidence_of("consumer"), OFFERED_AT)
    for certificate in (
        authority.root,
        authority.issuing.certificate,
        authority.seal.certificate,
        act.certificate,
    ):
        assert "自签内部证书：证明完整性，不证明身份" in certificate.subject.rfc4514_string()


def test_a_very_long_name_still_gets_a_certificate(authority: LocalAuthority) -> None:
    act = authority.issue_for_act("长" * 200, "consumer", OFFER, evidence_of("consumer"), OFFERED_AT)
    (name,) = act.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "长" * 21  # 64 bytes of UTF-8


def test_a_centre_with_a_very_long_name_has_three_different_names(tmp_path: Path) -> None:
    made = LocalAuthority.open_or_create(tmp_path, "很长的名字" * 20, OFFERED_AT)
    certificates = (made.root, made.issuing.certificate, made.seal.certificate)
    assert len({c.subject for c in certificates}) == 3


def test_the_root_is_published_as_pem(authority: LocalAuthority) -> None:
    (root,) = roots_of(authority.root_pem)
    assert root == authority.root.public_bytes(Encoding.DER)
