"""From RTP packets to encoded frames, without decoding (RFC 3550, RFC 7741, RFC 7587).

Nothing here trusts a packet: what is malformed is passed over, what never ends is given up.
"""

import struct
from collections.abc import Callable
from typing import Final, NamedTuple

MOST_FRAME: Final = 4 * 2**20  # bytes of one picture; a sender that never ends one is not followed
MOST_OPUS_MS: Final = 120.0
SAME_SIZE: Final = (
    1.0  # seconds; each change of size is a new file, and a sender could change with each picture
)
RESTART: Final = 1000  # packets back: not a late packet but a sender that counts anew (RFC 3550 A.1)

_USUAL: Final = 4  # bytes of a payload descriptor
_KEYFRAME_HEADER: Final = 10  # bytes (RFC 6386 section 9.1): tag, start code, width, height

# One RTP packet: 16-bit number, 32-bit media time, marker bit (0 or not), payload without padding, and
# its monotonic arrival. A plain tuple, because there are thousands of them in a second.
Packet = tuple[int, int, int, bytes, float]


class Frame(NamedTuple):
    """One encoded picture or Opus packet. `size` is that of a VP8 keyframe, else None."""

    time: int
    arrived: float
    data: bytes
    key: bool
    size: tuple[int, int] | None = None


class Reorder:
    """Hands packets on in the order of their sequence numbers, each once.

    A missing packet is waited for until `most` later ones wait with it, or the first of these for
    `patience` seconds; then the next is delivered as one after a gap.
    """

    def __init__(self, deliver: Callable[[Packet, bool], None], most: int, patience: float) -> None:
        self._deliver = deliver
        self._most = most
        self._patience = patience
        self._next: int | None = None
        self._waiting: dict[int, Packet] = {}
        self._restart: int | None = None  # the number that would show that the sender counts anew

    def push(self, packet: Packet) -> None:
        number = packet[0]
        if number == self._next and not self._waiting:
            self._next = (number + 1) & 0xFFFF
            self._deliver(packet, False)
            return
        if self._next is None:
            self._next = number
        ahead = (number - self._next) & 0xFFFF
        if ahead < 0x8000:  # noqa: PLR2004 - half of the circle
            self._waiting.setdefault(number, packet)
            self._run()
            self.expire(packet[4])
        elif 0x10000 - ahead > RESTART:
            self._late(packet)

    def expire(self, now: float) -> None:
        """Give up on what is missing for too long."""
        while self._waiting and (
            len(self._waiting) > self._most
            or now - min(packet[4] for packet in self._waiting.values()) > self._patience
        ):
            self._skip()

    def flush(self) -> None:
        """Hand on all that waits, at the end of a stream."""
        while self._waiting:
            self._skip()

    def close(self) -> None:
        """Hand nothing on any more, and let go of who was handed it; also while that is being done."""
        self._waiting = {}
        self._deliver = _nobody

    def _run(self) -> None:
        while self._next in self._waiting:
            packet = self._waiting.pop(self._next)
            self._next = (packet[0] + 1) & 0xFFFF
            self._deliver(packet, False)

    def _skip(self) -> None:
        start = self._next or 0
        packet = self._waiting.pop(min(self._waiting, key=lambda seq: (seq - start) & 0xFFFF))
        self._next = (packet[0] + 1) & 0xFFFF
        self._deliver(packet, True)
        self._run()

    def _late(self, packet: Packet) -> None:
        after = (packet[0] + 1) & 0xFFFF
        if packet[0] != self._restart:
            self._restart = after
            return
        self.flush()
        self._restart = None
        self._next = after
        self._deliver(packet, True)


def _nobody(_packet: Packet, _after_gap: bool) -> None:
    """Nobody is handed packets any more."""


class Vp8Frames:
    """Assembles VP8 pictures. After a gap, and at the start, nothing comes out before a keyframe."""

    def __init__(self) -> None:
        self.waiting = True  # for a keyframe
        self._parts: list[bytes] = []
        self._bytes = 0
        self._time = 0
        self._arrived = 0.0
        self._size: tuple[int, int] | None = None
        self._sized_at = 0.0  # arrival of the first picture of that size

    def push(self, packet: Packet, after_gap: bool) -> Frame | None:
        """Return a picture when the packet, next in order, ends one."""
        if after_gap:
            self.lose()
        _, time, mark, payload, arrived = packet
        if not payload:
            return None
        first = payload[0]
        if first & 0x80 and len(payload) > _USUAL and payload[1] == 0x80 and payload[2] & 0x80:  # noqa: PLR2004
            start = _USUAL  # a picture id of 15 bits, as browsers send it
        else:
            start = _descriptor_bytes(payload)
        if start >= len(payload):
            self.lose()
            return None
        if first & 0x10 and not first & 0x07:  # S, and partition 0: a picture begins
            if self._parts:
                self.lose()  # the last one never ended
            self._time, self._arrived = time, arrived
        elif not self._parts or time != self._time:
            self.lose()
            return None
        self._parts.append(payload[start:])
        self._bytes += len(payload) - start
        if self._bytes > MOST_FRAME:
            self.lose()
            return None
        return self._finish() if mark else None

    def lose(self) -> None:
        """Drop what is there and wait for a keyframe."""
        self._parts, self._bytes, self.waiting = [], 0, True

    def _finish(self) -> Frame | None:
        data = b"".join(self._parts)
        self._parts, self._bytes = [], 0
        key = not data[0] & 1
        size = _keyframe_size(data) if key else None
        if key and (size is None or not self._follows(size)):
            self.lose()
            return None
        if self.waiting and size is None:
            return None
        self.waiting = False
        return Frame(self._time, self._arrived, data, key, size)

    def _follows(self, size: tuple[int, int]) -> bool:
        """Return whether pictures of this size are taken; one that changed a moment ago has to last."""
        if size == self._size:
            return True
        if self._size is not None and self._arrived - self._sized_at < SAME_SIZE:
            return False
        self._size, self._sized_at = size, self._arrived
        return True


def opus_ms(data: bytes) -> float:
    """Return how long an Opus packet plays, milliseconds, 120 at most (RFC 6716 section 3.1 and 3.2.5)."""
    if not data:
        return 0.0
    config, code = data[0] >> 3, data[0] & 3
    if config < 12:  # noqa: PLR2004 - SILK
        one = (10.0, 20.0, 40.0, 60.0)[config & 3]
    elif config < 16:  # noqa: PLR2004 - hybrid
        one = (10.0, 20.0)[config & 1]
    else:
        one = (2.5, 5.0, 10.0, 20.0)[config & 3]
    if code == 3:  # noqa: PLR2004 - an arbitrary number of frames
        return min(MOST_OPUS_MS, one * (data[1] & 0x3F if len(data) > 1 else 0))
    return one * (1, 2, 2)[code]


def _descriptor_bytes(payload: bytes) -> int:
    """Return the length of the payload descriptor (RFC 7741 section 4.2), which may exceed the payload."""
    if not payload[0] & 0x80:
        return 1
    if len(payload) < 2:  # noqa: PLR2004 - the extension byte is missing
        return 2
    extended, length = payload[1], 2
    if extended & 0x80:
        length += 2 if len(payload) > length and payload[length] & 0x80 else 1
    return length + bool(extended & 0x40) + bool(extended & 0x30)


def _keyframe_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a keyframe (RFC 6386 section 9.1); None if it is not one."""
    if len(data) < _KEYFRAME_HEADER or data[3:6] != b"\x9d\x01\x2a":
        return None
    width, height = struct.unpack_from("<HH", data, 6)
    return (width & 0x3FFF, height & 0x3FFF) if width & 0x3FFF and height & 0x3FFF else None
