"""A room: one sitting of a case. `decide` says what follows from a command; `after` makes it so.

Both are pure. Time and ids are arguments; who is connected is not part of a room (see `topology`).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from cases.errors import NotFound, Reason, Refused
from cases.ids import CaseId, CaucusId, DeviceId, RoomId, SeatId
from cases.model import Ground, Role, Side, side_of
from rooms import commands as c
from rooms import events as e
from rooms import policy, sharing
from rooms.states import ADMISSIONS, PHASES, Admission, Phase


@dataclass(frozen=True, slots=True)
class Seat:
    """A person's place in a room. `mic` and `camera` are what the person has switched on.

    `screen`: this person shares a screen now; of all seats at most one. `screen_ended`: why the last one
    ended, None while there is one and before the first.
    """

    id: SeatId
    role: Role
    place: int
    admission: Admission = Admission.CHECKING
    device: DeviceId | None = None
    knocking: DeviceId | None = None  # another device of the same person that waits
    ready: bool = False  # the consents that taking part needs are given
    recorded: bool = False
    withdrawn: bool = False  # agreed to be recorded in this session, and took it back
    mic: bool = True
    camera: bool = True
    screen: bool = False
    screen_ended: e.ScreenEnd | None = None

    @property
    def side(self) -> Side:
        return side_of(self.role)

    @property
    def held(self) -> bool:
        """Whether a device has the seat, so that another one has to wait for the mediator."""
        return self.admission in {Admission.WAITING, Admission.ADMITTED}

    @property
    def may_come_in(self) -> bool:
        """Whether the consents allow it; whose room it is needs none."""
        return self.ready or self.admits_itself

    @property
    def admits_itself(self) -> bool:
        return self.role in policy.ADMITS_THEMSELVES


@dataclass(frozen=True, slots=True)
class Caucus:
    id: CaucusId
    members: frozenset[SeatId]
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """`seats` keep their order for the life of the room. `paused`: nobody is recorded, by the mediator's will."""

    id: RoomId
    case: CaseId
    seats: tuple[Seat, ...]
    phase: Phase = Phase.SCHEDULED
    caucus: Caucus | None = None
    paused: bool = False
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    ground: Ground | None = None

    def seat(self, id_: SeatId) -> Seat:
        """Return a seat of this room; raise NotFound for any other."""
        for seat in self.seats:
            if seat.id == id_:
                return seat
        raise NotFound(f"seat {id_}")

    @property
    def roles(self) -> dict[SeatId, Role]:
        return {s.id: s.role for s in self.seats}

    @property
    def mediators(self) -> frozenset[SeatId]:
        return frozenset(s.id for s in self.seats if policy.presides(s.role))

    @property
    def admitted(self) -> frozenset[SeatId]:
        return frozenset(s.id for s in self.seats if s.admission is Admission.ADMITTED)

    @property
    def conversation(self) -> frozenset[SeatId]:
        """Who is in the conversation that goes on: the caucus while there is one, else the joint one."""
        if self.phase is not Phase.OPEN:
            return frozenset()
        return self.admitted if self.caucus is None else self.admitted & self.caucus.members

    @property
    def sharing(self) -> SeatId | None:
        """Who shares a screen."""
        return next((s.id for s in self.seats if s.screen), None)

    # What follows from a command.

    def decide(self, command: c.Command, at: datetime) -> tuple[e.Event, ...]:
        """Return what follows from `command` at `at`, nothing when it changes nothing; raise Refused."""
        policy.check(command, self.roles)
        if self.phase is Phase.CLOSED:
            raise Refused(Reason.ROOM_CLOSED)
        events = self._follows(command, at)
        return (*sharing.ended(self.sharing, events), *events)

    def _follows(self, command: c.Command, at: datetime) -> tuple[e.Event, ...]:
        match command:
            case c.Knock():
                return self._knock(command)
            case c.StopKnocking():
                return self._stop_knocking(command)
            case c.Admit():
                return self._admit(command)
            case c.Refuse():
                return self._refuse(command)
            case c.SendToWaiting():
                return self._send_to_waiting(command)
            case c.Remove():
                return self._move(command.seat, Admission.REMOVED, command.by)
            case c.Leave():
                return self._leave(command)
            case c.OpenSession():
                return self._open(command, at)
            case c.PauseRecording():
                self._check_may_change_recording()
                return (e.RecordingPaused(command.by, ""),) if not self.paused else ()
            case c.ResumeRecording():
                return self._resume(command)
            case c.OpenCaucus():
                return self._open_caucus(command, at)
            case c.CloseCaucus():
                if self.caucus is None:
                    raise Refused(Reason.CAUCUS_NONE)
                return (e.CaucusClosed(command.by, self.caucus.id),)
            case c.SetMic():
                seat = self.seat(command.seat)
                return (e.MicSet(seat.id, command.on, command.by),) if seat.mic != command.on else ()
            case c.SetCamera():
                seat = self.seat(command.by)
                return (e.CameraSet(seat.id, command.on),) if seat.camera != command.on else ()
            case c.ShareScreen():
                meant = command.private == (self.caucus is not None)
                if not meant or command.by not in self.conversation:  # before anything is said of a screen
                    raise Refused(Reason.NOT_NOW)
                return sharing.shared(self.sharing, command.by)
            case c.StopScreen() | c.LoseScreen():
                return sharing.stopped(self.sharing, command)
            case c.SetConsent():
                return self._consent(command)
            case c.CloseSession():
                return self._close(command, at)
            case _:
                assert_never(command)

    def _knock(self, command: c.Knock) -> tuple[e.Event, ...]:
        seat = self.seat(command.by)
        if seat.admission is Admission.REMOVED:
            raise Refused(Reason.SEAT_REMOVED)
        if seat.admission is Admission.REFUSED:
            raise Refused(Reason.SEAT_REFUSED)
        if not seat.may_come_in:
            raise Refused(Reason.CONSENT_MISSING)
        if seat.held:
            return self._knock_again(seat, command.device)
        to = Admission.ADMITTED if seat.admits_itself else Admission.WAITING
        return self._move(seat.id, to, seat.id, command.device)

    def _knock_again(self, seat: Seat, device: DeviceId) -> tuple[e.Event, ...]:
        """Another device of a person who is here waits for the mediator, unless the room is theirs."""
        if seat.device in {None, device} or (seat.knocking == device and not seat.admits_itself):
            return ()
        if seat.admits_itself:
            return (e.AdmissionChanged(seat.id, Admission.ADMITTED, seat.id, device),)
        return (e.OtherDeviceKnocked(seat.id, device),)

    def _stop_knocking(self, command: c.StopKnocking) -> tuple[e.Event, ...]:
        waits = self.seat(command.by).knocking == command.device
        return (e.OtherDeviceGone(command.by),) if waits else ()

    def _admit(self, command: c.Admit) -> tuple[e.Event, ...]:
        """Let in who asked to come in; nobody is brought in from a device check or after leaving."""
        seat = self.seat(command.seat)
        if seat.admission is Admission.ADMITTED and seat.knocking is None:
            return ()
        if not seat.held and seat.admission is not Admission.REFUSED:
            raise Refused(Reason.NOT_NOW)
        if not seat.may_come_in:
            raise Refused(Reason.CONSENT_MISSING)
        if seat.knocking is not None:
            if self.caucus is not None:
                raise Refused(Reason.CAUCUS_OPEN)
            return (e.AdmissionChanged(seat.id, Admission.ADMITTED, command.by, seat.knocking),)
        return self._move(command.seat, Admission.ADMITTED, command.by)

    def _refuse(self, command: c.Refuse) -> tuple[e.Event, ...]:
        """Refuse a seat that waits; of an admitted one, the other device that waits."""
        seat = self.seat(command.seat)
        if seat.admission is Admission.ADMITTED and seat.knocking is not None:
            return (e.OtherDeviceGone(seat.id),)
        return self._move(command.seat, Admission.REFUSED, command.by)

    def _send_to_waiting(self, command: c.SendToWaiting) -> tuple[e.Event, ...]:
        if not self.seat(command.seat).held:
            raise Refused(Reason.NOT_NOW)
        return self._move(command.seat, Admission.WAITING, command.by)

    def _move(
        self, id_: SeatId, to: Admission, by: SeatId, device: DeviceId | None = None
    ) -> tuple[e.Event, ...]:
        seat = self.seat(id_)
        if seat.admission is to:
            return ()
        if to not in ADMISSIONS[seat.admission]:
            raise Refused(Reason.NOT_NOW)
        return (e.AdmissionChanged(seat.id, to, by, device or seat.device),)

    def _leave(self, command: c.Leave) -> tuple[e.Event, ...]:
        seat = self.seat(command.by)
        if not seat.held:
            return ()
        return self._move(seat.id, Admission.LEFT, seat.id)

    def _open(self, command: c.OpenSession, at: datetime) -> tuple[e.Event, ...]:
        if self.phase is Phase.OPEN:
            return ()
        if Phase.OPEN not in PHASES[self.phase]:
            raise Refused(Reason.NOT_NOW)
        if command.overloaded:
            raise Refused(Reason.OVERLOADED)
        opened = e.SessionOpened(command.by, at)
        if command.recorder_ready:
            return (opened,)
        if not command.reason:
            raise Refused(Reason.RECORDER_DOWN)
        return (e.RecordingPaused(command.by, command.reason), opened)

    def _check_may_change_recording(self) -> None:
        """What happens to the recording during a caucus would tell of it afterwards."""
        if self.phase is not Phase.OPEN:
            raise Refused(Reason.NOT_NOW)
        if self.caucus is not None:
            raise Refused(Reason.CAUCUS_OPEN)

    def _resume(self, command: c.ResumeRecording) -> tuple[e.Event, ...]:
        self._check_may_change_recording()
        if not (self.paused or command.failed):
            return ()
        if not command.recorder_ready:
            raise Refused(Reason.RECORDER_DOWN)
        return (e.RecordingResumed(command.by),)

    def _open_caucus(self, command: c.OpenCaucus, at: datetime) -> tuple[e.Event, ...]:
        if self.phase is not Phase.OPEN:
            raise Refused(Reason.NOT_NOW)
        if self.caucus is not None:
            raise Refused(Reason.CAUCUS_OPEN)
        if command.side is Side.CENTRE:
            raise Refused(Reason.NOT_NOW)
        one_side = [s.id for s in self.seats if s.side is command.side and s.id in self.admitted]
        if not one_side:
            raise Refused(Reason.SIDE_ABSENT)
        if command.by not in self.admitted:
            raise Refused(Reason.MEDIATOR_ABSENT)
        return (e.CaucusOpened(command.by, command.id, (command.by, *one_side), at),)

    def _consent(self, command: c.SetConsent) -> tuple[e.Event, ...]:
        seat = self.seat(command.by)
        if (seat.ready, seat.recorded) == (command.ready, command.recorded):
            return ()
        return (e.ConsentSet(seat.id, command.ready, command.recorded),)

    def _close(self, command: c.CloseSession, at: datetime) -> tuple[e.Event, ...]:
        if (command.ground is Ground.SETTLED) != command.sealed:
            raise Refused(Reason.GROUND_MISSING if command.sealed else Reason.NOT_SETTLED)
        caucus = (e.CaucusClosed(command.by, self.caucus.id),) if self.caucus is not None else ()
        return (*caucus, e.SessionClosed(command.by, command.ground, at))

    # The room after an event.

    def after(self, event: e.Event) -> "Room":
        """Return the room after `event`. Never fails for an event that `decide` returned."""
        match event:
            case e.AdmissionChanged():
                return self._with(event.seat, admission=event.to, device=event.device, knocking=None)
            case e.OtherDeviceKnocked():
                return self._with(event.seat, knocking=event.device)
            case e.OtherDeviceGone():
                return self._with(event.seat, knocking=None)
            case e.SessionOpened():
                return replace(self, phase=Phase.OPEN, opened_at=event.at)
            case e.RecordingPaused():
                return replace(self, paused=True)
            case e.RecordingResumed():
                return replace(self, paused=False)
            case e.CaucusOpened():
                return replace(self, caucus=Caucus(event.id, frozenset(event.members), event.at))
            case e.CaucusClosed():
                return replace(self, caucus=None)
            case e.MicSet():
                return self._with(event.seat, mic=event.on)
            case e.CameraSet():
                return self._with(event.seat, camera=event.on)
            case e.ScreenShared():
                return self._with(event.seat, screen=True, screen_ended=None)
            case e.ScreenStopped():
                return self._with(event.seat, screen=False, screen_ended=event.why)
            case e.ConsentSet():
                return self._after_consent(event)
            case e.SessionClosed():
                return replace(self, phase=Phase.CLOSED, closed_at=event.at, ground=event.ground)
            case _:
                assert_never(event)

    def _after_consent(self, event: e.ConsentSet) -> "Room":
        seat = self.seat(event.seat)
        was_recorded = seat.withdrawn or (seat.recorded and self.phase is Phase.OPEN)
        withdrawn = was_recorded and not event.recorded
        return self._with(seat.id, ready=event.ready, recorded=event.recorded, withdrawn=withdrawn)

    def _with(self, id_: SeatId, **change: object) -> "Room":
        seats = tuple(replace(s, **change) if s.id == id_ else s for s in self.seats)  # type: ignore[arg-type]
        return replace(self, seats=seats)
