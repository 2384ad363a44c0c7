"""A proof counts only when it looked and found what was broken."""

import json
from xml.etree import ElementTree as ET

import pytest

from tests.mutants.proving import STARTED, Ended, Verdict, judge_rehearsal, judge_tests

ID = "tests/rooms/test_topology.py::test_it"


def case(kind: str = "", message: str = "", name: str = "test_it") -> ET.Element:
    found = ET.Element("testcase", classname="tests.rooms.test_topology", name=name)
    if kind:
        ET.SubElement(found, kind, message=message)
    return found


@pytest.mark.parametrize(
    "message", ["assert 1 == 2", "AssertionError: no", "Failed: DID NOT RAISE <class 'x'>", "TimeoutError"]
)
def test_an_assertion_that_fails_has_noticed(message: str) -> None:
    verdict, said = judge_tests((ID,), Ended(1, "", ""), [case("failure", message, "test_it[a]")])
    assert (verdict, said) == (Verdict.NOTICED, (ID,))


def test_a_test_that_passes_has_not_noticed() -> None:
    assert judge_tests((ID,), Ended(0, "", ""), [case()])[0] is Verdict.SURVIVED
    other = case("failure", "assert 0", "test_other")
    assert judge_tests((ID,), Ended(1, "", ""), [case(), other])[0] is Verdict.SURVIVED


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (1, case("failure", "NameError: name 'x' is not defined")),
        (1, case("error", "failed on setup with ImportError")),
        (2, None),  # it could not be collected
        (4, None),  # there is no such test
        (None, None),  # it had to be ended
    ],
)
def test_a_crash_has_not_noticed(status: int | None, found: ET.Element | None) -> None:
    cases = [found] if found is not None else []
    assert judge_tests((ID,), Ended(status, "", "it crashed"), cases)[0] is Verdict.OTHERWISE


def rehearsal(*, ok: bool, status: int | None, said: str, started: bool = True) -> Ended:
    progress = f"    1.5 秒  {STARTED}\n" if started else ""
    return Ended(status, json.dumps({"ok": ok}), f"{progress}✗ {said}\n" if said else progress)


def test_a_rehearsal_has_noticed_when_it_says_what_was_broken() -> None:
    found = rehearsal(ok=False, status=1, said="没有录像。")
    assert judge_rehearsal("没有录像", found) == (Verdict.NOTICED, ("没有录像。",))


def test_a_rehearsal_that_holds_has_not_noticed() -> None:
    assert judge_rehearsal("没有录像", rehearsal(ok=True, status=0, said=""))[0] is Verdict.SURVIVED


@pytest.mark.parametrize(
    "ended",
    [
        rehearsal(ok=False, status=1, said="服务器没有起来：没有录像", started=False),
        rehearsal(ok=False, status=1, said="60 秒内没有走完。"),
        rehearsal(ok=False, status=0, said="没有录像。"),
        rehearsal(ok=True, status=1, said="没有录像。"),
        Ended(1, "", "ImportError"),
        Ended(None, "", ""),
    ],
)
def test_a_rehearsal_that_failed_otherwise_has_not_noticed(ended: Ended) -> None:
    assert judge_rehearsal("没有录像", ended)[0] is Verdict.OTHERWISE
