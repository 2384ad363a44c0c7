"""The clerk of one live room: decide, silence, commit, connect.

Commands come one after another through a bounded queue. What cannot wait for a commit (a page that
is gone, media that stopped, a page that says what it shows) is taken in at once: none of it awaits,
and the only effect it can have before the present commit is silence.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import reduce
from typing import Any

from cases.clocks import Clock
from cases.errors import Broken, Reason, Refused
from cases.ids import DeviceId, SeatId
from rooms import commands as c
from rooms import events as e
from rooms import policy
from rooms.edges import Edge, Kind, ear
from rooms.model import Room
from rooms.states import Admission, Phase
from rooms.topology import who_hears
from rooms.views import Name
from signaling.asked import Asked, silences_oneself
from signaling.downlink import Health
from signaling.jobs import Jobs
from signaling.outside import Facts, Journal, Media
from signaling.pages import Page, Pages, changing_hands
from signaling.sharing import Sharing

log = logging.getLogger(__name__)


class Clerk:
    """Serialises the commands of one room and keeps media and pages true to it."""

    def __init__(
        self,
        room: Room,
        names: Mapping[SeatId, Name],
        journal: Journal,
        media: Media,
        facts: Facts,
        clock: Clock,
    ) -> None:
        self.room = room
        self.names = names
        self._journal, self._media, self._facts, self._clock = journal, media, facts, clock
        self._pages = Pages(names)
        self._coming: Room | None = None  # the room after a command that is being committed
        self._asked = Asked()
        self._sharing = Sharing(self._pages)
        self._moving: frozenset[SeatId] = frozenset()  # seats that another device is about to take
        self._untaped: frozenset[SeatId] = frozenset()
        self._closed = False
        self._losing: asyncio.Future[None] | None = None  # the end of a lost screen that is asked for
        self._jobs = Jobs(room.id, self._handle)

    # Commands.

    async def submit(self, command: c.Command, page: Page | None = None) -> None:
        """Decide, silence, commit, connect. Raise Refused, NotFound or Broken.

        What `page` asked for is refused (SEAT_ELSEWHERE) when it does not hold its seat once its turn comes.
        """
        if self._closed:
            raise Broken("the clerk has gone")
        await self._jobs.put(await self._probed(command), page)

    async def _handle(self, command: c.Command, page: Page | None) -> None:
        command = await self._with_facts(command)
        if page is not None and not self._may_ask(page, command):
            raise Refused(Reason.SEAT_ELSEWHERE)
        events = self.room.decide(command, self._clock())
        if events:
            self._sharing.keeps_pace(self.room, events)
            await self._carry_out(command, events, page)
        elif self._asked.settled(command):
            self._make_true()

    def _may_ask(self, page: Page, command: c.Command) -> bool:
        """Return whether `page` speaks for its seat now. Who knocks does not yet, but has to be there; silence
        may also be asked for from a page that has gone, by the device that holds the seat.
        """
        if isinstance(command, c.Knock):
            return self._pages.has(page)
        if self.holds(page):
            return True
        return silences_oneself(command) and self.room.seat(page.seat).device == page.device

    async def _carry_out(self, command: c.Command, events: tuple[e.Event, ...], page: Page | None) -> None:
        coming, cause, written = reduce(Room.after, events, self.room), e.cut_cause(events), False
        if not isinstance(command, c.PauseRecording):
            # A pause is nobody's privacy: it comes after the commit, or a segment would end by one that never was.
            self._coming = coming
        self._moving = changing_hands(self.room, coming)
        self._sharing.follows(events, page)
        try:
            self._silence(cause)
            await self._journal.append(self.room.id, events)
        except Exception:
            self._asked.unwritten(command, events)
            raise
        else:
            self.room, written = coming, True
            self._asked.settled(command)
            if any(isinstance(event, e.RecordingResumed) for event in events):
                self._untaped = frozenset()
            await self._end_media(events)
        finally:
            self._coming, self._moving = None, frozenset()
            self._make_true(cause if written else "line-lost")
        self._end_lost_screen()  # it may have been lost before it was there
        for event in events:
            if isinstance(event, e.AdmissionChanged) and event.to is Admission.ADMITTED:
                self._pages.dismiss(event.seat, "replaced", but=event.device)

    async def _probed(self, command: c.Command) -> c.Command:
        """Ask the recorder, before the command takes its turn: a disk that hangs must hold up nobody else."""
        if not isinstance(command, c.OpenSession | c.ResumeRecording):
            return command
        policy.check(command, self.room.roles)
        return replace(command, recorder_ready=await self._facts.recorder_ready())

    async def _with_facts(self, command: c.Command) -> c.Command:
        match command:
            case c.OpenSession():
                return replace(command, overloaded=self._facts.overloaded())
            case c.ResumeRecording():
                return replace(command, failed=bool(self._untaped))
            case c.CloseSession():
                policy.check(command, self.room.roles)
                return replace(command, sealed=await self._facts.sealed(self.room.id))
            case _:
                return command

    async def _end_media(self, events: tuple[e.Event, ...]) -> None:
        """Close the connections of those who are out, and of a device that another one replaces."""
        for event in events:
            match event:
                case e.AdmissionChanged(to=Admission.REMOVED | Admission.LEFT | Admission.WAITING):
                    await self._media.close_seat(self.room.id, event.seat)
                case e.SessionClosed():
                    await self._media.close_room(self.room.id)
                case _:
                    pass
        for seat in self._moving:
            await self._media.close_seat(self.room.id, seat)

    # What comes by itself, taken in at once.

    def attach(self, page: Page) -> None:
        """Take in a page; an older page of the same browser is dismissed."""
        if self._closed:
            page.bye("restart")  # its next attempt finds the clerk that took over
            return
        self._pages.add(page)
        self._line_changed()

    def detach(self, page: Page) -> None:
        """Forget a page that is gone: nobody is heard who cannot see by whom."""
        self._pages.remove(page)
        self._line_changed()

    def shown(self, page: Page, number: int) -> None:
        """Note that a page shows its view `number`; edges that waited for it open."""
        if self._pages.shown(self.room, page, number):
            self._make_true()

    def media_changed(self, seat: SeatId) -> None:
        """Note that the media of `seat` connected or stopped."""
        if any(s.id == seat for s in self.room.seats):
            self._line_changed()

    def _line_changed(self) -> None:
        self._end_lost_screen()
        self._make_true("line-lost")

    def _end_lost_screen(self) -> None:
        """End a screen whose page or line is gone: unseen at once, and written down in its turn."""
        seat = self._sharing.lost(self.room, self._present())
        if seat is None or self._closed:
            return
        command = c.LoseScreen(seat)
        self._asked.unwritten(command, self.room.decide(command, self._clock()))
        if self._losing is None or self._losing.done():  # one that waits is enough
            with suppress(Refused):  # too many wait; the next command that is done leads here again
                self._losing = self._jobs.put(command)
                self._losing.add_done_callback(lambda done: done.exception())

    def recording_failed(self, seat: SeatId) -> None:
        """Note that the recording of `seat` broke: the screens must not say that it goes on."""
        self._untaped |= {seat}
        self._make_true("fault")

    def line_changed(self, seat: SeatId, health: Health) -> None:
        """Note how the line of `seat` is. It moves no edge: the switchboard has seen to that."""
        if not self._closed and any(s.id == seat for s in self.room.seats):
            self._pages.tell_line(self.room, seat, health)

    def tell_disk(self, hours: int | None) -> None:
        """Set for how many hours the disk is still enough, None while that is nobody's concern."""
        self._pages.tell_disk(self.room, hours)

    def tell_settlement(self, settlements: Mapping[SeatId, Mapping[str, Any]]) -> None:
        """Set what each seat may know of the settlement, and send it where it changed."""
        self._pages.tell_settlement(self.room, settlements)

    def holds(self, page: Page) -> bool:
        """Return whether `page` speaks for its seat, and not another device of the same person."""
        return self._pages.holder(self.room, page.seat) is page

    def here(self, seat: SeatId, device: DeviceId) -> bool:
        """Return whether a page of this browser is there."""
        return self._pages.here(seat, device)

    def media_come(self, seat: SeatId) -> bool:
        """Return whether the media connection of a seat is alive."""
        return self._media.alive(self.room.id, seat)

    async def offer(self, page: Page, sdp: str) -> str:
        """Answer a browser's offer. Refuse a page that does not hold an admitted seat."""
        seat = self.room.seat(page.seat)
        if not self.holds(page):
            raise Refused(Reason.SEAT_ELSEWHERE)
        if seat.admission is not Admission.ADMITTED or self.room.phase is Phase.CLOSED:
            raise Refused(Reason.NOT_NOW)
        return await self._media.answer(self.room.id, page.seat, seat.place, sdp)

    def dismiss(self, seat: SeatId, reason: str) -> None:
        """Send every page of a seat away at once, e.g. because its link was revoked."""
        self._pages.dismiss(seat, reason)
        self._end_lost_screen()
        self._make_true("left")

    @property
    def idle(self) -> bool:
        """Whether nobody is here and nothing is asked."""
        return not self._pages and self._jobs.idle

    @property
    def waiting(self) -> int:
        """How many commands wait for their turn."""
        return self._jobs.waiting

    @property
    def pages(self) -> Pages:
        """Who is here; to be counted, not to be spoken to."""
        return self._pages

    async def aclose(self, reason: str = "restart") -> None:
        """Silence the room, say goodbye to all pages and end the task; what is committed stays."""
        self._closed = True
        try:
            self._media.cut(self.room.id, frozenset(), "shutdown")
        except Exception as error:  # noqa: BLE001  whatever it is, it must not leave anybody heard
            self._end_all(error)
        self._pages.dismiss_all(reason)
        await self._jobs.aclose()

    # Reality follows.

    def _present(self) -> frozenset[SeatId]:
        """Return whose page is there and whose media flow."""
        online = self._pages.online(self.room)
        return frozenset(s for s in online if self.media_come(s))

    def _rooms(self) -> tuple[Room, ...]:
        """Return what must agree before anything flows: committed, being committed, asked for."""
        rooms = (self.room,) if self._coming is None else (self.room, self._coming)
        return (*rooms, *map(self._asked.applied, rooms))

    def _allowed(self) -> frozenset[Edge]:
        """Return who may hear whom, as far as the pages have shown it."""
        present = self._present()
        bound = reduce(frozenset.intersection, (who_hears(r, present, self._untaped) for r in self._rooms()))
        moving = {ear(seat) for seat in self._moving}
        return self._pages.allowed(frozenset(x for x in bound if not {ear(x.source), x.listener} & moving))

    def _silence(self, cause: str) -> None:
        """Cut and gate what may not flow; open nothing. Where that fails nothing flows at all."""
        try:
            self._media.cut(self.room.id, self._allowed(), cause)
            self._gate()
        except Exception as error:  # noqa: BLE001  whatever it is, it must not leave anybody heard
            self._end_all(error)

    def _gate(self) -> None:
        for seats in zip(*(room.seats for room in self._rooms()), strict=True):
            on = {
                Kind.MIC: all(s.mic for s in seats),
                Kind.CAMERA: all(s.camera for s in seats),
                Kind.SCREEN: all(s.screen for s in seats),
            }
            for kind, publishing in on.items():
                self._media.set_publishing(self.room.id, seats[0].id, kind, publishing)

    def _end_all(self, error: Exception) -> None:
        """End the media of everybody, after a fault; their browsers connect anew."""
        log.error("room %s: who hears whom could not be made true", self.room.id, exc_info=error)
        self._media.silence_room(self.room.id)

    def _make_true(self, cause: str = "line-lost") -> None:
        """Cut, publish, connect. Never waits; does nothing once another clerk may have the room."""
        if self._closed:
            return
        self._pages.forget_what_no_page_shows(self.room)
        self._silence(cause)
        self._publish()
        try:
            self._media.connect(self.room.id, self._allowed())
        except Exception as error:  # noqa: BLE001  whatever it is, it must not leave anybody heard
            self._end_all(error)
            self._publish()

    def _publish(self) -> None:
        if self._coming is None:
            self._pages.publish(self.room, self._present(), self._untaped)
