"""Bodies of requests: a form or a JSON object, or a refusal in words."""

import json
from typing import Any, Final

from aiohttp import web

from cases.errors import Reason, Refused

# Bytes. Taking a form apart holds everybody up: half a megabyte of parts takes a second.
MAX_FORM: Final = 64 * 1024
CHARSET: Final = "utf-8"  # of every page; others spell half a character, or take a second to read


async def form_of(request: web.Request) -> dict[str, str]:
    """Return the fields of a form; raise Refused for one that no page of ours sends, or too long.

    Browsers send it whole, with its length, in the page's own charset and never compressed. A form in
    parts is for files, of which there are none here; any other kind of body has no fields.
    """
    if "Transfer-Encoding" in request.headers or "Content-Encoding" in request.headers:
        raise Refused(Reason.MESSAGE_BAD)
    if (request.content_length or 0) > MAX_FORM:
        raise Refused(Reason.MESSAGE_TOO_LONG)
    if request.content_type.startswith("multipart/") or (request.charset or CHARSET).lower() != CHARSET:
        raise Refused(Reason.MESSAGE_BAD)
    try:
        fields = await request.post()
    except ValueError:  # no UTF-8
        raise Refused(Reason.MESSAGE_BAD) from None
    return {name: value for name, value in fields.items() if isinstance(value, str)}


async def json_body(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of a request; raise Refused. Half a surrogate pair is not text."""
    try:
        body = json.loads(await request.read())
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused(Reason.MESSAGE_BAD) from None
    if not isinstance(body, dict):
        raise Refused(Reason.MESSAGE_BAD)
    return body


def text_field(body: dict[str, Any], key: str, limit: int = 256) -> str:
    """Return a text of a JSON body; raise Refused when it is not one."""
    value = body.get(key)
    if not isinstance(value, str) or len(value) > limit:
        raise Refused(Reason.MESSAGE_BAD)
    return value
