"""The console's scripts ask for texts by key: a key that is missing would stop the page."""

import re
from pathlib import Path
from typing import Final

import pytest

import web
from cases.model import Ground, Role, Side
from rooms.states import Phase
from rooms.views import Truth
from web.console_texts import CONSOLE
from web.texts import SHARED

STATIC: Final = Path(web.__file__).parent / "static" / "js"
SCRIPTS: Final = sorted([STATIC / "console.js", *(STATIC / "console").glob("*.js")])
TEXTS: Final = {**SHARED, **CONSOLE}

ASKED: Final = re.compile(r'\btext\(\s*"([^"]+)"')
UNION: Final = re.compile(r"@typedef \{([^}]*)\} (\w+)")


def union(script: str, name: str) -> list[str]:
    """Return the members of the string union `name` that a script documents."""
    source = (STATIC / "console" / script).read_text().replace("\n *", "")
    found = {n: members for members, n in UNION.findall(source)}
    return re.findall(r'"([^"]+)"', found[name])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_text_that_a_script_names_exists(script: Path) -> None:
    assert set(ASKED.findall(script.read_text())) <= TEXTS.keys()


@pytest.mark.parametrize(
    ("prefix", "members"),
    [
        ("standing-", union("persons.js", "Standing")),
        ("cover-", union("covers.js", "Cover")),
        ("draft-", [s for s in union("draft.js", "DraftState") if s != "clean"]),
        ("role-", list(Role)),
        ("ground-", list(Ground)),
        ("mark-", list(Side)),
        ("phase-", list(Phase)),
        ("truth.", [t for t in Truth if t not in {Truth.JOINT, Truth.PRIVATE}]),
        ("settlement-", ["offered", "signed", "sealed", "declined"]),
        ("notice-", ["left", "closed", "replaced", "signed-out", "microphone"]),
        ("devices-", ["denied", "none", "busy", "insecure", "in-app", "unknown"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_state_has_its_words(prefix: str, members: list[str]) -> None:
    assert members
    assert {f"{prefix}{member}" for member in members} <= TEXTS.keys()


def test_the_mediator_s_strip_says_what_the_parties_strip_says() -> None:
    asked = set(re.findall(r"truth\.[a-z.-]+[a-z]", (STATIC / "lib" / "truth-words.js").read_text()))
    assert {key for key in asked if not key.endswith(".js")} <= TEXTS.keys()
