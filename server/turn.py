"""Credentials for the relay (coturn's REST way): short-lived, only for a seat that came in by code.

draft-uberti-behave-turn-rest-00: the name says when it ends, the password is an HMAC of the name under
the secret that relay and server share.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any, Final

from cases.ids import SeatId

LIVES: Final = timedelta(minutes=55)


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
