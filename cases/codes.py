"""One-time codes: six digits by SMS, for one purpose, for five minutes, for five tries.

Pure: what is stored is a `Code`, and `decide_issue` and `decide_try` say what follows. The digits
themselves are never stored; the row holds an HMAC bound to the purpose, so that a code for
entering a room cannot sign a settlement and a code for one text cannot sign another.
"""

import hashlib
import hmac
import math
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from cases.errors import Reason, Refused

DIGITS = 6
LIFETIME = timedelta(minutes=5)
TRIES = 5  # for one code
PER_HOUR = 5  # codes for one person and purpose
TRIES_PER_DAY = 15  # wrong tries of one person for one purpose
RESEND_AFTER = timedelta(seconds=30)


class CodePurpose(StrEnum):
    ENTER = "enter"  # this browser may take the seat
    ACT = "act"  # this person agrees to this text


@dataclass(frozen=True, slots=True)
class Code:
    """`binding` is the hash of what the digits were bound to: case, phone and, for an act, the digest."""

    purpose: CodePurpose
    binding: str
    mac: str
    issued_at: datetime
    tries: int = 0
    used: bool = False


@dataclass(frozen=True, slots=True)
class CodeHistory:
    """What one person has done so far for one purpose; all times of the last day, oldest first.

    By purpose, because whoever has a link may ask for codes to enter: that must not use up those to sign.
    """

    issued: tuple[datetime, ...]
    failed: tuple[datetime, ...]


def binding(case: str, phone: str, digest: str = "") -> str:
    """Return the hash that ties a code to a case, a phone and (for an act) a document."""
    return hashlib.sha256("\x1f".join((case, phone, digest)).encode()).hexdigest()


def code_mac(key: bytes, purpose: CodePurpose, bound_to: str, digits: str) -> str:
    return hmac.new(key, "\x1f".join((purpose, bound_to, digits)).encode(), hashlib.sha256).hexdigest()


def new_digits() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def decide_issue(history: CodeHistory, last: Code | None, at: datetime) -> None:
    """Refuse a further code when too many were sent this hour, or `last` (of the same purpose) just now.

    A code that was used up does not count as just sent: whoever enters may sign at once.
    """
    if last is not None and not last.used and at - last.issued_at < RESEND_AFTER:
        wait = RESEND_AFTER - (at - last.issued_at)
        raise Refused(Reason.CODE_TOO_SOON, seconds=math.ceil(wait.total_seconds()))
    recent = [t for t in history.issued if at - t < timedelta(hours=1)]
    if len(recent) >= PER_HOUR:
        wait = timedelta(hours=1) - (at - recent[-PER_HOUR])
        raise Refused(Reason.CODE_TOO_MANY, minutes=math.ceil(wait / timedelta(minutes=1)))
    if _tries_today(history, at) >= TRIES_PER_DAY:
        raise Refused(Reason.CODE_TOO_MANY_TRIES)


def decide_try(
    code: Code | None, history: CodeHistory, mac: str, bound_to: str, at: datetime
) -> tuple[Code, Refused | None]:
    """Return the code after one try and the refusal, if any. Without a code to try, raise.

    The caller stores the returned code in either case: a wrong try counts.
    """
    if code is None:
        raise Refused(Reason.CODE_NONE)
    if code.used:
        raise Refused(Reason.CODE_USED)
    if at - code.issued_at >= LIFETIME:
        raise Refused(Reason.CODE_EXPIRED)
    if code.tries >= TRIES or _tries_today(history, at) >= TRIES_PER_DAY:
        raise Refused(Reason.CODE_TOO_MANY_TRIES)
    if code.binding == bound_to and hmac.compare_digest(code.mac, mac):
        return replace(code, used=True), None
    tried = replace(code, tries=code.tries + 1)
    left = TRIES - tried.tries
    return tried, Refused(Reason.CODE_WRONG, left=left) if left else Refused(Reason.CODE_TOO_MANY_TRIES)


def _tries_today(history: CodeHistory, at: datetime) -> int:
    return sum(at - t < timedelta(days=1) for t in history.failed)
