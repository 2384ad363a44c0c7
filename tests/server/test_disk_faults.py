"""The disk for recordings refuses, or takes long, in the middle of a session."""

import asyncio
import errno
import os
import threading
import time
from pathlib import Path
from typing import Any, Final

import pytest

from cases.model import Case
from tests.builders.calls import Caller, Session, heard, open_session
from tests.builders.fault_session import Voice
from tests.builders.http import Browser, House

LATE: Final = 2.0  # seconds of each write


class Disk:
    """What the system answers to the thread that writes recordings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.error: OSError | None = None
        self.late = 0.0
        self.writes = 0
        write: Any = os.write

        def answer(fd: int, data: bytes) -> int:
            if threading.current_thread().name == "recordings":
                self.writes += 1
                time.sleep(self.late)
                if self.error is not None:
                    raise self.error
            written: int = write(fd, data)
            return written

        monkeypatch.setattr(os, "write", answer)


async def speaks(*callers: Caller) -> None:
    voices = [Voice(caller.peer) for caller in callers if caller.peer is not None]
    await asyncio.gather(*(voice.speak(lambda: None) for voice in voices))


async def let_all_in(made: Session) -> None:
    await made.let_in(made.insurer)
    await made.connect(made.insurer)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS], ids=errno.errorcode.get)
async def test_a_disk_that_refuses_ends_the_recording_says_so_and_nothing_else(
    house: House, case: Case, mediator: Browser, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    async with open_session(house, case, mediator) as made:
        disk = Disk(monkeypatch)
        await made.consumer.seen(recording=True)
        disk.error = OSError(number, os.strerror(number))
        await speaks(made.consumer)
        await made.mediator.seen(recorder_failed=True)
        await made.consumer.seen(recording=False)
        await heard(made.consumer, made.mediator, b"the call goes on")
        assert (await made.mediator.ask("recording", on=True))["type"] == "refused"
        disk.error = None
        assert (await made.mediator.ask("recording", on=True))["type"] == "done"
        await made.consumer.seen(recording=True)
        await made.mediator.seen(recorder_failed=False)


async def test_a_slow_disk_holds_up_no_word_and_no_command(
    house: House, case: Case, mediator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_session(house, case, mediator) as made:
        await let_all_in(made)
        disk = Disk(monkeypatch)
        disk.late = LATE
        await speaks(made.consumer, made.insurer)
        assert disk.writes
        await heard(made.consumer, made.insurer, b"in time")
        assert (await made.mediator.ask("caucus-open", side="applicant"))["type"] == "done"
        await made.insurer.seen(truth="apart")
        disk.late = 0.0
        assert (await made.mediator.ask("caucus-close"))["type"] == "done"
        await made.insurer.seen(truth="joint", recorder_failed=False)


async def test_a_folder_that_is_gone_in_mid_session_is_said(
    house: House, case: Case, mediator: Browser
) -> None:
    async with open_session(house, case, mediator) as made:
        objects = house.folder / "data/objects"
        await asyncio.to_thread(swap, objects)
        await speaks(made.consumer)
        await made.mediator.seen(recorder_failed=True)
        assert (await house.browser().get("/healthz")).text == "recorder down\n"


def swap(objects: Path) -> None:
    """Put a file where the folder was: nobody can write there, whoever they are."""
    objects.rename(objects.with_name("elsewhere"))
    objects.write_bytes(b"")
