"""The terms: everything that the settlement's text is made from, in one canonical spelling.

They are attached to the PDF as `terms.json`, so that a program reads what a person signed.
"""

import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from cases.canonical import canonical_json
from cases.errors import HeyiError
from cases.model import Role
from settlements.model import MAX_CLAUSES, SEAL_FIELD, Clause

FORMAT = "heyi-terms/1"
MODE = "线上视频调解"
FIELD_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
MAX_SIGNERS = 8
MAX_TERMS_BYTES = 1_000_000


class TermsError(HeyiError):
    """These bytes are not the terms of a settlement; the message says which rule they break."""


@dataclass(frozen=True, slots=True)
class TermsSigner:
    """One who signs, as printed. `organisation` and `phone_masked` may be empty."""

    field: str
    role: Role
    name: str
    organisation: str
    phone_masked: str


@dataclass(frozen=True, slots=True)
class Terms:
    """`signers` stand in the order of the signature boxes; `offered_at` is ISO 8601 as of `cases.clocks.iso`.

    `dispute` and `claimed` are words for people (理赔纠纷, ¥47,251.75); `matters` are the paragraphs on
    facts and matters in dispute, and may be none.
    """

    case_number: str
    title: str
    centre: str
    mediator: str
    dispute: str
    claimed: str
    signers: tuple[TermsSigner, ...]
    matters: tuple[str, ...]
    clauses: tuple[Clause, ...]
    offer: str
    offered_at: str
    version: int
    mode: str = MODE


def canonical_terms(terms: Terms) -> bytes:
    """Return the terms as RFC 8785 JSON in UTF-8; a lone surrogate has none and raises TermsError."""
    try:
        return canonical_json({"format": FORMAT, **asdict(terms)})
    except UnicodeEncodeError as error:
        raise TermsError("a text holds half a character") from error


def parse_terms(data: bytes) -> Terms:
    """Return the terms that `data` spells; raise TermsError unless they are valid and canonical."""
    if len(data) > MAX_TERMS_BYTES:
        raise TermsError(f"longer than {MAX_TERMS_BYTES} bytes")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise TermsError("not JSON") from error
    terms = _terms(_object(body, {"format", *(f.name for f in fields(Terms))}, "terms"))
    if canonical_terms(terms) != data:
        raise TermsError("not in the canonical spelling")
    return terms


def _terms(body: dict[str, Any]) -> Terms:
    if body["format"] != FORMAT:
        raise TermsError(f"format is not {FORMAT}")
    signers = tuple(_signer(s) for s in _list(body, "signers", MAX_SIGNERS))
    names = [s.field for s in signers]
    if not signers or len(set(names)) != len(names):
        raise TermsError("signers: none, or two of the same field")
    clauses = tuple(_clause(n, c) for n, c in enumerate(_list(body, "clauses", MAX_CLAUSES), 1))
    if not clauses:
        raise TermsError("clauses: none")
    matters = _list(body, "matters", MAX_CLAUSES)
    if not all(isinstance(m, str) for m in matters):
        raise TermsError("matters: not texts")
    texts = ("case_number", "title", "centre", "mediator", "dispute", "claimed", "offer", "mode")
    return Terms(
        **{name: _text(body, name) for name in texts},
        offered_at=_time(body),
        version=_integer(body, "version"),
        signers=signers,
        matters=tuple(matters),
        clauses=clauses,
    )


def _signer(value: object) -> TermsSigner:
    body = _object(value, {f.name for f in fields(TermsSigner)}, "signer")
    field = _text(body, "field")
    if not FIELD_NAME.fullmatch(field) or field == SEAL_FIELD:
        raise TermsError("signer: field is not a name of a field")
    try:
        role = Role(_text(body, "role"))
    except ValueError as error:
        raise TermsError("signer: unknown role") from error
    return TermsSigner(
        field, role, _text(body, "name"), _text(body, "organisation"), _text(body, "phone_masked")
    )


def _clause(number: int, value: object) -> Clause:
    body = _object(value, {f.name for f in fields(Clause)}, "clause")
    if _integer(body, "number") != number:
        raise TermsError("clauses: not numbered 1, 2, …")
    return Clause(number, _text(body, "text"))


def _object(value: object, keys: set[str], what: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != keys:
        raise TermsError(f"{what}: not an object of {', '.join(sorted(keys))}")
    return value


def _list(body: dict[str, Any], name: str, limit: int) -> list[Any]:
    value = body[name]
    if not isinstance(value, list) or len(value) > limit:
        raise TermsError(f"{name}: not a list of at most {limit}")
    return value


def _text(body: dict[str, Any], name: str) -> str:
    value = body[name]
    if not isinstance(value, str):
        raise TermsError(f"{name}: not a text")
    return value


def _integer(body: dict[str, Any], name: str) -> int:
    value = body[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TermsError(f"{name}: not an integer")
    return value


def _time(body: dict[str, Any]) -> str:
    text = _text(body, "offered_at")
    try:
        aware = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise TermsError("offered_at: not a time with its zone")
    return text
