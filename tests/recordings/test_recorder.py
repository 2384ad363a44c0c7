"""From packets to segments in the vault, on simulated time; files are decoded by FFmpeg."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cases.errors import Broken
from cases.ids import SeatId
from recordings.model import EndCause, Track
from recordings.muxer import extent
from recordings.take import FLUSH_AFTER
from tests.builders.recordings import ROOM, SEAT, Arrival, Sender, Studio, play
from tests.builders.rtp import Encoded, ntp, opus, vp8
from tests.builders.sockets import until

FOUR_HOURS = 4 * 3600  # seconds


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    studio = Studio(tmp_path / "vault")
    yield studio
    await studio.recorder.aclose(EndCause.SHUTDOWN)


async def test_a_seat_becomes_one_file_that_decodes(studio: Studio) -> None:
    tape = studio.start()
    origin = studio.now
    studio.play(tape, Sender("audio", opus(6), origin=origin), Sender("video", vp8(6), origin=origin))
    (segment,) = await studio.end(tape)
    played = play(studio.content(segment))
    assert played.complaints == []
    assert segment.tracks == (Track.AUDIO, Track.VIDEO)
    assert len(played.video) == 150
    assert [round(b - a, 3) for a, b in zip(played.video, played.video[1:], strict=False)] == [0.04] * 149
    assert played.samples == pytest.approx(299 * 960, abs=480)
    assert segment.cause is EndCause.CLOSED
    assert segment.media_ms == pytest.approx(6000, abs=25)
    assert segment.started_at.timestamp() == pytest.approx(studio.wall().timestamp() - 6, abs=0.06)


async def test_the_register_holds_hash_and_size_of_the_plaintext(studio: Studio) -> None:
    tape = studio.start()
    studio.play(tape, Sender("audio", opus(2), origin=studio.now))
    (segment,) = await studio.end(tape)
    with studio.vault.open(segment.object) as reader:
        assert (segment.sha256, segment.bytes) == (reader.sha256(), reader.size)
    assert studio.register.began_ids == [segment.id]
    assert segment.ended_at is not None


async def test_a_seat_with_sound_only(studio: Studio) -> None:
    tape = studio.start()
    studio.play(tape, Sender("audio", opus(3), origin=studio.now))
    (segment,) = await studio.end(tape)
    played = play(studio.content(segment))
    assert segment.tracks == (Track.AUDIO,)
    assert (played.video, played.complaints) == ([], [])
    assert played.samples == pytest.approx(149 * 960, abs=480)


async def test_a_seat_with_pictures_only(studio: Studio) -> None:
    tape = studio.start()
    studio.play(tape, Sender("video", vp8(3), origin=studio.now))
    (segment,) = await studio.end(tape)
    played = play(studio.content(segment))
    assert segment.tracks == (Track.VIDEO,)
    assert (len(played.video), played.complaints) == (75, [])


async def test_a_screen_is_a_file_that_says_what_it_shows(studio: Studio) -> None:
    person, screen = studio.start(), studio.start(picture=Track.SCREEN)
    studio.play(screen, Sender("video", vp8(3), origin=studio.now))
    (segment,) = await studio.end(screen)
    await studio.end(person)
    content = studio.content(segment)
    played = play(content)
    assert (segment.tracks, segment.of_screen) == ((Track.SCREEN,), True)
    assert (len(played.video), played.complaints) == (75, [])
    assert extent([content]).tracks == (Track.SCREEN,)


async def test_nothing_sent_is_no_segment(studio: Studio) -> None:
    tape = studio.start()
    assert await studio.end(tape) == []
    assert list(studio.vault.objects()) == []


async def test_a_camera_that_comes_late_begins_a_segment_with_both(studio: Studio) -> None:
    tape = studio.start()
    origin = studio.now
    picture = Sender("video", vp8(8), origin=origin, start=4.0)
    studio.play(tape, Sender("audio", opus(8), origin=origin), picture)
    first, second = await studio.end(tape)
    assert (first.tracks, first.cause) == ((Track.AUDIO,), EndCause.STREAM_CHANGED)
    assert second.tracks == (Track.AUDIO, Track.VIDEO)
    assert first.ended_at is not None
    assert abs((second.started_at - first.ended_at).total_seconds()) < 0.1
    assert first.media_ms + second.media_ms == pytest.approx(8000, abs=100)
    assert play(studio.content(second)).complaints == []


async def test_lips_and_voice_stay_together_whatever_the_clients_clock_says(studio: Studio) -> None:
    """The voice takes 30 ms, the picture 180 ms; the client's clock is an hour ahead."""
    tape = studio.start()
    origin = studio.now
    voice = Sender("audio", opus(6), origin=origin, delay=0.03, ahead=3600)
    picture = Sender("video", vp8(6), origin=origin, delay=0.18, ahead=3600)
    studio.play(tape, voice, picture)
    (segment,) = await studio.end(tape)
    played = play(studio.content(segment))
    assert abs(played.video[0] - (played.audio[0] - 0.02)) < 0.045
    assert abs(segment.started_at.timestamp() - (studio.wall().timestamp() - 6)) < 0.2


async def test_without_reports_frames_are_placed_by_arrival_after_three_seconds(studio: Studio) -> None:
    tape = studio.start()
    origin = studio.now
    voice = Sender("audio", opus(5), origin=origin, reports=False)
    studio.play(tape, voice, Sender("video", vp8(5), origin=origin, reports=False))
    (segment,) = await studio.end(tape)
    played = play(studio.content(segment))
    assert len(played.video) == 125
    assert abs(played.video[0] - played.audio[0]) < 0.045


async def test_frames_are_held_until_each_track_has_a_report_for_three_seconds_at_most(
    studio: Studio,
) -> None:
    tape = studio.start()
    origin = studio.now
    senders = [
        Sender("audio", opus(4), origin=origin),
        Sender("video", vp8(4), origin=origin, reports=False),
    ]
    rest = [[a for a in sender.sent if a.at > origin + 2.9] for sender in senders]
    for sender in senders:
        sender.sent = [a for a in sender.sent if a.at <= origin + 2.9]
    studio.play(tape, *senders)
    await studio.recorder.probe()
    assert list(studio.vault.objects()) == []
    for sender, later in zip(senders, rest, strict=True):
        sender.sent = later
    studio.play(tape, *senders)
    await studio.recorder.probe()
    assert len(list(studio.vault.objects())) == 1


async def test_a_lost_packet_costs_the_pictures_up_to_the_next_keyframe(studio: Studio) -> None:
    tape = studio.start()
    picture = Sender("video", vp8(6), origin=studio.now)
    asked_before = len(studio.asked)
    lost = next(a for a in picture.sent if a.at > studio.now + 3.3)
    picture.sent.remove(lost)
    studio.play(tape, picture)
    (segment,) = await studio.end(tape)
    played = play(studio.content(segment))
    assert played.complaints == []
    hole = max(b - a for a, b in zip(played.video, played.video[1:], strict=False))
    assert 0.6 < hole < 0.8
    assert [at for at in studio.asked[asked_before:] if lost.at < at < lost.at + 0.6]


async def test_reordered_and_doubled_packets_change_nothing(studio: Studio) -> None:
    tape = studio.start()
    picture, sound = Sender("video", vp8(4), origin=studio.now), Sender("audio", opus(4), origin=studio.now)
    for sender in (picture, sound):
        for a in sender.sent[6::7]:
            a.at += 0.06
        sender.sent += [Arrival(a.at + 0.09, a.give) for a in sender.sent[::5]]
    studio.play(tape, picture, sound)
    (segment,) = await studio.end(tape)
    played = play(studio.content(segment))
    assert (len(played.video), played.complaints) == (100, [])
    assert played.samples == pytest.approx(199 * 960, abs=480)


async def test_a_new_frame_size_begins_a_segment(studio: Studio) -> None:
    tape = studio.start()
    origin = studio.now
    turned = tuple(replace(frame, at=frame.at + 3) for frame in vp8(3, (144, 192)))
    picture = Sender("video", vp8(3) + turned, origin=origin)
    studio.play(tape, Sender("audio", opus(6), origin=origin), picture)
    one, two = await studio.end(tape)
    assert (one.cause, two.cause) == (EndCause.STREAM_CHANGED, EndCause.CLOSED)
    first, second = play(studio.content(one)), play(studio.content(two))
    assert (first.sizes, second.sizes) == ({(192, 144)}, {(144, 192)})
    assert len(first.video) + len(second.video) == 150
    assert first.samples + second.samples == pytest.approx(299 * 960, abs=3000)
    assert first.complaints == second.complaints == []


async def test_nothing_is_recorded_after_the_stop(studio: Studio) -> None:
    tape = studio.start()
    sound = Sender("audio", opus(4), origin=studio.now)
    until = studio.now + 2
    early = [a for a in sound.sent if a.at < until]
    late = [a for a in sound.sent if a.at >= until]
    sound.sent = early
    studio.play(tape, sound)
    tape.stop(EndCause.CAUCUS)
    for arrival in late:
        arrival.give(tape)
    (segment,) = await studio.end(tape)
    assert segment.cause is EndCause.CAUCUS
    assert segment.media_ms < 2001


async def test_silence_by_dtx_is_no_gap(studio: Studio) -> None:
    tape = studio.start()
    spoken = opus(6)
    quiet = tuple(f for f in spoken if f.at < 2 or f.at > 4 or round(f.at * 50) % 20 == 0)
    sound = Sender("audio", quiet, origin=studio.now)
    studio.play(tape, sound)
    (segment,) = await studio.end(tape)
    assert segment.media_ms == pytest.approx(6000, abs=50)


async def test_what_is_no_media_is_passed_over(studio: Studio) -> None:
    tape = studio.start()
    sound = Sender("audio", opus(2), origin=studio.now)
    for number, junk in enumerate((b"", b"\xff", b"\x90", b"\x90\xff", bytes(40))):
        tape.video.rtp(0x80, number, 0, junk, studio.now)
    studio.play(tape, sound)
    (segment,) = await studio.end(tape)
    assert play(studio.content(segment)).samples > 90 * 960


async def test_a_keyframe_is_asked_for_every_four_seconds(studio: Studio) -> None:
    tape = studio.start()
    studio.play(tape, Sender("video", vp8(10, every=1000), origin=studio.now))
    await studio.end(tape)
    assert len(studio.asked) >= 3


async def test_media_are_on_the_disk_within_a_second(studio: Studio) -> None:
    tape = studio.start()
    studio.play(tape, Sender("audio", opus(2), origin=studio.now))
    studio.now += 1.0
    tape.tick(studio.now)
    await studio.recorder.probe()  # the desk works in order: all that was handed in is written
    (segment,) = studio.register.segments
    with studio.vault.open(segment.object, unfinished=True) as reader:
        assert play(reader.read(0, reader.size)).samples == pytest.approx(99 * 960, abs=480)


async def test_media_are_written_in_time_though_nothing_more_comes(studio: Studio) -> None:
    tape = studio.start()
    studio.play(tape, Sender("audio", opus(0.4), origin=studio.now))
    assert studio.register.segments == []
    studio.now += 1
    await asyncio.wait_for(studio.register.told.wait(), 5)
    await studio.recorder.probe()
    (segment,) = studio.register.segments
    with studio.vault.open(segment.object, unfinished=True) as reader:
        assert play(reader.read(0, reader.size)).samples == pytest.approx(19 * 960, abs=480)


async def test_what_was_captured_before_the_start_and_came_late_is_left_out(studio: Studio) -> None:
    """Reports take 30 ms, media 330: what arrives in the first 300 ms is older than the start."""
    origin = studio.now
    senders = [
        Sender(kind, frames, origin=origin, delay=0.33, reports=False, start=1.7)
        for kind, frames in (("audio", opus(6)), ("video", vp8(6)))
    ]
    for sender in senders:
        sender.report(ntp(origin + 2.5), sender.packets.stamp(2.5), origin + 2.53)
    studio.now += 2.0
    started = studio.wall()
    tape = studio.start()
    for sender in senders:
        sender.sent = [a for a in sender.sent if a.at >= studio.now]
    studio.play(tape, *senders)
    segments = await studio.end(tape)
    assert all(segment.started_at >= started for segment in segments)
    assert segments[0].started_at - started < timedelta(milliseconds=100)
    assert play(studio.content(segments[0])).complaints == []


async def test_sound_that_comes_late_cuts_no_picture_to_pieces(studio: Studio) -> None:
    tape = studio.start()
    slow = Sender("audio", opus(6), origin=studio.now - 1.2, delay=1.25)
    studio.play(tape, Sender("video", vp8(5), origin=studio.now), slow)
    (segment,) = await studio.end(tape)
    played = play(studio.content(segment))
    assert segment.tracks == (Track.AUDIO, Track.VIDEO)
    assert len(played.video) == 125
    assert played.complaints == []


async def test_the_first_packet_of_sound_is_dropped_for_it_repeats_what_was_before(studio: Studio) -> None:
    tape = studio.start()
    sound = Sender("audio", opus(2), origin=studio.now)
    studio.play(tape, sound)
    (segment,) = await studio.end(tape)
    assert opus(2)[0].data not in studio.content(segment)
    assert opus(2)[1].data in studio.content(segment)


async def test_a_microphone_that_joins_asks_for_a_keyframe_at_once(studio: Studio) -> None:
    tape = studio.start()
    origin = studio.now
    picture = Sender("video", vp8(8), origin=origin)
    studio.play(tape, picture, Sender("audio", opus(8), origin=origin, start=4.1))
    one, two = await studio.end(tape)
    assert (one.tracks, two.tracks) == ((Track.VIDEO,), (Track.AUDIO, Track.VIDEO))
    assert any(origin + 4.1 < at < origin + 4.3 for at in studio.asked)


async def test_a_caller_that_cannot_ask_for_keyframes_breaks_nothing(studio: Studio) -> None:
    def fail() -> None:
        raise ConnectionError("the peer is gone")

    tape = studio.recorder.start(ROOM, SEAT, fail)
    studio.play(tape, Sender("video", vp8(6), origin=studio.now))
    (segment,) = await studio.end(tape)
    assert segment.media_ms > 5000


async def test_a_disk_that_refuses_ends_the_tape_and_nothing_else(studio: Studio, tmp_path: Path) -> None:
    await studio.recorder.probe()
    other = studio.start(SeatId("other"))
    tape = studio.start()
    folder = tmp_path / "vault"
    for path in folder.iterdir():
        path.rmdir()
    folder.rmdir()
    folder.write_bytes(b"in the way")
    studio.play(tape, Sender("audio", opus(4), origin=studio.now))
    with pytest.raises(Broken):
        await studio.recorder.probe()
    assert (tape.ended, other.ended) == (True, False)
    assert studio.faults == ["seat"]
    (segment,) = await studio.end(tape)
    assert (segment.cause, segment.bytes) == (EndCause.FAULT, 0)


async def test_a_disk_that_hangs_ends_the_tape_when_too_much_waits(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordings.desk.MOST_WAITING", 20_000)
    free = threading.Event()

    def hang() -> None:
        free.wait(20)

    studio.recorder._desk.submit(hang)
    tape = studio.start()
    studio.play(tape, Sender("video", vp8(8), origin=studio.now))
    ended, faults = tape.ended, list(studio.faults)
    free.set()
    (segment,) = await studio.end(tape)
    assert (ended, faults) == (True, ["seat"])
    assert segment.cause is EndCause.FAULT
    assert 0 < segment.media_ms < 8000
    assert play(studio.content(segment)).complaints == []


async def test_a_recorder_is_as_late_as_the_oldest_medium_that_is_not_on_the_disk(studio: Studio) -> None:
    assert (studio.recorder.lag(), studio.recorder.waiting) == (0.0, 0)
    free = threading.Event()

    def hang() -> None:
        free.wait(20)

    tape = studio.start()
    studio.play(tape, Sender("audio", opus(0.75), origin=studio.now))
    assert 0.5 < studio.recorder.lag() < FLUSH_AFTER  # it is put together, and the disk has nothing to do yet
    await studio.recorder.probe()
    studio.recorder._desk.submit(hang)
    studio.play(tape, Sender("audio", opus(4), origin=studio.now))
    assert 3.5 < studio.recorder.lag() < 4.5
    assert studio.recorder.waiting > 0
    free.set()
    await studio.end(tape)
    await studio.recorder.probe()  # answers just before its own job is counted off
    await until(lambda: (studio.recorder.lag(), studio.recorder.waiting) == (0.0, 0))


async def test_an_end_that_nobody_meant_is_a_gap_of_a_person_and_of_no_screen(studio: Studio) -> None:
    meant = (EndCause.CAUCUS, EndCause.LEFT, EndCause.CONSENT_WITHDRAWN, EndCause.CLOSED, EndCause.SHUTDOWN)
    for cause in (*meant, EndCause.LINE_LOST):
        studio.start().stop(cause)
    studio.start(picture=Track.SCREEN).stop(EndCause.LINE_LOST)
    studio.start().fault()
    assert studio.recorder.gaps == {EndCause.LINE_LOST: 1, EndCause.FAULT: 1}


async def test_a_disk_that_hangs_is_not_asked_again_and_again_for_ever(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordings.desk.MOST_WAITING", 20_000)
    monkeypatch.setattr("recordings.recorder.PROBE_WITHIN", 0.01)
    free = threading.Event()

    def hang() -> None:
        free.wait(20)

    studio.recorder._desk.submit(hang)
    said = []
    for _ in range(6):
        with pytest.raises(Broken) as told:
            await studio.recorder.probe()
        said.append("too much waits" in str(told.value))
    free.set()
    assert said == [False] * 4 + [True] * 2


async def test_four_hours_are_one_file_that_plays_to_its_end(studio: Studio) -> None:
    """A word every few seconds: what is long is the time, with every counter that it wraps."""
    tape, origin, sounds = studio.start(), studio.now, opus(1)
    words = tuple(Encoded(at, sounds[at % 50].data, key=True) for at in range(0, FOUR_HOURS, 3))
    studio.play(tape, Sender("audio", words, origin=origin))
    (segment,) = await studio.end(tape)
    length = words[-1].at - words[1].at  # the first word is left out
    assert segment.media_ms == pytest.approx(length * 1000, abs=100)
    assert segment.cause is EndCause.CLOSED
    played = play(studio.content(segment))
    assert played.complaints == []
    assert played.audio[-1] == pytest.approx(length, abs=0.1)


async def test_shutdown_closes_every_segment(studio: Studio) -> None:
    tapes = [studio.start(SeatId(name)) for name in "abc"]
    for tape in tapes:
        studio.play(tape, Sender("audio", opus(2), origin=studio.now))
    await studio.recorder.aclose(EndCause.SHUTDOWN)
    assert [s.cause for s in studio.register.segments] == [EndCause.SHUTDOWN] * 3
    assert all(studio.vault.open(s.object).closed for s in studio.register.segments)
    with pytest.raises(Broken):
        studio.start()


async def test_a_database_that_is_away_is_told_again(studio: Studio) -> None:
    studio.register.failures = 1
    tape = studio.start()
    studio.play(tape, Sender("audio", opus(2), origin=studio.now))
    (segment,) = await studio.end(tape)
    assert studio.register.began_ids == [segment.id]
    assert segment.cause is EndCause.CLOSED
