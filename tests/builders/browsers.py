"""Debian's Chromium, as the journeys start it."""

import asyncio
import json
import os
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Playwright

from tests.builders.trust import trust

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


async def launch_without_udp(playwright: Playwright, folder: Path, *roots: Path) -> Browser:
    """Start a Chromium that sends no UDP, as behind such a network: what is left is a relay over TCP or TLS.

    Only a profile can say so: it is made in `folder`, and its contexts have what it says. `roots` are what
    it trusts beside the public ones: media ask for that, whatever pages are allowed.
    """
    _check()
    profile = folder / "Default"
    profile.mkdir(parents=True)
    policy = {"webrtc": {"ip_handling_policy": "disable_non_proxied_udp"}}
    (profile / "Preferences").write_text(json.dumps(policy))
    home = folder / "home"
    await asyncio.to_thread(trust, home / ".pki" / "nssdb", *roots)
    context = await playwright.chromium.launch_persistent_context(
        folder,
        executable_path=CHROMIUM,
        args=[*FLAGS, "--use-fake-ui-for-media-stream"],
        env={**os.environ, "HOME": str(home)},
    )
    assert context.browser is not None
    return context.browser


async def launch(playwright: Playwright, *flags: str, program: Path = CHROMIUM) -> Browser:
    """Start Debian's Chromium, or `program` in its place; fail in one sentence where it is missing."""
    _check()
    return await playwright.chromium.launch(executable_path=program, args=[*FLAGS, *flags])


def _check() -> None:
    if not CHROMIUM.is_file():
        pytest.fail(f"The journeys need Debian's Chromium ({CHROMIUM}): apt-get install chromium", False)
