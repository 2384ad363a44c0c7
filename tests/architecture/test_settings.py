"""Every setting has its row in docs/deployment.md, and the table has no other."""

import re
from pathlib import Path

from server.settings import VARIABLES

DEPLOYMENT = Path(__file__).parents[2] / "docs" / "deployment.md"


def test_every_setting_has_a_row_and_every_row_is_a_setting() -> None:
    rows = re.findall(r"^\| `(HEYI_\w+)` \|", DEPLOYMENT.read_text(), re.MULTILINE)
    assert rows == list(VARIABLES)
