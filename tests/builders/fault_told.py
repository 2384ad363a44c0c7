"""What a process that may die at any step has said until then, and how it ended."""

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

TOLD: Final = "told.jsonl"

_write_now = os.write  # before anything stands in its way


class Told:
    """What has been said, by a process that may die while it says it."""

    def __init__(self, folder: Path) -> None:
        self._fd = os.open(folder / TOLD, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def __call__(self, **fact: Any) -> None:
        _write_now(self._fd, json.dumps(fact).encode() + b"\n")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended: `facts` is what was told, in order; `killed` whether it ended by a kill."""

    folder: Path
    facts: tuple[dict[str, Any], ...]
    killed: bool

    @property
    def turns(self) -> Counter[str]:
        """How often each site was reached; of a run that came to its end."""
        return Counter(self.facts[-1]["turns"])

    @property
    def reached(self) -> bool:
        return self.killed or bool(self.facts[-1]["reached"])

    @property
    def done(self) -> list[str]:
        return [fact["done"] for fact in self.facts if "done" in fact]


def facts_of(folder: Path) -> list[dict[str, Any]]:
    """Return what a process has said, in order."""
    return [json.loads(line) for line in (folder / TOLD).read_text().splitlines()]
