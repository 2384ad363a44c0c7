"""The catalogue follows the code and keeps what a centre has worded."""

from pathlib import Path

import pytest

from settlements import intents
from web import form_texts
from web.locales import refresh
from web.messages import CODES, INVITATION


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


def test_what_goes_to_a_phone_or_stands_beside_a_field_is_in_the_catalogue() -> None:
    beside = {text for name, text in vars(form_texts).items() if name.isupper()}
    assert {*CODES.values(), INVITATION, *beside} <= refresh.translated(refresh.catalogue()).keys()


def test_what_a_signer_ticks_is_in_no_catalogue() -> None:
    assert not {intents.PARTY, intents.MEDIATOR} & refresh.extracted()  # the evidence has the same words
