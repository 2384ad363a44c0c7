"""What people ask of a room. `by` is the seat that asks; the words are a mediator's."""

from dataclasses import dataclass

from cases.ids import CaucusId, DeviceId, SeatId
from cases.model import Ground, Side


@dataclass(frozen=True, slots=True)
class Knock:
    """`by` has finished the device check on `device` and wishes to come in."""

    by: SeatId
    device: DeviceId


@dataclass(frozen=True, slots=True)
class StopKnocking:
    """The page of the other device that waited is gone."""

    by: SeatId
    device: DeviceId


@dataclass(frozen=True, slots=True)
class Admit:
    by: SeatId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class Refuse:
    by: SeatId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class SendToWaiting:
    by: SeatId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class Remove:
    by: SeatId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class Leave:
    by: SeatId


@dataclass(frozen=True, slots=True)
class OpenSession:
    """`recorder_ready`: the recorder wrote, read and deleted a test record a moment ago.

    `reason`: why the mediator opens the session although it is not; empty when that is not asked for.
    `overloaded`: the machine has no room for another session.
    """

    by: SeatId
    recorder_ready: bool
    reason: str = ""
    overloaded: bool = False


@dataclass(frozen=True, slots=True)
class PauseRecording:
    by: SeatId


@dataclass(frozen=True, slots=True)
class ResumeRecording:
    """Record again, after a pause or a fault; `failed`: somebody's recording has failed."""

    by: SeatId
    recorder_ready: bool
    failed: bool


@dataclass(frozen=True, slots=True)
class OpenCaucus:
    by: SeatId
    side: Side
    id: CaucusId


@dataclass(frozen=True, slots=True)
class CloseCaucus:
    by: SeatId


@dataclass(frozen=True, slots=True)
class SetMic:
    """Switch a microphone. Its owner does both; the mediator can only switch another's off."""

    by: SeatId
    seat: SeatId
    on: bool


@dataclass(frozen=True, slots=True)
class SetCamera:
    by: SeatId
    on: bool


@dataclass(frozen=True, slots=True)
class ShareScreen:
    """Show one's screen to the conversation that one is in; `private`: it is meant for a caucus.

    A conversation that has become another one meanwhile is not the one that was meant.
    """

    by: SeatId
    private: bool


@dataclass(frozen=True, slots=True)
class StopScreen:
    """Stop the screen of `seat`: one's own, or, for the mediator, anybody's."""

    by: SeatId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class LoseScreen:
    """The page or the line that `by` shared a screen from is gone."""

    by: SeatId


@dataclass(frozen=True, slots=True)
class SetConsent:
    """What the consents of `by` allow: to take part (`ready`), and to be recorded."""

    by: SeatId
    ready: bool
    recorded: bool


@dataclass(frozen=True, slots=True)
class CloseSession:
    by: SeatId
    ground: Ground
    sealed: bool  # a settlement of this case is sealed


Command = (
    Knock
    | StopKnocking
    | Admit
    | Refuse
    | SendToWaiting
    | Remove
    | Leave
    | OpenSession
    | PauseRecording
    | ResumeRecording
    | OpenCaucus
    | CloseCaucus
    | SetMic
    | SetCamera
    | ShareScreen
    | StopScreen
    | LoseScreen
    | SetConsent
    | CloseSession
)
