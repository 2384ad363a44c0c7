"""`heyi audit verify [--json]`: check every audit chain of an installation, and every stored object.

Exit status: 0 everything holds, 1 something does not and is named, 2 it cannot be told (no database, or
not the keys that it was written with). It may run beside the service, and changes nothing.

The heads of the chains, in the JSON, are worth keeping elsewhere: whoever can write the database could
write a whole new chain, and only its head would tell.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cases.audit import ChainReport
from cases.errors import Broken
from recordings.completeness import GRACE, Lack, lack_of
from recordings.copies import NoCopy
from recordings.vault import Vault
from server.keys import existing_keys
from server.settings import Settings, SettingsError
from server.stored_objects import WRONG, ObjectState, chain_flaws, nameless, object_flaw, state_of_named
from storage.columns import ColumnCipher
from storage.inspection import Inspection, NamedObject, inspect

HOLDS, DOES_NOT, CANNOT_TELL = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Findings:
    """`problem` says why not everything could be looked at; empty when it could.

    `lacks`: what recordings of sessions that closed a while ago lack, by segment or object.
    """

    chains: Mapping[str, ChainReport] = field(default_factory=dict)
    objects: tuple[tuple[NamedObject, ObjectState], ...] = ()
    lacks: tuple[tuple[str, Lack], ...] = ()
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
    objects = tuple((named, state_of_named(vault, named)) for named in found.objects)
    known = {named.object for named in found.objects}
    strays = nameless(settings.data / "objects", known, time.time() - GRACE.total_seconds())
    lacks = (*_lacks(objects, found.uncopied), *((stray, Lack.NO_ROW) for stray in strays))
    return Findings(found.chains, objects, lacks)


def _lacks(
    objects: Collection[tuple[NamedObject, ObjectState]], uncopied: Mapping[str, str]
) -> Iterator[tuple[str, Lack]]:
    """Return what segments lack of sessions that closed longer than GRACE ago."""
    states = {(named.kind, named.row): state for named, state in objects}
    before = datetime.now(UTC) - GRACE
    for named, state in objects:
        if named.kind != "segment" or named.closed_at is None or named.closed_at > before:
            continue
        lack = lack_of(
            ended=named.ended,
            unwritten=state is ObjectState.UNWRITTEN,
            present=state is not ObjectState.MISSING,
            copied=states.get(("copy", named.row), ObjectState.AWAY) is not ObjectState.AWAY,
            altered=state is ObjectState.ALTERED or uncopied.get(named.row) == NoCopy.ALTERED,
        )
        if lack is not None:
            yield named.row, lack


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
    kept = [(named, state) for named, state in found.objects if named.kind != "copy"]
    hashed = [state for named, state in kept if named.sha256 is not None]
    counts, plain = Counter(hashed), len(kept) - len(hashed)
    read = sum(state is ObjectState.OK for named, state in kept if named.sha256 is None)
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
    return [*lines, *_copies_told(found)]


def _copies_told(found: Findings) -> list[str]:
    copies = Counter(state for named, state in found.objects if named.kind == "copy")
    there = copies.total() - copies[ObjectState.AWAY]
    lines = []
    if there:
        lines.append(
            f"Copies of segments: {copies[ObjectState.OK]} of {there} have the SHA-256 that their rows say."
        )
    if copies[ObjectState.AWAY]:
        lines.append(f"Copies that are not there and are made anew: {copies[ObjectState.AWAY]}.")
    counted = Counter(lack for _, lack in found.lacks)
    if counted:
        said = ", ".join(f"{lack} {counted[lack]}" for lack in Lack if counted[lack])
        lines.append(f"Recordings that are not complete: {said} (docs/recovery.md; --json names them).")
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
        "lacks": [{"of": of, "lack": lack} for of, lack in found.lacks],
    }
    return json.dumps(body, indent=2) + "\n"
