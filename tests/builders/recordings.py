"""A recorder on simulated time, a seat that sends to it, and a player."""

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import av.logging

from cases.ids import RoomId, SeatId, SegmentId
from recordings.model import EndCause, Segment, Track
from recordings.recorder import TICK, Recorder
from recordings.tape import Tape
from recordings.vault import Vault
from tests.builders.rtp import AUDIO_RATE, VIDEO_RATE, Cut, Encoded, Packetizer, ntp

KEY = bytes(range(32))
EPOCH = datetime(2025, 6, 3, 1, 0, tzinfo=UTC)
ROOM, SEAT = RoomId("room"), SeatId("seat")


@dataclass
class FakeRegister:
    """Segments in memory, in the order in which they were told of."""

    began_ids: list[SegmentId] = field(default_factory=list)
    rows: dict[SegmentId, Segment] = field(default_factory=dict)
    failures: int = 0
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def began(self, segment: Segment) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the database is away")
        self.began_ids.append(segment.id)
        self.rows[segment.id] = segment
        self.told.set()

    async def ended(self, segment: Segment) -> None:
        self.rows[segment.id] = segment

    @property
    def segments(self) -> list[Segment]:
        return sorted(self.rows.values(), key=lambda s: s.started_at)


class Studio:
    """A recorder whose time is `now` (seconds), counted from EPOCH on the server's clock."""

    def __init__(self, folder: Path) -> None:
        self.now = 1000.0
        self.vault = Vault(folder, KEY)
        self.register = FakeRegister()
        self.recorder = Recorder(self.vault, self.register, self.wall, lambda: self.now)
        self.asked: list[float] = []
        self.faults: list[SeatId] = []
        self.recorder.on_fault = lambda _room, seat: self.faults.append(seat)

    def wall(self) -> datetime:
        return EPOCH + timedelta(seconds=self.now)

    def start(self, seat: SeatId = SEAT, picture: Track = Track.VIDEO) -> Tape:
        return self.recorder.start(ROOM, seat, lambda: self.asked.append(self.now), picture)

    async def end(self, tape: Tape, cause: EndCause = EndCause.CLOSED) -> list[Segment]:
        tape.stop(cause)
        await self.recorder.drain()
        return self.register.segments

    def content(self, segment: Segment) -> bytes:
        with self.vault.open(segment.object, unfinished=segment.cut_off) as reader:
            return reader.read(0, reader.size)

    def play(self, tape: Tape, *sources: "Sender") -> None:
        """Let everything the senders send arrive, with the recorder's ticks."""
        arrivals = sorted((a for s in sources for a in s.sent), key=lambda a: a.at)
        tick = self.now + TICK
        for arrival in arrivals:
            while tick <= arrival.at:
                self.now = max(self.now, tick)
                tape.tick(self.now)
                tick += TICK
            self.now = max(self.now, arrival.at)
            arrival.give(tape)


@dataclass
class Arrival:
    at: float
    give: Callable[[Tape], None]


class Sender:
    """One track as it arrives: frame times count from `origin` on the studio's time.

    `ahead` is how far the sender's NTP clock is before the server's; `delay` the way, seconds.
    """

    def __init__(
        self, kind: str, frames: tuple[Encoded, ...], *, origin: float,
        delay: float = 0.03, ahead: float = 0.0, reports: bool = True,
        start: float = 0.0,
    ) -> None:  # fmt: skip
        rate = AUDIO_RATE if kind == "audio" else VIDEO_RATE
        self.packets = Packetizer(rate)
        self.sent: list[Arrival] = []
        self._kind = kind
        next_report = start
        for frame in frames:
            if frame.at < start:
                continue
            cut = [self.packets.opus(frame)] if kind == "audio" else self.packets.vp8(frame)
            for number, packet in enumerate(cut):
                self.packet(packet, origin + frame.at + delay + number * 0.0002)
            if reports and frame.at >= next_report:
                next_report += 1.0
                self.report(
                    ntp(origin + frame.at + ahead), self.packets.stamp(frame.at), origin + frame.at + delay
                )

    def packet(self, packet: Cut, at: float) -> None:
        number, time, mark, payload = packet
        self.sent.append(
            Arrival(at, lambda tape: getattr(tape, self._kind).rtp(mark, number, time, payload, at))
        )

    def report(self, stamp: int, time: int, at: float) -> None:
        self.sent.append(Arrival(at, lambda tape: getattr(tape, self._kind).sender_report(stamp, time, at)))


@dataclass
class Played:
    """What a player makes of a file: times of frames in seconds, and everything it complained of."""

    video: list[float] = field(default_factory=list)
    audio: list[float] = field(default_factory=list)
    sizes: set[tuple[int, int]] = field(default_factory=set)
    samples: int = 0
    complaints: list[str] = field(default_factory=list)


def play(content: bytes) -> Played:
    """Decode a whole file; whatever FFmpeg warns of is in `complaints`."""
    played = Played()
    before = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture(local=False) as logs, av.open(io.BytesIO(content), "r") as file:
            for packet in file.demux():
                for frame in packet.decode():
                    if isinstance(frame, av.VideoFrame):
                        played.video.append(frame.time or 0.0)
                        played.sizes.add((frame.width, frame.height))
                    elif isinstance(frame, av.AudioFrame):
                        played.audio.append(frame.time or 0.0)
                        played.samples += frame.samples
        played.complaints = [text for _, _, text in logs]
    finally:
        av.logging.set_level(before)
    return played
