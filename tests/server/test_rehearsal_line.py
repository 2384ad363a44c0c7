"""The rehearsal's account of each packet: what came, what was repaired, how late, and whether it went on."""

import pytest
from aiortc.rtp import RtpPacket

from server.rehearsal.line import Got, as_sent, tally
from server.rehearsal.outgoing import KEPT, Loss, Outgoing, Repeats, Sent, unwrapped
from server.rehearsal.recovery import longest_pause

WAY = ("consumer", "insurer")


def sound(number: int, at: float) -> Sent:
    return Sent(f"sound {number}", at, sound=True, withheld=False)


def picture(number: int, at: float, *, withheld: bool = False) -> Sent:
    return Sent(f"picture {number}", at, sound=False, withheld=withheld)


def test_a_packet_that_did_not_come_is_lost_and_not_one_that_was_withheld() -> None:
    sent = [sound(1, 1.0), sound(2, 1.02), picture(1, 1.0), picture(2, 1.08, withheld=True)]
    line = tally({WAY: (sent, Got({"sound 1": 1.001, "picture 1": 1.002}, frozenset()))})
    assert (line.sent, line.lost) == (3, 1)
    assert (line.withheld, line.repaired) == (1, 0)


def test_what_was_withheld_by_either_end_and_came_in_the_end_is_repaired() -> None:
    sent = [picture(1, 1.0, withheld=True), picture(2, 1.08), picture(3, 1.16)]
    got = Got({"picture 1": 1.2, "picture 2": 1.3, "picture 3": 1.17}, frozenset({"picture 2"}))
    line = tally({WAY: (sent, got)})
    assert (line.sent, line.lost, line.withheld, line.repaired) == (1, 0, 2, 2)
    assert line.share_repaired == 1.0


def test_the_delay_is_that_of_sound_in_milliseconds() -> None:
    sent = [sound(1, 1.0), picture(1, 1.0)]
    line = tally({WAY: (sent, Got({"sound 1": 1.004, "picture 1": 1.5}, frozenset()))})
    assert line.delays == pytest.approx([4.0])


def test_each_listener_is_counted_by_itself() -> None:
    sent = [sound(1, 1.0)]
    line = tally(
        {
            WAY: (sent, Got({"sound 1": 1.001}, frozenset())),
            ("consumer", "mediator"): (sent, Got({}, frozenset())),
        }
    )
    assert (line.sent, line.lost) == (2, 1)


def test_a_picture_is_known_although_its_id_is_counted_anew() -> None:
    sent = [Sent(f"same:{number}", 1.0, sound=False, withheld=False) for number in (0x7FFE, 0x7FFF, 0, 1)]
    came = {"same:5": 1.1, "same:6": 1.2, "sound": 1.3, "same:8": 1.4}
    got = as_sent([*sent, sound(1, 1.0)], came, ["same:7"])
    assert got.came == {"same:32766": 1.1, "same:32767": 1.2, "sound": 1.3, "same:1": 1.4}
    assert got.withheld == {"same:0"}


def talk(*, silent_after: float) -> tuple[list[Sent], Got]:
    """Return ten packets of sound a second, for ten seconds or less, and all of them as they came."""
    sent = [sound(number, number / 10) for number in range(round(10 * silent_after))]
    return sent, Got({packet.name: packet.at for packet in sent}, frozenset())


@pytest.mark.parametrize(("silent_after", "pause"), [(10.0, 0.1), (7.0, 3.1), (0.0, 10.0)])
def test_the_longest_pause_is_that_of_whoever_heard_least(silent_after: float, pause: float) -> None:
    told = {WAY: talk(silent_after=10.0), ("mediator", "insurer"): talk(silent_after=silent_after)}
    assert longest_pause(told, 0.0, 10.0) == pytest.approx(pause)


def test_one_packet_in_so_many_is_lost_and_none_when_the_line_is_good_again() -> None:
    loss = Loss()
    assert not any(loss.takes_this() for _ in range(50))
    loss.every = 8
    assert sum(loss.takes_this() for _ in range(80)) == 10
    loss.every = 0
    assert not any(loss.takes_this() for _ in range(50))


def test_a_repeat_names_the_packet_that_it_repeats() -> None:
    packets = Outgoing(ssrc=1, payload_type=96, step=3600).packets((b"first", b"second"))
    repeats = Repeats(ssrc=2, payload_type=97)
    for packet in packets:
        repeats.keep(packet)
    wanted = RtpPacket.parse(packets[1])
    (made,) = repeats.of([wanted.sequence_number, wanted.sequence_number + 1])
    repeat = RtpPacket.parse(made)
    assert (repeat.ssrc, repeat.payload_type, repeat.marker) == (2, 97, 1)
    assert unwrapped(repeat) == (wanted.sequence_number, b"second")


def test_what_is_too_old_is_not_repeated() -> None:
    stream, repeats = Outgoing(ssrc=1, payload_type=96, step=3600), Repeats(ssrc=2, payload_type=97)
    packets = stream.packets(tuple(b"%d" % number for number in range(KEPT + 1)))
    for packet in packets:
        repeats.keep(packet)
    numbers = [RtpPacket.parse(packet).sequence_number for packet in packets]
    assert repeats.of(numbers[:1]) == []
    assert len(repeats.of(numbers)) == KEPT
