import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.verify import NOT_USABLE, NOT_VALID, VALID, run
from settlements.authority import LocalAuthority
from settlements.pdf import RenderedOffer
from tests.builders.settlements import sealed_file


@pytest.fixture(autouse=True)
def no_root_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEYI_ROOTS", raising=False)


def read_json(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_valid_file_ends_with_zero_and_a_table(
    sealed_path: Path, root_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([str(sealed_path), "--root", str(root_path)]) == VALID
    out = capsys.readouterr().out
    assert out.startswith("有效")
    assert out.count("[通过]") == 8
    assert out.count("[仅凭文件无法核对]") == 2


def test_the_root_may_come_from_the_environment(
    sealed_path: Path, root_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEYI_ROOTS", str(root_path))
    assert run([str(sealed_path)]) == VALID


def test_the_root_may_be_a_fingerprint_in_any_spelling(sealed_path: Path, authority: LocalAuthority) -> None:
    plain = authority.root_fingerprint
    colons = ":".join(plain[i : i + 2].upper() for i in range(0, 64, 2))
    assert run([str(sealed_path), "--root", plain]) == VALID
    assert run([str(sealed_path), "--root", colons]) == VALID
    assert run([str(sealed_path), "--root", "ab" * 32]) == NOT_VALID


def test_an_altered_file_ends_with_one_and_names_the_check(
    sealed_path: Path, root_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed_path.write_bytes(sealed_path.read_bytes() + b"x")
    assert run([str(sealed_path), "--root", str(root_path), "--json"]) == NOT_VALID
    found = read_json(capsys)
    assert found["valid"] is False
    assert found["exit"] == NOT_VALID


def test_a_file_of_another_installation_ends_with_one(
    offer: RenderedOffer, stranger: LocalAuthority, root_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "foreign.pdf"
    path.write_bytes(sealed_file(offer, stranger))
    assert run([str(path), "--root", str(root_path)]) == NOT_VALID


def test_without_a_root_it_tells_the_fingerprint_and_where_to_get_the_root(
    sealed_path: Path, authority: LocalAuthority, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([str(sealed_path)]) == NOT_USABLE
    out = capsys.readouterr().out
    assert authority.root_fingerprint in out
    assert "/roots.pem" in out
    assert run([str(sealed_path), "--json"]) == NOT_USABLE
    assert read_json(capsys)["root_in_file"] == authority.root_fingerprint


def test_a_missing_file_is_not_usable(
    tmp_path: Path, root_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([str(tmp_path / "none.pdf"), "--root", str(root_path), "--json"]) == NOT_USABLE
    assert read_json(capsys)["problem"] == "no-file"


def test_a_folder_is_not_usable(tmp_path: Path, root_path: Path) -> None:
    assert run([str(tmp_path), "--root", str(root_path)]) == NOT_USABLE


def test_what_is_no_pdf_is_not_usable(root_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(root_path), "--root", str(root_path), "--json"]) == NOT_USABLE
    assert read_json(capsys)["problem"] == "not-a-pdf"


def test_a_root_that_is_none_is_not_usable(sealed_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for root in ("no-such.pem", str(sealed_path)):
        assert run([str(sealed_path), "--root", root, "--json"]) == NOT_USABLE
        assert read_json(capsys)["problem"] == "bad-root"


def test_a_wrong_option_is_not_usable_and_help_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--nonsense"]) == NOT_USABLE
    assert run(["--help"]) == VALID


def test_it_needs_no_server_and_no_other_settings(sealed_path: Path, root_path: Path) -> None:
    code = (
        "import sys; from server.verify import run; status = run(sys.argv[1:]); "
        "loaded = {'sqlalchemy', 'aiortc', 'jinja2', 'typst'} & set(sys.modules); "
        "sys.exit(status or len(loaded))"
    )
    command = [sys.executable, "-c", code, str(sealed_path), "--root", str(root_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == VALID
    assert ran.stderr == ""
