"""Names of things. An id is opaque: nothing may be read out of it."""

import secrets
from typing import NewType

CaseId = NewType("CaseId", str)
PartyId = NewType("PartyId", str)
RoomId = NewType("RoomId", str)
SeatId = NewType("SeatId", str)
StaffId = NewType("StaffId", str)
LinkId = NewType("LinkId", str)
DeviceId = NewType("DeviceId", str)  # one browser that may take a seat: a cookie, not a machine
OfferId = NewType("OfferId", str)
SegmentId = NewType("SegmentId", str)
ObjectId = NewType("ObjectId", str)  # one file of the vault
CaucusId = NewType("CaucusId", str)

ID_BYTES = 12  # 96 bits: no two alike in the life of a centre, short enough for a URL


def new_id() -> str:
    """Return a fresh opaque id of 24 hexadecimal characters."""
    return secrets.token_hex(ID_BYTES)


def new_secret() -> str:
    """Return 256 random bits, URL-safe: the body of a link or of a cookie."""
    return secrets.token_urlsafe(32)
