"""What each page shows, as frozen values. A template gets one of these and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from cases.model import Dispute, Ground, Role, Side


@dataclass(frozen=True, slots=True)
class Viewer:
    """The member of staff who looks; `base` is `/staff/<id>`."""

    name: str
    role: Role
    base: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Landing:
    template: ClassVar[str] = "landing.html"
    centre: str
    centre_phone: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something is not to be had, and why, in a sentence of `web/refusals.py`."""

    template: ClassVar[str] = "problem.html"
    status: int
    title: str
    text: str
    centre: str
    centre_phone: str


@dataclass(frozen=True, slots=True)
class SignIn:
    template: ClassVar[str] = "sign-in.html"
    centre: str
    csrf: str
    phone: str = ""
    error: str = ""


# The party's pages


@dataclass(frozen=True, slots=True)
class PartyCase:
    """The facts of a case as its parties see them; `opponent` is the other side's organisation or name."""

    number: str
    title: str
    opponent: str
    scheduled_at: datetime
    mediator: str
    centre: str
    centre_phone: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """Step 1 of 4. `known`: this browser already holds the seat and goes on to `seat_url` without a code."""

    template: ClassVar[str] = "invitation.html"
    case: PartyCase
    name: str
    role: Role
    link: str  # /i/<secret>
    csrf: str
    known: bool
    seat_url: str


@dataclass(frozen=True, slots=True)
class ConfirmCode:
    """Still step 1: the code that was sent. `sent` is false when the sending failed."""

    template: ClassVar[str] = "confirm-code.html"
    case: PartyCase
    masked_phone: str
    link: str
    csrf: str
    sent: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class ConsentItem:
    """One purpose. `given`: True, False, or None when not answered yet. `required`: no session without it."""

    purpose: str
    title: str
    summary: str
    text: tuple[str, ...]  # paragraphs, exactly what was hashed
    version: str
    required: bool
    given: bool | None


@dataclass(frozen=True, slots=True)
class Consents:
    """Step 2 of 4."""

    template: ClassVar[str] = "consents.html"
    case: PartyCase
    base: str  # /seat/<id>
    csrf: str
    items: tuple[ConsentItem, ...]
    missing: tuple[str, ...] = ()  # purposes that still want an answer or refuse what is required


@dataclass(frozen=True, slots=True)
class Expected:
    name: str
    role: Role
    side: Side
    organisation: str
    me: bool


@dataclass(frozen=True, slots=True)
class SeatPage:
    """Steps 3 and 4 and the session itself."""

    template: ClassVar[str] = "seat.html"
    case: PartyCase
    name: str
    role: Role
    base: str
    csrf: str
    expected: tuple[Expected, ...]
    recorded: bool
    intent: str  # what this person ticks to sign
    ways: tuple[str, ...] = ("direct",)  # direct, udp, tcp, tls: by which the own line can be tested


@dataclass(frozen=True, slots=True)
class PartyLine:
    """The test of a party's own line, on a page of its own. `ways` as in `SeatPage`."""

    template: ClassVar[str] = "party-line.html"
    case: PartyCase
    base: str
    csrf: str
    ways: tuple[str, ...]


# Staff


@dataclass(frozen=True, slots=True)
class CaseRow:
    """`stage`: scheduled, waiting, open, settled, closed."""

    url: str
    number: str
    title: str
    dispute: Dispute
    claimed_fen: int
    applicant: str
    respondent: str
    scheduled_at: datetime
    stage: str
    ground: Ground | None


@dataclass(frozen=True, slots=True)
class CaseList:
    template: ClassVar[str] = "cases.html"
    viewer: Viewer
    rows: tuple[CaseRow, ...]
    query: str


@dataclass(frozen=True, slots=True)
class NewCase:
    """`values` and `errors` by field name: what was typed is never lost."""

    template: ClassVar[str] = "new-case.html"
    viewer: Viewer
    values: dict[str, str]
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class PartyRow:
    """`invitation`: the text to copy, with the link; only right after the link was made, else empty."""

    id: str
    name: str
    organisation: str
    role: Role
    side: Side
    masked_phone: str
    link: str  # works, used, expired, revoked, none
    expires_at: datetime | None
    invitation: str


@dataclass(frozen=True, slots=True)
class CaseFacts:
    id: str
    number: str
    title: str
    dispute: Dispute
    claimed_fen: int
    scheduled_at: datetime
    mediator: str
    stage: str
    ground: Ground | None


@dataclass(frozen=True, slots=True)
class CasePage:
    template: ClassVar[str] = "case.html"
    viewer: Viewer
    case: CaseFacts
    base: str  # /staff/<id>/cases/<case>
    parties: tuple[PartyRow, ...]
    settlement: str  # none, draft, offered, signed, sealed, declined


@dataclass(frozen=True, slots=True)
class CaseLine:
    """The test of the mediator's own line. `ways` as in `SeatPage`."""

    template: ClassVar[str] = "case-line.html"
    viewer: Viewer
    case: CaseFacts
    base: str  # /staff/<id>/cases/<case>
    ways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Console:
    template: ClassVar[str] = "console.html"
    viewer: Viewer
    case: CaseFacts
    base: str
    masked_phone: str
    intent: str  # what the mediator ticks to sign


@dataclass(frozen=True, slots=True)
class ArchiveRow:
    url: str
    number: str
    title: str
    dispute: Dispute
    parties: tuple[str, ...]  # masked
    ground: Ground | None
    scheduled_at: datetime
    closed_at: datetime | None
    segments: int
    settlement: str


@dataclass(frozen=True, slots=True)
class Archive:
    template: ClassVar[str] = "archive.html"
    viewer: Viewer
    rows: tuple[ArchiveRow, ...]
    query: str
    from_date: str
    to_date: str
    error: str = ""
    searched: bool = False


@dataclass(frozen=True, slots=True)
class AskReason:
    """Opening a case file takes a reason; everything here is masked. A `reason` that was refused is kept."""

    template: ClassVar[str] = "ask-reason.html"
    viewer: Viewer
    row: ArchiveRow
    error: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One recorded interval of one seat. `state`: ok, altered, open, missing, unwritten.

    `url` is for a player, `original` what was written; `checked` says what was found when it was copied,
    `lack` why it has no copy. Both may be empty.
    `dark` are the times in it, from and to, in which the camera was off: the last picture stays in the file.
    """

    url: str
    name: str
    side: Side
    role: Role
    started_at: datetime
    seconds: float
    bytes: int
    sha256: str
    cause: str
    state: str
    seat: str
    original: str = ""
    checked: str = ""
    lack: str = ""
    screen: bool = False
    pictures: bool = True
    dark: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class GapRow:
    """A time in which a seat was not recorded; `to_at` is None while it lasts."""

    name: str
    side: Side
    role: Role
    from_at: datetime
    to_at: datetime | None
    cause: str
    seat: str


@dataclass(frozen=True, slots=True)
class Check:
    """One check by itself. `state`: passed, failed, note, absent."""

    key: str
    state: str
    title: str
    verdict: str
    detail: str


@dataclass(frozen=True, slots=True)
class Happening:
    at: datetime
    text: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What legal staff see after they gave a reason, for 60 minutes."""

    template: ClassVar[str] = "case-file.html"
    viewer: Viewer
    case: CaseFacts
    base: str  # /staff/<id>/archive/<case>
    reason: str
    expires_at: datetime
    now: datetime
    segments: tuple[SegmentRow, ...]
    gaps: tuple[GapRow, ...]
    happenings: tuple[Happening, ...]
    checks: tuple[Check, ...]
    has_settlement: bool


@dataclass(frozen=True, slots=True)
class StaffRow:
    id: str
    name: str
    role: Role
    masked_phone: str
    sessions: int
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class People:
    template: ClassVar[str] = "people.html"
    viewer: Viewer
    rows: tuple[StaffRow, ...]


@dataclass(frozen=True, slots=True)
class Message:
    at: datetime
    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Outbox:
    """Under demo only: what the SMS transport would have sent, newest first."""

    template: ClassVar[str] = "outbox.html"
    messages: tuple[Message, ...]


Page = (
    Landing
    | Problem
    | SignIn
    | Invitation
    | ConfirmCode
    | Consents
    | SeatPage
    | PartyLine
    | CaseList
    | NewCase
    | CasePage
    | CaseLine
    | Console
    | Archive
    | AskReason
    | CaseFile
    | People
    | Outbox
)
