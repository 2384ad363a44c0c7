"""Applies a change to a copy of the program and looks whether the proof notices it there."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple, assert_never
from xml.etree import ElementTree as ET

from tests.builders.house import ROOT, copy_of_the_program, put_in_a_fault, surroundings
from tests.builders.profiles import FIRST
from tests.mutants.mutant import ByRehearsal, ByTests, Mutant

WITHIN: Final = 150.0  # seconds for one proof; a rehearsal gives up after 60 by itself
PARTING: Final = 20.0  # seconds to end after an interrupt
STARTED: Final = "服务器启动"  # a rehearsal says so when the server answers

# How a test fails that looked and found something wrong, as against one that could not look.
_ASSERTED: Final = re.compile(r"assert\b|AssertionError|Failed: DID NOT RAISE|TimeoutError")


class Verdict(StrEnum):
    NOTICED = "noticed"
    SURVIVED = "SURVIVED"
    OTHERWISE = "FAILED OTHERWISE"  # the proof failed, but not because of what was broken


@dataclass(frozen=True, slots=True)
class Outcome:
    """`said` is what noticed it, or what went wrong; `seconds` include making the copy."""

    mutant: str
    broken: str
    verdict: Verdict
    said: tuple[str, ...]
    seconds: float


class Ended(NamedTuple):
    """A process that has ended: its status (None when it had to be ended) and what it wrote."""

    status: int | None
    out: str
    err: str


async def prove(mutant: Mutant, folder: Path) -> Outcome:
    """Break a copy of the program in `folder` as the mutant says, and see what the proof finds."""
    began = time.monotonic()
    copy = await asyncio.to_thread(_copy, folder / mutant.name)
    put_in_a_fault(copy, mutant.file, mutant.before, mutant.after)
    match mutant.proof:
        case ByTests(ids):
            verdict, said = judge_tests(ids, *await run_tests(copy, ids))
        case ByRehearsal(finding):
            verdict, said = judge_rehearsal(finding, await run_rehearsal(copy))
            if verdict is Verdict.OTHERWISE:  # a machine that was busy for a moment gets a second chance
                verdict, said = judge_rehearsal(finding, await run_rehearsal(copy))
        case _:
            assert_never(mutant.proof)
    await asyncio.to_thread(shutil.rmtree, copy)
    return Outcome(mutant.name, mutant.broken, verdict, said, time.monotonic() - began)


async def prove_whole(mutants: Sequence[Mutant], folder: Path) -> list[Outcome]:
    """See that the proofs of these mutants find nothing in an unchanged copy, and look into the copy."""
    copy = await asyncio.to_thread(_copy, folder / "whole")
    found = await _python(copy, "-c", "import cases.ids; print(cases.ids.__file__)")
    if Path(found.out.strip()) != copy / "cases" / "ids.py":
        raise RuntimeError(f"the proofs would look at {found.out.strip()} and not at the copy")
    outcomes = []
    ids = dict.fromkeys(id_ for m in mutants if isinstance(m.proof, ByTests) for id_ in m.proof.ids)
    if ids:
        began = time.monotonic()
        ended, cases = await run_tests(copy, tuple(ids))
        good = ended.status == 0 and bool(cases)
        outcomes.append(_whole(f"{len(cases)} tests pass", ended, time.monotonic() - began, good=good))
    if any(isinstance(m.proof, ByRehearsal) for m in mutants):
        began = time.monotonic()
        ended = await run_rehearsal(copy)
        outcomes.append(
            _whole("the rehearsal holds", ended, time.monotonic() - began, good=ended.status == 0)
        )
    await asyncio.to_thread(shutil.rmtree, copy)
    return outcomes


def _whole(words: str, ended: Ended, seconds: float, *, good: bool) -> Outcome:
    said = (words,) if good else (_last(ended),)
    return Outcome("-", "nothing", Verdict.NOTICED if good else Verdict.OTHERWISE, said, seconds)


def _copy(folder: Path) -> Path:
    """Copy the packages, their tests and the settings of the tests into a new folder."""
    folder.mkdir()
    copy_of_the_program(folder)
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "tmp").mkdir()
    return folder


# By tests.


async def run_tests(copy: Path, ids: Sequence[str]) -> tuple[Ended, list[ET.Element]]:
    """Run tests in the copy; return the process and the cases of its report."""
    report = copy / "report.xml"
    options = ("-q", "-p", "no:cacheprovider", f"--junitxml={report}")
    ended = await _python(copy, "-m", "pytest", *options, *ids)
    return ended, list(ET.parse(report).iter("testcase")) if report.exists() else []


def judge_tests(
    ids: Sequence[str], ended: Ended, cases: Sequence[ET.Element]
) -> tuple[Verdict, tuple[str, ...]]:
    """Say whether each of the named tests failed by what it asserts, and nothing went wrong beside."""
    failed = {_id(case): child for case in cases if (child := case.find("failure")) is not None}
    crashed = [case for case in cases if case.find("error") is not None]
    strange = [name for name, why in failed.items() if not _ASSERTED.match(why.get("message", ""))]
    if crashed or strange or ended.status not in {0, 1}:
        told = [f"{name}: {failed[name].get('message', '').splitlines()[0]}" for name in strange]
        return Verdict.OTHERWISE, tuple(told) or (_last(ended),)
    passed = [id_ for id_ in ids if not any(name.split("[")[0] == id_ for name in failed)]
    if passed:
        return Verdict.SURVIVED, tuple(f"passes: {id_}" for id_ in passed)
    return Verdict.NOTICED, tuple(ids)


def _id(case: ET.Element) -> str:
    return f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"


# By a rehearsal.


async def run_rehearsal(copy: Path) -> Ended:
    return await _python(copy, "-m", "server", "rehearse", "--json")


def judge_rehearsal(finding: str, ended: Ended) -> tuple[Verdict, tuple[str, ...]]:
    """Say whether the rehearsal got as far as a running server and then found what it had to find."""
    said = tuple(line.removeprefix("✗ ") for line in ended.err.splitlines() if line.startswith("✗ "))
    try:
        ok = json.loads(ended.out)["ok"]
    except (ValueError, KeyError, TypeError):
        return Verdict.OTHERWISE, (_last(ended),)
    if ok and ended.status == 0:
        return Verdict.SURVIVED, ("the rehearsal holds",)
    found = tuple(sentence for sentence in said if re.search(finding, sentence))
    if ok or ended.status != 1 or STARTED not in ended.err or not found:
        return Verdict.OTHERWISE, said or (_last(ended),)
    return Verdict.NOTICED, found


# Processes.


async def _python(copy: Path, *words: str) -> Ended:
    """Run Python on the copy, with a folder of its own for what is temporary."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=copy,
        env=surroundings() | {"PYTHONPATH": str(copy), "TMPDIR": str(copy / "tmp"), "EXAMPLES": FIRST},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    writing = asyncio.create_task(process.communicate())
    done, _ = await asyncio.wait({writing}, timeout=WITHIN)
    if not done:
        await _end(process, writing)
    out, err = (text.decode(errors="replace") for text in await writing)
    return Ended(process.returncode if done else None, out, err)


async def _end(process: asyncio.subprocess.Process, writing: asyncio.Task[tuple[bytes, bytes]]) -> None:
    """Interrupt it first: a rehearsal then sends its own processes home."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    done, _ = await asyncio.wait({writing}, timeout=PARTING)
    if not done:
        process.kill()


def _last(ended: Ended) -> str:
    """Return the last that a process said, on one line."""
    lines = [line.strip() for line in (ended.out + os.linesep + ended.err).splitlines() if line.strip()]
    told = lines[-1] if lines else "it said nothing"
    return told if ended.status is not None else f"not done in {WITHIN:.0f} s; {told}"
