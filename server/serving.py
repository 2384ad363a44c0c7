"""Runs the application until SIGTERM or SIGINT."""

import gc
import ssl

import uvloop
from aiohttp import web

from server.app import build_app
from server.settings import Settings, SettingsError

GRACE = 10.0  # s for pages and downloads to end
YOUNG = 10_000  # objects made since the last look for cycles; by default 700, three packets' worth of a room
LOOKS = (10, 50)  # young ones before a look at what they left, and of those before one at everything


def serve(settings: Settings) -> int:
    """Serve until told to stop; segments are closed before the process ends."""
    app = build_app(settings)
    calm_the_collector()
    try:
        _run(app, settings)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise SettingsError(
            f"HEYI_HOST, HEYI_PORT: {where} cannot be listened on: {error.strerror}"
        ) from None
    return 0


def calm_the_collector() -> None:
    """Look for cycles of garbage seldom, and never among what lives as long as the process.

    Media make and drop thousands of objects a second, without cycles. Each look stops every packet of
    every room; a look at everything, 50 ms on a server with twenty of them, is heard as a click. What
    pages and their SQL leave in cycles is some hundred objects each: at YOUNG it is a megabyte, and a
    look among it takes less than one.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *LOOKS)


def _run(app: web.Application, settings: Settings) -> None:
    web.run_app(
        app,
        host=settings.host,
        port=settings.port,
        ssl_context=tls(settings),
        access_log=None,  # paths hold secrets
        print=None,
        shutdown_timeout=GRACE,
        loop=uvloop.new_event_loop(),
    )


def tls(settings: Settings) -> ssl.SSLContext | None:
    """Return the context of the configured certificate; raise SettingsError when it cannot be used."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError):
        raise SettingsError("HEYI_TLS_CERT and HEYI_TLS_KEY do not hold a chain and its key") from None
    return context
