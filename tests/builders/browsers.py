"""Debian's Chromium, as the journeys start it."""

from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Playwright

CHROMIUM: Final = Path("/usr/lib/chromium/chromium")
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
    "--disable-default-apps",
    "--disable-pings",
    "--no-default-browser-check",
    "--metrics-recording-only",
    "--disable-domain-reliability",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--use-fake-device-for-media-stream",
)


async def launch(playwright: Playwright, *flags: str, program: Path = CHROMIUM) -> Browser:
    """Start Debian's Chromium, or `program` in its place; fail in one sentence where it is missing."""
    if not CHROMIUM.is_file():
        pytest.fail(f"The journeys need Debian's Chromium ({CHROMIUM}): apt-get install chromium", False)
    return await playwright.chromium.launch(executable_path=program, args=[*FLAGS, *flags])
