"""What one seat sends from one start to one stop: packets in, segments out.

A segment begins when every track that sends can be placed in time, or after three seconds; until then
its frames are held. It ends, and the next begins, when a track joins or its frame size changes.
Nothing here blocks, and nothing here raises into the path of a packet: what comes in is only put down,
and worked on ten times a second, which is several times cheaper than one by one between the packets
that are forwarded.
"""

import logging
from collections.abc import Callable
from typing import Final, NamedTuple

from cases.ids import RoomId, SeatId
from recordings.frames import Frame, Packet, Reorder, Vp8Frames
from recordings.model import EndCause, Track
from recordings.take import Take
from recordings.timeline import SeatClock, TrackTimeline

HOLD: Final = 3.0  # seconds to wait for the first sender reports
LEAST_HOLD: Final = 0.5  # so that tracks which start together share a file
MOST_HELD: Final = 8 * 2**20  # bytes
MOST_WAITING: Final = 2048  # packets put down and not worked on: ten seconds of a camera, if a tick is late
KEYFRAME_EVERY: Final = 4.0  # seconds
ASK_AGAIN: Final = 1.0  # seconds, while nothing can be recorded without a keyframe
ASK_LEAST: Final = 0.3  # seconds between two requests
SENDING: Final = 2.0  # seconds; a camera that sent nothing for so long is off

AUDIO_RATE: Final = 48000
VIDEO_RATE: Final = 90000

_log = logging.getLogger(__name__)

Report = tuple[int, int, float]  # NTP time (32.32), RTP time, monotonic arrival
Interval = tuple[()]  # media time was joined to what was before
Begin = Callable[["Tape", frozenset[Track], tuple[int, int] | None, float], Take]


class TrackInput:
    """Where one track of a seat comes in: RTP packets and sender reports, on the event loop."""

    def __init__(self, tape: "Tape", track: Track, timeline: TrackTimeline) -> None:
        self.track = track
        self.timeline = timeline
        self.frames = None if track is Track.AUDIO else Vp8Frames()
        self.seen_at: float | None = None  # arrival of the last packet
        self._tape: Tape | None = tape  # until it has ended
        self._first = True
        if track is Track.AUDIO:
            self.reorder = Reorder(self._audio, most=16, patience=0.25)
        else:
            self.reorder = Reorder(self._video, most=128, patience=0.5)

    def rtp(self, mark: int, sequence: int, timestamp: int, payload: bytes, arrived: float) -> None:
        """Take in a packet: marker bit (not 0), 16-bit number, 32-bit media time, payload without padding,
        and when it arrived (monotonic seconds).
        """
        if self._tape is not None:
            self._tape.put((self, (sequence, timestamp, mark, payload, arrived)))

    def begin(self) -> None:
        """Begin an interval: what comes next was joined to what was before by when it arrived."""
        if self._tape is not None:
            self._tape.put((self, ()))

    def sender_report(self, ntp: int, rtp_time: int, arrived: float) -> None:
        """Take in a sender report of this track: 64-bit NTP and 32-bit RTP time, monotonic arrival.

        Right after the start the source's latest report may be given once more, with its own arrival:
        then nothing needs to be held.
        """
        if self._tape is not None:
            self._tape.put((self, (ntp, rtp_time, arrived)))

    def take(self, arrival: Packet | Report | Interval) -> None:
        """Work on what came in."""
        if not arrival:
            self.reorder.flush()
            self.timeline.begin()
            return
        if len(arrival) == 3:  # noqa: PLR2004
            self.timeline.report(*arrival)
            return
        if self.seen_at is None and self.frames is not None and self._tape is not None:
            self._tape.ask_keyframe(arrival[4])
        self.seen_at = arrival[4]
        self.reorder.push(arrival)

    def close(self) -> None:
        """Take nothing more: a tape that has ended and its inputs do not keep each other."""
        self._tape = None
        self.reorder.close()

    def sending(self, now: float) -> bool:
        return self.seen_at is not None and now - self.seen_at <= SENDING

    def _audio(self, packet: Packet, _after_gap: bool) -> None:
        _, time, _, payload, arrived = packet
        if not payload or self._tape is None:
            return
        if self._first:  # its redundancy repeats what was said before the start (RFC 6716 section 2.1.7)
            self._first = False
            return
        self._tape.frame(self, Frame(time, arrived, payload, True))

    def _video(self, packet: Packet, after_gap: bool) -> None:
        frames = self.frames
        if frames is None or self._tape is None:
            return
        waited = frames.waiting
        frame = frames.push(packet, after_gap)
        if frame is not None:
            self._tape.frame(self, frame)
        elif frames.waiting and not waited:
            self._tape.ask_keyframe(packet[4])


Arrival = tuple[TrackInput, Packet | Report | Interval]


class _Held(NamedTuple):
    source: TrackInput
    frame: Frame


class Tape:
    """Records one seat until `stop`. Made by `Recorder.start`; to be used on the event loop only.

    `picture`: what comes in as `video`, the person's camera or the screen that they share.
    """

    def __init__(
        self,
        room: RoomId,
        seat: SeatId,
        started: float,
        request_keyframe: Callable[[], None],
        picture: Track = Track.VIDEO,
        *,
        begin: Begin,
        over: Callable[["Tape", EndCause], None],
    ) -> None:
        self.room = room
        self.seat = seat
        self.ended = False
        self._faulted = False
        self._started = started
        self._request_keyframe = request_keyframe
        self._begin = begin
        self._over = over
        self._clock = SeatClock()
        self.audio = TrackInput(self, Track.AUDIO, self._fresh_timeline(Track.AUDIO))
        self.video = TrackInput(self, picture, self._fresh_timeline(picture))
        self._inbox: list[Arrival] = []
        self._held: list[_Held] = []
        self._held_bytes = 0
        self._take: Take | None = None
        self._asked_at = float("-inf")
        self._key_at = started
        self.ask_keyframe(started)

    def stop(self, cause: EndCause) -> None:
        """End the recording now: nothing that comes later is in it. What is open is closed elsewhere."""
        self._work()
        if self.ended:
            return
        try:
            self.audio.reorder.flush()
            self.video.reorder.flush()
            self._open()
        except Exception:  # noqa: BLE001 - the tape ends, the call goes on
            _log.exception("the end of the tape of seat %s is lost", self.seat)
            self.fault()
        else:
            self._end(cause)

    def fault(self) -> None:
        """End the recording because it cannot go on; say so even if it was stopped before."""
        if self._faulted:
            return
        self._faulted = True
        if self.ended:
            self._over(self, EndCause.FAULT)
        else:
            self._end(EndCause.FAULT)

    def put(self, arrival: Arrival) -> None:
        """Put down what came in, to be worked on at the next tick."""
        if self.ended:
            return
        self._inbox.append(arrival)
        if len(self._inbox) >= MOST_WAITING:
            self._work()

    def tick(self, now: float) -> None:
        """Do what came in, and what time brings: give up on packets, end the hold, write, ask for keyframes."""
        self._work()
        if self.ended:
            return
        try:
            self.audio.reorder.expire(now)
            self.video.reorder.expire(now)
            if self._held and self._may_open(now):
                self._open()
            if self._take is not None:
                self._take.tick(now)
            self._tick_keyframe(now)
        except Exception:  # noqa: BLE001 - the tape ends, the call goes on
            _log.exception("the tape of seat %s stopped", self.seat)
            self.fault()

    def _work(self) -> None:
        inbox, self._inbox = self._inbox, []
        try:
            for source, arrival in inbox:
                if self.ended:
                    return
                source.take(arrival)
        except Exception:  # noqa: BLE001 - the tape ends, the call goes on
            _log.exception("a packet stopped the tape of seat %s", self.seat)
            self.fault()

    def frame(self, source: TrackInput, frame: Frame) -> None:
        """Take in a frame, next in order on its track."""
        if frame.key and source is self.video:
            self._key_at = frame.arrived
        if self._take is not None and self._fits(self._take, source, frame):
            self._take.add(source.track, source.timeline.at(frame.time, frame.arrived), frame)
            return
        if self._take is not None or (frame.size is not None and self._held_size() not in {None, frame.size}):
            self._roll(frame.arrived, keyed=frame.size is not None)
        if source is self.audio or frame.size is not None or self._held_size() is not None:
            source.timeline.see(frame.time, frame.arrived)
            self._held.append(_Held(source, frame))
            self._held_bytes += len(frame.data)
        if self._may_open(frame.arrived):
            self._open()

    def _roll(self, now: float, *, keyed: bool) -> None:
        """End the segment, if there is one; the next frames begin another, where pictures need a keyframe.

        `keyed`: the frame that made the change is one.
        """
        self._open()
        if self._take is not None:
            self._take.finish(EndCause.STREAM_CHANGED)
            self._take = None
        if not keyed and self.video.frames is not None:
            self.video.frames.lose()
            if self.video.sending(now):
                self.ask_keyframe(now)

    def _fresh_timeline(self, track: Track) -> TrackTimeline:
        return TrackTimeline(AUDIO_RATE if track is Track.AUDIO else VIDEO_RATE, self._clock)

    def ask_keyframe(self, now: float) -> None:
        """Ask for a keyframe, unless it was asked for just now."""
        if now - self._asked_at < ASK_LEAST:
            return
        self._asked_at = now
        try:
            self._request_keyframe()
        except Exception:  # noqa: BLE001 - the caller's code
            _log.exception("no keyframe can be asked of seat %s", self.seat)

    def _fits(self, take: Take, source: TrackInput, frame: Frame) -> bool:
        if source.track not in take.segment.tracks:
            return False
        return frame.size is None or frame.size == take.size

    def _held_size(self) -> tuple[int, int] | None:
        return next((held.frame.size for held in self._held if held.frame.size is not None), None)

    def _may_open(self, now: float) -> bool:
        if not self._held:
            return False
        waited = now - self._held[0].frame.arrived
        if waited >= HOLD or self._held_bytes > MOST_HELD:
            return True
        if waited < LEAST_HOLD:
            return False
        sources = {held.source for held in self._held}
        sending = {source for source in (self.audio, self.video) if source.sending(now)}
        return sending <= sources and all(source.timeline.reported for source in sources)

    def _open(self) -> None:
        """Begin a segment with what is held, in the order of capture."""
        if not self._held:
            return
        held, self._held, self._held_bytes = self._held, [], 0
        placed = [(h.source.timeline.at(h.frame.time, h.frame.arrived), h) for h in held]
        placed = self._after_start(placed)
        if not placed:
            return
        placed.sort(key=lambda one: one[0])
        tracks = frozenset(h.source.track for _, h in placed)
        if any(h.source is self.audio for h in held):  # its later frames must not end what begins here
            tracks |= {Track.AUDIO}
        size = next((h.frame.size for _, h in placed if h.frame.size is not None), None)
        self._take = self._begin(self, tracks, size, placed[0][0])
        for at, h in placed:
            self._take.add(h.source.track, at, h.frame)

    def _after_start(self, placed: list[tuple[float, _Held]]) -> list[tuple[float, _Held]]:
        """Leave out what was captured before the start and came late; pictures need their keyframe."""
        kept: list[tuple[float, _Held]] = []
        keyed = False
        for at, held in placed:
            if held.source is self.video:
                keyed = keyed or (held.frame.key and at >= self._started)
            if keyed if held.source is self.video else at >= self._started:
                kept.append((at, held))
        if not keyed and self.video.frames is not None:
            self.video.frames.lose()
        return kept

    def _tick_keyframe(self, now: float) -> None:
        frames = self.video.frames
        if frames is None or not self.video.sending(now):
            return
        every = ASK_AGAIN if frames.waiting else KEYFRAME_EVERY
        if now - max(self._asked_at, self._key_at) >= every:
            self.ask_keyframe(now)

    def _end(self, cause: EndCause) -> None:
        self.ended = True
        self._held = []
        if self._take is not None:
            self._take.finish(cause)
            self._take = None
        self.audio.close()
        self.video.close()
        self._over(self, cause)
