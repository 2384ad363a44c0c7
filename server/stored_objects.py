"""Whether what is stored is what the rows and chains say: one answer for case files, audits and backups."""

from collections.abc import Container, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from cases.audit import ChainReport
from cases.ids import ObjectId
from recordings.model import CUT_OFF, EndCause
from recordings.records import Missing, VaultError
from recordings.vault import Vault, object_files
from storage.inspection import Inspection, NamedObject


class ObjectState(StrEnum):
    OK = "ok"
    ALTERED = "altered"
    MISSING = "missing"
    OPEN = "open"  # it is being written, and has no hash yet
    AWAY = "away"  # a copy that is not there, and is made anew
    UNWRITTEN = "unwritten"  # the row says that the disk took nothing of it


WRONG: Final = frozenset({ObjectState.ALTERED, ObjectState.MISSING})
_WORDS: Final = {
    ObjectState.ALTERED: "is not what its row says: changed, cut short, or of another installation",
    ObjectState.MISSING: "is missing",
}


def state_of(vault: Vault, id_: ObjectId, sha256: str | None, *, cut_off: bool = False) -> ObjectState:
    """Read an object through and return OK, ALTERED or MISSING. Blocks.

    `sha256` is what its row says of the content; without one, it has to be as it was written.
    """
    try:
        with vault.open(id_, unfinished=cut_off) as reader:
            found = reader.sha256()
    except Missing:
        return ObjectState.MISSING
    except (VaultError, OSError):
        return ObjectState.ALTERED
    return ObjectState.OK if sha256 is None or found == sha256 else ObjectState.ALTERED


def state_of_named(vault: Vault, named: NamedObject) -> ObjectState:
    """Return the state of an object that a row names. What is being written is read as far as it is."""
    sha256 = named.sha256 if named.ended else None
    found = state_of(vault, named.object, sha256, cut_off=is_cut_off(named))
    if found is ObjectState.MISSING and named.kind == "copy":
        return ObjectState.AWAY
    if found is ObjectState.MISSING and may_be_absent(named):
        return ObjectState.UNWRITTEN
    return ObjectState.OPEN if found is ObjectState.OK and not named.ended else found


def is_cut_off(named: NamedObject) -> bool:
    """Say whether the object may be without a last record."""
    return named.kind == "segment" and named.cause in CUT_OFF


def may_be_absent(named: NamedObject) -> bool:
    """Say whether there may be no object: the disk refused its first record, or it is a copy, which is made anew."""
    if named.kind == "copy":
        return True
    return named.kind == "segment" and named.cause == EndCause.FAULT and not named.bytes


def nameless(folder: Path, known: Container[ObjectId], before: float) -> tuple[ObjectId, ...]:
    """Return the objects in the folder of a vault that are not `known` and were written before (Unix time).

    A newer one may belong to a row that is about to be committed.
    """
    found = [id_ for id_, path in object_files(folder) if id_ not in known and _written_at(path) < before]
    return tuple(sorted(found))


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # gone meanwhile, as the probe of the disk
        return float("inf")


def chain_flaws(chains: Mapping[str, ChainReport]) -> Iterator[str]:
    """Return a sentence for each chain that does not hold, or that should be there and is not."""
    for chain, report in chains.items():
        if not report.whole:
            yield f"audit chain {chain} is broken at row {report.broken_at}"
        elif not report.length:
            yield f"audit chain {chain} has no rows"


def object_flaw(named: NamedObject, state: ObjectState) -> str:
    """Return the sentence for an object that is ALTERED or MISSING."""
    return f"object {named.object} of {named.kind} {named.row} {_WORDS[state]}"


def flaws(found: Inspection, present: Container[ObjectId]) -> Iterator[str]:
    """Return a sentence for each chain that does not hold and each object that a row names in vain."""
    yield from chain_flaws(found.chains)
    for named in found.objects:
        if named.object not in present and not may_be_absent(named):
            yield object_flaw(named, ObjectState.MISSING)
