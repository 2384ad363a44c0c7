"""The journal's spelling of events, and what the audit says of them."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import get_args

import pytest

from cases.ids import DeviceId
from cases.model import Ground
from rooms import events as e
from rooms.states import Admission
from tests.builders.room import CAUCUS, CONSUMER, MEDIATOR

AT = datetime(2025, 9, 18, 4, 0, 1, 250, tzinfo=UTC)
DEVICE = DeviceId("d1")
EVERY: list[e.Event] = [
    *(e.AdmissionChanged(CONSUMER, to, MEDIATOR, DEVICE) for to in Admission),
    e.AdmissionChanged(CONSUMER, Admission.WAITING, CONSUMER, None),
    e.OtherDeviceKnocked(CONSUMER, DEVICE),
    e.OtherDeviceGone(CONSUMER),
    e.SessionOpened(MEDIATOR, AT),
    e.RecordingPaused(MEDIATOR, "磁盘坏了，双方同意先谈"),
    e.RecordingResumed(MEDIATOR),
    e.CaucusOpened(MEDIATOR, CAUCUS, (MEDIATOR, CONSUMER), AT),
    e.CaucusClosed(MEDIATOR, CAUCUS),
    e.MicSet(CONSUMER, on=False, by=MEDIATOR),
    e.CameraSet(CONSUMER, on=True),
    e.ScreenShared(CONSUMER),
    *(e.ScreenStopped(CONSUMER, MEDIATOR, why) for why in e.ScreenEnd),
    e.ConsentSet(CONSUMER, ready=True, recorded=False),
    *(e.SessionClosed(MEDIATOR, ground, AT) for ground in Ground),
]


def test_there_is_an_example_of_every_event() -> None:
    assert {type(event) for event in EVERY} == set(get_args(e.Event))


@pytest.mark.parametrize("event", EVERY, ids=str)
def test_an_event_comes_back_from_the_journal_as_it_was(event: e.Event) -> None:
    back = e.decode(json.loads(json.dumps(e.encode(event))))
    assert back == event
    assert [type(getattr(back, f.name)) for f in fields(back)] == [
        type(getattr(event, f.name)) for f in fields(event)
    ]


def test_a_newer_version_and_an_unknown_event_are_refused() -> None:
    row = e.encode(EVERY[0])
    for newer in ({**row, "version": e.VERSION + 1}, {**row, "event": "HandRaised"}):
        with pytest.raises(ValueError, match="newer server"):
            e.decode(newer)


def test_decoding_leaves_the_row_as_it_was() -> None:
    row = e.encode(EVERY[-1])
    before = dict(row)
    e.decode(row)
    assert row == before


def test_the_audit_names_who_did_what_to_whom() -> None:
    actions = {}
    for event in EVERY:
        if entry := e.audit_entry(event):
            actions[entry.action] = (entry.actor, entry.subject)
    assert actions["seat:admitted"] == ("seat:med", "seat:con")
    assert actions["seat:removed"] == ("seat:med", "seat:con")
    assert actions["seat:not-recorded"] == ("seat:con", "seat:con")
    assert actions["room:caucus:open"] == ("seat:med", "caucus:k1")
    assert actions["room:caucus:close"] == ("seat:med", "caucus:k1")
    assert actions["room:open"] == ("seat:med", "")
    assert actions["screen:start"] == ("seat:con", "")
    assert actions["screen:stop"] == ("seat:med", "seat:con")
    assert actions["seat:other-device"] == ("seat:con", "seat:con")
    assert actions["room:close"][0] == "seat:med"


def test_switching_a_microphone_is_no_legal_act() -> None:
    assert e.audit_entry(e.MicSet(CONSUMER, on=False, by=MEDIATOR)) is None
    assert e.audit_entry(e.CameraSet(CONSUMER, on=False)) is None


@pytest.mark.parametrize(
    ("events", "cause"),
    [
        ((e.CaucusOpened(MEDIATOR, CAUCUS, (), AT),), "caucus"),
        ((e.CaucusClosed(MEDIATOR, CAUCUS), e.SessionClosed(MEDIATOR, Ground.OTHER, AT)), "closed"),
        ((e.AdmissionChanged(CONSUMER, Admission.REMOVED, MEDIATOR, DEVICE),), "removed"),
        ((e.AdmissionChanged(CONSUMER, Admission.LEFT, CONSUMER, DEVICE),), "left"),
        ((e.ConsentSet(CONSUMER, ready=True, recorded=False),), "consent-withdrawn"),
        ((e.ScreenStopped(CONSUMER, MEDIATOR, e.ScreenEnd.MEDIATOR),), "screen-stopped"),
        (
            (
                e.ScreenStopped(CONSUMER, MEDIATOR, e.ScreenEnd.CONVERSATION),
                e.CaucusOpened(MEDIATOR, CAUCUS, (), AT),
            ),
            "caucus",
        ),
        ((e.ScreenStopped(CONSUMER, CONSUMER, e.ScreenEnd.LINE),), "line-lost"),
        ((), "line-lost"),
    ],
)
def test_the_manifest_says_why_a_recording_stopped(events: tuple[e.Event, ...], cause: str) -> None:
    assert e.cut_cause(events) == cause
