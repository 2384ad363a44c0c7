"""The copy of a segment: the same frames, an index, and nothing of it unless the original is right."""

import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import pytest

from cases.ids import ObjectId, SegmentId, new_id
from recordings.copies import Copy, NoCopy, NotCopied
from recordings.copy_process import order_of
from recordings.copying import make_copy
from recordings.copyist import Copyist
from recordings.model import EndCause, Segment, Track
from recordings.recovery import orphans
from recordings.vault import Vault
from tests.builders.recordings import EPOCH, KEY, ROOM, SEAT, play
from tests.builders.written import (
    Block,
    content,
    decoded,
    files_of,
    full_disk,
    keep,
    pictures,
    probed,
    sounds,
    write,
)

LONG = 30.0  # seconds


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "objects", KEY)


@pytest.fixture
def segment(vault: Vault) -> Segment:
    return write(vault, [*sounds(4), *pictures(4)])


def copied(vault: Vault, segment: Segment) -> Copy:
    return make_copy(vault, segment, ObjectId(new_id()))


def frames(file: bytes) -> list[tuple[int, int | None, bytes]]:
    with av.open(io.BytesIO(file), "r") as opened:
        return [(p.stream_index, p.pts, bytes(p)) for p in opened.demux() if p.size]


# What it is.


@pytest.mark.parametrize("tracks", [{Track.AUDIO}, {Track.VIDEO}, {Track.AUDIO, Track.VIDEO}])
def test_a_copy_has_every_frame_of_its_original_as_it_was(vault: Vault, tracks: set[Track]) -> None:
    original = write(vault, [block for block in (*sounds(4), *pictures(4)) if block[0] in tracks])
    copy = copied(vault, original)
    before, after = content(vault, original.object), content(vault, copy.object)
    assert frames(after) == frames(before)
    assert len(frames(after)) == copy.figures.blocks > 0
    assert play(after) == play(before)


@pytest.mark.parametrize("tracks", [{Track.AUDIO}, {Track.VIDEO}, {Track.AUDIO, Track.VIDEO}])
def test_debians_ffmpeg_reads_a_copy_without_a_complaint_and_knows_how_long_it_is(
    vault: Vault, tmp_path: Path, tracks: set[Track]
) -> None:
    original = write(vault, [block for block in (*sounds(4), *pictures(4)) if block[0] in tracks])
    file = tmp_path / "copy.webm"
    file.write_bytes(content(vault, copied(vault, original).object))
    found = probed(file)
    assert float(found["format"]["duration"]) == original.media_ms / 1000
    assert len(found["streams"]) == len(tracks)
    if Track.VIDEO in tracks:
        assert decoded(file) == 100
        assert decoded(file, seek=3.0) == 25


class Counted(io.BytesIO):
    """A file that knows how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


def read_to_reach(file: bytes, second: float) -> tuple[float, int]:
    """Seek as a player does; return the time that was reached, and how many bytes that took."""
    counted = Counted(file)
    with av.open(counted, "r", buffer_size=4096) as opened:
        video = opened.streams.video[0]
        opened.seek(int(second * 1000), stream=video)
        reached = next(p.pts for p in opened.demux(video) if p.pts is not None)
        return reached * float(video.time_base or 0), counted.taken


def test_a_player_reaches_any_moment_of_a_copy_without_reading_what_is_before(vault: Vault) -> None:
    original = write(vault, [*sounds(LONG), *pictures(LONG)])
    file = content(vault, copied(vault, original).object)
    for second in (25.5, 10.0, 29.9, 0.0):
        reached, taken = read_to_reach(file, second)
        assert reached == pytest.approx(int(second), abs=0.05)  # a keyframe a second
        assert taken < len(file) / 5


def test_a_copy_says_what_it_is_and_is_not_taken_for_a_segment(vault: Vault, segment: Segment) -> None:
    copy = copied(vault, segment)
    with vault.open(copy.object) as reader:
        assert json.loads(reader.about) == {"kind": "copy", "segment": segment.id, "of": segment.object}
        assert (reader.sha256(), reader.size) == (copy.sha256, copy.bytes)
    assert orphans(vault, {segment.object}, EPOCH + timedelta(days=1)) == []


def test_equal_originals_give_equal_copies(vault: Vault, segment: Segment) -> None:
    first, second = copied(vault, segment), copied(vault, segment)
    assert first.object != second.object
    assert replace(first, object=second.object) == second


def test_what_a_kill_left_of_a_segment_is_copied_too(vault: Vault) -> None:
    original = write(vault, [*sounds(4), *pictures(4)], cut_off=True)
    file = content(vault, copied(vault, original).object)
    assert frames(file) == frames(content(vault, original.object))


def test_a_segment_that_was_cut_off_before_its_first_cluster_has_an_empty_copy(vault: Vault) -> None:
    whole = write(vault, sounds(1))
    with vault.open(whole.object) as reader:
        head = next(reader.records())
    begun = Segment(
        SegmentId(new_id()), ROOM, SEAT, ObjectId(new_id()), EPOCH, ended_at=EPOCH, cause=EndCause.CRASH
    )
    total = keep(vault, begun, [head], cut_off=True)
    copy = copied(vault, replace(begun, sha256=total.sha256, bytes=total.size))
    assert (copy.figures.media_ms, copy.figures.blocks) == (0, 0)


# What is found.


def figures_of(vault: Vault, blocks: list[Block]) -> Any:
    return copied(vault, write(vault, blocks)).figures


def test_a_segment_without_a_flaw_has_figures_that_say_so(vault: Vault) -> None:
    found = figures_of(vault, [*sounds(4), *pictures(4)])
    assert (found.media_ms, found.wall_ms, found.blocks) == (4000, 4000, 300)
    assert (found.keyframes, found.keyframe_ms) == (4, 960)
    assert (found.sound_gaps, found.picture_gaps) == (0, 0)


def test_a_hole_in_the_sound_is_found_in_the_middle_and_at_the_end(vault: Vault) -> None:
    blocks = [b for b in (*sounds(6), *pictures(6)) if b[0] is Track.VIDEO or not 2000 <= b[1] < 3500]
    found = figures_of(vault, [b for b in blocks if b[0] is Track.VIDEO or b[1] < 5000])
    assert (found.sound_gaps, found.sound_gap_ms) == (2, 1500 + 960)
    assert found.picture_gaps == 0


def test_silence_that_a_sender_announced_is_no_hole(vault: Vault) -> None:
    """DTX: a packet of a byte or two, then nothing, and another one every 400 ms."""
    quiet: list[Block] = [(Track.AUDIO, ms, b"\xfc", True) for ms in range(1000, 3000, 400)]
    assert figures_of(vault, [*sounds(1), *quiet, *sounds(1, start=3)]).sound_gaps == 0
    loud: list[Block] = [(Track.AUDIO, ms, b"\xfc" * 9, True) for ms in range(1000, 3000, 400)]
    assert figures_of(vault, [*sounds(1), *loud, *sounds(1, start=3)]).sound_gaps == 5


def test_a_silence_that_nobody_repeats_is_a_hole(vault: Vault) -> None:
    found = figures_of(vault, [*sounds(1), (Track.AUDIO, 1000, b"\xfc", True), *sounds(1, start=3)])
    assert (found.sound_gaps, found.sound_gap_ms) == (1, 1980)


def test_a_camera_that_was_off_is_a_hole_and_makes_no_keyframe_late(vault: Vault) -> None:
    found = figures_of(vault, [*sounds(8), *pictures(2), *pictures(2, start=6)])
    assert (found.picture_gaps, found.picture_gap_ms) == (1, 4040)
    assert found.keyframe_ms == 960


def test_the_longest_way_from_a_keyframe_is_found(vault: Vault) -> None:
    assert figures_of(vault, pictures(6, every=75)).keyframe_ms == 2960


# What yields no copy.


def assert_none(vault: Vault, segment: Segment, reason: NoCopy) -> None:
    """No copy is made for this reason; nothing is left of it, and nothing else is touched."""
    before = files_of(vault._folder)
    with pytest.raises(NotCopied) as refused:
        copied(vault, segment)
    assert refused.value.reason is reason
    assert files_of(vault._folder) == before


def test_the_original_is_not_touched(vault: Vault, segment: Segment) -> None:
    before = files_of(vault._folder)
    copied(vault, segment)
    after = files_of(vault._folder)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("at", [30, 300, -2000, -30])
def test_an_original_with_a_changed_byte_yields_no_copy(vault: Vault, segment: Segment, at: int) -> None:
    (path,) = vault._folder.glob(f"*/{segment.object}")
    changed = bytearray(path.read_bytes())
    changed[at] ^= 1
    path.write_bytes(changed)
    assert_none(vault, segment, NoCopy.ALTERED)


def test_an_original_whose_row_says_another_hash_yields_no_copy(vault: Vault, segment: Segment) -> None:
    assert_none(vault, replace(segment, sha256="ab" * 32), NoCopy.ALTERED)


def test_an_original_that_was_cut_short_yields_no_copy(vault: Vault, segment: Segment) -> None:
    (path,) = vault._folder.glob(f"*/{segment.object}")
    path.write_bytes(path.read_bytes()[:-3000])
    assert_none(vault, segment, NoCopy.ALTERED)
    assert_none(vault, replace(segment, cause=EndCause.CRASH), NoCopy.ALTERED)


def test_an_original_that_is_gone_yields_no_copy(vault: Vault, segment: Segment) -> None:
    vault.delete(segment.object)
    assert_none(vault, segment, NoCopy.MISSING)


@pytest.mark.parametrize("off", [-3, 3])
def test_media_that_are_longer_or_shorter_than_their_segment_yield_no_copy(
    vault: Vault, segment: Segment, off: int
) -> None:
    ended_at = (segment.ended_at or EPOCH) + timedelta(seconds=off)
    assert_none(vault, replace(segment, ended_at=ended_at), NoCopy.TIME)


def test_sound_whose_time_runs_backwards_yields_no_copy(vault: Vault) -> None:
    assert_none(vault, backwards(vault, sounds(2)), NoCopy.TIME)


def test_pictures_whose_time_runs_backwards_yield_no_copy(vault: Vault) -> None:
    assert_none(vault, backwards(vault, pictures(2)), NoCopy.TIME)


def backwards(vault: Vault, blocks: list[Block]) -> Segment:
    """Keep a file whose second cluster comes first: the writer orders what is in one."""
    segment = write(vault, blocks)
    with vault.open(segment.object) as reader:
        head, *clusters = reader.records()
    again = replace(segment, object=ObjectId(new_id()))
    total = keep(vault, again, [head, *reversed(clusters)])
    return replace(again, sha256=total.sha256, bytes=total.size)


@pytest.mark.parametrize(
    "records",
    [
        [b"no elements"],
        [b"\x1a\x45\xdf\xa3\x80"],
        [None, b"\x1f\x43\xb6\x75\x80"],  # a cluster without a time
        [None, b"\x1f\x43\xb6\x75\x83\xe7\x81\x00\x00"],
        [None, b"\x1f\x43\xb6\x75\x8b\xe7\x81\x00\xa3\x40\x09\x81\x00\x00\x80\x00"],  # a block cut short
        [None, b"\x1f\x43\xb6\x75\x8b\xe7\x81\x00\xa3\x40\x05\x85\x00\x00\x80\x00"],  # of track 5
        [None, b"\x1f\x43\xb6\x75\x8b\xe7\x81\x00\xa3\x40\x04\x81\x00\x00\x80\xa3"],  # without a frame
        [None, b"\xec\x81\x00"],  # an element that is no cluster
    ],
)
def test_what_is_no_file_of_the_recorder_yields_no_copy(vault: Vault, records: list[bytes | None]) -> None:
    whole = write(vault, sounds(1))
    with vault.open(whole.object) as reader:
        head = next(reader.records())
    begun = Segment(
        SegmentId(new_id()), ROOM, SEAT, ObjectId(new_id()), EPOCH, ended_at=EPOCH, cause=EndCause.LEFT
    )
    total = keep(vault, begun, [record or head for record in records])
    assert_none(vault, replace(begun, sha256=total.sha256, bytes=total.size), NoCopy.NO_FILE)


def test_a_full_disk_leaves_the_original_and_says_so(vault: Vault, segment: Segment) -> None:
    with full_disk(segment.bytes // 2):
        assert_none(vault, segment, NoCopy.DISK_FULL)
    assert copied(vault, segment).bytes > segment.bytes


def test_a_copy_that_nobody_waits_for_gets_no_name(vault: Vault, segment: Segment) -> None:
    before = files_of(vault._folder)
    answers = iter((True,) * 8)
    with pytest.raises(NotCopied):
        make_copy(vault, segment, ObjectId(new_id()), wanted=lambda: next(answers, False))
    assert files_of(vault._folder) == before


# The process that makes it.


async def test_a_process_of_its_own_makes_the_same_copy(vault: Vault, segment: Segment) -> None:
    copy = await Copyist(vault._folder, KEY).copy(segment, 0.0)
    assert replace(copied(vault, segment), object=copy.object) == copy
    with pytest.raises(NotCopied) as refused:
        await Copyist(vault._folder, KEY).copy(replace(segment, sha256="ab" * 32), 0.0)
    assert refused.value.reason is NoCopy.ALTERED


def begun_copy(vault: Vault, segment: Segment) -> "subprocess.Popen[bytes]":
    """Begin a copy that rests after each record and return when it writes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "recordings.copy_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert process.stdin is not None
    process.stdin.write(order_of(vault._folder, KEY, segment, ObjectId(new_id()), 300.0))
    process.stdin.flush()
    while not list(vault._folder.glob("*/*.new")):
        assert process.poll() is None
    return process


def test_a_copy_ends_with_the_service_that_asked_for_it_and_leaves_nothing(
    vault: Vault, segment: Segment
) -> None:
    before = files_of(vault._folder)
    process = begun_copy(vault, segment)
    out, _ = process.communicate()  # closes stdin, as the end of whoever asked does
    assert json.loads(out) == {"reason": "stopped"}
    assert files_of(vault._folder) == before


def test_a_copy_lets_everybody_else_go_first(vault: Vault, segment: Segment) -> None:
    process = begun_copy(vault, segment)
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == 19
    told = subprocess.run(["ionice", "-p", str(process.pid)], capture_output=True, text=True, check=True)
    assert told.stdout == "idle\n"
    process.communicate()


def test_half_a_copy_of_a_killed_process_is_no_object_and_is_swept(vault: Vault, segment: Segment) -> None:
    before = files_of(vault._folder)
    process = begun_copy(vault, segment)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert set(vault.objects()) == {segment.object}
    assert vault.sweep() == 1
    assert files_of(vault._folder) == before
