"""Commands that people may send at any time, for tests that try all of it."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from cases.errors import Refused
from cases.ids import SeatId
from cases.model import Ground, Side
from rooms import commands as c
from rooms.model import Room
from tests.builders.profiles import MORE
from tests.builders.room import CAUCUS, MEDIATOR, SEATS, after, new_room, other_of, phone_of


def examples(count: int) -> settings:
    """Return the settings for `count` examples, or for as many more as the profile wants."""
    return settings(max_examples=count * MORE)


some = examples(60)

PARTED = (Side.APPLICANT, Side.RESPONDENT)

Commands = st.SearchStrategy[c.Command]


def one_of(*commands: Any) -> Commands:
    return st.one_of(*commands)


def about_oneself(seats: tuple[SeatId, ...] = SEATS) -> Commands:
    """Return what each of `seats` may ask about itself."""
    by, on = st.sampled_from(seats), st.booleans()
    return one_of(
        by.flatmap(lambda s: st.builds(c.Knock, st.just(s), st.sampled_from((phone_of(s), other_of(s))))),
        by.flatmap(lambda s: st.just(c.StopKnocking(s, other_of(s)))),
        st.builds(c.Leave, by),
        by.flatmap(lambda s: st.builds(c.SetMic, st.just(s), st.just(s), on)),
        st.builds(c.SetCamera, by, on),
        st.builds(c.ShareScreen, by, on),
        by.flatmap(lambda s: st.sampled_from((c.StopScreen(s, s), c.LoseScreen(s)))),
        st.builds(c.SetConsent, by, on, on),
    )


def of_the_mediator(seats: tuple[SeatId, ...] = SEATS) -> Commands:
    """Return what the mediator may ask about each of `seats`."""
    med, seat = st.just(MEDIATOR), st.sampled_from(seats)
    each = st.sampled_from((c.Admit, c.Admit, c.Admit, c.Refuse, c.SendToWaiting, c.Remove))
    return one_of(
        each.flatmap(lambda kind: st.builds(kind, med, seat)),
        st.builds(c.SetMic, med, seat, st.just(value=False)),
        st.builds(c.StopScreen, med, seat),
    )


def of_the_room() -> Commands:
    """Return what the mediator may ask about the session as a whole."""
    sides = st.sampled_from(PARTED)
    return one_of(
        st.just(c.OpenSession(MEDIATOR, recorder_ready=True)),
        st.builds(c.OpenCaucus, st.just(MEDIATOR), sides, st.just(CAUCUS)),
        st.just(c.PauseRecording(MEDIATOR)),
        st.just(c.ResumeRecording(MEDIATOR, recorder_ready=True, failed=False)),
        st.just(c.CloseCaucus(MEDIATOR)),
        st.just(c.CloseSession(MEDIATOR, Ground.OTHER, sealed=False)),
    )


def tried(room: Room, command: c.Command) -> Room:
    """Return the room after `command`, the same one if it is refused."""
    try:
        return after(room, command)
    except Refused:
        return room


def seats_of(*seats: SeatId) -> st.SearchStrategy[frozenset[SeatId]]:
    return st.frozensets(st.sampled_from(seats or SEATS))


@st.composite
def rooms(draw: st.DrawFn) -> Room:
    """Return any room that people can get into; most are open, some have a caucus."""
    every = one_of(about_oneself(), of_the_mediator(), of_the_room())
    room = new_room(recorded=draw(st.booleans()))
    for seat in draw(st.permutations(SEATS)):
        room = tried(room, c.Knock(seat, phone_of(seat)))
    for seat in SEATS[1:] if draw(st.booleans()) else ():
        room = tried(room, c.Admit(MEDIATOR, seat))
    if draw(st.booleans()):
        room = tried(room, c.OpenSession(MEDIATOR, recorder_ready=True))
    if draw(st.booleans()):
        room = tried(room, c.OpenCaucus(MEDIATOR, draw(st.sampled_from(PARTED)), CAUCUS))
    for command in draw(st.lists(every, max_size=12)):
        room = tried(room, command)
    return room
