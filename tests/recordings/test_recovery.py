"""What is left of a recording when the process that made it is killed."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from cases.ids import ObjectId
from recordings.model import EndCause, Segment, Track
from recordings.recovery import orphans, recover
from recordings.vault import Vault
from tests.builders.recordings import EPOCH, KEY, Sender, Studio, play
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
