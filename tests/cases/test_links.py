from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cases.errors import Reason, Refused
from cases.ids import CaseId, LinkId, PartyId, new_id, new_secret
from cases.links import LIFETIME, Link, check_link, secret_hash

NOON = datetime(2025, 9, 18, 4, 0, tzinfo=UTC)
LINK = Link(LinkId("l1"), CaseId("c1"), PartyId("p1"), secret_hash("s"), NOON, NOON + LIFETIME)
MOMENT = timedelta(microseconds=1)


def refusal(link: Link | None, at: datetime) -> Reason:
    with pytest.raises(Refused) as refused:
        check_link(link, at)
    return refused.value.reason


def test_a_link_works_until_the_moment_it_expires() -> None:
    assert check_link(LINK, NOON) is LINK
    assert check_link(LINK, LINK.expires_at - MOMENT) is LINK
    assert refusal(LINK, LINK.expires_at) is Reason.LINK_EXPIRED


def test_a_revoked_link_does_not_work_and_says_so_even_when_it_expired() -> None:
    revoked = replace(LINK, revoked_at=NOON)
    assert refusal(revoked, NOON) is Reason.LINK_REVOKED
    assert refusal(revoked, LINK.expires_at) is Reason.LINK_REVOKED


def test_an_unknown_link_is_refused() -> None:
    assert refusal(None, NOON) is Reason.LINK_UNKNOWN


def test_what_is_stored_of_a_secret_is_its_hash() -> None:
    secret = new_secret()
    assert len(secret_hash(secret)) == 64
    assert secret not in secret_hash(secret)
    assert secret_hash(secret) != secret_hash(new_secret())
    assert len(secret) >= 43  # 256 bits in base64
    assert len(new_id()) == 24
