"""How the service works, in figures, for who keeps the machine."""

import asyncio
import shutil

from aiohttp import web

from server.services import services


async def metrics(request: web.Request) -> web.StreamResponse:
    """Return all metrics in the text format of Prometheus (version 0.0.4)."""
    parts = services(request)
    disk = await asyncio.to_thread(shutil.disk_usage, parts.settings.data)
    body = parts.metrics.exposition(disk.free, disk.total)
    return web.Response(body=body, headers={"Content-Type": parts.metrics.content_type})
