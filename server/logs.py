"""The log: lines of text for a terminal, or one JSON object a line for a machine.

A line holds ids, never a name, a phone, a code, a link or content; whoever logs sees to that, and a test reads
the log of a whole session.
"""

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Final

from aiohttp.http_exceptions import HttpProcessingError

from cases.clocks import iso
from server.settings import Settings

TEXT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"

_log = logging.getLogger(__name__)


class JsonLines(logging.Formatter):
    """Formats a record as one object: `time` (UTC), `level`, `logger`, `message`, and `exception` after a fault."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": iso(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)  # escapes whatever is not ASCII, so that a line is a line


class WithoutRequests(logging.Filter):
    """Takes out of aiohttp's own lines who asked, and the text of a request that it could not read.

    Messengers send such requests, with a link's secret in them; they are nobody's fault here.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | ConnectionResetError):  # or who sent it has gone
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.msg, record.args = "a request could not be read: %s", (type(error).__name__,)
            record.exc_info = record.exc_text = None
        else:
            record.msg, record.args = record.msg.removesuffix(" from %s"), ()
        return True


_WITHOUT_REQUESTS: Final = WithoutRequests()


def keep_requests_out() -> None:
    """Let no request reach the log as it came; may be repeated."""
    logging.getLogger("aiohttp.server").addFilter(_WITHOUT_REQUESTS)


def begin_logging(settings: Settings) -> None:
    """Log to standard error from now on. As JSON, what Python says by itself is logged as well."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if settings.log_format == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    if settings.log_format == "json":
        logging.captureWarnings(capture=True)
        sys.excepthook = _uncaught
        threading.excepthook = lambda it: _log.critical("a thread ended by a fault", exc_info=it.exc_value)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _log.critical("the process ends by a fault", exc_info=(kind, error, trace))
