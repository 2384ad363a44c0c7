"""What the copy of a recording costs: `python -m bench.copying [--minutes N] [--rounds N] [--json]`.

An hour of one seat, read, verified, indexed and written anew, against `ffmpeg -c copy` on the same content,
in turns. Processor seconds of the processes, start included. Exit status: 0 when the bound holds, 1 otherwise.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from bench.content import HEIGHT, RATE, WIDTH, content
from bench.figures import median_ratio
from cases.ids import ObjectId, RoomId, SeatId, SegmentId, new_id
from recordings.copies import Copy
from recordings.copy_process import copy_from, order_of
from recordings.model import EndCause, Segment, Track
from recordings.muxer import WebmWriter
from recordings.take import about
from recordings.vault import Vault

BOUND: Final = 3.0  # processor seconds for an hour of one seat
MINUTES: Final = 60.0
ROUNDS: Final = 3
KEY_EVERY: Final = 4  # seconds, as the recorder asks for keyframes
SOUND_MS: Final = 20


@dataclass(frozen=True, slots=True)
class Found:
    """Processor seconds of each round; `mib` is the size of the original, `blocks` what is in it."""

    minutes: float
    mib: float
    blocks: int
    ours: tuple[float, ...]
    ffmpeg: tuple[float, ...]

    @property
    def hour(self) -> float:
        """Return our processor seconds for an hour, the median."""
        return median(self.ours) * 60 / self.minutes

    @property
    def ratio(self) -> float:
        return median_ratio(self.ours, self.ffmpeg)

    @property
    def holds(self) -> bool:
        return self.hour <= BOUND


def measure(minutes: float, rounds: int) -> Found:
    key = os.urandom(32)
    with TemporaryDirectory(prefix="heyi-copy-", dir="/var/tmp") as folder:
        vault = Vault(Path(folder) / "objects", key)
        segment = recorded(vault, minutes)
        plain = Path(folder) / "plain.webm"
        with vault.open(segment.object) as reader, plain.open("wb") as file:
            file.writelines(reader.records())
        ours, theirs, copy = [], [], None
        for _ in range(rounds):
            seconds, copy = _ours(Path(folder) / "objects", key, segment)
            ours.append(seconds)
            vault.delete(copy.object)
            theirs.append(_ffmpeg(plain, Path(folder) / "copied.webm"))
    blocks = copy.figures.blocks if copy is not None else 0
    return Found(minutes, segment.bytes / 2**20, blocks, tuple(ours), tuple(theirs))


def recorded(vault: Vault, minutes: float) -> Segment:
    """Keep so many minutes of the load's person as the recorder does."""
    at = datetime(2025, 6, 3, 1, 0, tzinfo=UTC)
    tracks = (Track.AUDIO, Track.VIDEO)
    begun = Segment(SegmentId(new_id()), RoomId("room"), SeatId("seat"), ObjectId(new_id()), at, tracks)
    muxer = WebmWriter(tracks, at, (WIDTH, HEIGHT))
    writer = vault.create(begun.object, about(begun))
    writer.append(muxer.head())
    end = 0
    for track, ms, frame, key in _blocks(minutes):
        end = max(end, ms + (SOUND_MS if track is Track.AUDIO else 0))
        if cluster := muxer.add(track, ms, frame, key=key):
            writer.append(cluster)
    writer.append(muxer.flush())
    total = writer.close()
    ended_at = at + timedelta(milliseconds=end)
    return Segment(
        begun.id, begun.room, begun.seat, begun.object, at, tracks, ended_at,
        EndCause.LEFT, total.sha256, total.size, end,
    )  # fmt: skip


def _blocks(minutes: float) -> Iterator[tuple[Track, int, bytes, bool]]:
    """Return the loop of the load, again and again, in order of time."""
    loop = content()
    pictures = [b"".join(parts) for parts in loop.frames]
    for number in range(round(minutes * 60 * 1000 / SOUND_MS)):
        ms = number * SOUND_MS
        yield Track.AUDIO, ms, loop.packets[number % len(loop.packets)], True
        picture = number * SOUND_MS * RATE // 1000
        if number * SOUND_MS * RATE % 1000 == 0:
            yield Track.VIDEO, ms, pictures[picture % len(pictures)], picture % (RATE * KEY_EVERY) == 0


def _ours(folder: Path, key: bytes, segment: Segment) -> tuple[float, Copy]:
    order = order_of(folder, key, segment, ObjectId(new_id()), 0.0)
    process = subprocess.Popen(
        [sys.executable, "-m", "recordings.copy_process"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process without pipes")
    process.stdin.write(order)
    process.stdin.flush()
    answer = process.stdout.readline()
    seconds = _taken(process)
    process.stdin.close()
    process.stdout.close()
    return seconds, copy_from(answer)


def _ffmpeg(plain: Path, target: Path) -> float:
    target.unlink(missing_ok=True)
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(plain), "-c", "copy", "-cues_to_front", "1"]
    return _taken(subprocess.Popen([*command, str(target)]))


def _taken(process: "subprocess.Popen[bytes]") -> float:
    """Wait for a process; return its processor seconds, user and kernel."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


def as_table(found: Found) -> str:
    return "\n".join(
        (
            f"{found.minutes:g} minutes of one seat: {found.mib:.0f} MiB, {found.blocks} blocks.",
            "Processor seconds, start included:   "
            + "  ".join(f"round {n + 1}" for n in range(len(found.ours))),
            "  read, verified, indexed, encrypted " + "  ".join(f"{one:7.2f}" for one in found.ours),
            "  ffmpeg -c copy, in the clear       " + "  ".join(f"{one:7.2f}" for one in found.ffmpeg),
            f"An hour takes {found.hour:.2f} s (expected <= {BOUND:g}: {'yes' if found.holds else 'NO'}), "
            f"{found.ratio:.2f} times what ffmpeg takes (median of {len(found.ours)} rounds).",
        )
    )


def as_json(found: Found) -> str:
    return json.dumps(
        {
            "minutes": found.minutes,
            "mib": round(found.mib, 1),
            "blocks": found.blocks,
            "ours_s": [round(one, 3) for one in found.ours],
            "ffmpeg_s": [round(one, 3) for one in found.ffmpeg],
            "hour_s": round(found.hour, 3),
            "ratio": round(found.ratio, 3),
            "holds": found.holds,
        }
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.copying", description="what a copy costs")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    arguments = parser.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.stderr.write("ffmpeg is missing (Debian: apt-get install ffmpeg)\n")
        return 2
    found = measure(arguments.minutes, arguments.rounds)
    sys.stdout.write((as_json(found) if arguments.json else as_table(found)) + "\n")
    return 0 if found.holds else 1


if __name__ == "__main__":
    sys.exit(main())
