"""A sample case: a consumer, an insurer's representative, a mediator, and their room."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cases.ids import CaseId, PartyId, RoomId, SeatId, StaffId, new_id
from cases.model import Case, Dispute, Party, Role, Staff
from rooms.model import Room, Seat

NOON = datetime(2025, 9, 18, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
CONSUMER_NAME, CONSUMER_PHONE = "王秀英", "13800135521"
INSURER_NAME, INSURER_PHONE = "李建国", "13900137788"
INSURER_ORGANISATION = "安和财产保险股份有限公司云州分公司"
MEDIATOR_NAME, MEDIATOR_PHONE = "陈静", "13700131234"


@dataclass(frozen=True, slots=True)
class Sample:
    """A case with its mediator and its first room; `consumer`, `insurer`, `mediator` are seats."""

    case: Case
    room: Room
    staff: Staff
    consumer: SeatId
    insurer: SeatId
    mediator: SeatId


def a_mediator(name: str = MEDIATOR_NAME, phone: str = MEDIATOR_PHONE) -> Staff:
    return Staff(StaffId(new_id()), Role.MEDIATOR, name, phone)


def a_sample(
    staff: Staff | None = None,
    number: str = "〔2025〕云保调字第0127号",
    consumer: str = CONSUMER_NAME,
    scheduled_at: datetime = NOON,
) -> Sample:
    """Return a case that is appointed for `scheduled_at`; every id in it is new."""
    staff = staff or a_mediator()
    parties = (
        Party(PartyId(new_id()), Role.CONSUMER, consumer, CONSUMER_PHONE),
        Party(PartyId(new_id()), Role.INSURER, INSURER_NAME, INSURER_PHONE, INSURER_ORGANISATION),
    )
    case = Case(
        id=CaseId(new_id()),
        number=number,
        title=f"{consumer}车险定损争议",
        dispute=Dispute.LOSS_ASSESSMENT,
        claimed_fen=3_300_000,
        scheduled_at=scheduled_at,
        mediator=staff.id,
        parties=parties,
        opened_at=scheduled_at - timedelta(days=3),
    )
    seats = tuple(
        Seat(SeatId(new_id()), role, place)
        for place, role in enumerate((Role.MEDIATOR, Role.CONSUMER, Role.INSURER))
    )
    room = Room(RoomId(new_id()), case.id, seats)
    return Sample(case, room, staff, seats[1].id, seats[2].id, seats[0].id)
