"""A network cable that is as bad as a test wants it: delay, loss, a rate, or nothing at all.

A program of its own, so that a busy test does not slow it down: `python -m tests.builders.cable ONE OTHER`
makes two Ethernet devices (TAP) of these names and carries frames between them. Each line on its standard
input is a `Condition` as JSON; it is answered by a line when it holds.
"""

import asyncio
import fcntl
import json
import os
import random
import struct
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

TUN: Final = Path("/dev/net/tun")
BUFFER: Final = 0.4  # seconds of traffic that wait for a narrow line; what is more is dropped
FRAME: Final = 1 << 16  # bytes
_TUNSETIFF: Final = 0x400454CA
_TAP, _NO_INFO = 0x0002, 0x1000  # whole Ethernet frames, nothing in front of them


@dataclass(frozen=True, slots=True)
class Condition:
    """How a cable is, in each direction: seconds of delay, share that is lost, bit/s (0: no limit)."""

    delay: float = 0.0
    loss: float = 0.0
    rate: float = 0.0

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


class Way:
    """One direction."""

    def __init__(self, source: int, target: int, dice: random.Random) -> None:
        self.condition = Condition()
        self._source, self._target, self._dice = source, target, dice
        self._free_at = 0.0  # when the last bit of what waits has left
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(source, self._read)

    def _read(self) -> None:
        try:
            frame = os.read(self._source, FRAME)
        except BlockingIOError:
            return
        condition, now = self.condition, self._loop.time()
        if self._dice.random() < condition.loss:
            return
        leaves_at = now
        if condition.rate:
            leaves_at = max(now, self._free_at)
            if leaves_at - now > BUFFER:
                return
            self._free_at = leaves_at = leaves_at + len(frame) * 8 / condition.rate
        self._loop.call_at(leaves_at + condition.delay, self._write, frame)

    def _write(self, frame: bytes) -> None:
        try:
            os.write(self._target, frame)
        except OSError:
            return  # the device is down


def _device(name: str) -> int:
    device = os.open(TUN, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _TAP | _NO_INFO))
    return device


async def _carry(one: str, other: str) -> None:
    devices = _device(one), _device(other)
    dice = random.Random(7)  # the same losses in every run, as far as the traffic is the same
    ways = [Way(*pair, dice) for pair in (devices, devices[::-1])]
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print("up", flush=True)
    while line := await commands.readline():
        condition = Condition(**json.loads(line))
        for way in ways:
            way.condition = condition
        print("so", flush=True)


if __name__ == "__main__":
    asyncio.run(_carry(*sys.argv[1:]))
