"""Connections without a network: what a browser sends is with the server at once, and what the server
sends is in the browser's hands when the call returns. Below `signaling.peer` only ICE, DTLS and SRTP are
missing; `tests/signaling/test_hostile_listener.py` has them.
"""

import asyncio
import struct
from collections.abc import Callable, Iterable, Sequence

from rooms.edges import SLOTS, Kind
from signaling import rtcp
from signaling.aiortc_seam import Line, Sender
from signaling.ears import Ears
from signaling.guard import Guard
from signaling.ice import IceSettings
from signaling.rtcp import SenderReport
from signaling.rtp import Write
from signaling.sdp import LAYOUT, UP
from tests.builders.offers import offer_lines, text

SLOT_NAMES = (*(f"{medium}{k}" for k in range(SLOTS) for medium in ("audio", "video")), "screen")
OPUS, VP8, RTX = 111, 96, 97  # payload types
REPAIRS = 100  # from the SSRC of a stream to that of its repeats
_RATE = {Kind.MIC: 48_000, Kind.CAMERA: 90_000}
_FRAME = {Kind.MIC: 960, Kind.CAMERA: 3_000}
_NTP_SECOND = 1 << 32
_SENDER_REPORT = 200
_WITH_EXTENSION = 20  # bytes of a header with the time of sending


def own_ssrc(mid: int) -> int:
    """Return the SSRC under which the server sends on an m-line."""
    return 1000 + mid


class MemoryWire:
    """In the place of `signaling.aiortc_seam.Wire`; `browser` is at the other end."""

    def __init__(self, ears: Ears, _ice: IceSettings, monotonic: Callable[[], float]) -> None:
        self.guard = Guard()
        self.lines: tuple[Line, ...] = ()
        self.browser: Browser | None = None
        self._ears = ears
        self._monotonic = monotonic
        self._up = False
        self._lost_at: float | None = None

    @property
    def vanished(self) -> bool:
        return self._lost_at is not None

    @property
    def last_heard(self) -> float:
        """A browser answers checks of its line for as long as it is there."""
        return self._monotonic() if self._lost_at is None else self._lost_at

    async def answer(self, _offer: str, sending: Sequence[str | None]) -> str:
        self.lines = tuple(
            Line(
                payload_type=OPUS if medium == "audio" else VP8,
                repair_type=0 if medium == "audio" else RTX,
                clock_rate=48_000 if medium == "audio" else 90_000,
                ssrc=own_ssrc(mid),
                repair_ssrc=own_ssrc(mid) + REPAIRS,
                mid_extension=0,
                abs_send_time=3,
            )
            for mid, ((medium, _), _) in enumerate(zip(LAYOUT, sending, strict=True))
        )
        return "answer"

    def sender(self, write: Write) -> Sender:
        buffer = bytearray(2048)

        def send(mark: int, sequence: int, timestamp: int, payload: bytes, now: float, word: int = 0) -> None:
            size = write(memoryview(buffer), mark, sequence, timestamp, payload, now, word)
            self._out(bytes(buffer[:size]))

        return send

    def send_rtcp(self, compound: bytes) -> None:
        self._out(compound)

    def silence(self) -> None:
        self._up = False

    async def close(self) -> None:
        self.silence()

    # The other end.

    def connect(self) -> None:
        self._up = True
        self._ears.on_connected()

    def take(self, packet: bytes) -> None:
        """Hand a packet of the browser to the server, whatever the server thinks of this connection."""
        if packet[1] in range(192, 224):
            self._ears.on_rtcp(packet, self._monotonic())
        else:
            self._ears.on_rtp(packet, len(packet), self._monotonic())

    def vanish(self) -> None:
        """Lose the browser without a word."""
        self._lost_at = self._monotonic()

    def end(self) -> None:
        self._up = False
        self._ears.on_closed()

    def _out(self, packet: bytes) -> None:
        if self._up and self.browser is not None:
            self.browser.take(bytes(packet))


class Wires:
    """Keeps each wire until the browser that it was made for takes it."""

    def __init__(self) -> None:
        self._made: list[MemoryWire] = []

    def new(self, ears: Ears, ice: IceSettings, monotonic: Callable[[], float]) -> MemoryWire:
        self._made.append(MemoryWire(ears, ice, monotonic))
        return self._made[-1]

    def taken(self) -> MemoryWire:
        return self._made.pop()


class Stream:
    """What a browser sends on one m-line. `pictures` counts frames as VP8 does, from one to the next."""

    def __init__(self, kind: Kind, mid: int, ssrcs: int) -> None:
        self.kind = kind
        self.ssrc = ssrcs + 10 * mid + 1
        self.sequence = self.pictures = ssrcs
        self._born = ssrcs * 480
        self._newest = 0

    def packet(self, tag: bytes, *, key: bool = False) -> bytes:
        """Return the next packet: a whole frame, or 20 ms of sound."""
        self._newest = max(self._newest + _FRAME[self.kind], self._now())
        self.sequence += 1
        audio = self.kind is Kind.MIC
        payload = tag if audio else self._vp8(tag, key=key)
        stamp = (self._born + self._newest) & 0xFFFFFFFF
        kind = OPUS if audio else VP8
        return struct.pack("!BBHLL", 0x80, kind | 0x80, self.sequence & 0xFFFF, stamp, self.ssrc) + payload

    def report(self) -> bytes:
        """Return a sender report, for the last whole quarter of a second."""
        quarters = int(asyncio.get_running_loop().time() * 4)
        at = self._born + quarters * _RATE[self.kind] // 4
        return rtcp.sender_report(SenderReport(self.ssrc, quarters * _NTP_SECOND // 4, at, 1, 1))

    def _now(self) -> int:
        return round(asyncio.get_running_loop().time() * _RATE[self.kind])

    def _vp8(self, tag: bytes, *, key: bool) -> bytes:
        """RFC 7741: a whole frame behind a descriptor with a picture id of 15 bits."""
        self.pictures += 1
        head = struct.pack("!BBH", 0x90, 0x80, 0x8000 | self.pictures & 0x7FFF)
        return head + (b"\x10\x00\x00\x9d\x01\x2a\x10\x00\x10\x00" if key else b"\x11\x00\x00") + tag


class Browser:
    """One connection of one seat. `heard` is all that came, in order, as (time, bytes)."""

    def __init__(self, ssrcs: int, on_packet: Callable[[bytes], None] = lambda _: None) -> None:
        self.offer = text(offer_lines(ssrcs))
        self.streams = {kind: Stream(kind, UP.index(kind), ssrcs) for kind in (Kind.MIC, Kind.CAMERA)}
        self.heard: list[tuple[float, bytes]] = []
        self.wire: MemoryWire | None = None
        self._on_packet = on_packet
        self._sent: list[bytes] = []

    @property
    def vanished(self) -> bool:
        """Whether it is gone, noticed or not yet."""
        return self.wire is not None and self.wire.vanished

    def accept(self, wire: MemoryWire) -> None:
        self.wire, wire.browser = wire, self
        wire.connect()

    def take(self, packet: bytes) -> None:
        self.heard.append((asyncio.get_running_loop().time(), packet))
        self._on_packet(packet)

    def send(self, packet: bytes) -> None:
        if self.wire is not None:
            self._sent.append(packet)
            self.wire.take(packet)

    def send_again(self) -> None:
        """Send the last few packets once more."""
        for packet in self._sent[-4:]:
            self.send(packet)

    def sound(self, *tags: bytes) -> None:
        for tag in tags:
            self.send(self.streams[Kind.MIC].packet(tag))

    def picture(self, tag: bytes, *, key: bool = False) -> None:
        self.send(self.streams[Kind.CAMERA].packet(tag, key=key))

    def lose(self) -> None:
        """Lose one packet of each stream on the way."""
        for stream in self.streams.values():
            stream.packet(b"lost")

    def tell_time(self) -> None:
        for stream in self.streams.values():
            self.send(stream.report())

    def ask_again(self, slot: str, numbers: Iterable[int]) -> None:
        """Say that these numbers of a slot did not come."""
        ssrc = own_ssrc(len(UP) + SLOT_NAMES.index(slot))
        for number in numbers:
            self.send(rtcp.nack(ssrc, (number & 0xFFFF,)))


def is_rtcp(packet: bytes) -> bool:
    return packet[1] in range(192, 224)


def ssrc_of(packet: bytes) -> int:
    """Return under which SSRC a packet of media was sent, or whose sender report it is."""
    at = 4 if is_rtcp(packet) else 8
    return int.from_bytes(packet[at : at + 4], "big")


def slot_name(packet: bytes) -> str:
    """Return in which slot a packet of media came, or of a repeat."""
    return SLOT_NAMES[(ssrc_of(packet) - own_ssrc(len(UP))) % REPAIRS]


class Counted:
    """Takes the nonces out of what a connection was sent: numbers and times count from those of the first packet."""

    def __init__(self) -> None:
        self._first: dict[int, tuple[int, int]] = {}

    def packet(self, packet: bytes) -> bytes:
        if is_rtcp(packet):
            return self._report(packet) if packet[1] == _SENDER_REPORT else packet
        ssrc = ssrc_of(packet)
        sequence, stamp = struct.unpack_from("!HL", packet, 2)
        first = self._first.setdefault(ssrc, (sequence, stamp))
        head = struct.pack("!HL", (sequence - first[0]) & 0xFFFF, (stamp - first[1]) & 0xFFFFFFFF)
        body = packet[8:]
        if (
            media := self._first.get(ssrc - REPAIRS)
        ) is not None:  # a repeat: it has the number that it repeats
            head = head[:2] + struct.pack("!L", (stamp - media[1]) & 0xFFFFFFFF)
            at = _WITH_EXTENSION - 8
            repeated = (int.from_bytes(body[at : at + 2], "big") - media[0]) & 0xFFFF
            body = body[:at] + struct.pack("!H", repeated) + body[at + 2 :]
        return packet[:2] + head + body

    def _report(self, packet: bytes) -> bytes:
        first = self._first.get(ssrc_of(packet), (0, 0))[1]
        stamp = (int.from_bytes(packet[16:20], "big") - first) & 0xFFFFFFFF
        return packet[:16] + struct.pack("!L", stamp) + packet[20:]
