"""The player of a case file as legal staff have it: what its tiles show and sound like beside the time it says."""

import asyncio
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

import av
import numpy as np
from playwright.async_api import expect

from tests.builders.journey import LIKENESS, SCRIPTS, TONES, Visitor
from tests.builders.senses import HEARD, WINDOW, whose

IN_STEP: Final = 100  # milliseconds between an element's media and the clock
GO: Final = "hash => { history.replaceState(null, '', location.pathname); location.hash = hash; }"
LONGEST: Final = 90_000  # milliseconds that a session of a test may take, on a busy machine
STARTING: Final = 2500  # milliseconds in which an element that was started late has caught up


@dataclass(frozen=True, slots=True)
class Shown:
    """One tile at one moment: `words` stand instead of a picture; `drift` is of the element that plays."""

    name: str
    words: str | None
    who: str | None  # by the colour; empty for nobody's, None for no picture
    url: str | None
    drift: float | None


@dataclass(frozen=True, slots=True)
class Moment:
    at: float  # milliseconds since the session began
    tiles: tuple[Shown, ...]

    @classmethod
    def of(cls, found: dict[str, Any]) -> Self:
        at = found["at"]
        return cls(at, tuple(_shown(at, tile) for tile in found["tiles"]))

    def tile(self, name: str) -> Shown:
        return next(tile for tile in self.tiles if tile.name == name)


def _shown(at: float, tile: dict[str, Any]) -> Shown:
    colour = tile["colour"]
    drift = tile["time"] - at if tile["runs"] else None
    return Shown(tile["name"], tile["words"], whose(colour) if colour else None, tile["url"], drift)


class Playing:
    """The open case file of `legal`, in Chromium."""

    def __init__(self, legal: Visitor, session: dict[str, Any]) -> None:
        self.legal = legal
        self.session = session

    @classmethod
    async def of(cls, legal: Visitor) -> Self:
        session = await legal.page.evaluate("document.getElementById('session').textContent")
        await legal.page.evaluate((SCRIPTS / "playing.js").read_text())
        return cls(legal, json.loads(session))

    def parts(self, name: str) -> list[dict[str, Any]]:
        """Return the parts of the track of this name."""
        parts: list[dict[str, Any]] = next(t for t in self.session["tracks"] if t["name"] == name)["parts"]
        return parts

    @property
    def slider(self) -> Any:
        return self.legal.page.get_by_role("slider", name="时间")

    async def now(self) -> Moment:
        return Moment.of(await self.legal.page.evaluate("playingNow()"))

    async def go_to(self, ms: float) -> Moment:
        """Jump, as a link from elsewhere does, and return what is shown when nothing is waited for any more."""
        await self.legal.page.evaluate(GO, f"#t={ms / 1000}")
        await expect(self.slider).to_have_value(str(round(ms)))
        return await self.settled()

    async def settled(self) -> Moment:
        """Return what is shown once every picture is of the time that the clock says."""
        await self.legal.page.wait_for_function(
            "() => [...document.querySelectorAll('video[data-shown]')].every(one => !one.seeking)"
            " && document.getElementById('player-state').hidden"
        )
        await asyncio.sleep(0.3)  # two looks of the player
        return await self.now()

    async def watch(self) -> list[Moment]:
        """Press play and return every moment at which the player looked at its clock, until the end."""
        watching = asyncio.create_task(self.legal.page.evaluate("ms => watchPlaying(ms)", LONGEST))
        await self.legal.press("播放")
        return [Moment.of(found) for found in await watching]

    async def painted(self, name: str) -> tuple[float, str]:
        """Return whose picture is painted on the screen in the middle of a tile, and when; empty for nobody's.

        What stands in place of a picture counts as nobody's.
        """
        page = self.legal.page
        box = await page.get_by_role("figure", name=f"{name}的录像").locator(".picture").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2 - 20, box["y"] + box["height"] / 2 - 20
        shot = await page.screenshot(clip={"x": x, "y": y, "width": 40, "height": 40})
        with av.open(io.BytesIO(shot), mode="r") as picture:
            pixels = next(picture.decode(video=0)).to_ndarray(format="rgb24").reshape(-1, 3)
        return (await self.now()).at, whose(float(channel) for channel in np.median(pixels, axis=0))

    async def heard(self) -> frozenset[str]:
        """Return whose tones are played now."""
        found = await self.legal.page.evaluate("([tones, ms]) => hearPlaying(tones, ms)", [TONES, WINDOW])
        return frozenset(role for role, one in LIKENESS.items() if found[str(one.tone)] > HEARD)


def out_of_step(moments: Iterable[Moment], rate: float = 1) -> list[tuple[float, str, float]]:
    """Return when which element was not where the clock was, once it had had the time to start.

    Milliseconds are the viewer's: at twice the speed as many of the session are half as long. A tenth may be
    further off, for a machine that does something else for a moment.
    """
    found: list[tuple[float, str, float]] = []
    judged = 0
    since: dict[str, tuple[str | None, float]] = {}
    for moment in moments:
        for tile in moment.tiles:
            if tile.name not in since or since[tile.name][0] != tile.url:
                since[tile.name] = (tile.url, moment.at)
            started = moment.at - since[tile.name][1] > STARTING * rate
            if not started or tile.drift is None:
                continue
            judged += 1
            if abs(tile.drift) > IN_STEP * rate:
                found.append((moment.at, tile.name, tile.drift))
    assert judged, "nothing played for long enough"
    return found if len(found) * 10 > judged else []
