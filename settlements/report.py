"""What was found about a sealed file: each check by itself, and the line under them."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class CheckName(StrEnum):
    READABLE = "readable"  # a PDF whose structure can be read
    TERMS = "terms"  # terms.json is in the offer and canonical
    FIELDS = "fields"  # every signer of the terms and the seal signed, and nobody else
    INTEGRITY = "integrity"  # a signature fits the bytes that it covers
    CHANGES = "changes"  # after a signature came nothing but further signatures
    BINDING = "binding"  # a certificate is for this field, this offer, and names its evidence
    TRUST = "trust"  # a certificate comes from a configured root
    SEAL_LAST = "seal-last"  # the seal is the last revision and covers the whole file
    STORED_HASH = "stored-hash"  # the file is the one that the centre keeps
    AUDIT_CHAIN = "audit-chain"  # the case's audit chain is whole


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKABLE = "not-checkable"  # what it needs is not at hand


class BottomLine(StrEnum):
    VALID = "valid"
    UNREADABLE = "unreadable"
    NOT_A_SETTLEMENT = "not-a-settlement"  # a PDF, but no terms and no signatures of ours
    ALTERED = "altered"
    INCOMPLETE = "incomplete"  # an act or the seal is missing, or somebody signed who should not
    FOREIGN = "foreign"  # whole, but of another installation
    NO_ROOT = "no-root"  # nothing was configured to trust
    NOT_THE_STORED_FILE = "not-the-stored-file"
    RECORDS_BROKEN = "records-broken"  # the file is whole, the audit chain is not


ONLY_ON_THE_SERVER = frozenset({CheckName.STORED_HASH, CheckName.AUDIT_CHAIN})


@dataclass(frozen=True, slots=True)
class Check:
    """`field` is the signature field concerned, empty when the check is of the whole file."""

    name: CheckName
    state: State
    field: str = ""


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """One signature as found. `signed_at` is what the centre's clock said (ISO 8601), no outside timestamp.

    `name` is the one in the certificate; `evidence_digest` is SHA-256 (hex), empty for the seal;
    `certificate` is the SHA-256 of the certificate.
    """

    field: str
    name: str
    signed_at: str
    certificate: str
    evidence_digest: str


@dataclass(frozen=True, slots=True)
class SealReport:
    """The outcome for one file. Digests are SHA-256, hexadecimal; what could not be read is empty.

    `root_in_file` is the fingerprint of the self-signed certificate that the file brings along: to be
    compared with the centre's, never to be trusted for being there.
    """

    checks: tuple[Check, ...]
    file_digest: str
    offer_digest: str = ""
    case_number: str = ""
    centre: str = ""
    signatures: tuple[SignatureFacts, ...] = ()
    root_in_file: str = ""

    @property
    def valid(self) -> bool:
        """True when every check passed; the two that need the server may be not checkable, if none failed."""
        return self.bottom_line is BottomLine.VALID

    @property
    def bottom_line(self) -> BottomLine:
        if CheckName.READABLE in self._failed:
            return BottomLine.UNREADABLE
        if not self.signatures and CheckName.TERMS in self._failed:
            return BottomLine.NOT_A_SETTLEMENT
        if self._failed & {CheckName.INTEGRITY, CheckName.CHANGES, CheckName.BINDING, CheckName.TERMS}:
            return BottomLine.ALTERED
        if CheckName.FIELDS in self._failed:
            return BottomLine.INCOMPLETE
        if CheckName.SEAL_LAST in self._failed:
            return BottomLine.ALTERED
        return self._trust_and_records()

    def states(self, name: CheckName) -> frozenset[State]:
        return frozenset(c.state for c in self.checks if c.name is name)

    def state(self, name: CheckName) -> State:
        """Return the worst state of a check over all fields; one that was not reached is not checkable."""
        found = self.states(name)
        for state in (State.FAILED, State.NOT_CHECKABLE):
            if state in found:
                return state
        return State.PASSED if found else State.NOT_CHECKABLE

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {"valid": self.valid, "bottom_line": self.bottom_line.value, **asdict(self)}

    @property
    def _failed(self) -> set[CheckName]:
        return {c.name for c in self.checks if c.state is State.FAILED}

    def _trust_and_records(self) -> BottomLine:
        if CheckName.TRUST in self._failed:
            return BottomLine.FOREIGN
        if self.state(CheckName.TRUST) is State.NOT_CHECKABLE:
            return BottomLine.NO_ROOT
        if CheckName.STORED_HASH in self._failed:
            return BottomLine.NOT_THE_STORED_FILE
        if CheckName.AUDIT_CHAIN in self._failed:
            return BottomLine.RECORDS_BROKEN
        needed = set(CheckName) - ONLY_ON_THE_SERVER
        whole = all(self.state(name) is State.PASSED for name in needed)
        return BottomLine.VALID if whole else BottomLine.ALTERED
