"""What a page may send, as values. docs/protocol.md says the same in words."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cases.errors import Reason, Refused
from cases.ids import CaucusId, DeviceId, SeatId, new_id
from cases.model import Ground, Side
from rooms import commands as c

MAX_MESSAGE: Final = 64 * 1024  # characters; an offer of fourteen m-lines has 17 to 44 KB
MAX_ID: Final = 64
MAX_REASON: Final = 200  # characters, as much as the page's field takes


@dataclass(frozen=True, slots=True)
class Hello:
    csrf: str


@dataclass(frozen=True, slots=True)
class Ping:
    pass


@dataclass(frozen=True, slots=True)
class Shown:
    number: int


@dataclass(frozen=True, slots=True)
class Offer:
    sdp: str
    re: int | None


@dataclass(frozen=True, slots=True)
class Ask:
    """Something asked of the room: the type of the message and its fields, checked by `commands_of`."""

    type: str
    fields: dict[str, Any]
    re: int | None


Incoming = Hello | Ping | Shown | Offer | Ask


def parse(text: str) -> Incoming:
    """Return the message in `text`; raise Refused (too long, bad, unknown)."""
    if len(text) > MAX_MESSAGE:
        raise Refused(Reason.MESSAGE_TOO_LONG)
    fields = _fields(text)
    if fields is None:
        raise Refused(Reason.MESSAGE_BAD)
    re = _re(fields)
    match fields.get("type"):
        case "hello":
            return Hello(_text(fields, "csrf"))
        case "ping":
            return Ping()
        case "shown":
            return Shown(_number(fields, "number"))
        case "offer":
            return Offer(_text(fields, "sdp", MAX_MESSAGE), re)
        case str(kind) if kind in _COMMANDS:
            return Ask(kind, fields, re)
        case _:
            raise Refused(Reason.MESSAGE_UNKNOWN)


def reply_number(text: object) -> int | None:
    """Return `re` of a message that was refused, however broken the rest of it is."""
    fields = _fields(text) if isinstance(text, str) else None
    return _re(fields) if fields is not None else None


def _fields(text: str) -> dict[str, Any] | None:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _re(fields: dict[str, Any]) -> int | None:
    re = fields.get("re")
    return re if isinstance(re, int) and not isinstance(re, bool) else None


def commands_of(ask: Ask, by: SeatId, device: DeviceId) -> tuple[c.Command, ...]:
    """Return the commands of one message, as asked by seat `by` on `device`; raise Refused for bad fields.

    `open`, `recording` and `close` need facts that no page has (the recorder, the seal): see `Clerk`.
    """
    return _COMMANDS[ask.type](by, device, ask.fields)


_COMMANDS: Final[dict[str, Callable[[SeatId, DeviceId, dict[str, Any]], tuple[c.Command, ...]]]] = {
    "knock": lambda by, device, fields: (
        c.Knock(by, device),
        c.SetMic(by, by, _bool(fields, "mic")),
        c.SetCamera(by, _bool(fields, "camera")),
    ),
    "mic": lambda by, _, fields: (c.SetMic(by, by, _bool(fields, "on")),),
    "camera": lambda by, _, fields: (c.SetCamera(by, _bool(fields, "on")),),
    "screen": lambda by, _, fields: (_screen(by, fields),),
    "leave": lambda by, *_: (c.Leave(by),),
    "admit": lambda by, _, fields: (c.Admit(by, _seat(fields)),),
    "refuse": lambda by, _, fields: (c.Refuse(by, _seat(fields)),),
    "wait": lambda by, _, fields: (c.SendToWaiting(by, _seat(fields)),),
    "remove": lambda by, _, fields: (c.Remove(by, _seat(fields)),),
    "mute": lambda by, _, fields: (c.SetMic(by, _seat(fields), on=False),),
    "screen-stop": lambda by, _, fields: (c.StopScreen(by, _seat(fields)),),
    "open": lambda by, _, fields: (c.OpenSession(by, recorder_ready=False, reason=_reason(fields)),),
    "recording": lambda by, _, fields: (_recording(by, fields),),
    "caucus-open": lambda by, _, fields: (c.OpenCaucus(by, _side(fields), CaucusId(new_id())),),
    "caucus-close": lambda by, *_: (c.CloseCaucus(by),),
    "close": lambda by, _, fields: (c.CloseSession(by, _ground(fields), sealed=False),),
}


def _screen(by: SeatId, fields: dict[str, Any]) -> c.Command:
    if not _bool(fields, "on"):
        return c.StopScreen(by, by)
    return c.ShareScreen(by, _bool(fields, "private"))


def _recording(by: SeatId, fields: dict[str, Any]) -> c.Command:
    if not _bool(fields, "on"):
        return c.PauseRecording(by)
    return c.ResumeRecording(by, recorder_ready=False, failed=False)


def _reason(fields: dict[str, Any]) -> str:
    """Return why, in one line; empty when nothing was said."""
    if "reason" not in fields:
        return ""
    return " ".join(_text(fields, "reason", MAX_REASON).split())


def _text(fields: dict[str, Any], key: str, limit: int = 256) -> str:
    value = fields.get(key)
    if not isinstance(value, str) or len(value) > limit or not _is_text(value):
        raise Refused(Reason.MESSAGE_BAD)
    return value


def _is_text(value: str) -> bool:
    """JSON can spell half a character, which UTF-8 cannot say."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(fields: dict[str, Any], key: str) -> int:
    value = fields.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(Reason.MESSAGE_BAD)
    return value


def _bool(fields: dict[str, Any], key: str) -> bool:
    value = fields.get(key)
    if not isinstance(value, bool):
        raise Refused(Reason.MESSAGE_BAD)
    return value


def _seat(fields: dict[str, Any]) -> SeatId:
    return SeatId(_text(fields, "seat", MAX_ID))


def _side(fields: dict[str, Any]) -> Side:
    try:
        return Side(_text(fields, "side", MAX_ID))
    except ValueError:
        raise Refused(Reason.MESSAGE_BAD) from None


def _ground(fields: dict[str, Any]) -> Ground:
    try:
        return Ground(_text(fields, "ground", MAX_ID))
    except ValueError:
        raise Refused(Reason.MESSAGE_BAD) from None
