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


class _Socket:
    """A socket whose datagrams are taken as they come, all in one `buffer`."""

    def __init__(self, opened: socket.socket, taker: Taker, buffer: bytearray) -> None:
        self.closed = False
        self._socket = opened
        self._taker = taker
        self._buffer = buffer
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(opened.fileno(), self._readable)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _readable(self) -> None:
        receive, buffer, take = self._socket.recvfrom_into, self._buffer, self._taker.on_datagram
        for _ in range(BURST):
            try:
                size, source = receive(buffer)
            except BlockingIOError:
                self._empty()
                return
            except OSError:  # what ICMP said of an earlier send
                continue
            take(size, source if len(source) == 2 else source[:2])  # noqa: PLR2004  IPv6 adds two
            if self.closed:
                return

    def _empty(self) -> None:
        """All that came has been taken."""


class UdpSocket(_Socket):
    """One bound socket; reading begins at once. As much of `asyncio.DatagramTransport` as aioice asks for."""

    def __init__(self, address: str, taker: Taker, buffer: bytearray, ports: range | None = None) -> None:
        """Bind to a free port of `address`, a literal; out of `ports`, or of the system's range.

        Raises OSError; NoFreePort when `ports` are all taken.
        """
        super().__init__(_bound(address, ports), taker, buffer)
        self._name = self._socket.getsockname()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._name if name == "sockname" else default

    def sendto(self, data: bytes | memoryview, address: Address) -> None:
        """Send at once or drop: a full socket, an unreachable or a closed one makes nobody wait."""
        try:
            self._socket.sendto(data, address)
        except OSError:
            return

    def path(self, address: Address) -> "Path":
        """Open a way of its own to and from one address, for the same taker. Raises OSError."""
        return Path(_beside(self._socket, address), address, self._taker, self._buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._loop.call_soon(self._taker.connection_lost, None)


class Path(_Socket):
    """A second socket on the same port, connected to one address.

    The kernel looks for the way once and not for each datagram, and keeps apart what comes from there:
    who floods the port fills the other socket. `send` puts out a datagram at once, or raises OSError.
    """

    def __init__(self, connected: socket.socket, address: Address, taker: Taker, buffer: bytearray) -> None:
        super().__init__(connected, taker, buffer)
        self.send = connected.send
        self._address = address

    def close_later(self) -> None:
        """Take what is still waiting, and then close."""
        self._loop.call_soon(self._close_when_empty)

    def _close_when_empty(self) -> None:
        if not self.closed:
            self._readable()
            self.close()

    def _empty(self) -> None:
        """What came before the socket was connected is taken; from now on there is one source."""
        self._loop.add_reader(self._socket.fileno(), self._readable_from_one)

    def _readable_from_one(self) -> None:
        receive, buffer, take = self._socket.recv_into, self._buffer, self._taker.on_datagram
        address = self._address
        for _ in range(BURST):
            try:
                size = receive(buffer)
            except BlockingIOError:
                return
            except OSError:  # as above
                continue
            take(size, address)
            if self.closed:
                return


def _beside(bound: socket.socket, address: Address) -> socket.socket:
    """Return a socket on the port of another one, connected. Raises OSError."""
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # after its bind: it had the port to itself
    second = socket.socket(bound.family, socket.SOCK_DGRAM)
    try:
        _prepare(second)
        second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        second.bind(bound.getsockname())
        second.connect(address)
    except OSError:
        second.close()
        raise
    return second


def _prepare(unbound: socket.socket) -> None:
    unbound.setblocking(False)
    unbound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER)
    unbound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)


def _bound(address: str, ports: range | None) -> socket.socket:
    family, _, _, _, name = socket.getaddrinfo(
        address, 0, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
    )[0]
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        _prepare(bound)
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
