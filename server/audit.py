"""`heyi audit verify [--json]`: check every audit chain of an installation, and every stored object.

Exit status: 0 everything holds, 1 something does not and is named, 2 it cannot be told (no database, or
not the keys that it was written with). It may run beside the service, and changes nothing.

The heads of the chains, in the JSON, are worth keeping elsewhere: whoever can write the database could
write a whole new chain, and only its head would tell.
"""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from cases.audit import ChainReport
from cases.errors import Broken
from recordings.vault import Vault
from server.keys import existing_keys
from server.settings import Settings, SettingsError
from server.stored_objects import WRONG, ObjectState, chain_flaws, object_flaw, state_of_named
from storage.columns import ColumnCipher
from storage.inspection import Inspection, NamedObject, inspect

HOLDS, DOES_NOT, CANNOT_TELL = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Findings:
    """`problem` says why not everything could be looked at; empty when it could."""

    chains: Mapping[str, ChainReport] = field(default_factory=dict)
    objects: tuple[tuple[NamedObject, ObjectState], ...] = ()
    problem: str = ""

    @property
    def wrong(self) -> tuple[str, ...]:
        """Return a sentence for everything that does not hold."""
        objects = (object_flaw(named, state) for named, state in self.objects if state in WRONG)
        return (*chain_flaws(self.chains), *objects)

    @property
    def status(self) -> int:
        if self.wrong:
            return DOES_NOT
        return CANNOT_TELL if self.problem else HOLDS


def run(settings: Settings, *, as_json: bool) -> int:
    """Check everything and write what was found; return the exit status."""
    found = verify(settings)
    sys.stderr.writelines(f"heyi: {sentence}\n" for sentence in found.wrong)
    if found.problem:
        sys.stderr.write(f"heyi: {found.problem}\n")
    sys.stdout.write(_json(found) if as_json else _told(found))
    return found.status


def verify(settings: Settings) -> Findings:
    """Check chains, which need no key, and objects, which do. Rows are read first: their objects are there."""
    try:
        found = inspect(settings.database_url)
    except Broken as error:
        return Findings(problem=str(error))
    try:
        keys = existing_keys(settings.keys)
    except SettingsError as error:
        return Findings(found.chains, problem=f"{error}: the stored objects cannot be checked")
    if not _fits(ColumnCipher([keys.columns], keys.blind), found):
        return Findings(
            found.chains,
            problem=f"HEYI_KEYS: the master.key in {settings.keys} is not the one that this installation was "
            "written with: the stored objects cannot be checked",
        )
    vault = Vault(settings.data / "objects", keys.objects)
    return Findings(found.chains, tuple((named, state_of_named(vault, named)) for named in found.objects))


def _fits(columns: ColumnCipher, found: Inspection) -> bool:
    return found.sample is None or columns.fits(found.sample)


def _told(found: Findings) -> str:
    rows = sum(report.length for report in found.chains.values())
    whole = sum(report.whole and report.length > 0 for report in found.chains.values())
    lines = [f"Audit chains: {whole} of {len(found.chains)} whole, {rows} rows."]
    if not found.problem:
        lines += _objects_told(found)
    verdict = {HOLDS: "Everything holds.", DOES_NOT: "Not everything holds.", CANNOT_TELL: "Cannot tell."}
    return "\n".join([*lines, verdict[found.status]]) + "\n"


def _objects_told(found: Findings) -> list[str]:
    hashed = [state for named, state in found.objects if named.sha256 is not None]
    counts, plain = Counter(hashed), len(found.objects) - len(hashed)
    read = sum(state is ObjectState.OK for named, state in found.objects if named.sha256 is None)
    unwritten, growing = counts[ObjectState.UNWRITTEN], counts[ObjectState.OPEN]
    due = len(hashed) - unwritten - growing
    lines = [f"Stored objects: {counts[ObjectState.OK]} of {due} have the SHA-256 that their rows say."]
    if plain:
        lines.append(
            f"Acts, whose rows say no hash of their file: {read} of {plain} are as they were written."
        )
    if growing:
        lines.append(f"Being recorded, or cut off and not taken up yet: {growing}.")
    if unwritten:
        lines.append(f"Segments of which the disk took nothing, as their rows say: {unwritten}.")
    return lines


def _json(found: Findings) -> str:
    body = {
        "exit": found.status,
        "problem": found.problem,
        "chains": [
            {
                "chain": name,
                "rows": report.length,
                "head": report.head,
                "whole": report.whole and report.length > 0,
                "broken_at": report.broken_at,
            }
            for name, report in found.chains.items()
        ],
        "objects": [
            {"object": named.object, "kind": named.kind, "row": named.row, "state": state}
            for named, state in found.objects
        ],
    }
    return json.dumps(body, indent=2) + "\n"
