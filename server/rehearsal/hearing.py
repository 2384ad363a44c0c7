"""What one synthetic person receives: packets counted as they arrive, sound and picture on demand."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from aiortc.rtp import RtpPacket

from server.rehearsal.outgoing import name_of, unwrapped
from server.rehearsal.signals import (
    caucus_payloads,
    colour_of_keyframe,
    tone_of_packets,
    unnumbered,
    vp8_body,
)

KEPT: Final = 6000  # arrivals a line: longer than a rehearsal lasts
LISTENING: Final = 14  # Opus packets that are decoded when somebody asks who is heard
SLOTS: Final = 5


@dataclass(frozen=True, slots=True)
class Arrival:
    """One media packet: `at` is seconds of the machine's monotonic clock, equal in all processes."""

    at: float
    sequence: int
    secret: bool  # its content belongs to a caucus
    payload: bytes


@dataclass(slots=True)
class Line:
    """One receiving m-line. `withheld` are the names of packets that were lost on purpose when they came."""

    kind: str
    pictured: asyncio.Event  # set by the first whole keyframe of any line
    arrivals: deque[Arrival] = field(default_factory=lambda: deque(maxlen=KEPT))
    withheld: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    sound: deque[bytes] = field(default_factory=lambda: deque(maxlen=LISTENING))
    picture: bytes = b""  # the last whole keyframe
    pictured_at: float = 0.0
    _growing: list[bytes] = field(default_factory=list)
    _expected: int = -1

    def take(self, packet: RtpPacket) -> None:
        """Count a packet and keep what is needed to hear and see."""
        if not packet.payload:
            return
        if self.kind == "audio":
            self.sound.append(packet.payload)
            body = unnumbered(packet.payload)
        else:
            body = self._see(packet)
        self._note(packet.sequence_number, packet.payload, body)

    def take_repeat(self, packet: RtpPacket) -> None:
        """Count a packet of the repair stream as the one that it repeats."""
        number, payload = unwrapped(packet)
        if payload:
            self._note(number, payload, vp8_body(payload)[1])

    def withhold(self, packet: RtpPacket) -> None:
        """Lose a packet that has come."""
        self.withheld.append(name_of(packet.payload, sound=self.kind == "audio"))

    def _note(self, number: int, payload: bytes, body: bytes) -> None:
        self.arrivals.append(Arrival(time.monotonic(), number, body in caucus_payloads(), payload))

    def _see(self, packet: RtpPacket) -> bytes:
        begins, body = vp8_body(packet.payload)
        if begins:
            self._growing = [body]
        elif self._growing and packet.sequence_number == self._expected:
            self._growing.append(body)
        else:
            self._growing = []
        self._expected = (packet.sequence_number + 1) & 0xFFFF
        if packet.marker and self._growing:
            self.picture, self._growing = b"".join(self._growing), []
            self.pictured_at = self.pictured_at or time.monotonic()
            self.pictured.set()
        return body

    def forget(self) -> None:
        """Forget sound and picture, so that what is heard next is new."""
        self.sound.clear()
        self.picture, self.pictured_at = b"", 0.0


class Hearing:
    """All that one connection receives: an audio and a video line for each slot, and a screen."""

    def __init__(self) -> None:
        self._pictured = asyncio.Event()
        kinds = ("audio", "video") * SLOTS + ("video",)
        self.lines = tuple(Line(kind, self._pictured) for kind in kinds)

    def of_slot(self, slot: int) -> tuple[Line, Line]:
        """Return the lines of sound and picture of a slot."""
        return self.lines[2 * slot], self.lines[2 * slot + 1]

    def heard(self, slot: int) -> str:
        """Return whose tone comes in a slot; empty when nothing new came."""
        sound = self.of_slot(slot)[0].sound
        return tone_of_packets(tuple(sound)) if len(sound) == LISTENING else ""

    def seen(self, slot: int) -> str:
        """Return whose colour comes in a slot."""
        picture = self.of_slot(slot)[1].picture
        return colour_of_keyframe(picture) if picture else ""

    async def first_picture(self) -> float:
        """Wait for the first whole keyframe; return when it was there (monotonic seconds)."""
        await self._pictured.wait()
        return min(line.pictured_at for line in self.lines if line.pictured_at)

    def arrivals(self) -> list[Arrival]:
        return sorted((a for line in self.lines for a in line.arrivals), key=lambda arrival: arrival.at)

    def forget(self) -> None:
        self._pictured.clear()
        for line in self.lines:
            line.forget()
