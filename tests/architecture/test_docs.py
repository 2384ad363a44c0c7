"""What the documents say of the code is what the code is."""

import ast
import json
import re
from dataclasses import fields
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Final, get_args

import pytest

from cases.errors import Reason, Refused
from cases.ids import CaseId, OfferId, StaffId
from cases.model import Role
from rooms.states import ADMISSIONS, PHASES
from rooms.views import Knocker, Me, Person, View
from server.__main__ import main
from server.routes import OF_STAFF, PARTY, PUBLIC
from settlements import model as s
from signaling.messages import _COMMANDS, Incoming, parse

ROOT: Final = Path(__file__).parents[2]
ARCHITECTURE: Final = (ROOT / "docs/architecture.md").read_text()
PROTOCOL: Final = (ROOT / "docs/protocol.md").read_text()
RECOVERY: Final = (ROOT / "docs/recovery.md").read_text()
README: Final = (ROOT / "README.md").read_text()
SOURCES: Final = sorted((ROOT / "signaling").glob("*.py"))
AT: Final = datetime(2027, 1, 15, tzinfo=UTC)


def drawn(state: str) -> set[tuple[str, str]]:
    """Return the transitions of the one drawing that knows `state`."""
    found = [
        block for block in re.findall(r"```mermaid\n(.*?)```", ARCHITECTURE, re.DOTALL) if state in block
    ]
    assert len(found) == 1, state
    return set(re.findall(r"^\s+([a-z]+) --> ([a-z]+)\b", found[0], re.MULTILINE))


def table_of(heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading of the protocol."""
    section = PROTOCOL.split(f"# {heading}\n", 1)[1]
    rows = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert rows is not None
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows.group().splitlines()[2:]]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_the_phases_of_a_room_are_drawn_as_they_are() -> None:
    assert drawn("scheduled") == {(a.value, b.value) for a, to in PHASES.items() for b in to}


def test_the_admissions_of_a_seat_are_drawn_as_they_are() -> None:
    assert drawn("checking") == {(a.value, b.value) for a, to in ADMISSIONS.items() for b in to}


def test_the_states_of_a_settlement_are_drawn_as_they_are() -> None:
    seen: set[tuple[str, str]] = set()
    start = s.Settlement(
        CaseId("case"),
        (s.Signer("mediator", Role.MEDIATOR, "沈静", "", "", StaffId("staff")),),
    )
    known, waiting = {start.state}, [start]
    while waiting:
        before = waiting.pop()
        for command in commands(before):
            try:
                events = before.decide(command, AT)
            except Refused:
                continue
            after = reduce(s.Settlement.after, events, before)
            if after.state is not before.state:
                seen.add((before.state.value, after.state.value))
            if after.state not in known:
                known.add(after.state)
                waiting.append(after)
            elif after.clauses and not before.clauses:
                waiting.append(after)
    assert known == set(s.SettlementState)
    assert drawn("offered") == seen


def commands(settlement: s.Settlement) -> list[s.Command]:
    """Return one command of each kind that could be asked; other clauses than the present ones."""
    digest = settlement.offer.digest if settlement.offer else "0" * 64
    return [
        s.WriteClauses((f"条款 {len(settlement.clauses[0].text) if settlement.clauses else ''}",)),
        s.MakeOffer(OfferId("offer"), "1" * 64, 1),
        s.RecordAct("mediator", digest, "2" * 64),
        s.Decline("mediator"),
        s.Seal("3" * 64),
    ]


def test_every_message_of_a_page_is_in_the_protocol_and_no_other() -> None:
    said = {kind for row in table_of("From a page") for kind in quoted(row[0])}
    own = {kind.__name__.lower() for kind in get_args(Incoming)} - {"ask"}
    assert said == own | set(_COMMANDS)
    assert {kind for kind in said if not is_known(kind)} == set()


def is_known(kind: str) -> bool:
    try:
        parse(json.dumps({"type": kind}))
    except Refused as refused:
        return refused.reason is not Reason.MESSAGE_UNKNOWN
    return True


def test_every_message_of_the_server_is_in_the_protocol_and_no_other() -> None:
    said = {kind for row in table_of("From the server") for kind in quoted(row[0])}
    sent = {kind for file in SOURCES for kind in re.findall(r'"type": "([a-z-]+)"', file.read_text())}
    assert said == sent


@pytest.mark.parametrize("part", [View, Me, Person, Knocker], ids=lambda part: part.__name__)
def test_every_field_of_a_view_is_in_the_protocol(part: type) -> None:
    said = {name for row in table_of("A view") for cell in row for name in quoted(cell)}
    assert {field.name for field in fields(part)} <= said


def test_every_path_is_in_the_protocol_and_no_other() -> None:
    said = {
        (method, path)
        for row in table_of("Paths")
        for method in re.findall(r"GET|POST", row[0])
        for path in quoted(row[1])
    }
    served = {
        (method, re.sub(r"\{(\w+)\}", r"<\1>", path)) for method, path, _ in (*PUBLIC, *PARTY, *OF_STAFF)
    }
    assert said == served


def logged(module: str) -> set[str]:
    """Return what a module says in the log as a warning or an error: of each sentence its longest fixed part."""
    tree = ast.parse((ROOT / module).read_text())
    said = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"warning", "error", "exception"}
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    return {max(re.split(r"%[sd]", str(sentence)), key=len).strip(" :") for sentence in said}


@pytest.mark.parametrize(
    "module",
    [
        "recordings/desk.py",
        "recordings/recorder.py",
        "recordings/recovery.py",
        "server/taking_up.py",
        "storage/database.py",
    ],
)
def test_the_guide_to_recovery_has_every_complaint_of_the_log(module: str) -> None:
    said = logged(module)
    assert said
    assert {sentence for sentence in said if sentence not in RECOVERY} == set()


def test_every_target_of_make_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", README)) <= targets


def test_every_command_in_the_readme_exists(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    known = set(re.findall(r"^    ([a-z]+) ", capsys.readouterr().out, re.MULTILINE))
    named = set(re.findall(r"\bheyi ([a-z]+)", README))
    assert named
    assert named <= known


@pytest.mark.parametrize(
    "document", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda path: path.name
)
def test_a_link_inside_the_project_leads_somewhere(document: Path) -> None:
    text = document.read_text()
    links = [*re.findall(r"\]\(([^)#]+)[^)]*\)", text), *re.findall(r'(?:src|href)="([^"]+)"', text)]
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (document.parent / link).exists()] == []


@pytest.mark.parametrize(
    "module", sorted(set(re.findall(r"`((?:\w+/)+\w+\.py)`", ARCHITECTURE + README))), ids=str
)
def test_a_module_that_the_documents_name_exists(module: str) -> None:
    assert (ROOT / module).is_file()
