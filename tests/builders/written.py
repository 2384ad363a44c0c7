"""A segment in a vault, of blocks that a test names, and what Debian's FFmpeg makes of a file."""

import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit
from typing import Any

from cases.ids import ObjectId, SegmentId, new_id
from recordings.model import EndCause, Segment, Track
from recordings.muxer import WebmWriter, block_end
from recordings.objects import Sum
from recordings.take import about
from recordings.vault import Vault
from tests.builders.recordings import EPOCH, ROOM, SEAT
from tests.builders.rtp import opus, vp8

Block = tuple[Track, int, bytes, bool]  # track, milliseconds, frame, whether it is a keyframe


def sounds(seconds: float, *, start: float = 0.0) -> list[Block]:
    return [(Track.AUDIO, round((start + f.at) * 1000), f.data, True) for f in opus(seconds)]


def pictures(seconds: float, *, start: float = 0.0, every: int = 25) -> list[Block]:
    frames = vp8(seconds, every=every)
    return [(Track.VIDEO, round((start + f.at) * 1000), f.data, f.key) for f in frames]


def write(vault: Vault, blocks: Iterable[Block], *, cut_off: bool = False) -> Segment:
    """Keep a file of these blocks as the recorder does; `cut_off`: as a kill leaves it."""
    blocks = sorted(blocks, key=lambda block: block[1])
    tracks = tuple(sorted({block[0] for block in blocks}))
    begun = Segment(SegmentId(new_id()), ROOM, SEAT, ObjectId(new_id()), EPOCH, tracks)
    muxer = WebmWriter(tracks, EPOCH, (192, 144) if set(tracks) - {Track.AUDIO} else None)
    parts = [muxer.head(), *(muxer.add(t, ms, data, key=key) for t, ms, data, key in blocks), muxer.flush()]
    total = keep(vault, begun, [part for part in parts if part], cut_off=cut_off)
    return ended(begun, total, max(block_end(*block[:3]) for block in blocks), cut_off=cut_off)


def keep(vault: Vault, segment: Segment, records: Iterable[bytes], *, cut_off: bool = False) -> Sum:
    writer = vault.create(segment.object, about(segment))
    for record in records:
        writer.append(record)
    total = writer.sum if cut_off else writer.close()
    writer.abandon()
    return total


def ended(segment: Segment, total: Sum, ms: int, *, cut_off: bool = False) -> Segment:
    """Return the segment as its row is afterwards."""
    return Segment(
        segment.id,
        segment.room,
        segment.seat,
        segment.object,
        segment.started_at,
        segment.tracks,
        segment.started_at + timedelta(milliseconds=ms),
        EndCause.CRASH if cut_off else EndCause.CLOSED,
        total.sha256,
        total.size,
        ms,
    )


def content(vault: Vault, object_id: ObjectId) -> bytes:
    with vault.open(object_id, unfinished=True) as reader:
        return reader.read(0, reader.size)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, whatever its name."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def full_disk(most: int) -> Iterator[None]:
    """Let the system refuse what makes a file longer than `most` bytes."""
    before = getrlimit(RLIMIT_FSIZE)
    setrlimit(RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        setrlimit(RLIMIT_FSIZE, before)


# FFmpeg of Debian, which is another one than PyAV's.


def probed(file: Path) -> dict[str, Any]:
    """Return what ffprobe says of a file; it may complain of nothing."""
    command = ["ffprobe", "-v", "warning", "-show_format", "-show_streams", "-of", "json", str(file)]
    found: dict[str, Any] = json.loads(_quiet(command))
    return found


def decoded(file: Path, *, seek: float = 0.0) -> int:
    """Decode everything from `seek` (seconds) on; return how many pictures that are."""
    command = ["ffmpeg", "-v", "warning", "-ss", str(seek), "-i", str(file), "-f", "framecrc", "-"]
    return sum(line.startswith("0,") for line in _quiet(command).splitlines())


def _quiet(command: list[str]) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stderr == "", ran.stderr
    return ran.stdout
