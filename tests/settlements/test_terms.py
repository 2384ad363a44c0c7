import json
from typing import Any

import pytest
import rfc8785

from settlements.document import TermsError, canonical_terms, parse_terms
from tests.builders.settlements import sample_terms


def spelled(**changes: Any) -> bytes:
    body = json.loads(canonical_terms(sample_terms())) | changes
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_canonical_terms_are_rfc_8785() -> None:
    odd = sample_terms(clauses=('引号"、反斜杠\\、换行\n、控制\x01、表情😀、\u2028。',))
    assert canonical_terms(odd) == rfc8785.dumps(json.loads(canonical_terms(odd)))


def test_terms_come_back_as_they_were() -> None:
    assert parse_terms(canonical_terms(sample_terms())) == sample_terms()


def test_another_spelling_of_the_same_terms_is_refused() -> None:
    pretty = json.dumps(json.loads(spelled()), indent=1).encode()
    with pytest.raises(TermsError, match="canonical"):
        parse_terms(pretty)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "terms"),
        (b" " * 1_000_001, "longer"),
        (spelled(extra=1), "terms"),
        (spelled(format="heyi-terms/9"), "format"),
        (spelled(version=True), "version"),
        (spelled(title=3), "title"),
        (spelled(clauses=[]), "clauses"),
        (spelled(clauses=[{"number": 2, "text": "二"}]), "numbered"),
        (spelled(clauses=[{"number": 1, "text": "一"}] * 41), "clauses"),
        (spelled(matters=[1]), "matters"),
        (spelled(signers=[]), "signers"),
        (spelled(offered_at="yesterday"), "offered_at"),
        (spelled(offered_at="2026-05-16T03:30:00"), "offered_at"),
    ],
)
def test_what_is_not_terms_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(TermsError, match=words):
        parse_terms(data)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"field": "seal"}, "field"), ({"field": "../x"}, "field"), ({"role": "king"}, "role")],
)
def test_a_signer_that_cannot_be_is_refused(change: dict[str, str], words: str) -> None:
    first = json.loads(spelled())["signers"][0]
    with pytest.raises(TermsError, match=words):
        parse_terms(spelled(signers=[first | change]))


def test_half_a_character_is_refused() -> None:
    with pytest.raises(TermsError):
        canonical_terms(sample_terms(clauses=("\ud800",)))
