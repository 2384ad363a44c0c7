"""A sender who does what no browser does."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from recordings.model import EndCause
from tests.builders.recordings import Sender, Studio, play
from tests.builders.rtp import opus, vp8


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    studio = Studio(tmp_path / "vault")
    yield studio
    await studio.recorder.aclose(EndCause.SHUTDOWN)


async def test_a_picture_that_changes_its_size_all_the_time_makes_no_flood_of_segments(
    studio: Studio,
) -> None:
    tape, origin, seconds = studio.start(), studio.now, 6
    keys = [next(f for f in vp8(1, size) if f.key) for size in ((192, 144), (144, 192))]
    flicker = tuple(replace(keys[n % 2], at=n / 25) for n in range(25 * seconds))
    studio.play(tape, Sender("audio", opus(seconds), origin=origin), Sender("video", flicker, origin=origin))
    segments = await studio.end(tape)
    assert len(segments) <= seconds + 1
    assert studio.faults == []
    heard = sum(play(studio.content(segment)).samples for segment in segments)
    assert heard == pytest.approx(299 * 960, rel=0.05)
