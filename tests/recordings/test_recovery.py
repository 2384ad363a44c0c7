"""What is left of a recording when the process that made it is killed."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cases.ids import ObjectId, SegmentId, new_id
from recordings.model import EndCause, Segment, Track
from recordings.muxer import extent
from recordings.records import LENGTH
from recordings.recovery import orphans, recover
from recordings.vault import Vault
from tests.builders.recordings import EPOCH, KEY, ROOM, SEAT, Sender, Studio, play
from tests.builders.rtp import opus, vp8

LATER = EPOCH + timedelta(days=1)

CHILD = """
import asyncio, sys
from pathlib import Path
from tests.builders.recordings import Sender, Studio
from tests.builders.rtp import opus, vp8

async def main():
    studio = Studio(Path(sys.argv[1]))
    tape = studio.start()
    origin = studio.now
    studio.play(tape, Sender("audio", opus(8), origin=origin), Sender("video", vp8(8), origin=origin))
    await studio.recorder.probe()
    (segment,) = studio.register.segments
    print(segment.id, segment.object, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def recorded(folder: Path, seconds: float = 4) -> Segment:
    """Return a segment as its row was when the process died; its object was closed."""
    studio = Studio(folder)
    tape = studio.start()
    origin = studio.now
    studio.play(
        tape, Sender("audio", opus(seconds), origin=origin), Sender("video", vp8(seconds), origin=origin)
    )
    (segment,) = await studio.end(tape)
    await studio.recorder.aclose(EndCause.SHUTDOWN)
    return segment


def as_open(segment: Segment) -> Segment:
    return replace(segment, ended_at=None, cause=None, sha256="", bytes=0, media_ms=0)


def path_of(folder: Path, segment: Segment) -> Path:
    return folder / segment.object[:2] / segment.object


def test_a_kill_leaves_an_object_that_plays_up_to_the_last_second(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    try:
        assert child.stdout is not None
        line = child.stdout.readline().split()
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.communicate()
    vault = Vault(tmp_path, KEY)
    (segment,) = orphans(vault, set(), LATER)
    assert [segment.id, segment.object] == line
    assert (segment.cause, segment.tracks) == (EndCause.CRASH, (Track.AUDIO, Track.VIDEO))
    assert segment.media_ms >= 7000
    with vault.open(segment.object, unfinished=True) as reader:
        assert (reader.closed, reader.sha256(), reader.size) == (False, segment.sha256, segment.bytes)
        played = play(reader.read(0, reader.size))
    assert played.complaints == []
    assert len(played.video) >= 175


async def test_recovery_finds_the_end_that_the_recorder_would_have_stated(tmp_path: Path) -> None:
    segment = await recorded(tmp_path)
    (found,) = recover(Vault(tmp_path, KEY), [as_open(segment)], LATER)
    assert found == replace(segment, cause=EndCause.CRASH)


async def test_a_record_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    segment = await recorded(tmp_path)
    path = path_of(tmp_path, segment)
    path.write_bytes(path.read_bytes()[:-60])
    (found,) = recover(Vault(tmp_path, KEY), [as_open(segment)], LATER)
    assert found.cause is EndCause.CRASH
    assert 2500 < found.media_ms < segment.media_ms
    assert 0 < found.bytes < segment.bytes


async def test_a_changed_record_ends_the_segment_before_it_and_is_a_fault(tmp_path: Path) -> None:
    segment = await recorded(tmp_path)
    path = path_of(tmp_path, segment)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    (found,) = recover(Vault(tmp_path, KEY), [as_open(segment)], LATER)
    assert found.cause is EndCause.FAULT
    assert 0 < found.media_ms < segment.media_ms


async def test_a_missing_object_is_a_fault_of_no_bytes(tmp_path: Path) -> None:
    segment = as_open(await recorded(tmp_path))
    gone = replace(segment, object=ObjectId("0" * 24))
    (found,) = recover(Vault(tmp_path, KEY), [gone], LATER)
    assert (found.cause, found.bytes, found.ended_at) == (EndCause.FAULT, 0, gone.started_at)


async def test_an_object_that_cannot_be_opened_is_a_fault(tmp_path: Path) -> None:
    segment = as_open(await recorded(tmp_path))
    (found,) = recover(Vault(tmp_path, bytes(32)), [segment], LATER)
    assert (found.cause, found.bytes) == (EndCause.FAULT, 0)


async def test_what_the_disk_does_not_give_back_is_a_fault_and_no_end_of_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = await recorded(tmp_path)
    half, read = path_of(tmp_path, segment).stat().st_size // 2, os.pread

    def read_half(fd: int, size: int, offset: int) -> bytes:
        if offset > half and size > LENGTH.size:
            raise OSError(errno.EIO, "a sector is gone")
        return read(fd, size, offset)

    path = path_of(tmp_path, segment)
    path.write_bytes(path.read_bytes()[:-20])  # as a kill leaves it
    monkeypatch.setattr(os, "pread", read_half)
    (found,) = recover(Vault(tmp_path, KEY), [as_open(segment)], LATER)
    assert found.cause is EndCause.FAULT
    assert 0 < found.media_ms < segment.media_ms


@pytest.mark.parametrize(
    "content",
    [
        b"no elements",
        b"\x1f\x43\xb6\x75\x84\xa3\x82\x81\x00",  # a block without a time
        b"\x1f\x43\xb6\x75\x86\xa3\x84\x85\x00\x00\x80",  # of track 5
        b"\x16\x54\xae\x6b\x84\xae\x82\xd7\x80",  # a track without a number
    ],
)
def test_an_object_that_is_no_file_of_the_recorder_is_a_fault(tmp_path: Path, content: bytes) -> None:
    vault = Vault(tmp_path, KEY)
    segment = Segment(SegmentId(new_id()), ROOM, SEAT, vault.put(content), EPOCH)
    with pytest.raises(ValueError, match=r"cut short|no track|not an element"):
        extent([content])
    (found,) = recover(vault, [segment], LATER)
    assert (found.cause, found.bytes, found.ended_at) == (EndCause.FAULT, 0, EPOCH)


async def test_a_segment_ends_with_the_sound_that_plays_longest(tmp_path: Path) -> None:
    """The last frame may end before the one in front of it does."""
    studio = Studio(tmp_path)
    tape = studio.start()
    for number, sound in enumerate((b"\xfc first, left out", b"\xfb\x06 of 120 ms", b"\xe0 of 2.5 ms")):
        tape.audio.rtp(0, number, 0, sound, studio.now)
    (segment,) = await studio.end(tape)
    await studio.recorder.aclose(EndCause.SHUTDOWN)
    with studio.vault.open(segment.object) as reader:
        assert extent(reader.records()).ms == segment.media_ms == 120


async def test_only_segments_without_a_row_are_adopted(tmp_path: Path) -> None:
    segment = await recorded(tmp_path)
    vault = Vault(tmp_path, KEY)
    vault.put(b"%PDF", b"settlement")
    assert orphans(vault, {segment.object}, LATER) == []
    (adopted,) = orphans(vault, set(), LATER)
    assert adopted == replace(segment, cause=EndCause.CRASH)


async def test_closing_leaves_no_task_and_no_thread(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    await recorded(tmp_path)
    assert asyncio.all_tasks() == before
    assert "recordings" not in {thread.name for thread in threading.enumerate()}
