"""What anybody may see: the door, the centre's root, health, static files."""

from typing import Final

from aiohttp import web

from cases.errors import Broken, Refused
from server.responses import page
from server.services import services
from storage.unit_of_work import Tx
from web.rendering import STATIC
from web.views import Landing

FILES: Final = {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.is_file()}


async def static(request: web.Request) -> web.StreamResponse:
    """Return one of the files that were there at the start; any other name is no path at all."""
    file = FILES.get(request.match_info["file"])
    if file is None:
        raise web.HTTPNotFound
    return web.FileResponse(file)


async def landing(request: web.Request) -> web.StreamResponse:
    settings = services(request).settings
    return page(Landing(settings.centre, settings.centre_phone))


async def roots(request: web.Request) -> web.StreamResponse:
    """Return the certificate that settlements of this centre are trusted by."""
    pem = services(request).authority.root_pem
    return web.Response(body=pem, content_type="application/x-pem-file")


async def health(request: web.Request) -> web.StreamResponse:
    """Say `ok`, or what is down, to who keeps the machine."""
    down = []
    try:
        await services(request).database.read(_alive)
    except (Broken, Refused):  # refused: more wait for it than it can serve
        down.append("database")
    try:
        await services(request).recorder.probe()
    except Broken:
        down.append("recorder")
    if down:
        return web.Response(status=503, text=", ".join(down) + " down\n")
    return web.Response(text="ok\n")


def _alive(tx: Tx) -> None:
    tx.connection.exec_driver_sql("SELECT 1")
