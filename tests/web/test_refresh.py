"""The catalogue follows the code and keeps what a centre has worded."""

from pathlib import Path

import pytest

from web.locales import refresh


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "heyi.po"
    monkeypatch.setattr(refresh, "catalogue", lambda _language="zh_Hans": file)
    return file


def test_a_new_text_translates_to_itself(catalogue: Path) -> None:
    refresh.main()
    assert refresh.translated(catalogue)["长辈模式"] == "长辈模式"


def test_an_edited_translation_stays_and_an_obsolete_text_goes(catalogue: Path) -> None:
    catalogue.write_text(
        'msgid "长辈模式"\nmsgstr "大字版"\n\nmsgid "没有人再说的话"\nmsgstr "没有人再说的话"\n'
    )
    refresh.main()
    kept = refresh.translated(catalogue)
    assert kept["长辈模式"] == "大字版"
    assert "没有人再说的话" not in kept


def test_a_second_run_changes_nothing(catalogue: Path) -> None:
    refresh.main()
    first = catalogue.read_bytes()
    refresh.main()
    assert catalogue.read_bytes() == first
