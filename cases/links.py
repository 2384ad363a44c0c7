"""Links: a secret that names a party in a case. Never enough by itself; a code confirms the browser."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.errors import Reason, Refused
from cases.ids import CaseId, LinkId, PartyId

LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Link:
    """What is stored of a link: the SHA-256 of its secret, not the secret."""

    id: LinkId
    case: CaseId
    party: PartyId
    secret_hash: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


def secret_hash(secret: str) -> str:
    """Return the SHA-256 (hexadecimal) under which links and cookies are stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def check_link(link: Link | None, at: datetime) -> Link:
    """Return the link if it works at `at`; refuse an unknown, a revoked and an expired one."""
    if link is None:
        raise Refused(Reason.LINK_UNKNOWN)
    if link.revoked_at is not None:
        raise Refused(Reason.LINK_REVOKED)
    if at >= link.expires_at:
        raise Refused(Reason.LINK_EXPIRED)
    return link
