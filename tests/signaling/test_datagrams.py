"""The socket of a connection; real UDP on loopback."""

import asyncio
import gc
import weakref

from signaling.datagrams import ROOM, Address, UdpSocket


class Taker:
    """Knows its socket, as who answers has to."""

    def __init__(self) -> None:
        self.socket = UdpSocket("127.0.0.1", self, bytearray(ROOM))
        self.lost = False

    def on_datagram(self, size: int, source: Address) -> None:
        """Take nothing."""

    def connection_lost(self, error: Exception | None, /) -> None:
        self.lost = True


async def test_a_socket_that_was_closed_and_who_took_from_it_leave_nothing_for_the_collector() -> None:
    gc.disable()
    try:
        taker = Taker()
        left: tuple[weakref.ref[object], ...] = (weakref.ref(taker), weakref.ref(taker.socket))
        taker.socket.close()
        await asyncio.sleep(0)
        assert taker.lost
        del taker
        await asyncio.sleep(0)
        assert [thing() for thing in left] == [None, None]
    finally:
        gc.enable()
