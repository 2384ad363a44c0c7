"""Debian's Firefox ESR, and a person in it: what they do and what they see and receive."""

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from tests.builders.bidi import Bidi, BidiError, Tab
from tests.builders.house import Account, House
from tests.builders.journey import PATIENCE, SCRIPTS, MadeCase, likeness
from tests.builders.senses import WINDOW, whose

FIREFOX: Final = Path("/usr/lib/firefox-esr/firefox-esr")
STARTING: Final = 30.0  # seconds until it says where it listens
WIDTH, HEIGHT = 390, 844
LOOK_EVERY: Final = 0.1  # seconds

# What it would do over the network by itself, and devices that are not there.
PREFERENCES: Final[Mapping[str, object]] = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "media.autoplay.blocking_policy": 0,
    "media.autoplay.default": 0,
    "media.gmp-gmpopenh264.enabled": False,
    "media.gmp-manager.url": "",
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.manage-offline-status": False,
    "remote.prefs.recommended": True,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.server": "",
}


@asynccontextmanager
async def firefox(folder: Path, tone: int) -> AsyncIterator[Bidi]:
    """Start Firefox with a fake microphone of `tone`, hertz; fail in one sentence where it is missing."""
    if not FIREFOX.is_file():
        pytest.fail(f"This journey needs Debian's Firefox ({FIREFOX}): apt-get install firefox-esr", False)
    given = {**PREFERENCES, "media.navigator.audio.fake_frequency": tone}
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in given.items())
    (folder / "user.js").write_text("".join(lines))
    process = await asyncio.create_subprocess_exec(
        FIREFOX,
        *("--headless", "--no-remote", "--profile", folder, "--remote-debugging-port=0"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
    )
    assert process.stderr is not None
    reading = None
    bidi = Bidi()
    try:
        address = await asyncio.wait_for(_address(process.stderr), STARTING)
        reading = asyncio.create_task(process.stderr.read())  # or a full pipe would hold it up
        yield await bidi.connect(address)
        await bidi.close()
        await asyncio.wait_for(process.wait(), STARTING)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        if reading is not None:
            await reading


async def _address(said: asyncio.StreamReader) -> str:
    while line := (await said.readline()).decode(errors="replace"):
        if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
            return found[1]
    raise AssertionError("Firefox ended before it listened")


@dataclass(frozen=True, slots=True)
class Received:
    """Roles whose picture is received and whose is shown; in how many sounds packets come.

    It has no ears: without a sound card its sounds are not played.
    """

    received_pictures: frozenset[str]
    unknown_pictures: int
    seen: frozenset[str]
    sounds: int


@dataclass(eq=False)
class FirefoxVisitor:
    """Somebody at a page in Firefox. `wrong` is what must not happen."""

    role: str
    tab: Tab
    wrong: list[str] = field(default_factory=list)

    @classmethod
    async def visit(cls, bidi: Bidi, role: str) -> "FirefoxVisitor":
        """Open an empty page of somebody who looks like their role, and sounds as the browser's device."""
        visitor = cls(role, await Tab.open(bidi, WIDTH, HEIGHT))
        bidi.events["log.entryAdded"] = visitor._logged
        await bidi.command("session.subscribe", events=["log.entryAdded"])
        given = {**likeness(role), "ownVoice": True}
        person = (SCRIPTS / "person.js").read_text()
        senses = (SCRIPTS / "senses.js").read_text()
        await visitor.tab.before_each_page(f"globalThis.person = {json.dumps(given)};\n{person}\n{senses}")
        return visitor

    def _logged(self, entry: Mapping[str, Any]) -> None:
        if entry["level"] == "error":
            self.wrong.append(f"{self.role} in Firefox: {entry['text']}")

    async def press(self, name: str) -> None:
        """Press the button, or follow the link, of this name, as soon as it is there."""
        deadline = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline:
            found = await self.tab.element(
                "[...document.querySelectorAll('button, a')].find((element) =>"
                f" element.checkVisibility() && element.textContent.trim() === {json.dumps(name)})"
            )
            if found is not None:
                return await self.tab.click(found)
            await asyncio.sleep(LOOK_EVERY)
        raise AssertionError(f"no button “{name}”: {await self.shown()}")

    async def choose(self, css: str) -> None:
        """Click what a selector of CSS finds first."""
        found = await self.tab.element(f"document.querySelector({json.dumps(css)})")
        assert found is not None, css
        await self.tab.click(found)

    async def shown(self) -> str:
        words: str = await self.tab.evaluate("document.body.innerText")
        return words

    async def reads(self, words: str) -> None:
        """Wait until these words are on the screen."""
        await self._until(lambda: self._reads(words), words)

    async def _reads(self, words: str) -> bool:
        return words in await self.shown()

    async def _until(
        self, holds: Callable[[], Awaitable[bool]], what: str, patience: float = PATIENCE
    ) -> None:
        deadline = time.monotonic() + patience / 1000
        while time.monotonic() < deadline:
            try:
                if await holds():
                    return
            except BidiError:
                pass  # between two pages there is nothing to ask
            await asyncio.sleep(LOOK_EVERY)
        raise AssertionError(f"Firefox: not “{what}” but {await self.shown()}")

    async def receive(self) -> Received:
        found = await self.tab.evaluate(f"receive({WINDOW})")
        pictures = [whose(frame["colour"]) for frame in found["frames"]]
        shown = [tile for tile in found["tiles"] if not tile["covered"]]
        return Received(
            received_pictures=frozenset(filter(None, pictures)),
            unknown_pictures=pictures.count(""),
            seen=frozenset(filter(None, (whose(tile["colour"]) for tile in shown))),
            sounds=found["sounds"],
        )

    async def until(self, holds: Callable[[Received], bool]) -> None:
        """Wait until what this page receives fulfils a condition."""

        async def held() -> bool:
            return holds(await self.receive())

        await self._until(held, "what was waited for")

    async def holds(self, expression: str, patience: float = PATIENCE) -> None:
        """Wait until this is so on the page, for so many milliseconds."""

        async def held() -> bool:
            return bool(await self.tab.evaluate(expression))

        await self._until(held, expression, patience)

    async def sign_in(self, house: House, account: Account) -> None:
        await self.tab.goto(f"{house.url}/staff/sign-in")
        for name, typed in (("phone", account.phone), ("password", account.password)):
            await self.choose(f"input[name='{name}']")
            await self.tab.type(typed)
        await self.press("登录")
        await self.reads(account.name)

    async def arrive(self, house: House, case: MadeCase) -> None:
        """Go the whole way from the link to the waiting room."""
        phone = case.phones[self.role]
        had = len(house.receiver.codes(phone))
        await self.tab.goto(case.links[self.role])
        await self.press("去参加调解")
        digits = await asyncio.wait_for(house.receiver.code(phone, had), PATIENCE / 1000)
        await self.reads("请填短信里的 6 位数字")
        await self.choose("#code")
        await self.tab.type(digits)
        await self.press("确认，下一步")
        await self.reads("交上去，下一步试设备")
        for purpose in ("notice", "online", "recording"):
            await self.choose(f"input[name='consent-{purpose}'][value='yes']")
        await self.press("交上去，下一步试设备")
        await self.reads("打开摄像头和麦克风")
        await self.press("打开摄像头和麦克风")
        await self.reads("请让脸在画面中间")
        await self.press("都正常，去等候室")
        await self.reads("您已经到了，请稍坐")
