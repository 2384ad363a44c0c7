"""Byte ranges of an encrypted object (RFC 9110, section 14), read record by record in a thread."""

import asyncio
from typing import Final

from aiohttp import web

from cases.errors import Broken
from recordings.objects import ObjectReader
from server.register import segment_of
from server.services import services
from storage.recordings import SegmentRow

CHUNK: Final = 256 * 1024


async def send_object(request: web.Request, row: SegmentRow) -> web.StreamResponse:
    """Send the object of a segment, whole or the one range that was asked for."""
    segment = segment_of(row)
    vault = services(request).vault
    try:
        reader = await asyncio.to_thread(vault.open, segment.object, unfinished=segment.cut_off)
    except OSError as error:
        raise Broken("the object cannot be opened") from error
    try:
        return await _send(request, reader)
    finally:
        await asyncio.to_thread(reader.close)


async def _send(request: web.Request, reader: ObjectReader) -> web.StreamResponse:
    size = reader.size
    try:
        wanted = request.http_range
        start, end, _ = wanted.indices(size)
    except ValueError:
        start, end = 0, 0
        wanted = slice(size, None)
    if "Range" in request.headers and (start >= end or start >= size):
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    partial = "Range" in request.headers
    response = web.StreamResponse(status=206 if partial else 200)
    response.content_type = "video/webm"
    response.content_length = end - start
    response.headers.update({"Accept-Ranges": "bytes", "Cache-Control": "no-store"})
    if partial:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    await response.prepare(request)
    for at in range(start, end, CHUNK):
        part = await asyncio.to_thread(reader.read, at, min(at + CHUNK, end))
        await response.write(part)
    await response.write_eof()
    return response
