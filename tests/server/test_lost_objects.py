"""What is left of a killed process, and a recorded file that somebody took away."""

from datetime import timedelta
from pathlib import Path

import pytest

from cases.ids import ObjectId, SegmentId, new_id
from cases.model import Case
from recordings.vault import Vault
from server.services import SERVICES
from storage import recordings, rooms
from storage.recordings import SegmentRow
from tests.builders.cases import NOON
from tests.builders.clocks import StillClock
from tests.builders.http import LEGAL, House, house_in


async def test_a_start_deletes_what_a_killed_process_left_half_made(folder: Path, clock: StillClock) -> None:
    half_made = folder / "data" / "objects" / "ab" / f"{new_id()}.new"
    half_made.parent.mkdir(parents=True)
    half_made.write_bytes(b"half a file")
    async with house_in(folder, clock):
        assert not half_made.exists()


async def test_a_clock_that_was_set_back_is_said_at_the_next_start(
    folder: Path, clock: StillClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with house_in(folder, clock) as house:
        await _segment(house, await house.case())
    clock.wait(hours=-1)
    async with house_in(folder, clock):
        assert "the clock of this machine is 3601 s behind the newest recording" in caplog.text


async def test_a_recorded_file_that_is_gone_is_missing_and_not_altered(house: House, case: Case) -> None:
    there, gone = await _segment(house, case), await _segment(house, case)
    house.app[SERVICES].vault.delete(gone)
    legal = await house.signed_in(LEGAL)
    file = f"/staff/{LEGAL.id}/archive/{case.id}"
    await legal.get(file)
    await legal.post(file, reason="核对录像")
    page = (await legal.get(file)).text
    assert "文件不见了" in page
    assert "散列相符" in page, there
    assert "散列不符" not in page


async def _segment(house: House, case: Case) -> ObjectId:
    """Record a segment of the case's first seat; return its object."""
    vault: Vault = house.services.vault
    object_id = vault.put(b"cluster")
    with vault.open(object_id) as reader:
        sha256 = reader.sha256()
    database = house.services.database
    room = await database.read(rooms.room_of_case, case.id)
    seat = next(iter(await database.read(rooms.names, room)))
    ended_at = NOON + timedelta(seconds=1)
    row = SegmentRow(SegmentId(new_id()), room, seat, object_id, NOON, (), ended_at, "left", sha256, 7, 1000)
    await database.write(recordings.began, row)
    return object_id
