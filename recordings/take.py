"""One segment while it is being recorded: frames in, clusters to the desk."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from cases.clocks import from_iso, iso
from cases.ids import ObjectId, RoomId, SeatId, SegmentId
from recordings.desk import Desk, Reel
from recordings.frames import Frame
from recordings.model import EndCause, Segment, Track
from recordings.muxer import WebmWriter, block_end
from recordings.vault import Vault

FLUSH_AFTER: Final = 0.8  # seconds; looked at ten times in one, so that no frame waits for more

PROBE: Final = b"probe"  # what a test record says of itself: it is deleted at once, or at the next start

_ABOUT: Final = "segment"


class Take:
    """Muxes the frames of one segment. `zero` is the monotonic time at which its file begins."""

    def __init__(
        self,
        vault: Vault,
        desk: Desk,
        segment: Segment,
        *,
        size: tuple[int, int] | None,
        zero: float,
        faulted: Callable[[], None],
    ) -> None:
        self.segment = segment
        self.size = size
        self.cause: EndCause | None = None
        self.reel = Reel(vault, faulted)
        self._desk = desk
        self._zero = zero
        self._faulted = faulted
        self._muxer = WebmWriter(segment.tracks, segment.started_at, size)
        self._last: dict[Track, int] = {}  # the time of each track's last frame
        self._end_ms = 0  # of what was taken in; a frame may play for longer than the next one
        self._lost = False  # a cluster: what comes after it would stand in the wrong place
        self._cluster_since: float | None = None
        desk.submit(partial(self.reel.open, segment.object, about(segment), self._muxer.head()))

    def add(self, track: Track, at: float, frame: Frame) -> None:
        """Take in a frame captured at the monotonic time `at`. Times of a track strictly rise."""
        ms = round((at - self._zero) * 1000)
        if ms < 0:
            return
        last = self._last.get(track)
        if last is not None and ms <= last:
            ms = last + 1
        self._last[track] = ms
        done = self._muxer.add(track, ms, frame.data, key=frame.key)
        if done:
            self._write(done)
            self._cluster_since = None
        self._end_ms = max(self._end_ms, block_end(track, ms, frame.data))
        if self._cluster_since is None:
            self._cluster_since = frame.arrived

    def tick(self, now: float) -> None:
        """Write what is there when its first frame is old enough."""
        if self._cluster_since is not None and now - self._cluster_since >= FLUSH_AFTER:
            self._cluster_since = None
            self._write(self._muxer.flush())

    def unwritten(self, now: float) -> float:
        """Return the age, in seconds, of the oldest frame that was not handed to the desk."""
        return now - self._cluster_since if self._cluster_since is not None else 0.0

    def finish(self, cause: EndCause) -> None:
        """Write the rest and let the desk close the object. A second call changes nothing."""
        if self.cause is not None:
            return
        self.cause = cause
        self._cluster_since = None
        rest = self._muxer.flush()
        if rest and not self._submit(rest):
            self.cause = EndCause.FAULT
        self._desk.submit(self.reel.close)

    def _write(self, cluster: bytes) -> None:
        if not self._submit(cluster):
            self._faulted()

    def _submit(self, cluster: bytes) -> bool:
        if not self._lost:
            job = partial(self.reel.append, cluster, self._end_ms)
            self._lost = not self._desk.submit(job, len(cluster))
        return not self._lost


def about(segment: Segment) -> bytes:
    """Return what an object says of itself, so that it can be adopted when its row is lost."""
    return json.dumps({
        "kind": _ABOUT,
        "segment": segment.id,
        "room": segment.room,
        "seat": segment.seat,
        "started_at": iso(segment.started_at),
    }).encode()  # fmt: skip


def segment_of(object_id: ObjectId, described: bytes) -> Segment | None:
    """Return the segment that an object says it is; None when it is something else."""
    try:
        facts = json.loads(described)
        if facts["kind"] != _ABOUT:
            return None
        started_at: datetime = from_iso(facts["started_at"])
        names = [str(facts[key]) for key in ("segment", "room", "seat")]
    except (ValueError, KeyError, TypeError):
        return None
    return Segment(SegmentId(names[0]), RoomId(names[1]), SeatId(names[2]), object_id, started_at)
