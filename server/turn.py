"""Credentials for the relay (coturn's REST way): short-lived, only for a seat that came in by code.

draft-uberti-behave-turn-rest-00: the name says when it ends, the password is an HMAC of the name under
the secret that relay and server share.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from cases.ids import SeatId

LIVES: Final = timedelta(minutes=55)


class Way(StrEnum):
    """How a browser may reach the server's media, the best way first."""

    DIRECT = "direct"
    UDP = "udp"  # by a relay that is reached over UDP
    TCP = "tcp"
    TLS = "tls"


def way_of(url: str) -> Way:
    """Return by which way a relay's address is reached (RFC 7065, section 3.1)."""
    scheme, _, rest = url.partition(":")
    if scheme == "turns":
        return Way.TLS
    return Way.TCP if rest.endswith("?transport=tcp") else Way.UDP


def ways(urls: tuple[str, ...]) -> dict[Way, tuple[str, ...]]:
    """Return the ways that are there, the best first, each with the addresses of relays that it goes by."""
    found = {way: tuple(url for url in urls if way_of(url) is way) for way in Way}
    return {way: relays for way, relays in found.items() if relays or way is Way.DIRECT}


def ice_servers(urls: tuple[str, ...], secret: str, seat: SeatId, now: datetime) -> list[dict[str, Any]]:
    """Return the `RTCIceServer`s for a seat's page; none where no relay is configured."""
    if not urls:
        return []
    username = f"{int((now + LIVES).timestamp())}:{seat}"
    # SHA-1 is what the relay computes; as a MAC it is sound.
    password = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return [
        {"urls": list(urls), "username": username, "credential": base64.b64encode(password).decode()},
    ]
