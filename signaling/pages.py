"""The pages of one room: which one holds each seat, what each was told, what its person was shown."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from cases.errors import NotFound
from cases.ids import DeviceId, SeatId
from rooms.acknowledged import Acknowledged
from rooms.edges import Edge
from rooms.model import Room
from rooms.policy import presides
from rooms.states import Admission, Phase
from rooms.topology import audience, who_hears
from rooms.views import Name, View, view_for
from signaling.downlink import Health


class Page(Protocol):
    """One websocket of one browser that shows a seat. Its methods never wait."""

    seat: SeatId
    device: DeviceId

    @property
    def waiting(self) -> int:
        """How many messages wait to be sent."""

    def send(self, message: Mapping[str, Any]) -> None: ...
    def bye(self, reason: str) -> None: ...


@dataclass(slots=True)
class _Told:
    """What a page was sent last."""

    number: int = 0
    view: View | None = None
    settlement: Mapping[str, Any] | None = None
    line: Mapping[str, Any] | None = None
    disk: int | None = None


class Pages:
    """Sends each page its own view when it changed, and keeps which views were acknowledged."""

    def __init__(self, names: Mapping[SeatId, Name]) -> None:
        self._names = names
        self._of: dict[SeatId, dict[DeviceId, Page]] = {}  # a seat's pages, the newest last
        self._told: dict[Page, _Told] = {}
        self._holders: dict[SeatId, Page] = {}
        self._shown = Acknowledged()
        self._settlements: Mapping[SeatId, Mapping[str, Any]] = {}
        self._lines: dict[SeatId, Health] = {}
        self._disk: int | None = None

    def __len__(self) -> int:
        return len(self._told)

    @property
    def waiting(self) -> int:
        """How many messages wait for a page to take them."""
        return sum(page.waiting for page in self._told)

    # Who is there.

    def add(self, page: Page) -> None:
        """Take in a page; an older page of the same browser is dismissed."""
        pages = self._of.setdefault(page.seat, {})
        older = pages.pop(page.device, None)
        pages[page.device] = page
        self._told[page] = _Told()
        if older is not None:
            self._told.pop(older, None)
            older.bye("replaced")

    def remove(self, page: Page) -> None:
        """Forget a page that is gone."""
        pages = self._of.get(page.seat, {})
        if pages.get(page.device) is page:
            del pages[page.device]
        self._told.pop(page, None)

    def dismiss(self, seat: SeatId, reason: str, *, but: DeviceId | None = None) -> None:
        """Send away every page of a seat, except the one on device `but`; they count no longer."""
        for device, page in list(self._of.get(seat, {}).items()):
            if but is None or device != but:
                self.remove(page)
                page.bye(reason)

    def dismiss_all(self, reason: str) -> None:
        for page in list(self._told):
            page.bye(reason)

    def has(self, page: Page) -> bool:
        """Return whether a page is there and was not sent away."""
        return page in self._told

    def here(self, seat: SeatId, device: DeviceId) -> bool:
        return device in self._of.get(seat, {})

    def holder(self, room: Room, id_: SeatId) -> Page | None:
        """Return the page that holds a seat: its device's; before anybody holds it, the newest page."""
        pages = self._of.get(id_, {})
        try:
            seat = room.seat(id_)
        except NotFound:
            return None
        if seat.held:
            return pages.get(seat.device) if seat.device is not None else None
        return next(reversed(pages.values()), None)

    def online(self, room: Room) -> frozenset[SeatId]:
        """Return the seats that have a page."""
        return frozenset(s.id for s in room.seats if self.holder(room, s.id) is not None)

    # What they were told, and what they show.

    def publish(self, room: Room, present: frozenset[SeatId], untaped: frozenset[SeatId]) -> None:
        """Send each page its view of `room` if it differs from the last one."""
        online = self.online(room)
        edges = who_hears(room, present, untaped)
        for page, told in self._told.items():
            holder = self.holder(room, page.seat) is page
            view = view_for(
                room,
                page.seat,
                present,
                online,
                self._names,
                on_other_device=not holder,
                untaped=untaped,
            )
            if view != told.view:
                told.view, told.number = view, told.number + 1
                if holder:
                    shown = self._shown.of(page.seat)
                    self._shown = self._shown.with_(page.seat, shown.showing(audience(edges, page.seat)))
                page.send({"type": "view", "number": told.number, "view": asdict(view)})
            self._send_settlement(room, page)
            self._send_line(room, page)
            self._send_disk(room, page)

    def shown(self, room: Room, page: Page, number: int) -> bool:
        """Note that a page shows its view `number`; return whether that counts."""
        if self.holder(room, page.seat) is not page or number != self._told[page].number:
            return False
        shown = self._shown.of(page.seat)
        self._shown = self._shown.with_(page.seat, shown.acked(shown.number))
        return True

    def allowed(self, edges: frozenset[Edge]) -> frozenset[Edge]:
        """Return the edges whose source has been shown that this listener is there."""
        return self._shown.allowed(edges)

    def forget_what_no_page_shows(self, room: Room) -> None:
        """Another page holds a seat, or none does: what the former one showed counts no longer."""
        for seat in room.seats:
            holder = self.holder(room, seat.id)
            if self._holders.get(seat.id) is not holder:
                self._shown = self._shown.without(seat.id)
                self._holders.pop(seat.id, None)
                if holder is not None:
                    self._holders[seat.id] = holder

    def tell_settlement(self, room: Room, settlements: Mapping[SeatId, Mapping[str, Any]]) -> None:
        """Set what each seat may know of the settlement, and send it where it changed."""
        self._settlements = settlements
        for page in self._told:
            self._send_settlement(room, page)

    def tell_line(self, room: Room, seat: SeatId, health: Health) -> None:
        """Set how a seat's line is, and tell its page and the mediator's."""
        self._lines[seat] = health
        for page in self._told:
            self._send_line(room, page)

    def tell_disk(self, room: Room, hours: int | None) -> None:
        """Set for how many hours the disk is enough, and tell the mediator's pages."""
        self._disk = hours
        for page in self._told:
            self._send_disk(room, page)

    def _send_disk(self, room: Room, page: Page) -> None:
        told = self._told[page]
        if told.disk != self._disk and presides(room.seat(page.seat).role):
            told.disk = self._disk
            page.send({"type": "disk", "hours": self._disk})

    def _send_line(self, room: Room, page: Page) -> None:
        """Tell a holder of an admitted seat of its line; only the mediator learns of others'."""
        told, seat = self._told[page], room.seat(page.seat)
        holds = seat.admission is Admission.ADMITTED and self.holder(room, page.seat) is page
        known = self._lines if presides(seat.role) else self._lines.keys() & {page.seat}
        if not known or not holds or room.phase is Phase.CLOSED:
            return
        line = self._lines.get(page.seat, Health())
        others = {id_: health.quality for id_, health in self._lines.items() if id_ != page.seat}
        message = {
            "type": "line",
            "quality": line.quality,
            "cameras": line.cameras,
            "screen": line.screen,
            "camera_rate": line.camera_rate,
            "screen_rate": line.screen_rate,
            "others": others if presides(seat.role) else {},
        }
        if message != told.line:
            told.line = message
            page.send(message)

    def _send_settlement(self, room: Room, page: Page) -> None:
        """Send a holder of an admitted seat what it may know of the settlement."""
        told = self._told[page]
        settlement = self._settlements.get(page.seat)
        holds = room.seat(page.seat).admission is Admission.ADMITTED and self.holder(room, page.seat) is page
        inside = holds or room.phase is Phase.CLOSED  # afterwards people come back to download
        if settlement is not None and inside and settlement != told.settlement:
            told.settlement = settlement
            page.send({"type": "settlement", "settlement": settlement})


def changing_hands(before: Room, coming: Room) -> frozenset[SeatId]:
    """Return the seats that another device takes between `before` and `coming`."""
    return frozenset(
        old.id
        for old, new in zip(before.seats, coming.seats, strict=True)
        if old.device not in {None, new.device} and old.held and new.held
    )
