"""What legal staff do: find the case, say why, fetch recordings by ranges, download the settlement."""

import asyncio
import hashlib
import io
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import av

from server.rehearsal.browser import Browser
from server.rehearsal.failing import Failed
from server.rehearsal.joining import staff_base
from server.rehearsal.report import Recording
from server.rehearsal.signals import SECRET, colour_of_frame, name_of_tone, samples_of
from server.rehearsal.stage import EVERYBODY, GivenCase, SignIn, Stage

REASON: Final = "演练：核对录像和协议书"
FIRST: Final = 4096  # bytes of the first range; the rest is the second
LISTEN: Final = 1600  # samples at 8 kHz that are judged together: 0.2 s
SHORT: Final = 600  # ms; a shorter segment need not be recognised
PRIVATE: Final = frozenset(signal.name for signal in SECRET)
HTTP_OK, PARTIAL = 200, 206

_RANGE = re.compile(r"bytes 0-(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class Watched:
    """What is in one segment: the name that most of its sound and of its pictures carry; all names."""

    tone: str
    colour: str
    names: frozenset[str]


async def retrieve(stage: Stage, case: GivenCase, seats: dict[str, str], folder: Path) -> Recording:
    """Look at everything that was recorded; leave `settlement.pdf` and `roots.pem` in `folder`."""
    async with Browser(stage.base_url, stage.cafile) as browser:
        base = await _open_file(browser, await _sign_in(browser, stage.legal), case)
        manifest = json.loads((await _fetch(browser, f"{base}/manifest.json")).decode())
        found = Recording(segments=len(manifest["segments"]), hashes=bool(manifest["segments"]))
        recognised, strange = set[str](), False
        roles = {seat: role for role, seat in seats.items()}
        for segment in manifest["segments"]:
            content = await _in_ranges(browser, f"{base}/recordings/{segment['id']}/original")
            found.hashes &= hashlib.sha256(content).hexdigest() == segment["sha256"]
            found.seconds += segment["media_ms"] / 1000
            watched = await asyncio.to_thread(watch, content)
            found.private |= bool(watched.names & PRIVATE)
            role = roles.get(segment["seat"], "")
            strange |= not _is_of(watched, role, segment["media_ms"])
            if watched.tone == watched.colour == role:
                recognised.add(role)
        found.recognised = recognised == set(EVERYBODY) and not strange
        await _keep(folder / "settlement.pdf", await _fetch(browser, f"{base}/settlement.pdf"))
        await _keep(folder / "roots.pem", await _fetch(browser, "/roots.pem"))
    return found


def _is_of(watched: Watched, role: str, media_ms: int) -> bool:
    """Say whether a segment holds this person and nobody else; it may lack sound or picture, not both."""
    return watched.names == {role} or (not watched.names and media_ms < SHORT)


async def _sign_in(browser: Browser, account: SignIn) -> str:
    if account.ticket:
        return staff_base((await browser.get(account.ticket)).path)
    await browser.get("/staff/sign-in")
    page = await browser.submit("/staff/sign-in", phone=account.phone, password=account.password)
    return staff_base(page.path)


async def _open_file(browser: Browser, staff: str, case: GivenCase) -> str:
    """Search the case by its number and give a reason; return the address of its file."""
    found = await browser.get(f"{staff}/archive?q={quote(case.number)}&from=&to=")
    file = f"{staff}/archive/{case.id}"
    if file not in found.links:
        raise Failed("法务按案号没有找到案件。")
    await browser.get(file)
    await browser.submit(f"/archive/{case.id}", reason=REASON)
    return file


async def _fetch(browser: Browser, path: str) -> bytes:
    answer = await browser.request("GET", path)
    if answer.status != HTTP_OK:
        raise Failed(f"GET {path} 回答 {answer.status}。")
    return answer.body


async def _in_ranges(browser: Browser, path: str) -> bytes:
    """Fetch a segment as a player does: its beginning, then the rest."""
    first = await browser.request("GET", path, headers={"Range": f"bytes=0-{FIRST - 1}"})
    span = _RANGE.fullmatch(first.headers.get("Content-Range", ""))
    if first.status != PARTIAL or span is None:
        raise Failed(f"录像的一部分没有按范围给出，回答 {first.status}。")
    got, whole = int(span[1]) + 1, int(span[2])
    if got >= whole:
        return first.body
    rest = await browser.request("GET", path, headers={"Range": f"bytes={got}-"})
    if rest.status != PARTIAL:
        raise Failed(f"录像的其余部分没有按范围给出，回答 {rest.status}。")
    return first.body + rest.body


async def _keep(path: Path, content: bytes) -> None:
    await asyncio.to_thread(path.write_bytes, content)


def watch(content: bytes) -> Watched:
    """Decode a whole segment (WebM with VP8 and Opus) and say who is in it."""
    samples: list[int] = []
    colours: Counter[str] = Counter()
    try:
        with av.open(io.BytesIO(content), "r") as container:
            for frame in container.decode():
                _look(frame, samples, colours)
    except av.FFmpegError:
        return Watched("", "", frozenset())
    windows = (samples[at : at + LISTEN] for at in range(0, len(samples), LISTEN))
    tones = Counter(name_of_tone(window, 8000) for window in windows)
    names = frozenset(tones) | frozenset(colours)
    return Watched(_most(tones), _most(colours), names - {""})


def _look(frame: Any, samples: list[int], colours: Counter[str]) -> None:
    if isinstance(frame, av.AudioFrame):
        samples.extend(samples_of([frame]))
    elif isinstance(frame, av.VideoFrame):
        colours[colour_of_frame(frame)] += 1


def _most(counted: Counter[str]) -> str:
    return counted.most_common(1)[0][0] if counted else ""
