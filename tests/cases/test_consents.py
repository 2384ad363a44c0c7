from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cases.consents import TEXTS, Consent, Purpose, may_be_recorded, missing, text_for

NOON = datetime(2025, 9, 18, 4, 0, tzinfo=UTC)


def answers(**given: bool) -> dict[Purpose, Consent]:
    """Return answers to the present texts, by purpose."""
    texts = {Purpose(name): text_for(Purpose(name)) for name in given}
    return {p: Consent(p, t.version, t.sha256, given[p], NOON) for p, t in texts.items()}


def test_every_purpose_is_asked() -> None:
    assert missing({}) == (Purpose.NOTICE, Purpose.ONLINE, Purpose.RECORDING)
    assert missing(answers(notice=True, recording=True)) == (Purpose.ONLINE,)


def test_who_refuses_the_recording_takes_part_and_is_not_recorded() -> None:
    given = answers(notice=True, online=True, recording=False)
    assert missing(given) == ()
    assert not may_be_recorded(given)
    assert may_be_recorded(answers(notice=True, online=True, recording=True))


def test_no_answer_is_no_consent_to_be_recorded() -> None:
    assert not may_be_recorded(answers(notice=True, online=True))


@pytest.mark.parametrize("purpose", [Purpose.NOTICE, Purpose.ONLINE])
def test_the_others_are_required(purpose: Purpose) -> None:
    given = answers(notice=True, online=True, recording=True) | answers(**{purpose.value: False})
    assert missing(given) == (purpose,)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_new_text_asks_again(purpose: Purpose) -> None:
    given = answers(notice=True, online=True, recording=True)
    given[purpose] = replace(given[purpose], version="2025-01", text_sha256="0" * 64)
    assert missing(given) == (purpose,)


def test_a_consent_to_an_older_text_records_nobody() -> None:
    given = answers(recording=True)
    given[Purpose.RECORDING] = replace(given[Purpose.RECORDING], text_sha256="0" * 64)
    assert not may_be_recorded(given)


def test_the_hash_covers_every_word_that_is_shown() -> None:
    text = text_for(Purpose.RECORDING)
    others = (
        replace(text, title="录音"),
        replace(text, version="2026-01"),
        replace(text, summary="都录。"),
        replace(text, paragraphs=text.paragraphs[:-1]),
        replace(text, paragraphs=(*text.paragraphs[:-1], "改了。")),
    )
    assert len({text.sha256, *(other.sha256 for other in others)}) == 6
    assert len({t.sha256 for t in TEXTS}) == 3
