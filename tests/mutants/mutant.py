"""What a mutant is: one change that leaves a program which starts, and the proof that must notice it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ByTests:
    """Tests by their pytest ids; each of them must fail, by what it asserts."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ByRehearsal:
    """`heyi rehearse --json`, which must end with 1 and a sentence that has `finding` in it (a pattern)."""

    finding: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """`before` stands exactly once in `file`, a path inside the project; `after` takes its place."""

    name: str
    broken: str  # what no longer holds
    file: str
    before: str
    after: str
    proof: ByTests | ByRehearsal


def by(*ids: str) -> ByTests:
    return ByTests(tuple(f"tests/{id_}" for id_ in ids))
