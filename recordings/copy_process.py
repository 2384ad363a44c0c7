"""The process that makes one copy: `python -m recordings.copy_process`, an order on stdin, an answer on stdout.

    order   {"folder", "key" (hexadecimal), "object", "rest", "segment": {…}}, one line
    answer  {"copy": {…}} or {"reason": …}, one line

Of its own, because a block costs Python's lock, which the packets of open rooms need. It takes the
processor and the disk only when nobody else wants them. stdin stays open for as long as somebody waits for
the answer: when that is no longer so, what was written is thrown away.
"""

import ctypes
import json
import os
import platform
import select
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from cases.clocks import from_iso, iso
from cases.ids import ObjectId, RoomId, SeatId, SegmentId
from recordings.copies import Copy, Figures, NoCopy, NotCopied
from recordings.copying import make_copy
from recordings.model import EndCause, Segment
from recordings.vault import Vault

_NICEST: Final = 19
_IOPRIO_SET: Final = {"x86_64": 251, "aarch64": 30}  # numbers of the system call, which libc does not wrap
_IDLE: Final = 3 << 13  # class of ioprio_set(2)


def main() -> int:
    _step_back()
    order = json.loads(sys.stdin.buffer.readline())
    vault = Vault(Path(order["folder"]), bytes.fromhex(order["key"]))
    segment = segment_from(order["segment"])
    try:
        copy = make_copy(vault, segment, ObjectId(order["object"]), order["rest"], _wanted)
        answer: dict[str, Any] = {"copy": asdict(copy)}
    except NotCopied as error:
        answer = {"reason": error.reason}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def order_of(folder: Path, key: bytes, segment: Segment, object_id: ObjectId, rest: float) -> bytes:
    """Return the line that asks for a copy."""
    order = {
        "folder": str(folder.absolute()),
        "key": key.hex(),
        "object": object_id,
        "rest": rest,
        "segment": {
            "id": segment.id,
            "room": segment.room,
            "seat": segment.seat,
            "object": segment.object,
            "started_at": iso(segment.started_at),
            "ended_at": iso(segment.ended_at or segment.started_at),
            "cause": segment.cause,
            "sha256": segment.sha256,
        },
    }
    return json.dumps(order).encode() + b"\n"


def segment_from(facts: dict[str, Any]) -> Segment:
    """Return the segment of an order, as far as a copy needs it."""
    return Segment(
        SegmentId(facts["id"]),
        RoomId(facts["room"]),
        SeatId(facts["seat"]),
        ObjectId(facts["object"]),
        from_iso(facts["started_at"]),
        ended_at=from_iso(facts["ended_at"]),
        cause=EndCause(facts["cause"]) if facts["cause"] else None,
        sha256=facts["sha256"],
    )


def copy_from(answer: bytes) -> Copy:
    """Return the copy of an answer; raise NotCopied, also when the process ended without one."""
    try:
        facts = json.loads(answer)
        if reason := facts.get("reason"):
            raise NotCopied(NoCopy(reason))
        found = facts["copy"]
        return Copy(**{**found, "figures": Figures(**found["figures"])})
    except (ValueError, KeyError, TypeError) as error:
        raise NotCopied(NoCopy.STOPPED) from error


def _wanted() -> bool:
    """Say whether somebody still waits: nothing is said on stdin after the order, so it is readable at its end."""
    readable, _, _ = select.select([sys.stdin], [], [], 0)
    return not readable


def _step_back() -> None:
    """Let everybody else go first, as far as this machine allows it."""
    with suppress(OSError):
        os.nice(_NICEST)
    number = _IOPRIO_SET.get(platform.machine())
    if sys.platform == "linux" and number is not None:
        ctypes.CDLL(None).syscall(number, 1, 0, _IDLE)  # this process; a refusal costs nothing


if __name__ == "__main__":
    sys.exit(main())
