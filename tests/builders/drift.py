"""People with clocks and lines of their own, whose media are recorded in simulated time.

What they send goes through sources and links as in a room, so that intervals, repairs and the first report
of a tape are the real ones. Each packet of sound and each picture says in its payload when it was captured,
on the server's clock; `tests/builders/landmarks.py` reads that back.
"""

import heapq
import random
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from cases.ids import SeatId
from recordings.model import EndCause, Segment
from recordings.recorder import TICK
from recordings.tape import Tape
from rooms.edges import RECORDER, Kind
from signaling.link import Outlet
from signaling.rtcp import SenderReport
from signaling.rtp import MARK, Repeat
from signaling.source import CLOCK_RATE, Source
from tests.builders.recordings import ROOM, Studio
from tests.builders.rtp import ntp

CAPTURED: Final = struct.Struct(">d")  # the last bytes of each frame
PIECE: Final = 0.02  # seconds of one packet of sound
PICTURE: Final = 0.04
QUIET: Final = 20  # pieces: in silence Opus sends one of so many (DTX)
LOSS, DOUBLED, LATE_REPORTS, LOST_REPORTS = 0.02, 0.01, 0.05, 0.02
REPAIRED_AFTER: Final = 0.12
JITTER: Final = 0.06  # seconds, at most
SIZE: Final = (640, 360)

Span = tuple[float, float]  # seconds from the beginning


@dataclass(frozen=True, slots=True)
class Sitter:
    """Who sends. Times are seconds from the beginning, on the server's clock.

    `ahead`: how far the clock that the reports show is before the server's; `drift` and `sound_drift`: how
    much faster it, and the sound card, run. `way`: the least delay of sound and of pictures. `camera` is
    on in these spans, the microphone but for `muted`. `lies`: from when the next report of each track is
    wrong, and by how much. `renewed`: when each track goes on under another SSRC.
    """

    name: str
    ahead: float = 0.0
    drift: float = 0.0
    sound_drift: float = 0.0
    way: tuple[float, float] = (0.02, 0.03)
    camera: tuple[Span, ...] = ((0.0, float("inf")),)
    muted: tuple[Span, ...] = ()
    reports_from: float = 0.0
    lies: tuple[tuple[float, float], ...] = ()
    first_reports_late: float = 0.0
    renewed: tuple[float, ...] = ()
    turned: tuple[float, ...] = ()  # when the phone is turned: another size of picture
    talks: tuple[float, float, float] = (4.0, 10.0, 0.0)  # for so long, each so many seconds, from


@dataclass
class Timetable:
    """What happens when, in simulated time."""

    now: float
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _order: Iterable[int] = field(default_factory=count)

    def at(self, when: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, (when, next(iter(self._order)), do))

    def run(self, until: float, moved: Callable[[float], None]) -> None:
        while self._due and self._due[0][0] <= until:
            when, _, do = heapq.heappop(self._due)
            self.now = max(self.now, when)
            moved(self.now)
            do()


class Stream:
    """One track of a person: captures, packets, a line, reports; answers requests of the server."""

    def __init__(self, kind: Kind, who: Sitter, table: Timetable, chance: random.Random) -> None:
        self.kind = kind
        self._who = who
        self._table = table
        self._chance = chance
        self._began = table.now
        self._size = SIZE
        self._rate = CLOCK_RATE[kind]
        self._drift = who.drift if kind is Kind.CAMERA else who.sound_drift
        self._way = who.way[kind is Kind.CAMERA]
        self._lies = list(who.lies)
        self._renewals = list(who.renewed)
        self._key_wanted = True
        self._pictures = 0
        self._late = who.first_reports_late
        self.source = Source(kind, lambda: table.now)
        self.source.upstream = self
        self._renew()
        table.at(table.now, self._capture)
        table.at(table.now + max(chance.uniform(0, 1), who.reports_from), self._report)

    def request_keyframe(self, ssrc: int) -> None:
        del ssrc
        self._key_wanted = True

    def request_again(self, ssrc: int, sequences: Iterable[int]) -> None:
        for sequence in sequences:
            kept = self._kept.get(sequence)
            if kept is not None and ssrc == self._ssrc and self._chance.random() > LOSS:
                mark, stamp, payload = kept
                when = self._table.now + REPAIRED_AFTER
                self._table.at(when, self._repair(mark, stamp, Repeat(sequence, payload), when))

    def _repair(self, mark: int, stamp: int, repeat: Repeat, when: float) -> Callable[[], None]:
        return lambda: self.source.repaired(mark, stamp, repeat, when)

    def _renew(self) -> None:
        """Begin a stream whose counters are about to wrap."""
        self._ssrc = self._chance.getrandbits(32)
        self._sequence = 0x10000 - self._chance.randint(1, 2000)
        self._origin = (1 << 32) - self._chance.randint(1, 100 * self._rate)
        self._kept: dict[int, tuple[int, int, bytes]] = {}

    def _stamp(self, at: float) -> int:
        return (self._origin + round((at - self._began) * (1 + self._drift) * self._rate)) & 0xFFFF_FFFF

    def _capture(self) -> None:
        now, since = self._table.now, self._table.now - self._began
        if self._renewals and since >= self._renewals[0]:
            del self._renewals[0]
            self._renew()
        if self.kind is Kind.MIC:
            self._listen(now, since)
        elif any(a <= since < b for a, b in self._who.camera):
            self._look(now, since)
        every = PIECE if self.kind is Kind.MIC else PICTURE
        # its own clock makes the frames: a fast one makes more of them
        self._table.at(now + every / (1 + self._drift), self._capture)

    def _listen(self, now: float, since: float) -> None:
        talking, each, begin = self._who.talks
        if (since - begin) % each < talking or round(since / PIECE) % QUIET == 0:
            self._send(now, [b"\x78" + CAPTURED.pack(now)], self._line())
        self.source.gate(on=not any(a <= since < b for a, b in self._who.muted))

    def _look(self, now: float, since: float) -> None:
        self._pictures += 1
        size = SIZE if sum(since >= at for at in self._who.turned) % 2 == 0 else SIZE[::-1]
        key = self._key_wanted or self._pictures % 250 == 0 or size != self._size
        self._key_wanted, self._size = False, size
        head = b"\x10\x00\x00\x9d\x01\x2a" + struct.pack("<HH", *size) if key else b"\x11\x00\x00"
        first, later = b"\x90\x80\x81\x23", b"\x80\x80\x81\x23"
        stamp = CAPTURED.pack(now)
        parts = [first + head, later + bytes(20), later + stamp] if key else [first + head + stamp]
        self._send(now, parts, self._line())

    def _line(self) -> float:
        return self._way + self._chance.random() * JITTER

    def _send(self, captured: float, parts: list[bytes], delay: float) -> None:
        stamp = self._stamp(captured)
        for number, payload in enumerate(parts, 1):
            sequence, self._sequence = self._sequence & 0xFFFF, self._sequence + 1
            mark = MARK if self.kind is Kind.CAMERA and number == len(parts) else 0
            self._kept[sequence] = (mark, stamp, payload)
            self._kept.pop((sequence - 512) & 0xFFFF, None)
            if self._chance.random() < LOSS:
                continue
            when = captured + delay + number * 0.0002
            self._table.at(when, self._arrival(mark, sequence, stamp, payload, when))
            if self._chance.random() < DOUBLED:
                self._table.at(when + 0.03, self._arrival(mark, sequence, stamp, payload, when + 0.03))

    def _arrival(
        self, mark: int, sequence: int, stamp: int, payload: bytes, when: float
    ) -> Callable[[], None]:
        ssrc = self._ssrc
        return lambda: self.source.rtp(ssrc, mark, sequence, stamp, payload, when)

    def _report(self) -> None:
        """Say which of its times is now, and again in one to five seconds."""
        now, since, chance = self._table.now, self._table.now - self._began, self._chance
        lie = 0.0
        if self._lies and since >= self._lies[0][0]:
            lie = self._lies.pop(0)[1]
        own = now + self._who.ahead + since * self._who.drift + lie
        report = SenderReport(self._ssrc, ntp(own), self._stamp(now), 0, 0)
        late = self._late or (chance.uniform(0.5, 2.0) if chance.random() < LATE_REPORTS else 0.0)
        self._late = 0.0
        when = now + self._line() + late
        if chance.random() > LOST_REPORTS:
            self._table.at(when, lambda: self.source.sender_report(report, when))
        self._table.at(now + chance.uniform(1, 5), self._report)


class Sitting:
    """People who are recorded; `record` stops every tape in `paused` spans and starts it again after them."""

    def __init__(self, studio: Studio, sitters: Iterable[Sitter], seed: int = 1) -> None:
        self._studio = studio
        self._table = Timetable(studio.now)
        self._began = studio.now
        self._streams: Mapping[SeatId, tuple[Stream, Stream]] = {
            SeatId(who.name): (
                Stream(Kind.MIC, who, self._table, random.Random(f"{seed} {who.name} sound")),
                Stream(Kind.CAMERA, who, self._table, random.Random(f"{seed} {who.name} pictures")),
            )
            for who in sitters
        }
        self._tapes: list[Tape] = []
        self._table.at(studio.now + TICK, self._tick)

    async def record(self, seconds: float, paused: Iterable[Span] = ()) -> list[Segment]:
        """Let so much time pass; return what was recorded."""
        self._start()
        for begin, end in paused:
            self._table.at(self._began + begin, self._pause)
            self._table.at(self._began + end, self._start)
        self._table.run(self._began + seconds, self._moved)
        self._stop(EndCause.CLOSED)
        await self._studio.recorder.drain()
        return self._studio.register.segments

    def _moved(self, now: float) -> None:
        self._studio.now = now

    def _tick(self) -> None:
        now = self._table.now
        for streams in self._streams.values():
            for stream in streams:
                stream.source.ask_if_needed()
        for tape in self._tapes:
            tape.tick(now)
        self._table.at(now + TICK, self._tick)

    def _start(self) -> None:
        for seat, (sound, pictures) in self._streams.items():
            tape = self._studio.recorder.start(ROOM, seat, pictures.source.want_keyframe)
            self._tapes.append(tape)
            for stream, track in ((sound, tape.audio), (pictures, tape.video)):
                rate = CLOCK_RATE[stream.kind]
                outlet = Outlet(
                    ssrc=0, clock_rate=rate, send=track.rtp, report=track.sender_report, begin=track.begin
                )
                outlet.sequence, outlet.timestamp = 0x7FFF, (1 << 32) - 40 * rate  # both wrap soon
                stream.source.install({RECORDER: outlet})

    def _pause(self) -> None:
        self._stop(EndCause.CAUCUS)

    def _stop(self, cause: EndCause) -> None:
        for streams in self._streams.values():
            for stream in streams:
                stream.source.install({})
        for tape in self._tapes:
            tape.stop(cause)
        self._tapes.clear()
