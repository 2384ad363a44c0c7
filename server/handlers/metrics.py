"""How the service works, in figures, for who keeps the machine."""

from aiohttp import web

from server.services import services


async def metrics(request: web.Request) -> web.StreamResponse:
    """Return all metrics in the text format of Prometheus (version 0.0.4)."""
    parts = services(request)
    body = parts.metrics.exposition(parts.watch.disk.free, parts.watch.disk.size)
    return web.Response(body=body, headers={"Content-Type": parts.metrics.content_type})
