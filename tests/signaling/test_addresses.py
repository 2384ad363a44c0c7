"""Where a connection can be reached, and from where nothing is taken; real UDP on loopback."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager

import pytest
from aiortc import RTCSessionDescription

from cases.errors import Broken, Reason, Refused
from cases.ids import SeatId
from signaling.aioice_seam import host_addresses
from signaling.guard import Dropped
from signaling.ice import IceSettings
from signaling.link import Outlet
from signaling.peer import Peer
from signaling.switchboard import Switchboard
from tests.builders.peer import LOOPBACK, WAIT, SyntheticPeer
from tests.builders.sitting import ROOM, KeptTapes, all_hear_all, sitting

ANNA, BEN = SeatId("anna"), SeatId("ben")


class Nobody:
    """Who is told what happens on a peer, and does not mind."""

    def peer_connected(self, peer: Peer) -> None: ...
    def peer_closed(self, peer: Peer) -> None: ...
    def peer_wants_keyframe(self, peer: Peer, outlet: Outlet) -> None: ...
    def peer_misses(self, peer: Peer, outlet: Outlet, numbers: Sequence[int], now: float) -> None: ...


@asynccontextmanager
async def board(ice: IceSettings) -> AsyncIterator[Switchboard]:
    opened = Switchboard(ice, KeptTapes())
    try:
        yield opened
    finally:
        await opened.aclose()


@asynccontextmanager
async def browser() -> AsyncIterator[SyntheticPeer]:
    peer = SyntheticPeer()
    try:
        yield peer
    finally:
        await peer.close()


def candidates(sdp: str) -> list[tuple[str, int]]:
    """Return address and port of each candidate of the first m-line."""
    parts = [line.split(" ") for line in sdp.split("m=")[1].splitlines() if line.startswith("a=candidate:")]
    return [(part[4], int(part[5])) for part in parts]


def described(answer: str) -> RTCSessionDescription:
    return RTCSessionDescription(sdp=answer, type="answer")


def free_ports(count: int) -> range:
    """Return so many ports in a row that nobody has."""
    for first in range(31_000, 32_000, count):
        ports = range(first, first + count)
        with ExitStack() as held:
            try:
                for port in ports:
                    held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).bind(("", port))
            except OSError:
                continue
        return ports
    raise AssertionError("every port is taken")


def only(address: str, sdp: str) -> str:
    """Return an answer without the candidates of other addresses."""
    lines = sdp.splitlines()
    kept = [one for one in lines if not one.startswith("a=candidate:") or one.split(" ")[4] == address]
    return "\r\n".join(kept) + "\r\n"


@pytest.mark.parametrize("address", host_addresses(LOOPBACK))  # IPv6 too, where this machine has it
async def test_two_people_hear_each_other_of_whom_one_comes_by_one_address_alone(address: str) -> None:
    async with sitting() as held:
        anna, ben = held.peer(), await held.join("ben", 1)
        answer = await held.switchboard.answer(ROOM, ANNA, 0, await anna.offer())
        await anna.accept(only(address, answer))
        await held.until(lambda: (ANNA, True) in held.presence)
        assert anna.server_address()[0] == address
        held.switchboard.connect(ROOM, all_hear_all("anna", "ben"))
        await anna.audio(b"0", b"from anna")
        await ben.until(lambda: ben.payloads("audio0") == [b"from anna"])
        await ben.audio(b"0", b"from ben")
        await anna.until(lambda: anna.payloads("audio0") == [b"from ben"])


async def test_the_candidates_carry_the_announced_address_and_the_port_that_is_bound() -> None:
    ice = IceSettings(addresses=("127.0.0.1",), announced=("203.0.113.9",))
    async with board(ice) as opened, browser() as peer:
        answer = await opened.answer(ROOM, ANNA, 0, await peer.offer())
        assert "127.0.0.1" not in answer
        [(address, port)] = candidates(answer)
        assert address == "203.0.113.9"
        assert "c=IN IP4 203.0.113.9" in answer
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as another,
            pytest.raises(OSError, match="in use"),
        ):
            another.bind(("127.0.0.1", port))


async def test_an_address_that_is_not_ours_is_said_to_be_wrong() -> None:
    async with board(IceSettings(addresses=("203.0.113.1",))) as opened, browser() as peer:
        with pytest.raises(Broken, match="addresses"):
            await opened.answer(ROOM, ANNA, 0, await peer.offer())


async def test_ports_come_out_of_the_range_and_when_none_is_free_the_offer_is_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ports, carl = free_ports(2), SeatId("carl")
    settings = IceSettings(loopback_only=True, ports=ports)
    async with board(settings) as opened, browser() as first, browser() as second, browser() as third:
        for place, (seat, peer) in enumerate(((ANNA, first), (BEN, second))):
            found = candidates(await opened.answer(ROOM, seat, place, await peer.offer()))
            assert {port for _, port in found} <= set(ports)
        with caplog.at_level(logging.ERROR), pytest.raises(Refused) as refused:
            await opened.answer(ROOM, carl, 2, await third.offer())
        assert refused.value.reason is Reason.MEDIA_FULL
        assert f"no port from {ports[0]} to {ports[-1]} is free" in caplog.text
        await opened.close_seat(ROOM, ANNA)
        assert candidates(await opened.answer(ROOM, carl, 2, await third.offer()))


async def test_a_browser_on_loopback_is_not_heard_where_browsers_are_elsewhere() -> None:
    peer = Peer(Nobody(), IceSettings(addresses=("127.0.0.1",)), lambda: 0.0)
    async with browser() as anna:
        answer = await peer.answer(await anna.offer())
        await anna.pc.setRemoteDescription(described(answer))
        async with asyncio.timeout(WAIT):
            while peer.guard.dropped[Dropped.UNROUTED] < 3:  # noqa: ASYNC110  it goes on asking
                await asyncio.sleep(0.01)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for first in (b"\x80", b"\x16"):  # like media, like DTLS
                stranger.sendto(first * 40, candidates(answer)[0])
        before = peer.guard.dropped[Dropped.UNROUTED]
        async with asyncio.timeout(WAIT):
            while peer.guard.dropped[Dropped.UNROUTED] < before + 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert set(peer.guard.dropped) == {Dropped.UNROUTED}
        assert not peer.connected
        await peer.close()
