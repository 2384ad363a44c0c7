"""Answers: pages, JSON, and every error in the person's words."""

import json
import logging
from typing import Any, Final

from aiohttp import web

from cases.errors import Broken, NotFound, Reason, Refused
from server.security import HEADERS
from server.services import services
from server.sessions import Handler
from server.words import WORDS
from web.refusals import NOT_FOUND, TITLES
from web.rendering import render
from web.translating import gettext
from web.views import Page, Problem

log = logging.getLogger(__name__)

STATUS: Final = {
    Reason.LINK_UNKNOWN: 404,
    Reason.LINK_EXPIRED: 410,
    Reason.LINK_REVOKED: 410,
    Reason.SIGNED_OUT: 401,
    Reason.FORGED: 403,
    Reason.NOT_YOURS: 403,
    Reason.CODE_TOO_MANY: 429,
    Reason.CODE_TOO_SOON: 429,
    Reason.CODE_TOO_MANY_TRIES: 429,
    Reason.SIGN_IN_SLOWED: 429,
    Reason.SMS_FAILED: 502,
    Reason.BUSY: 503,
    Reason.MEDIA_FULL: 503,
    Reason.PROBE_TOO_MANY: 429,
    Reason.MESSAGE_BAD: 400,
    Reason.MESSAGE_TOO_LONG: 413,
}
GONE_MEANWHILE: Final = 400  # a status for nobody
NO_STORE: Final = {"Cache-Control": "no-store"}


def page(model: Page, status: int = 200) -> web.Response:
    """Return a rendered page; pages are never kept by a browser or a proxy."""
    return web.Response(text=render(model), content_type="text/html", status=status, headers=NO_STORE)


def see(url: str) -> web.Response:
    """Go on by GET."""
    return web.Response(status=303, headers={"Location": url, **NO_STORE})


def ok(**fields: Any) -> web.Response:
    return web.json_response({"ok": True, **fields}, headers=NO_STORE, dumps=_dumps)


@web.middleware
async def in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into an answer that the person understands."""
    try:
        response = await handler(request)
    except Refused as refused:
        response = _refused(request, refused)
    except NotFound:
        response = _not_found(request)
    except web.HTTPSeeOther as other:
        response = see(str(other.location))
    except web.RequestPayloadError:  # a body that cannot be taken apart
        response = _refused(request, Refused(Reason.MESSAGE_BAD))
    except web.HTTPRequestEntityTooLarge:
        response = _refused(request, Refused(Reason.MESSAGE_TOO_LONG))
    except web.HTTPNotFound:
        response = _not_found(request)
    except web.HTTPException as http:
        response = _problem(request, http.status, "http", gettext(NOT_FOUND))
    except ConnectionResetError:  # the browser has gone meanwhile: nobody's fault, and nobody reads this
        log.info("%s %s: the browser is gone", request.method, _pattern(request))
        response = web.Response(status=GONE_MEANWHILE)
    except Broken:
        log.exception("%s %s failed", request.method, _pattern(request))
        response = _problem(request, 503, "broken", WORDS.broken())
    except Exception:
        log.exception("%s %s failed", request.method, _pattern(request))
        response = _problem(request, 500, "broken", WORDS.broken())
    return response


async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Set what every answer carries, streams too. Static files are kept, but asked for anew each time."""
    kept = "no-cache" if request.path.startswith("/static/") else "no-store"
    for name, value in {**HEADERS, "Cache-Control": kept}.items():
        response.headers.setdefault(name, value)


def _refused(request: web.Request, refused: Refused) -> web.Response:
    return _problem(request, STATUS.get(refused.reason, 409), refused.reason, WORDS.refused(refused))


def _not_found(request: web.Request) -> web.Response:
    return _problem(request, 404, "not-found", gettext(NOT_FOUND))


def _problem(request: web.Request, status: int, reason: str, text: str) -> web.Response:
    if _wants_json(request):
        body = {"ok": False, "reason": reason, "text": text}
        return web.json_response(body, status=status, headers=NO_STORE, dumps=_dumps)
    settings = services(request).settings
    title = gettext(TITLES.get(status, TITLES[0]))
    return page(Problem(status, title, text, settings.centre, settings.centre_phone), status)


def _wants_json(request: web.Request) -> bool:
    return request.content_type == "application/json" or "application/json" in request.headers.get(
        "Accept", ""
    )


def _pattern(request: web.Request) -> str:
    """Return the path without what identifies anybody: a link's secret must not reach the log."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "(no such page)"


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
