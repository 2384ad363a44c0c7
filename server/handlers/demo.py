"""Under demo only: what text messages would have been sent, for who sits at this machine."""

from aiohttp import web

from server.responses import page
from server.security import from_loopback
from server.services import services
from web.views import Message, Outbox


async def outbox(request: web.Request) -> web.StreamResponse:
    box = services(request).outbox
    if box is None or not from_loopback(request):
        raise web.HTTPNotFound
    return page(Outbox(tuple(Message(m.at, m.to, m.text) for m in box.sent)))
