"""How long a person who comes back waits for somebody else's picture: a reload in Chromium, many times."""

import asyncio
from pathlib import Path
from typing import Final

from playwright.async_api import BrowserContext, Page, async_playwright

from bench.load import Talker
from bench.room import Installation, installation
from server.rehearsal.failing import Failed
from server.rehearsal.signals import Signal
from server.rehearsal.stage import INSURER

CHROMIUM: Final = Path("/usr/lib/chromium/chromium")  # the program itself; Debian's wrapper adds flags
FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
RUNS: Final = 20
SPACED: Final = 2.2  # seconds between two reloads: a seat may connect five times in ten seconds
PATIENCE: Final = 15_000  # milliseconds for a picture
FIRST_FRAME: Final = Path(__file__).with_name("first_frame.js")


async def joins(runs: int = RUNS) -> list[float]:
    """Return the milliseconds from the start of each navigation to the first decoded picture of another.

    Raises Failed without Chromium, or when no picture comes.
    """
    if not CHROMIUM.is_file():
        raise Failed(f"The bench needs Debian's Chromium ({CHROMIUM}): apt-get install chromium")
    async with installation() as house, async_playwright() as driver:
        address, cookies = await _seat(house)
        chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        try:
            context = await chromium.new_context(ignore_https_errors=True, locale="zh-CN")
            await _known_as(context, house.stage.base_url, cookies)
            await context.add_init_script(path=FIRST_FRAME)
            page = await context.new_page()
            await page.goto(address)
            await _first_frame(page)  # what is fetched once is cached from here on
            return [await _come_back(page) for _ in range(runs)]
        finally:
            await chromium.close()


async def _seat(house: Installation) -> tuple[str, dict[str, str]]:
    """Open a session; let the insurer's browser go; return the address of the room and its cookies."""
    flowing = asyncio.Event()
    flowing.set()

    def medium(signal: Signal) -> Talker:
        return Talker(signal, flowing, at_once=True)

    room = await house.open_room(medium)
    insurer = room.guests[INSURER]
    await insurer.close()
    return f"{house.stage.base_url}/seat/{room.seats[INSURER]}/room", insurer.cookies()


async def _known_as(context: BrowserContext, origin: str, cookies: dict[str, str]) -> None:
    await context.add_cookies(
        [
            {"name": name, "value": value, "url": origin, "secure": True, "httpOnly": True}
            for name, value in cookies.items()
        ]
    )


async def _come_back(page: Page) -> float:
    await asyncio.sleep(SPACED)
    await page.reload(wait_until="commit")
    return await _first_frame(page)


async def _first_frame(page: Page) -> float:
    found = await page.wait_for_function("() => globalThis.firstFrame ?? false", timeout=PATIENCE)
    return float(await found.json_value())
