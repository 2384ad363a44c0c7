"""Byte ranges of an encrypted object (RFC 9110, section 14), read record by record in a thread."""

import asyncio
import logging
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from cases.errors import Broken
from recordings.objects import ObjectReader
from recordings.records import VaultError
from server.register import segment_of
from server.services import services
from storage.copies import CopyRow
from storage.recordings import SegmentRow

CHUNK: Final = 256 * 1024

MOST_AT_ONCE: Final = 2**20  # bytes of an answer to a range
_log = logging.getLogger(__name__)
_RANGE: Final = re.compile(r"bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})", re.IGNORECASE)


async def send_object(
    request: web.Request, row: SegmentRow, copy: CopyRow | None = None
) -> web.StreamResponse:
    """Send a segment, whole, or of the range that was asked for the first megabyte: its copy where one opens.

    A player asks for all that follows, reads what it needs and keeps the connection. A browser has six for
    a host, so of seven people who are played in step the seventh would never come. It asks for the rest
    when it needs it (RFC 9110, 14.2 and 15.3.7: an answer may be less than what was asked for).
    The name of the file says which of both it is, and `Repr-Digest` (RFC 9530) its SHA-256.
    """
    reader = await _opened_copy(request, copy)
    if copy is not None and reader is not None:
        name, sha256 = f"heyi-{row.id}-copy.webm", copy.sha256
    else:
        reader, name, sha256 = await _opened(request, row), f"heyi-{row.id}-original.webm", row.sha256
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    if sha256:
        headers["Repr-Digest"] = f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:"
    try:
        return await _send(request, reader, headers)
    finally:
        await asyncio.to_thread(reader.close)


async def _opened_copy(request: web.Request, copy: CopyRow | None) -> ObjectReader | None:
    if copy is None or copy.object is None:
        return None
    try:
        return await asyncio.to_thread(services(request).vault.open, copy.object)
    except (VaultError, OSError):
        _log.exception("the copy of segment %s cannot be opened: its original is sent", copy.segment)
        return None


async def _opened(request: web.Request, row: SegmentRow) -> ObjectReader:
    segment = segment_of(row)
    vault = services(request).vault
    try:
        return await asyncio.to_thread(vault.open, segment.object, unfinished=segment.cut_off)
    except OSError as error:
        raise Broken("the object cannot be opened") from error


async def _send(request: web.Request, reader: ObjectReader, headers: Mapping[str, str]) -> web.StreamResponse:
    size = reader.size
    wanted = wanted_range(request.headers.get("Range", ""), size)
    if wanted is not None and not wanted:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    part = range(size) if wanted is None else wanted[:MOST_AT_ONCE]
    response = web.StreamResponse(status=200 if wanted is None else 206, headers=headers)
    response.content_type = "video/webm"
    response.content_length = len(part)
    response.headers["Accept-Ranges"] = "bytes"
    if wanted is not None:
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    await response.prepare(request)
    for at in range(part.start, part.stop, CHUNK):
        content = await asyncio.to_thread(reader.read, at, min(at + CHUNK, part.stop))
        await response.write(content)
    await response.write_eof()
    return response


def wanted_range(header: str, size: int) -> range | None:
    """Return the one range that is asked for: an empty one cannot be had, None means the whole.

    Several ranges, other units and what is not a range are ignored (RFC 9110, 14.2).
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return range(max(size - int(last), 0), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)
