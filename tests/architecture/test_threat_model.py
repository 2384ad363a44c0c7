"""The tests that docs/threat-model.md names exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def named() -> list[tuple[str, str]]:
    """Return file and test of each reference; one without a file means the file before it."""
    found, file = [], ""
    for path, test in re.findall(
        r"`(tests/[\w/]+\.py)?::(\w+)`", (ROOT / "docs/threat-model.md").read_text()
    ):
        file = path or file
        found.append((file, test))
    return found


def test_every_test_that_the_threat_model_names_is_there() -> None:
    references = named()
    assert len(references) > 20
    missing = [f"{f}::{t}" for f, t in references if not re.search(rf"def {t}\(", (ROOT / f).read_text())]
    assert missing == []
