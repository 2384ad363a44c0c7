"""The documented relay and the credentials that pages get for it: a real coturn, a real TURN client."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aioice import stun, turn

from cases.ids import SeatId
from server.turn import LIVES, Way, ice_servers, way_of, ways
from tests.builders.relay import HOST, SECRET, Relay, documented, relay

SEAT = SeatId("seat")
ELSEWHERE = ("127.0.0.2", "10.0.0.1", "169.254.169.254", "192.168.1.1", "203.0.113.7", "8.8.8.8")
CHANNEL = 0x4000
by_each_way = pytest.mark.parametrize("way", ["udp", "tcp", "tls"])


@asynccontextmanager
async def client(
    at: Relay, way: str = "udp", *, secret: str = SECRET, later: timedelta = timedelta()
) -> AsyncIterator[Any]:
    """Connect to a relay with the credentials of a page; they were given `later` before now."""
    [server] = ice_servers((at.urls[way],), secret, SEAT, datetime.now(UTC) - later)
    port = at.tls_port if way == "tls" else at.port
    given = (HOST, port), server["username"], server["credential"], 600, 300
    loop = asyncio.get_running_loop()
    transport: Any
    protocol: Any
    match way:
        case "udp":
            transport, protocol = await loop.create_datagram_endpoint(
                lambda: turn.TurnClientUdpProtocol(*given), remote_addr=(HOST, port)
            )
        case "tcp":
            transport, protocol = await loop.create_connection(
                lambda: turn.TurnClientTcpProtocol(*given), HOST, port
            )
        case _:
            trusting = ssl.create_default_context(cafile=at.certificate)
            transport, protocol = await loop.create_connection(
                lambda: turn.TurnClientTcpProtocol(*given), HOST, port, ssl=trusting
            )
    try:
        yield protocol
    finally:
        if protocol.refresh_task is not None:
            await protocol.delete()
        transport.close()


def code(failure: stun.TransactionFailed) -> int:
    return int(failure.response.attributes["ERROR-CODE"][0])


@pytest.fixture
async def up(tmp_path: Path) -> AsyncIterator[Relay]:
    async with relay(tmp_path / "relay") as opened:
        yield opened


@by_each_way
async def test_a_page_reaches_the_service_through_the_relay(up: Relay, way: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind((HOST, 0))
        service.setblocking(False)
        async with client(up, way) as browser, asyncio.timeout(10):
            await browser.connect()
            await browser.send_data(b"hello", service.getsockname())
            received, source = await asyncio.get_running_loop().sock_recvfrom(service, 100)
            assert (received, source) == (b"hello", browser.relayed_address)


@by_each_way
async def test_the_relay_reaches_nothing_but_the_service(up: Relay, way: str) -> None:
    async with client(up, way) as browser:
        await browser.connect()
        for number, host in enumerate(ELSEWHERE):
            with pytest.raises(stun.TransactionFailed) as refused:
                await browser.channel_bind(CHANNEL + number, (host, 443))
            assert code(refused.value) == 403, host
        await browser.channel_bind(CHANNEL + len(ELSEWHERE), (HOST, 443))


async def test_a_service_elsewhere_is_the_only_address_that_is_reached(tmp_path: Path) -> None:
    async with relay(tmp_path / "relay", "203.0.113.9") as up, client(up) as browser:
        await browser.connect()
        with pytest.raises(stun.TransactionFailed) as refused:
            await browser.channel_bind(CHANNEL, (HOST, up.port))
        assert code(refused.value) == 403
        await browser.channel_bind(CHANNEL + 1, ("203.0.113.9", 50_000))


@by_each_way
async def test_a_relay_wants_the_secret_and_a_page_of_this_hour(up: Relay, way: str) -> None:
    async with client(up, way, later=LIVES - timedelta(minutes=1)) as browser:
        await browser.connect()
    for wrong in (
        client(up, way, secret="another-secret-than-the-relays"),
        client(up, way, later=LIVES + timedelta(minutes=1)),
    ):
        async with wrong as browser:
            with pytest.raises(stun.TransactionFailed) as refused:
                await browser.connect()
            assert code(refused.value) == 401


async def test_a_renewed_certificate_is_shown_from_a_signal_on_and_ends_no_call(up: Relay) -> None:
    async with client(up, "tls") as before:
        await before.connect()
        up.renew()
        deadline = time.monotonic() + 10
        while not await shows_what_is_trusted(up):
            assert time.monotonic() < deadline, "it goes on showing the former certificate"
        await before.channel_bind(CHANNEL, (HOST, 443))


async def shows_what_is_trusted(at: Relay) -> bool:
    try:
        async with client(at, "tls") as browser:
            await browser.connect()
    except ssl.SSLCertVerificationError:
        return False
    return True


def test_everything_is_denied_before_the_service_is_allowed() -> None:
    lines = documented()
    assert "denied-peer-ip=0.0.0.0-255.255.255.255" in lines
    assert "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" in lines
    assert not [line for line in lines if "loopback" in line]


@pytest.mark.parametrize(
    ("url", "way"),
    [
        ("turn:turn.example.cn", Way.UDP),
        ("turn:turn.example.cn:3478?transport=udp", Way.UDP),
        ("turn:turn.example.cn:3478?transport=tcp", Way.TCP),
        ("turns:turn.example.cn", Way.TLS),
        ("turns:turn.example.cn:5349?transport=tcp", Way.TLS),
    ],
)
def test_an_address_says_by_which_way_its_relay_is_reached(url: str, way: Way) -> None:
    assert way_of(url) is way
    assert ways((url,)) == {Way.DIRECT: (), way: (url,)}


def test_without_a_relay_there_is_the_direct_way_alone() -> None:
    assert ways(()) == {Way.DIRECT: ()}
