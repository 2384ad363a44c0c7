"""What can go wrong, by who has to know.

HeyiError
├── Refused      the rules say no: the caller is told why, in words (`web.refusals`)
├── NotFound     nothing here, or nothing for this caller: the two look the same
└── Broken       our fault or the machine's: logged, the caller sees that nothing is lost
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why the rules said no. Each has its sentence in `web/refusals.py`."""

    # links and browsers
    LINK_UNKNOWN = "link:unknown"
    LINK_EXPIRED = "link:expired"
    LINK_REVOKED = "link:revoked"
    SIGNED_OUT = "signed-out"
    FORGED = "forged"  # CSRF token or Origin does not fit
    # one-time codes
    CODE_WRONG = "code:wrong"
    CODE_EXPIRED = "code:expired"
    CODE_USED = "code:used"
    CODE_NONE = "code:none"
    CODE_TOO_MANY_TRIES = "code:too-many-tries"
    CODE_TOO_MANY = "code:too-many"
    CODE_TOO_SOON = "code:too-soon"
    SMS_FAILED = "sms:failed"
    # sign-in
    SIGN_IN_WRONG = "sign-in:wrong"
    SIGN_IN_SLOWED = "sign-in:slowed"
    # rights and order
    NOT_YOURS = "not-yours"
    NOT_NOW = "not-now"
    CONSENT_MISSING = "consent:missing"
    SEAT_REFUSED = "seat:refused"
    SEAT_REMOVED = "seat:removed"
    SEAT_ELSEWHERE = "seat:elsewhere"  # another device holds the seat
    ROOM_CLOSED = "room:closed"
    CAUCUS_OPEN = "caucus:open"
    CAUCUS_NONE = "caucus:none"
    SIDE_ABSENT = "side:absent"
    MEDIATOR_ABSENT = "mediator:absent"
    SCREEN_TAKEN = "screen:taken"  # somebody else shares
    OVERLOADED = "overloaded"  # the machine has no room for another session
    SCREEN_TOO_MANY = "screen:too-many"  # more starts than anybody needs
    RECORDER_DOWN = "recorder:down"
    GROUND_MISSING = "ground:missing"
    NOT_SETTLED = "not-settled"
    # settlement
    CLAUSES_EMPTY = "clauses:empty"
    CLAUSES_TOO_LONG = "clauses:too-long"
    UNPRINTABLE = "unprintable"
    OFFER_NONE = "offer:none"
    OFFER_CHANGED = "offer:changed"
    ACT_DONE = "act:done"
    INTENT_MISSING = "intent:missing"
    # messages
    MESSAGE_UNKNOWN = "message:unknown"
    MESSAGE_TOO_LONG = "message:too-long"
    MESSAGE_TOO_MANY = "message:too-many"
    MESSAGE_BAD = "message:bad"
    SDP_BAD = "sdp:bad"
    MEDIA_TOO_MANY = "media:too-many"  # more connections than a seat needs
    MEDIA_FULL = "media:full"  # every port is taken
    PROBE_TOO_MANY = "probe:too-many"  # more tests of a line than anybody needs
    # forms
    FIELD_BAD = "field:bad"
    REASON_MISSING = "reason:missing"  # legal staff must say why a case file is opened
    GRANT_EXPIRED = "grant:expired"
    BUSY = "busy"


class HeyiError(Exception):
    """The root of every error of our own."""


class Refused(HeyiError):
    """The rules say no.

    `reason` selects the sentence; `facts` fills its gaps (numbers and field names only,
    never a name, a code or content, because a refusal may be logged).
    """

    def __init__(self, reason: Reason, **facts: str | int) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.facts = facts


class NotFound(HeyiError):
    """Nothing here for this caller."""


class Broken(HeyiError):
    """Our fault, or the machine's. Nothing that was committed is lost."""
