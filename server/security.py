"""Cookies, forgery, headers: how a request proves where it comes from."""

import hashlib
import hmac
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from aiohttp import web

from cases.errors import Reason, Refused
from cases.ids import DeviceId, SeatId, StaffId, new_secret
from cases.links import secret_hash
from server.bodies import form_of
from server.services import services

# Nothing from elsewhere, nothing inline. Blobs are the speaker test and the person's own picture.
CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    # A link is a secret and stays here; `no-referrer` would make browsers post forms with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FORM_COOKIE: Final = "__Host-form"
UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
SEAT_COOKIE_DAYS: Final = 30
STAFF_COOKIE_HOURS: Final = 12
KNOWN_COOKIE_DAYS: Final = 180


def seat_cookie(seat: SeatId) -> str:
    return f"__Host-seat-{seat}"


def staff_cookie(staff: StaffId) -> str:
    return f"__Host-staff-{staff}"


def known_cookie(staff: StaffId) -> str:
    """Return the cookie of a browser that `staff` signed in with. It opens nothing: it keeps a pace."""
    return f"__Host-known-{staff}"


def cookie(request: web.Request, name: str) -> str:
    """Return the secret in a cookie; one that cannot be ours is none."""
    value = request.cookies.get(name, "")
    return value if value.isascii() else ""


def set_cookie(response: web.StreamResponse, name: str, secret: str, seconds: int) -> None:
    """Set a cookie that no script reads, no other site sends, and no plain connection carries."""
    response.set_cookie(name, secret, max_age=seconds, path="/", secure=True, httponly=True, samesite="Lax")


def drop_cookie(response: web.StreamResponse, name: str) -> None:
    response.del_cookie(name, path="/", secure=True, httponly=True, samesite="Lax")


def device_of(secret: str) -> DeviceId:
    """Return the device that a staff session is; a party's device has an id of its own."""
    return DeviceId(secret_hash(secret)[:24])


def csrf_token(request: web.Request, secret: str) -> str:
    """Return the token that a page of the session with cookie `secret` carries."""
    return hmac.new(services(request).keys.csrf, secret.encode(), hashlib.sha256).hexdigest()


async def check_forged(request: web.Request, secret: str) -> None:
    """Refuse an unsafe request without this session's token (form field or header)."""
    given = request.headers.get("X-CSRF-Token")
    if given is None:
        given = (await form_of(request)).get("csrf", "")
    if not secret or not given.isascii() or not hmac.compare_digest(given, csrf_token(request, secret)):
        raise Refused(Reason.FORGED)


def check_origin(request: web.Request) -> None:
    """Refuse what a page of another site sends; a browser always names the origin of a post."""
    if request.headers.get("Origin") != services(request).settings.origin:
        raise Refused(Reason.FORGED)


def form_secret(request: web.Request) -> str:
    """Return the secret of this browser's forms before anybody has signed in, fresh if it has none."""
    return cookie(request, FORM_COOKIE) or new_secret()


def client_address(request: web.Request) -> str:
    """Return who asks, as far as it is known: a trusted proxy's word, else the peer's address."""
    peer = request.remote or ""
    lines = request.headers.getall("X-Forwarded-For", [])  # a proxy may add a line of its own
    hops = [hop.strip() for hop in ",".join(lines).split(",") if hop.strip()]
    trusted = services(request).settings.trusted_proxies
    while hops and peer and _within(peer, trusted):
        peer = hops.pop()
    return peer


def address_hash(request: web.Request) -> str:
    """Return the client's address under a key: comparable, not readable."""
    key = services(request).keys.addresses
    return hmac.new(
        key, client_address(request).encode(errors="surrogateescape"), hashlib.sha256
    ).hexdigest()[:32]


def from_loopback(request: web.Request) -> bool:
    """Say whether the client is on this machine; a proxy in front never counts as that.

    The address has to be called by a name of this machine too: another site can give its own name
    to 127.0.0.1, and its pages would then read what comes from here as their own.
    """
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return request.url.host in LOOPBACK_NAMES and ip_address(request.remote or "").is_loopback
    except ValueError:  # a Host that is none
        return False


def _within(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped  # how a socket for both shows a peer of IPv4
    return any(parsed in network for network in networks)
