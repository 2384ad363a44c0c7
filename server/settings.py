"""The settings: one frozen object from environment variables, each documented in docs/deployment.md.

A wrong value stops the start with one clear sentence (`SettingsError`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from signaling.guard import is_unrouted


class SettingsError(Exception):
    """A setting is missing or wrong; the message is for the operator."""


# Every variable that is read, with the sentence that docs/deployment.md has to explain at length.
VARIABLES: Final = {
    "HEYI_PUBLIC_URL": "where people reach the service, e.g. https://tiaojie.example.cn",
    "HEYI_HOST": "address to listen on",
    "HEYI_PORT": "port to listen on",
    "HEYI_TLS_CERT": "PEM chain, when no proxy terminates TLS",
    "HEYI_TLS_KEY": "PEM key of that chain",
    "HEYI_TRUSTED_PROXIES": "networks whose X-Forwarded-For is believed, comma-separated",
    "HEYI_DATA": "data folder: database and encrypted objects",
    "HEYI_KEYS": "key folder, outside every backup of the data",
    "HEYI_DATABASE_URL": "SQLAlchemy URL; SQLite in the data folder when unset",
    "HEYI_ICE_ADDRESSES": "addresses that browsers reach media on, comma-separated; else all of the machine",
    "HEYI_ICE_ANNOUNCED": "what stands for each of them in candidates, where addresses are translated",
    "HEYI_ICE_LOOPBACK": "1 on a machine that has no other network than loopback",
    "HEYI_ICE_PORTS": "UDP ports for media, e.g. 50000-51999; else those of the system's range",
    "HEYI_ICE_TURN": "addresses of the relay, comma-separated, e.g. turn:turn.example.cn:3478?transport=udp",
    "HEYI_ICE_TURN_SECRET": "secret that the relay shares (coturn's static-auth-secret)",
    "HEYI_SMS_URL": "where one-time codes and invitations are posted",
    "HEYI_SMS_SECRET": "key of the signature on those posts",
    "HEYI_CENTRE": "name of the mediation centre",
    "HEYI_CENTRE_PHONE": "number that people call for help",
    "HEYI_CASE_PREFIX": "the word in a case number, e.g. 云保调字",
    "HEYI_FONTS": "folder of fonts for the settlement, instead of the built-in Noto Sans SC",
    "HEYI_CPU_LIMIT": "percent of one core from which no further session opens",
    "HEYI_DISK_WARN": "GiB that are left on the data folder's disk when mediators are warned",
    "HEYI_LOG_LEVEL": "debug, info, warning or error",
    "HEYI_LOG_FORMAT": "text, or json: one object a line",
    "HEYI_METRICS_TOKEN": "what a scraper shows to read /metrics; without it there is no such page",
}

LEVELS: Final = ("debug", "info", "warning", "error")
FORMATS: Final = ("text", "json")
MAX_PORT: Final = 65535
LEAST_MEDIA_PORT: Final = 1024  # those below belong to the system
LEAST_SECRET: Final = 16  # characters
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{32,}=*")  # RFC 6750 section 2.1
_PORT_RANGE: Final = re.compile(r"(\d{1,5})-(\d{1,5})", re.ASCII)
_TURN_URL: Final = re.compile(
    r"turns?:(\[[0-9a-fA-F:]+\]|[\w.-]+)(:\d{1,5})?(\?transport=(udp|tcp))?"
)  # RFC 7065


@dataclass(frozen=True, slots=True)
class Settings:
    public_url: str
    host: str
    port: int
    tls_cert: Path | None
    tls_key: Path | None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    data: Path
    keys: Path
    database_url: str
    ice_addresses: tuple[str, ...]
    ice_announced: tuple[str, ...]
    ice_loopback: bool
    ice_ports: range | None
    turn_urls: tuple[str, ...]
    turn_secret: str
    sms_url: str
    sms_secret: str
    centre: str
    centre_phone: str
    case_prefix: str
    fonts: Path | None
    cpu_limit: int
    disk_warn: int
    log_level: str
    log_format: str
    metrics_token: str

    @property
    def origin(self) -> str:
        """Return scheme, host and port of the public URL, as a browser's Origin header has them (RFC 6454)."""
        parts = urlsplit(self.public_url)
        host = (parts.hostname or "").encode("idna").decode()
        host = f"[{host}]" if ":" in host else host
        usual = {"https": 443, "http": 80}[parts.scheme]
        return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in {None, usual} else "")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in `environ`; raise SettingsError with one sentence for the first wrong one."""
    unknown = sorted(k for k in environ if k.startswith("HEYI_") and k not in VARIABLES and k != "HEYI_ROOTS")
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting of this version; see docs/deployment.md")
    data = Path(environ.get("HEYI_DATA", "heyi-data"))
    port = _port(environ.get("HEYI_PORT", "8443"))
    host = environ.get("HEYI_HOST", "127.0.0.1")
    cert, key = _file(environ, "HEYI_TLS_CERT"), _file(environ, "HEYI_TLS_KEY")
    if (cert is None) != (key is None):
        raise SettingsError("HEYI_TLS_CERT and HEYI_TLS_KEY belong together: set both or neither")
    addresses, announced = (
        _addresses(environ, "HEYI_ICE_ADDRESSES"),
        _addresses(environ, "HEYI_ICE_ANNOUNCED"),
    )
    loopback = _flag(environ, "HEYI_ICE_LOOPBACK")
    if announced and len(announced) != len(addresses):
        raise SettingsError("HEYI_ICE_ANNOUNCED names one address for each of HEYI_ICE_ADDRESSES")
    if loopback and addresses:
        raise SettingsError("HEYI_ICE_LOOPBACK=1 leaves no address for HEYI_ICE_ADDRESSES")
    turn = _turn(environ)
    if turn and len(environ.get("HEYI_ICE_TURN_SECRET", "")) < LEAST_SECRET:
        raise SettingsError(
            f"HEYI_ICE_TURN needs HEYI_ICE_TURN_SECRET, of at least {LEAST_SECRET} characters"
        )
    return Settings(
        public_url=_public_url(environ, port),
        host=host,
        port=port,
        tls_cert=cert,
        tls_key=key,
        trusted_proxies=_networks(environ.get("HEYI_TRUSTED_PROXIES", "")),
        data=data,
        keys=Path(environ.get("HEYI_KEYS", "heyi-keys")),
        database_url=_database_url(environ, data),
        ice_addresses=addresses,
        ice_announced=announced,
        ice_loopback=loopback,
        ice_ports=_ports(environ.get("HEYI_ICE_PORTS", "")),
        turn_urls=turn,
        turn_secret=environ.get("HEYI_ICE_TURN_SECRET", ""),
        sms_url=_url(environ, "HEYI_SMS_URL", ""),
        sms_secret=environ.get("HEYI_SMS_SECRET", ""),
        centre=environ.get("HEYI_CENTRE", "保险纠纷调解中心"),
        centre_phone=environ.get("HEYI_CENTRE_PHONE", ""),
        case_prefix=environ.get("HEYI_CASE_PREFIX", "保调字"),
        fonts=_folder(environ, "HEYI_FONTS"),
        cpu_limit=_number(environ, "HEYI_CPU_LIMIT", "80", range(1, 101)),
        disk_warn=_number(environ, "HEYI_DISK_WARN", "20", range(1_000_000)),
        log_level=_one_of(environ, "HEYI_LOG_LEVEL", "info", LEVELS),
        log_format=_one_of(environ, "HEYI_LOG_FORMAT", "text", FORMATS),
        metrics_token=_token(environ, "HEYI_METRICS_TOKEN"),
    )


def check_for_serving(settings: Settings) -> None:
    """Refuse to serve the public without what people depend on."""
    if not settings.sms_url:
        raise SettingsError(
            "HEYI_SMS_URL is not set: without SMS nobody could confirm a link or sign, so nothing is served"
        )
    if not settings.sms_secret:
        raise SettingsError("HEYI_SMS_SECRET is not set: posts to HEYI_SMS_URL would not be signed")
    if not settings.public_url.startswith("https://"):
        raise SettingsError("HEYI_PUBLIC_URL must start with https://: browsers give no camera without TLS")
    if not settings.centre_phone:
        raise SettingsError("HEYI_CENTRE_PHONE is not set: every page of a party offers a number to call")


def _url(environ: Mapping[str, str], name: str, default: str) -> str:
    value = environ.get(name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if value and not good:
        raise SettingsError(f"{name} must be an http or https address, not {value!r}")
    return value


def _public_url(environ: Mapping[str, str], port: int) -> str:
    value = _url(environ, "HEYI_PUBLIC_URL", f"http://localhost:{port}")
    parts = urlsplit(value)
    if not value or parts.path or parts.query or parts.fragment or parts.username is not None:
        raise SettingsError(
            f"HEYI_PUBLIC_URL is scheme and host alone, e.g. https://example.cn, not {value!r}"
        )
    return value


def _database_url(environ: Mapping[str, str], data: Path) -> str:
    value = environ.get("HEYI_DATABASE_URL", f"sqlite:///{data / 'heyi.sqlite3'}")
    if not value.startswith(("sqlite:///", "postgresql://", "postgresql+")):
        raise SettingsError("HEYI_DATABASE_URL must begin with sqlite:/// or postgresql")
    return value


def _number(environ: Mapping[str, str], name: str, default: str, allowed: range) -> int:
    value = environ.get(name, default)
    if not value.isascii() or not value.isdigit() or int(value) not in allowed:
        raise SettingsError(f"{name} must be a number from {allowed[0]} to {allowed[-1]}, not {value!r}")
    return int(value)


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 <= int(value) <= MAX_PORT:
        raise SettingsError(f"HEYI_PORT must be a number from 0 to {MAX_PORT}, not {value!r}")
    return int(value)


def _ports(value: str) -> range | None:
    """Return the ports of a range like 50000-51999, both ends included; None for nothing."""
    if not value:
        return None
    if ends := _PORT_RANGE.fullmatch(value):
        found = range(int(ends[1]), int(ends[2]) + 1)
        if found and found[0] >= LEAST_MEDIA_PORT and found[-1] <= MAX_PORT:
            return found
    raise SettingsError(
        f"HEYI_ICE_PORTS is a range between {LEAST_MEDIA_PORT} and {MAX_PORT} like 50000-51999, not {value!r}"
    )


def _networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise SettingsError(f"HEYI_TRUSTED_PROXIES: {error}") from None


def _turn(environ: Mapping[str, str]) -> tuple[str, ...]:
    urls = tuple(part.strip() for part in environ.get("HEYI_ICE_TURN", "").split(",") if part.strip())
    for url in urls:
        if not _TURN_URL.fullmatch(url):
            raise SettingsError(
                f"HEYI_ICE_TURN: {url!r} is not a relay's address like turn:turn.example.cn:3478?transport=udp"
            )
    return urls


def _addresses(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    try:
        found = tuple(
            str(ip_address(part.strip())) for part in environ.get(name, "").split(",") if part.strip()
        )
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None
    for address in found:
        if is_unrouted(address, loopback=False):
            raise SettingsError(f"{name}: {address} is an address that no other machine reaches")
    return found


def _flag(environ: Mapping[str, str], name: str) -> bool:
    return _one_of(environ, name, "0", ("0", "1")) == "1"


def _one_of(environ: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = environ.get(name, default)
    if value not in allowed:
        raise SettingsError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
    return value


def _token(environ: Mapping[str, str], name: str) -> str:
    """Return a bearer token, empty when there is none; the sentence about a wrong one does not repeat it."""
    value = environ.get(name, "")
    if value and not _TOKEN.fullmatch(value):
        raise SettingsError(f"{name} must be 32 letters, digits or -._~+/ at least: openssl rand -hex 32")
    return value


def _file(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name)
    if not value:
        return None
    if not Path(value).is_file():
        raise SettingsError(f"{name}: there is no file {value!r}")
    return Path(value)


def _folder(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name)
    if not value:
        return None
    if not Path(value).is_dir():
        raise SettingsError(f"{name}: there is no folder {value!r}")
    return Path(value)
