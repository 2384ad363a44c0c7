"""The ear and the eye of the rehearsal: they must tell people apart, and hear nothing in silence."""

import math
import random

import pytest

from server.rehearsal.signals import (
    SIGNALS,
    Signal,
    colour_of_keyframe,
    name_of_tone,
    numbered,
    programme,
    tone_of_packets,
    tone_share,
    unnumbered,
    vp8_body,
)


def sine(hertz: float, seconds: float = 0.2, rate: int = 8000, loud: float = 8000) -> list[float]:
    return [loud * math.sin(2 * math.pi * hertz * n / rate) for n in range(int(seconds * rate))]


def test_all_energy_of_a_tone_is_at_its_frequency() -> None:
    assert tone_share(sine(880), 8000, 880) > 0.99
    assert tone_share(sine(880), 8000, 440) < 0.01


def test_silence_noise_and_a_strange_tone_are_nobody() -> None:
    dice = random.Random(1)
    assert name_of_tone([0.0] * 1600, 8000) == ""
    assert name_of_tone(sine(880, loud=20), 8000) == ""
    assert name_of_tone([dice.uniform(-8000, 8000) for _ in range(1600)], 8000) == ""
    assert name_of_tone(sine(1000), 8000) == ""


@pytest.mark.parametrize("signal", SIGNALS.values(), ids=str)
def test_each_encoded_signal_is_recognised_by_ear_and_eye(signal: Signal) -> None:
    sent = programme(signal)
    assert tone_of_packets(sent.packets[:12]) == signal.name
    assert tone_of_packets(sent.packets[-6:] + sent.packets[:6]) == signal.name  # over the seam
    assert colour_of_keyframe(b"".join(sent.frames[0])) == signal.name


def test_a_number_makes_each_packet_of_sound_unlike_any_other_and_is_not_heard() -> None:
    packets = programme(SIGNALS["consumer"]).packets
    once = [numbered(packets[number % len(packets)], number) for number in range(3 * len(packets))]
    assert len(set(once)) == len(once)
    assert [unnumbered(packet) for packet in once] == list(packets) * 3
    assert tone_of_packets(once[:12]) == "consumer"


def test_two_people_at_once_are_not_taken_for_one() -> None:
    both = [a + b for a, b in zip(sine(440), sine(880), strict=True)]
    assert name_of_tone(both, 8000) == ""


def test_only_the_first_packet_of_a_keyframe_begins_one() -> None:
    from aiortc.codecs.vpx import VpxPayloadDescriptor

    first, second = programme(SIGNALS["consumer"]).frames[0][:2]
    start = bytes(VpxPayloadDescriptor(partition_start=1, partition_id=0, picture_id=5))
    rest = bytes(VpxPayloadDescriptor(partition_start=0, partition_id=0, picture_id=5))
    assert vp8_body(start + first) == (True, first)
    assert vp8_body(rest + second) == (False, second)
