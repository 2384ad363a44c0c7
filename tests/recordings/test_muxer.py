import io
from datetime import UTC, datetime
from itertools import pairwise

import av
import pytest

from recordings.model import Track
from recordings.muxer import CLUSTER_MS, WebmWriter, extent
from tests.builders.recordings import play
from tests.builders.rtp import opus, vp8

Block = tuple[Track, int, bytes, bool]
AT = datetime(2025, 6, 3, 1, 0, tzinfo=UTC)


def sounds(seconds: float) -> list[Block]:
    return [(Track.AUDIO, round(f.at * 1000), f.data, True) for f in opus(seconds)]


def pictures(seconds: float) -> list[Block]:
    return [(Track.VIDEO, round(f.at * 1000), f.data, f.key) for f in vp8(seconds)]


def add(writer: WebmWriter, block: Block) -> bytes:
    track, ms, data, key = block
    return writer.add(track, ms, data, key=key)


def muxed(seconds: float, tracks: set[Track]) -> list[bytes]:
    writer = WebmWriter(tracks, AT, (192, 144) if Track.VIDEO in tracks else None)
    blocks = sorted((*sounds(seconds), *pictures(seconds)), key=lambda block: block[1])
    out = [writer.head()]
    out += [add(writer, block) for block in blocks if block[0] in tracks]
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
    out = [writer.head(), *(add(writer, block) for block in (*pictures(1), *sounds(1)))]
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
