import io
from datetime import UTC, datetime
from itertools import pairwise

import av
import pytest

from recordings.model import Track
from recordings.muxer import CLUSTER_MS, Block, WebmWriter, extent
from tests.builders.recordings import play
from tests.builders.rtp import opus, vp8

AT = datetime(2025, 6, 3, 1, 0, tzinfo=UTC)


def muxed(seconds: float, tracks: set[Track]) -> list[bytes]:
    writer = WebmWriter(tracks, AT, (192, 144) if Track.VIDEO in tracks else None)
    blocks = [Block(Track.AUDIO, round(f.at * 1000), f.data, True) for f in opus(seconds)]
    blocks += [Block(Track.VIDEO, round(f.at * 1000), f.data, f.key) for f in vp8(seconds)]
    out = [writer.head()]
    out += [writer.add(b) for b in sorted(blocks, key=lambda b: b.ms) if b.track in tracks]
    return [part for part in (*out, writer.flush()) if part]


@pytest.mark.parametrize("tracks", [{Track.AUDIO}, {Track.VIDEO}, {Track.AUDIO, Track.VIDEO}])
def test_every_cluster_that_is_written_leaves_a_file_that_plays(tracks: set[Track]) -> None:
    parts = muxed(4, tracks)
    assert len(parts) == 5
    for count in range(2, 6):
        played = play(b"".join(parts[:count]))
        assert played.complaints == []
        assert len(played.video) == (25 * (count - 1) if Track.VIDEO in tracks else 0)
        if Track.AUDIO in tracks:
            assert played.samples == pytest.approx(48000 * (count - 1), abs=500)


def test_no_cluster_is_longer_than_a_second() -> None:
    parts = muxed(4, {Track.AUDIO, Track.VIDEO})
    lengths = [extent(parts[: n + 1]).ms - extent(parts[:n]).ms for n in range(2, len(parts))]
    assert max(lengths) <= CLUSTER_MS


def test_frames_that_come_in_disorder_are_written_in_order() -> None:
    writer = WebmWriter({Track.AUDIO, Track.VIDEO}, AT, (192, 144))
    picture, sound = vp8(1), opus(1)
    blocks = [Block(Track.VIDEO, round(f.at * 1000), f.data, f.key) for f in picture]
    blocks += [Block(Track.AUDIO, round(f.at * 1000), f.data, True) for f in sound]
    out = [writer.head(), *(writer.add(block) for block in blocks)]
    with av.open(io.BytesIO(b"".join((*out, writer.flush()))), "r") as file:
        times = [float(packet.pts * packet.time_base) for packet in file.demux() if packet.pts is not None]
    assert len(times) == 75
    assert all(b > a - 0.01 for a, b in pairwise(times))


def test_a_file_tells_its_tracks_and_where_its_media_end() -> None:
    assert extent(muxed(3, {Track.AUDIO, Track.VIDEO})) == ((Track.AUDIO, Track.VIDEO), 3000)
    assert extent(muxed(3, {Track.VIDEO})) == ((Track.VIDEO,), 2960)


def test_a_video_track_without_a_size_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="size"):
        WebmWriter({Track.VIDEO}, AT)
