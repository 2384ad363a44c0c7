"""What has happened in a room, how it is written into the journal, and what the audit says of it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, get_args

from cases.audit import AuditEntry
from cases.clocks import from_iso, iso
from cases.ids import CaucusId, DeviceId, SeatId
from cases.model import Ground
from rooms.states import Admission

VERSION: Final = 1


class ScreenEnd(StrEnum):
    """Why somebody's screen is not shared any more."""

    OWN = "own"
    MEDIATOR = "mediator"
    CONVERSATION = "conversation"  # it became another one, or this person is not in it any more
    LINE = "line"


@dataclass(frozen=True, slots=True)
class AdmissionChanged:
    """A seat moved on; `device` is the browser that holds it from now on."""

    seat: SeatId
    to: Admission
    by: SeatId
    device: DeviceId | None


@dataclass(frozen=True, slots=True)
class OtherDeviceKnocked:
    seat: SeatId
    device: DeviceId


@dataclass(frozen=True, slots=True)
class OtherDeviceGone:
    seat: SeatId


@dataclass(frozen=True, slots=True)
class SessionOpened:
    by: SeatId
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordingPaused:
    """`reason`: in whose words the session began without a recording; empty for a pause."""

    by: SeatId
    reason: str


@dataclass(frozen=True, slots=True)
class RecordingResumed:
    by: SeatId


@dataclass(frozen=True, slots=True)
class CaucusOpened:
    by: SeatId
    id: CaucusId
    members: tuple[SeatId, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class CaucusClosed:
    by: SeatId
    id: CaucusId


@dataclass(frozen=True, slots=True)
class MicSet:
    seat: SeatId
    on: bool
    by: SeatId


@dataclass(frozen=True, slots=True)
class CameraSet:
    seat: SeatId
    on: bool


@dataclass(frozen=True, slots=True)
class ScreenShared:
    seat: SeatId


@dataclass(frozen=True, slots=True)
class ScreenStopped:
    seat: SeatId
    by: SeatId
    why: ScreenEnd


@dataclass(frozen=True, slots=True)
class ConsentSet:
    seat: SeatId
    ready: bool
    recorded: bool


@dataclass(frozen=True, slots=True)
class SessionClosed:
    by: SeatId
    ground: Ground
    at: datetime


Event = (
    AdmissionChanged
    | OtherDeviceKnocked
    | OtherDeviceGone
    | SessionOpened
    | RecordingPaused
    | RecordingResumed
    | CaucusOpened
    | CaucusClosed
    | MicSet
    | CameraSet
    | ScreenShared
    | ScreenStopped
    | ConsentSet
    | SessionClosed
)

_BY_NAME: Final = {kind.__name__: kind for kind in get_args(Event)}


def encode(event: Event) -> dict[str, Any]:
    """Return `event` as JSON-ready values with its name and the version of this spelling."""
    fields = {k: iso(v) if isinstance(v, datetime) else v for k, v in asdict(event).items()}
    return {"event": type(event).__name__, "version": VERSION, **fields}


def decode(row: dict[str, Any]) -> Event:
    """Return the event that `encode` wrote. Raise ValueError for one from a newer version."""
    fields = dict(row)
    name, version = fields.pop("event"), fields.pop("version")
    if version > VERSION or name not in _BY_NAME:
        raise ValueError(f"journal entry {name} of version {version} is from a newer server")
    if "at" in fields:
        fields["at"] = from_iso(fields["at"])
    if "to" in fields:
        fields["to"] = Admission(fields["to"])
    if "ground" in fields:
        fields["ground"] = Ground(fields["ground"])
    if "why" in fields:
        fields["why"] = ScreenEnd(fields["why"])
    if "members" in fields:
        fields["members"] = tuple(fields["members"])
    event: Event = _BY_NAME[name](**fields)
    return event


def audit_entry(event: Event) -> AuditEntry | None:
    """Return what the audit says of an event; switching a microphone or a camera is no legal act."""
    match event:
        case AdmissionChanged():
            return AuditEntry(f"seat:{event.to}", f"seat:{event.by}", f"seat:{event.seat}")
        case OtherDeviceKnocked():
            return AuditEntry("seat:other-device", f"seat:{event.seat}", f"seat:{event.seat}")
        case SessionOpened():
            return AuditEntry("room:open", f"seat:{event.by}")
        case RecordingPaused():
            return AuditEntry("recording:waived" if event.reason else "recording:pause", f"seat:{event.by}")
        case RecordingResumed():
            return AuditEntry("recording:resume", f"seat:{event.by}")
        case CaucusOpened():
            return AuditEntry("room:caucus:open", f"seat:{event.by}", f"caucus:{event.id}")
        case CaucusClosed():
            return AuditEntry("room:caucus:close", f"seat:{event.by}", f"caucus:{event.id}")
        case ScreenShared():
            return AuditEntry("screen:start", f"seat:{event.seat}")
        case ScreenStopped():
            return AuditEntry("screen:stop", f"seat:{event.by}", f"seat:{event.seat}")
        case ConsentSet():
            state = "recorded" if event.recorded else "not-recorded"
            return AuditEntry(f"seat:{state}", f"seat:{event.seat}", f"seat:{event.seat}")
        case SessionClosed():
            return AuditEntry("room:close", f"seat:{event.by}", f"ground:{event.ground}")
        case MicSet() | CameraSet() | OtherDeviceGone():
            return None


def cut_cause(events: Iterable[Event]) -> str:
    """Return why a recording stops, for its manifest."""
    for event in events:
        match event:
            case CaucusOpened():
                return "caucus"
            case SessionClosed():
                return "closed"
            case RecordingPaused():
                return "paused"
            case AdmissionChanged(to=Admission.REMOVED):
                return "removed"
            case AdmissionChanged():
                return "left"
            case ConsentSet():
                return "consent-withdrawn"
            case ScreenStopped(why=ScreenEnd.OWN | ScreenEnd.MEDIATOR):
                return "screen-stopped"
            case _:
                pass
    return "line-lost"
