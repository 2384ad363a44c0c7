"""A page's way into its room."""

from dataclasses import replace

from aiohttp import web

from cases.clocks import iso
from cases.ids import RoomId
from server.services import services
from server.turn import ice_servers
from server.words import WORDS
from signaling.connection import Connection, Guest, new_socket
from signaling.downlink import CEILING, SCREEN_CEILING

CONSTRAINTS = {
    "video": {"width": 640, "height": 480, "frameRate": 24},
    "maxBitrate": CEILING,  # bit/s
    "screen": {"width": 1920, "height": 1080, "frameRate": 15, "maxBitrate": SCREEN_CEILING},
}


async def serve_socket(request: web.Request, room: RoomId, guest: Guest) -> web.StreamResponse:
    """Serve one page of `room` until it goes."""
    clerks = services(request).clerks
    async with clerks.hold(room) as clerk:
        socket = new_socket()
        await socket.prepare(request)
        settings, now = services(request).settings, services(request).clock()
        ice = ice_servers(settings.turn_urls, settings.turn_secret, guest.seat, now)
        welcome = {"now": iso(now), "ice": ice, "constraints": CONSTRAINTS}
        await Connection(socket, replace(guest, welcome=welcome), WORDS).run(clerk)
    return socket
