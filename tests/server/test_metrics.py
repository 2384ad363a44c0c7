"""Metrics: for whoever shows the token, of the whole service, and of nobody in it."""

import re
import shutil
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from cases.ids import ObjectId, SegmentId, new_id
from cases.model import Case
from recordings.model import EndCause
from signaling.guard import Dropped
from storage import recordings, rooms
from storage.recordings import SegmentRow
from tests.builders.calls import heard, open_session, session
from tests.builders.cases import CONSUMER_NAME, INSURER_NAME, NOON
from tests.builders.clocks import StillClock
from tests.builders.http import MEDIATOR, STAFF, House, house_in

TOKEN = "of-a-scraper-and-of-nobody-else-0123456789"
COUNTED = ("_total", "_count", "_bucket", "_sum")  # never become less


@pytest.fixture
async def house(folder: Path, clock: StillClock) -> AsyncIterator[House]:
    async with house_in(folder, clock, HEYI_METRICS_TOKEN=TOKEN) as house:
        yield house


async def exposition(house: House) -> str:
    reply = await house.browser().get("/metrics", Authorization=f"Bearer {TOKEN}")
    assert reply.status == 200
    return reply.text


async def scrape(house: House) -> dict[str, float]:
    """Return each sample by its name, and the value of its label where it has one."""
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in parsed(await exposition(house))
        for sample in family.samples
    }


# Who may read them.


async def test_without_the_setting_there_is_no_such_page(folder: Path, clock: StillClock) -> None:
    async with house_in(folder, clock) as house:
        for shown in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
            reply = await house.browser().get("/metrics", **shown)
            assert (reply.status, "heyi_" in reply.text) == (404, False)


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN.upper()}",
        f"Bearer {TOKEN[:-1]}\u00e9",
        f"Basic {TOKEN}",
        TOKEN,
    ],
)
async def test_whoever_does_not_show_the_token_reads_nothing(house: House, shown: str) -> None:
    reply = await house.browser().get("/metrics", Authorization=shown)
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert "heyi_" not in reply.text


async def test_a_token_in_the_address_opens_nothing(house: House) -> None:
    assert (await house.browser().get(f"/metrics?token={TOKEN}&access_token={TOKEN}")).status == 401


async def test_staff_who_are_signed_in_read_nothing(house: House) -> None:
    for member in STAFF:
        assert (await (await house.signed_in(member)).get("/metrics")).status == 401


async def test_metrics_are_text_that_nobody_keeps(house: House) -> None:
    reply = await house.browser().get("/metrics", Authorization=f"bearer  {TOKEN}")
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert reply.headers["Cache-Control"] == "no-store"


# What they say.


async def test_a_quiet_service_has_every_metric_from_the_start(house: House) -> None:
    found = await scrape(house)
    assert {name: found[name] for name in ("heyi_rooms", "heyi_pages", "heyi_seats")} == {
        "heyi_rooms": 0,
        "heyi_pages": 0,
        "heyi_seats": 0,
    }
    rising = [f"heyi_datagrams_dropped_total {cause}" for cause in Dropped]
    rising += [f"heyi_recording_gaps_total {cause}" for cause in ("crash", "fault", "line-lost")]
    rising += [f"heyi_media_packets{which}_total {way}" for which in ("", "_lost") for way in ("in", "out")]
    rising += ["heyi_commit_failures_total", "heyi_join_seconds_count", "heyi_round_trip_seconds_count"]
    assert {name: found[name] for name in rising} == dict.fromkeys(rising, 0)
    assert found["heyi_recorder_lag_seconds"] == 0
    assert 0 < found["heyi_disk_free_bytes"] <= found["heyi_disk_size_bytes"]
    assert found["process_start_time_seconds"] > 0


async def test_every_metric_is_in_the_guide_and_no_other(house: House) -> None:
    guide = (Path(__file__).parents[2] / "docs/deployment.md").read_text()
    table, alerts = guide.split("## What to watch", 1)[1].split("### What to alert on", 1)
    own = set(re.findall(r"^# TYPE (heyi_\w+) ", await exposition(house), re.MULTILINE))
    assert set(re.findall(r"`(heyi_\w+)`", table)) == own
    used = set(re.findall(r"\b(heyi_\w+)", alerts))
    assert {name.removesuffix("_bucket") for name in used} <= own


async def test_a_session_is_counted_while_it_lasts_and_what_it_carried_stays(
    house: House, case: Case
) -> None:
    mediator = await house.signed_in(MEDIATOR)
    async with open_session(house, case, mediator):
        during = await scrape(house)
        assert (during["heyi_rooms"], during["heyi_pages"], during["heyi_seats"]) == (1, 3, 2)
        assert during["heyi_join_seconds_count"] == 2
        assert during["heyi_media_packets_total in"] >= during["heyi_media_packets_total out"] > 0
        assert during["heyi_commit_seconds_count"] > 0
        queues = {"commands", "messages", "database"}
        assert {name.split()[1] for name in during if name.startswith("heyi_queue_length")} == queues
    after = await scrape(house)
    assert after["heyi_pages"] == 0
    counted = {name: value for name, value in during.items() if name.split()[0].endswith(COUNTED)}
    assert {name: after[name] for name, value in counted.items() if after[name] < value} == {}


async def test_what_a_seat_carried_stays_when_it_is_removed(house: House, case: Case) -> None:
    mediator = await house.signed_in(MEDIATOR)
    async with open_session(house, case, mediator) as made:
        before = await scrape(house)
        assert (await made.mediator.ask("remove", seat=made.seat_of(made.consumer)))["type"] == "done"
        after = await scrape(house)
        assert after["heyi_seats"] == 1
        for way in ("in", "out"):
            assert after[f"heyi_media_packets_total {way}"] >= before[f"heyi_media_packets_total {way}"]


async def test_a_stranger_is_counted_by_cause_also_when_the_line_has_ended(house: House, case: Case) -> None:
    mediator = await house.signed_in(MEDIATOR)
    async with open_session(house, case, mediator) as made:
        assert made.consumer.peer is not None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for _ in range(3):
                stranger.sendto(b"\x80" + b"x" * 99, made.consumer.peer.server_address())
        await heard(made.consumer, made.mediator, b"after the stranger")
        assert (await scrape(house))["heyi_datagrams_dropped_total foreign"] == 3
        assert (await made.mediator.ask("close", ground="withdrawn"))["type"] == "done"
    assert (await scrape(house))["heyi_datagrams_dropped_total foreign"] == 3


async def test_a_recording_that_breaks_is_a_gap_by_a_fault(house: House, case: Case) -> None:
    mediator = await house.signed_in(MEDIATOR)
    async with session(house, case, mediator) as made:
        await made.come(made.mediator, made.consumer)
        await made.let_in(made.consumer)
        await made.connect(made.mediator, made.consumer)
        assert (await made.mediator.ask("open"))["type"] == "done"
        shutil.rmtree(house.folder / "data/objects")
        (house.folder / "data/objects").write_text("a file where the folder was")
        await heard(made.consumer, made.mediator, b"what is not recorded")
        await made.mediator.seen(recorder_failed=True)
        assert (await scrape(house))["heyi_recording_gaps_total fault"] > 0


async def test_a_segment_that_a_killed_process_left_is_a_gap_by_a_crash(
    folder: Path, clock: StillClock
) -> None:
    async with house_in(folder, clock, HEYI_METRICS_TOKEN=TOKEN) as house:
        await _unfinished_segment(house, await house.case())
    async with house_in(folder, clock, HEYI_METRICS_TOKEN=TOKEN) as house:
        assert (await scrape(house))["heyi_recording_gaps_total crash"] == 1


async def _unfinished_segment(house: House, case: Case) -> None:
    object_id = ObjectId(new_id())
    house.services.vault.create(object_id).abandon()
    room = await house.services.database.read(rooms.room_of_case, case.id)
    seat = next(iter(await house.services.database.read(rooms.names, room)))
    row = SegmentRow(SegmentId(new_id()), room, seat, object_id, NOON - timedelta(minutes=1))
    await house.services.database.write(recordings.began, row)


async def test_a_change_that_could_not_be_committed_is_counted(house: House, case: Case) -> None:
    mediator = await house.signed_in(MEDIATOR)
    with closing(sqlite3.connect(house.folder / "data/heyi.sqlite3")) as outside:
        outside.execute("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
    before = await scrape(house)
    path = f"/staff/{MEDIATOR.id}/cases/{case.id}/links/{case.parties[0].id}"
    assert (await mediator.post(path, do="issue")).status == 503
    after = await scrape(house)
    assert after["heyi_commit_failures_total"] == before["heyi_commit_failures_total"] + 1
    assert after["heyi_commit_seconds_count"] == before["heyi_commit_seconds_count"]


async def test_what_the_rules_refuse_is_no_failure(house: House) -> None:
    browser = house.browser()
    await browser.get("/staff/sign-in")
    assert (await browser.post("/staff/sign-in", phone=MEDIATOR.phone, password="wrong")).status == 401
    assert (await scrape(house))["heyi_commit_failures_total"] == 0


async def test_no_metric_says_who_or_which_room(house: House, case: Case) -> None:
    mediator = await house.signed_in(MEDIATOR)
    async with open_session(house, case, mediator) as made:
        assert (await made.mediator.ask("caucus-open", side="applicant"))["type"] == "done"
        await heard(made.consumer, made.mediator, b"in private")
        text = await exposition(house)
        labels = {
            name: {
                sample.labels[name]
                for family in parsed(text)
                for sample in family.samples
                if name in sample.labels
            }
            for family in parsed(text)
            for sample in family.samples
            for name in sample.labels
        }
        assert set(labels) == {"le", "way", "cause", "queue", "lack"}
        assert labels["cause"] == {*Dropped, EndCause.FAULT, EndCause.CRASH, EndCause.LINE_LOST}
        seats = [await house.seat(party) for party in case.parties]
        room = await house.services.database.read(rooms.room_of_case, case.id)
        told = [CONSUMER_NAME, INSURER_NAME, case.id, case.number, room, *seats, made.seat_of(made.mediator)]
        assert [one for one in told if one in text] == []
