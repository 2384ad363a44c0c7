"""Objects and files of the vault with anything done to them, and senders who want a file that nobody can read."""

import asyncio
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.ids import ObjectId, SegmentId, new_id
from recordings.frames import MOST_OPUS_MS
from recordings.model import EndCause, Segment, Track
from recordings.muxer import Extent, WebmWriter, extent
from recordings.records import Damaged, Foreign
from recordings.recovery import orphans, recover
from recordings.take import about
from recordings.timeline import MOST_DELAY
from recordings.vault import Vault
from tests.builders.hostile import EDGES_16, EDGES_32, mangled, payloads
from tests.builders.profiles import MORE
from tests.builders.recordings import EPOCH, KEY, ROOM, SEAT, Studio

OPUS_20_MS = b"\xfc" + bytes(30)
LATER = EPOCH + timedelta(days=1)


def webm() -> tuple[bytes, ...]:
    """Return a file of sound and pictures of three seconds, by records."""
    writer = WebmWriter((Track.AUDIO, Track.VIDEO), EPOCH, (16, 16))
    clusters = [
        writer.add(track, ms, data, key=True)
        for ms in range(0, 3000, 200)
        for track, data in ((Track.AUDIO, OPUS_20_MS), (Track.VIDEO, b"picture"))
    ]
    return (writer.head(), *filter(None, clusters), writer.flush())


FILE = webm()
FILE_OF_ONE = b"".join(FILE)


@contextmanager
def written(*, closed: bool) -> Iterator[tuple[Vault, Segment, Path, bytes]]:
    """Give a vault with a segment's object, where that is, and another object's bytes."""
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault(Path(folder), KEY)
        other = vault.put(FILE_OF_ONE, b"other")
        segment = Segment(SegmentId(new_id()), ROOM, SEAT, ObjectId(new_id()), EPOCH)
        writer = vault.create(segment.object, about(segment))
        for record in FILE:
            writer.append(record)
        if closed:
            writer.close()
        else:
            writer.abandon()
        path = Path(folder, segment.object[:2], segment.object)
        yield vault, segment, path, Path(folder, other[:2], other).read_bytes()


def beginnings() -> list[bytes]:
    """What may be read of it: its first records, none to all."""
    return [b"".join(FILE[:count]) for count in range(len(FILE) + 1)]


@settings(max_examples=120 * MORE)
@given(st.booleans(), st.data())
def test_an_object_with_anything_done_to_it_gives_what_was_written_or_is_refused(
    closed: bool, data: st.DataObject
) -> None:
    with written(closed=closed) as (vault, segment, path, foreign):
        whole = path.read_bytes()
        changed = data.draw(mangled(st.sampled_from((whole, whole, foreign))))
        path.write_bytes(changed)
        got = b""
        try:
            with vault.open(segment.object, unfinished=True) as reader:
                for record in reader.records():
                    got += record
                assert reader.sha256() == hashlib.sha256(got).hexdigest()
                assert reader.read(0, reader.size) == got
                assert not reader.closed or changed == whole
        except (Damaged, Foreign):
            pass
        assert got in beginnings()
        [found] = recover(vault, [segment], LATER)
        kept = beginnings()
        assert (found.bytes, found.sha256) in {(len(k), hashlib.sha256(k).hexdigest()) for k in kept} | {
            (0, "")
        }
        assert found.cause in {EndCause.CRASH, EndCause.FAULT}
        assert found.media_ms <= extent(FILE).ms
        adopted = {one.object: one for one in orphans(vault, set(), LATER)}
        assert set(adopted) <= {segment.object}
        assert all(one == replace(found, id=one.id) for one in adopted.values())


@settings(max_examples=300 * MORE)
@given(mangled(st.just(FILE_OF_ONE), edits=4))
def test_a_file_is_measured_or_is_none(content: bytes) -> None:
    try:
        measured = extent([content])
    except ValueError:
        return
    assert isinstance(measured, Extent)
    assert set(measured.tracks) <= set(Track)


# Senders.

Arrivals = st.lists(
    st.one_of(
        st.tuples(  # a packet: track, step of the number, media time, marker, payload
            st.sampled_from(("audio", "video")),
            st.one_of(st.just(1), st.sampled_from((0, 2, 3, -1, 900, 1001, 40_000, *EDGES_16))),
            st.one_of(st.integers(0, 400_000), st.sampled_from(EDGES_32)),
            st.sampled_from((0, 0x80)),
            st.one_of(payloads(), st.sampled_from((OPUS_20_MS, b"\x03", b"\xff\x3f"))),
        ),
        st.tuples(  # a report: track, NTP, media time
            st.sampled_from(("audio", "video")),
            st.one_of(st.integers(0, 2**64 - 1), st.sampled_from((0, 2**64 - 1, 2**63))),
            st.one_of(st.integers(0, 400_000), st.sampled_from(EDGES_32)),
        ),
        st.sampled_from((0.02, 0.1, 1.0, 5.0)),  # a pause
    ),
    max_size=60,
)


@settings(max_examples=200 * MORE)
@given(Arrivals)
def test_whatever_is_recorded_is_a_file_no_longer_than_it_took(arrivals: Sequence[object]) -> None:
    asyncio.run(_recorded(arrivals))


async def _recorded(arrivals: Sequence[object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder))
        began, tape = studio.now, studio.start()
        numbers = {"audio": 65_000, "video": 65_000}
        try:
            for arrival in arrivals:
                match arrival:
                    case (str(track), int(step), int(time), int(mark), bytes(payload)):
                        numbers[track] = (numbers[track] + step) & 0xFFFF
                        getattr(tape, track).rtp(mark, numbers[track], time, payload, studio.now)
                    case (str(track), int(ntp), int(time)):
                        getattr(tape, track).sender_report(ntp, time, studio.now)
                    case float(pause):
                        studio.now += pause
                        tape.tick(studio.now)
                    case _:
                        raise TypeError(arrival)
            took = studio.now - began
            segments = await studio.end(tape)
            assert studio.faults == []
            for segment in segments:
                with studio.vault.open(segment.object) as reader:
                    measured = extent(reader.records())
                assert measured.ms == segment.media_ms
                assert measured.ms <= (took + MOST_DELAY) * 1000 + MOST_OPUS_MS + len(arrivals)
                assert set(measured.tracks) == set(segment.tracks)
        finally:
            await studio.recorder.aclose(EndCause.SHUTDOWN)
