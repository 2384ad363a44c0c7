"""Strangers who send to ports that are not theirs, a process of its own: `python -m bench.strangers`.

It reads one `Order` as JSON from its standard input, sends at a steady pace, and writes `{"sent", "seconds"}`.
What is sent is made before the first datagram leaves.
"""

import json
import random
import socket
import struct
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

STEP: Final = 0.001  # seconds between two handfuls
MADE: Final = 300  # of each kind for each port
STRANGERS: Final = tuple(f"127.0.0.{host}" for host in range(2, 34))
NEIGHBOURS: Final = 4  # sockets at the address of the members themselves, each on a port of its own
BEHIND: Final = 0.1  # seconds that are made good; what is further behind is given up

_BINDING = 0x0001
_COOKIE = 0x2112A442
_USERNAME, _INTEGRITY, _USE_CANDIDATE = 0x0006, 0x0008, 0x0025


@dataclass(frozen=True, slots=True)
class Target:
    """One port of the server. `name` stands in the checks that come to it: who is on the way can read it."""

    host: str
    port: int
    name: str


@dataclass(frozen=True, slots=True)
class Order:
    """How many datagrams, and how many a second."""

    targets: tuple[Target, ...]
    datagrams: int
    rate: int
    seed: int

    @classmethod
    def read(cls, text: str) -> "Order":
        said: dict[str, Any] = json.loads(text)
        return cls(tuple(Target(**target) for target in said.pop("targets")), **said)

    def __str__(self) -> str:
        return json.dumps(asdict(self))


def some_noise(dice: random.Random, target: Target) -> list[bytes]:
    """Return what a stranger sends to a port: noise, bad media, checks with wrong credentials, ClientHellos."""
    kinds = (_noise, _media, _control, _nameless_check, _forged_check, _client_hello)
    found = [kind(dice, target) for kind in kinds for _ in range(MADE)]
    dice.shuffle(found)
    return found


def _noise(dice: random.Random, _target: Target) -> bytes:
    return dice.randbytes(dice.randrange(1600))


def _media(dice: random.Random, _target: Target) -> bytes:
    """Return what looks like RTP: extensions and padding beyond its end, sources that nobody has."""
    first = 0x80 | dice.randrange(64)
    return struct.pack("!BB", first, dice.randrange(256)) + dice.randbytes(dice.randrange(10, 1200))


def _control(dice: random.Random, _target: Target) -> bytes:
    """Return what looks like RTCP, with lengths that are none."""
    kind, length = dice.randrange(200, 208), dice.randrange(65536)
    return struct.pack("!BBH", 0x80 | dice.randrange(32), kind, length) + dice.randbytes(
        dice.randrange(8, 200)
    )


def _nameless_check(dice: random.Random, _target: Target) -> bytes:
    return _check(dice, f"{dice.randrange(10**4):04}:{dice.randrange(10**4):04}")


def _forged_check(dice: random.Random, target: Target) -> bytes:
    return _check(dice, target.name)


def _check(dice: random.Random, name: str) -> bytes:
    """Return a connectivity check (RFC 8445 section 7.1) with a MAC that is none."""
    body = _attribute(_USERNAME, name.encode()) + _attribute(_USE_CANDIDATE, b"")
    body += _attribute(_INTEGRITY, dice.randbytes(20))
    return struct.pack("!HHL", _BINDING, len(body), _COOKIE) + dice.randbytes(12) + body


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _client_hello(dice: random.Random, _target: Target) -> bytes:
    """Return a record of DTLS 1.2 with the first flight of a handshake (RFC 6347 section 4.2)."""
    body = b"\xfe\xfd" + dice.randbytes(32) + b"\x00\x00\x00\x02\xc0\x2b\x01\x00"
    message = b"\x01" + len(body).to_bytes(3) + bytes(5) + len(body).to_bytes(3) + body
    return b"\x16\xfe\xfd" + bytes(8) + len(message).to_bytes(2) + message


def send(order: Order) -> tuple[int, float]:
    """Send all of it; return how many the kernel took, and in how many seconds."""
    dice = random.Random(order.seed)
    pool = [
        (datagram, (target.host, target.port))
        for target in order.targets
        for datagram in some_noise(dice, target)
    ]
    dice.shuffle(pool)
    sockets = _sockets({target.host for target in order.targets})
    sent, began, number = 0, time.monotonic(), 0
    while number < order.datagrams:
        passed = time.monotonic() - began
        if passed - number / order.rate > BEHIND:
            began += passed - number / order.rate
        due = min(order.datagrams, int((time.monotonic() - began) * order.rate))
        sent += _handful(sockets, pool, range(number, due))
        number = max(number, due)
        time.sleep(STEP)
    return sent, time.monotonic() - began


def _handful(
    sockets: Sequence[socket.socket], pool: Sequence[tuple[bytes, tuple[str, int]]], numbers: range
) -> int:
    taken = 0
    for number in numbers:
        datagram, target = pool[number % len(pool)]
        try:
            sockets[number % len(sockets)].sendto(datagram, target)
        except OSError:
            continue
        taken += 1
    return taken


def _sockets(hosts: set[str]) -> list[socket.socket]:
    found = []
    for address in (*STRANGERS, *sorted(hosts) * NEIGHBOURS):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind((address, 0))
        found.append(one)
    return found


def main() -> int:
    sent, seconds = send(Order.read(sys.stdin.readline()))
    sys.stdout.write(json.dumps({"sent": sent, "seconds": seconds}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
