"""A UDP socket that is read and written without a transport of the event loop in between.

Media come as bursts of small datagrams. A transport wakes the loop and makes an object for each; here
one wake-up empties the socket into one buffer, and what is sent goes out at once or not at all.
"""

import asyncio
import errno
import random
import socket
from typing import Any, Final, Protocol

ROOM: Final = 2048  # bytes of a buffer: more than any datagram that is let in, and what SRTP adds to it
BURST: Final = 64  # datagrams at one wake-up, so that one sender cannot keep the loop from the others
KERNEL_BUFFER: Final = 1 << 20  # bytes; a keyframe of five people overflows the kernel's default

Address = tuple[str, int]


class Taker(Protocol):
    """Who takes what a socket receives. Called on the event loop; may neither block nor raise."""

    def on_datagram(self, size: int, source: Address) -> None:
        """Take `buffer[:size]`, which is overwritten by the next one. 0 is an empty datagram."""

    def connection_lost(self, error: Exception | None, /) -> None: ...


class NoFreePort(OSError):
    """Every port of the range is taken on this address."""


class UdpSocket:
    """One bound socket; reading begins at once, into `buffer`. `put(data, address)` sends at once or raises OSError.

    As much of `asyncio.DatagramTransport` as aioice asks for. It is never connected to a browser's address:
    what ICMP then says of that ends the reading under libuv.
    """

    def __init__(self, address: str, taker: Taker, buffer: bytearray, ports: range | None = None) -> None:
        """Bind to a free port of `address`, a literal; out of `ports`, or of the system's range.

        Raises OSError; NoFreePort when `ports` are all taken.
        """
        self._taker: Taker | None = taker  # until it is closed: it knows this socket
        self._buffer = buffer
        self._loop = asyncio.get_running_loop()
        self._socket = _bound(address, ports)
        self._name = self._socket.getsockname()
        self.put = self._socket.sendto
        self._loop.add_reader(self._socket.fileno(), self._readable)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._name if name == "sockname" else default

    def sendto(self, data: bytes | memoryview, address: Address) -> None:
        """Send at once or drop: a full socket, an unreachable or a closed one makes nobody wait."""
        try:
            self._socket.sendto(data, address)
        except OSError:
            return

    def close(self) -> None:
        if self._taker is None:
            return
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        self._loop.call_soon(self._taker.connection_lost, None)
        self._taker = None

    def _readable(self) -> None:
        if self._taker is None:
            return
        receive, buffer, take = self._socket.recvfrom_into, self._buffer, self._taker.on_datagram
        for _ in range(BURST):
            try:
                size, source = receive(buffer)
            except BlockingIOError:
                return
            except OSError:  # what ICMP said of an earlier send
                continue
            take(size, source if len(source) == 2 else source[:2])  # noqa: PLR2004  IPv6 adds two
            if self._taker is None:
                return


def _bound(address: str, ports: range | None) -> socket.socket:
    family, _, _, _, name = socket.getaddrinfo(
        address, 0, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
    )[0]
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
        if ports is None:
            bound.bind(name)
        else:
            _bind_within(bound, name, ports)
    except OSError:
        bound.close()
        raise
    return bound


def _bind_within(unbound: socket.socket, name: tuple[Any, ...], ports: range) -> None:
    """Bind to a free port of the range, found from a random one on: the next one cannot be guessed."""
    start = random.randrange(len(ports))  # noqa: S311  a port is no secret, and the guard stands behind it
    for step in range(len(ports)):
        try:
            unbound.bind((name[0], ports[(start + step) % len(ports)], *name[2:]))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return
    raise NoFreePort(errno.EADDRINUSE, f"no port from {ports[0]} to {ports[-1]} is free")
