"""An installation with a sealed settlement and a recording, and a backup that was made while it went on."""

import asyncio
import hashlib
import io
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from resource import RLIMIT_FSIZE, setrlimit
from typing import Any, Final
from unittest.mock import patch

from cases.ids import CaseId, ObjectId, RoomId, SeatId, SegmentId
from cases.model import Case
from recordings.model import EndCause
from recordings.tape import Tape
from server.__main__ import main
from storage import recordings, rooms
from storage.recordings import SegmentRow
from storage.unit_of_work import Tx
from tests.builders.cases import NOON
from tests.builders.clocks import StillClock
from tests.builders.http import ORIGIN, House, house_in
from tests.builders.recordings import Sender
from tests.builders.rtp import opus, vp8
from tests.builders.table import in_session, table_of

ROOT: Final = Path(__file__).parents[2]
SECONDS: Final = 3  # of each recorded piece
LARGE: Final = 1 << 20  # bytes of an object that is larger than the database
TORN: Final = b"\x00\x00\x10\x00half of a record"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Folders below `folder`: data, keys and backup. `made` is what `heyi backup` said."""

    folder: Path
    case: CaseId
    sealed: bytes
    made: Ran
    whole: int  # bytes of whole records in `growing` when the backup began
    growing: Path  # the object that was being written, below the folder of objects

    @property
    def backup(self) -> Path:
        return self.folder / "backup"

    def copied(self, folder: Path) -> "Kept":
        """Return the same in another folder, to be broken there."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Kept(folder, self.case, self.sealed, self.made, self.whole, self.growing)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a command on the installation below `folder`."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("HEYI_")}
    own = {"HEYI_PUBLIC_URL": ORIGIN, "HEYI_DATA": str(folder / "data"), "HEYI_KEYS": str(folder / "keys")}
    return outside | own | more


def heyi(folder: Path, *arguments: str | Path, **more: str) -> Ran:
    """Run a command as an operator does, on the installation below `folder`."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, environment(folder, **more), clear=True),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        status = main([str(argument) for argument in arguments])
    return Ran(status, out.getvalue(), err.getvalue())


async def live(folder: Path) -> Kept:
    """Settle a case, record a piece, and back up while the next one is being written."""
    async with house_in(folder, StillClock(NOON)) as house:
        table = await table_of(house)
        async with in_session(table):
            await table.all_act(await table.offer())
        sealed = (await table.pdf()).body
        room = await house.services.database.read(rooms.room_of_case, table.case.id)
        seat = await house.seat(table.case.parties[0])
        recorded(house, room, seat).stop(EndCause.LEFT)
        await house.services.recorder.drain()
        tape = recorded(house, room, seat)
        growing = await being_written(house)
        whole = growing.stat().st_size
        with growing.open("ab") as torn:
            torn.write(TORN)  # the writer goes on where it was, and so writes over it
        await asyncio.to_thread(house.services.vault.put, bytes(LARGE))  # whose row was never committed
        made = await asyncio.to_thread(heyi, folder, "backup", folder / "backup")
        tape.stop(EndCause.CLOSED)
        await house.services.recorder.drain()
    below = growing.relative_to(folder / "data/objects")
    return Kept(folder, table.case.id, sealed, made, whole, below)


def recorded(house: House, room: RoomId, seat: SeatId) -> Tape:
    """Begin a recording of a seat; what it sends in the next seconds has come already."""
    tape = house.services.recorder.start(room, seat, lambda: None)
    origin = time.monotonic()
    senders = (Sender("audio", opus(SECONDS), origin=origin), Sender("video", vp8(SECONDS), origin=origin))
    for arrival in sorted((a for s in senders for a in s.sent), key=lambda a: a.at):
        arrival.give(tape)
        tape.tick(arrival.at)
    tape.tick(origin + SECONDS + 1)  # a cluster is written when its first frame is 0.8 s old
    return tape


async def being_written(house: House) -> Path:
    """Return the object of the one open segment when all that came is in it."""
    await house.services.recorder.probe()  # behind everything that has come
    await house.services.database.write(lambda _tx: None)  # behind the row of its beginning
    (row,) = await house.services.database.read(recordings.open_segments)
    return house.folder / "data/objects" / row.object[:2] / row.object


async def keep_one(house: House, case: Case, seat: SeatId) -> None:
    """Keep a finished segment as the recorder does: the object, then its row."""
    object_id = await asyncio.to_thread(house.services.vault.put, b"cluster")
    await house.services.database.write(_keep, case, seat, object_id)


def _keep(tx: Tx, case: Case, seat: SeatId, object_id: ObjectId) -> None:
    digest = hashlib.sha256(b"cluster").hexdigest()
    room = rooms.room_of_case(tx, case.id)
    recordings.began(
        tx, SegmentRow(SegmentId(object_id), room, seat, object_id, NOON, (), NOON, "left", digest, 7, 1000)
    )


# What breaks it, and what a command has to say.


def objects_of(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "objects").rglob("*") if path.is_file())


def sealed_object(folder: Path) -> Path:
    """Return the object of the sealed settlement."""
    ((name,),) = rows(folder / "data/heyi.sqlite3", "select object_id from seals")
    return folder / "data/objects" / str(name)[:2] / str(name)


def flip(path: Path, at: int = -20) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def rows(database: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def tamper(folder: Path, statement: str) -> None:
    """Change the database of an installation behind the back of its triggers."""
    with closing(sqlite3.connect(folder / "data/heyi.sqlite3")) as connection, connection:
        for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {name}")
        assert connection.execute(statement).rowcount >= 1


def assert_one_sentence(ran: Ran, status: int, *words: str) -> None:
    """The command said one clear thing, and named what it is about."""
    assert (ran.status, ran.out) == (status, ""), ran
    assert ran.err.startswith("heyi: ")
    assert len(ran.err.splitlines()) == 1, ran.err
    for word in words:
        assert word in ran.err


def on_a_full_disk(folder: Path, most: int, *arguments: str | Path) -> Ran:
    """Run a command for which the system refuses files of more than `most` bytes."""
    ran = subprocess.run(
        [sys.executable, "-m", "server", *map(str, arguments)],
        cwd=ROOT,
        env=environment(folder),
        preexec_fn=lambda: setrlimit(RLIMIT_FSIZE, (most, most)),
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)
