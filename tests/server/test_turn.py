"""The relay's credentials, held against RFC 2104 as coturn computes it."""

import base64
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from cases.ids import SeatId
from server.settings import SettingsError, read_settings
from server.turn import ice_servers

NOW = datetime(2027, 1, 15, 1, 0, tzinfo=UTC)
URLS = ("turn:turn.example.cn:3478?transport=udp", "turns:turn.example.cn:5349?transport=tcp")
SECRET = "a-secret-of-the-relay"


def test_no_relay_means_no_servers() -> None:
    assert ice_servers((), "", SeatId("s"), NOW) == []


def test_a_seat_gets_credentials_that_end_within_the_hour() -> None:
    [server] = ice_servers(URLS, SECRET, SeatId("s"), NOW)
    ends, seat = server["username"].split(":")
    assert seat == "s"
    assert NOW < datetime.fromtimestamp(int(ends), UTC) <= NOW + timedelta(hours=1)
    assert server["urls"] == list(URLS)


def test_the_password_is_what_openssl_says() -> None:
    [server] = ice_servers(URLS, SECRET, SeatId("s"), NOW)
    said = subprocess.run(
        ("openssl", "dgst", "-sha1", "-hmac", SECRET, "-binary"),
        input=server["username"].encode(),
        capture_output=True,
        check=True,
    ).stdout
    assert base64.b64decode(server["credential"]) == said


@pytest.mark.parametrize(
    "url", ["http://turn.example.cn", "turn:", "turn:a b", "turn:x?transport=sctp", "stun:x"]
)
def test_an_address_that_is_no_relay_stops_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="HEYI_ICE_TURN: "):
        read_settings({"HEYI_ICE_TURN": url, "HEYI_ICE_TURN_SECRET": SECRET})


def test_a_relay_without_a_good_secret_stops_the_start() -> None:
    for secret in ({}, {"HEYI_ICE_TURN_SECRET": "short"}):
        with pytest.raises(SettingsError, match="HEYI_ICE_TURN_SECRET"):
            read_settings({"HEYI_ICE_TURN": URLS[0], **secret})
