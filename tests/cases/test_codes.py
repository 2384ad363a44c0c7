from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cases import codes
from cases.codes import (
    Code,
    CodeHistory,
    CodePurpose,
    binding,
    code_mac,
    decide_issue,
    decide_try,
    new_digits,
)
from cases.errors import Reason, Refused

NOON = datetime(2025, 9, 18, 4, 0, tzinfo=UTC)
KEY = b"k" * 32
CASE, PHONE, DIGEST = "c1", "13800135521", "ab" * 32
MOMENT = timedelta(microseconds=1)
NEW = CodeHistory((), ())


def mac(digits: str = "402915", purpose: CodePurpose = CodePurpose.ACT, bound: str = "") -> str:
    return code_mac(KEY, purpose, bound or binding(CASE, PHONE, DIGEST), digits)


CODE = Code(CodePurpose.ACT, binding(CASE, PHONE, DIGEST), mac(), NOON)


def tried(
    code: Code | None = CODE,
    digits: str = "402915",
    *,
    bound: str = CODE.binding,
    at: datetime = NOON,
    history: CodeHistory = NEW,
) -> tuple[Code | None, Reason | None]:
    """Return the code after a try, and why it was refused."""
    try:
        after, refused = decide_try(code, history, mac(digits, bound=bound), bound, at)
    except Refused as refusal:
        return code, refusal.reason
    return after, refused.reason if refused is not None else None


def issue(history: CodeHistory, last: Code | None = None, at: datetime = NOON) -> Refused | None:
    try:
        decide_issue(history, last, at)
    except Refused as refused:
        return refused
    return None


def test_the_right_digits_are_taken_once() -> None:
    code, refused = tried()
    assert refused is None
    assert code is not None
    assert code.used
    assert tried(code) == (code, Reason.CODE_USED)


def test_five_tries_and_not_one_more() -> None:
    code: Code | None = CODE
    for _ in range(codes.TRIES - 1):
        code, refused = tried(code, "000000")
        assert refused is Reason.CODE_WRONG
    code, refused = tried(code, "000000")
    assert refused is Reason.CODE_TOO_MANY_TRIES
    assert tried(code)[1] is Reason.CODE_TOO_MANY_TRIES  # the right ones come too late


def test_the_fifth_try_may_be_the_right_one() -> None:
    assert tried(replace(CODE, tries=4))[1] is None


def test_a_wrong_try_says_how_many_are_left() -> None:
    _, refused = decide_try(CODE, NEW, "", CODE.binding, NOON)
    assert refused is not None
    assert refused.facts == {"left": 4}


def test_a_code_lives_for_five_minutes() -> None:
    assert tried(at=NOON + timedelta(minutes=5) - MOMENT)[1] is None
    assert tried(at=NOON + timedelta(minutes=5))[1] is Reason.CODE_EXPIRED


def test_without_a_code_there_is_nothing_to_try() -> None:
    assert tried(None)[1] is Reason.CODE_NONE


@pytest.mark.parametrize(
    "bound",
    [binding("c2", PHONE, DIGEST), binding(CASE, "13900137788", DIGEST), binding(CASE, PHONE, "cd" * 32)],
)
def test_a_code_for_another_case_phone_or_text_is_wrong(bound: str) -> None:
    code, refused = tried(bound=bound)
    assert refused is Reason.CODE_WRONG
    assert code is not None
    assert code.tries == 1


def test_a_code_that_was_bound_otherwise_is_wrong_even_with_its_own_mac() -> None:
    _, refused = decide_try(CODE, NEW, CODE.mac, binding("c2", PHONE), NOON)
    assert refused is not None


def test_a_code_to_enter_does_not_sign() -> None:
    assert mac(purpose=CodePurpose.ENTER) != mac(purpose=CodePurpose.ACT)
    _, refused = decide_try(CODE, NEW, mac(purpose=CodePurpose.ENTER), CODE.binding, NOON)
    assert refused is not None
    assert refused.reason is Reason.CODE_WRONG


def test_the_mac_needs_the_key() -> None:
    assert code_mac(b"x" * 32, CodePurpose.ACT, CODE.binding, "402915") != CODE.mac


def test_five_codes_an_hour() -> None:
    sent = tuple(NOON - timedelta(minutes=m) for m in (50, 40, 30, 20, 10))
    refused = issue(CodeHistory(sent, ()))
    assert refused is not None
    assert refused.reason is Reason.CODE_TOO_MANY
    assert refused.facts == {"minutes": 10}
    assert issue(CodeHistory(sent[1:], ())) is None
    assert issue(CodeHistory(sent, ()), at=NOON + timedelta(minutes=10)) is None


def test_fifteen_wrong_tries_a_day_end_both_sending_and_trying() -> None:
    failed = tuple(NOON - timedelta(hours=1, minutes=m) for m in range(15, 0, -1))
    refused = issue(CodeHistory((), failed))
    assert refused is not None
    assert refused.reason is Reason.CODE_TOO_MANY_TRIES
    assert tried(history=CodeHistory((), failed))[1] is Reason.CODE_TOO_MANY_TRIES
    assert issue(CodeHistory((), failed[1:])) is None
    assert tried(history=CodeHistory((), failed[1:]))[1] is None
    assert issue(CodeHistory((), failed), at=failed[0] + timedelta(days=1)) is None


def test_a_second_code_for_the_same_purpose_waits_half_a_minute() -> None:
    at = NOON + timedelta(seconds=29, milliseconds=600)
    refused = issue(NEW, CODE, at)
    assert refused is not None
    assert refused.reason is Reason.CODE_TOO_SOON
    assert refused.facts == {"seconds": 1}
    assert issue(NEW, CODE, NOON + timedelta(seconds=30)) is None


def test_who_has_used_a_code_may_have_the_next_at_once() -> None:
    assert issue(CodeHistory((NOON,), ()), replace(CODE, used=True)) is None


def test_the_pause_is_of_the_purpose_and_not_of_the_person() -> None:
    assert issue(CodeHistory((NOON,), ()), None) is None  # a code to enter was just sent, none to act


def test_digits_are_six_with_their_zeros() -> None:
    every = {new_digits() for _ in range(300)}
    assert {len(digits) for digits in every} == {6}
    assert all(digits.isdecimal() for digits in every)
    assert len(every) > 250
