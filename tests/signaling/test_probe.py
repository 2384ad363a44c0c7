"""Tests of a line: as many as somebody needs, each gone by itself; real UDP on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cases.errors import Reason, Refused
from cases.ids import SeatId
from signaling.probe import AT_ONCE, AT_ONCE_IN_ALL, LIVES, OFFERS, OFFERS_WITHIN, ProbeId, Probes
from tests.builders.line import Line, line
from tests.builders.peer import LOOPBACK, WAIT, SyntheticPeer
from tests.signaling.test_connections import is_free

ANNA, BEN = SeatId("anna"), SeatId("ben")


class Time:
    """What the probes take for the time."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def probes(time: Time | None = None) -> AsyncIterator[tuple[Probes, Line]]:
    opened = Probes(LOOPBACK, time or Time())
    async with line() as browser:
        try:
            yield opened, browser
        finally:
            await opened.aclose()


def address_of(answer: str) -> tuple[str, int]:
    parts = answer.split("a=candidate:")[1].split(" ")
    return parts[4], int(parts[5])


async def is_freed(address: tuple[str, int]) -> None:
    async with asyncio.timeout(WAIT):
        while not is_free(address):  # noqa: ASYNC110  the kernel tells nobody
            await asyncio.sleep(0.02)


async def test_a_probe_connects_takes_what_is_sent_without_a_word_and_ends_when_the_page_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with probes() as (opened, browser):
        answer = await opened.answer(ANNA, await browser.offer())
        await browser.connect(answer.sdp)
        for packet in (b"\x80\x6f" + bytes(30), b"\x80\xc8\x00\x06" + bytes(24), b"\x80\x6f" + b"x" * 90):
            await browser.send(packet)
        opened.end(ANNA, answer.probe)
        await is_freed(address_of(answer.sdp))
        assert caplog.records == []


async def test_a_probe_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop's clock is set ahead; nothing waits."""
    loop, ahead = asyncio.get_running_loop(), [0.0]
    clock = loop.time
    monkeypatch.setattr(loop, "time", lambda: clock() + ahead[0])
    async with probes() as (opened, browser):
        answer = await opened.answer(ANNA, await browser.offer())
        assert not is_free(address_of(answer.sdp))
        ahead[0] = LIVES
        await is_freed(address_of(answer.sdp))


async def test_a_probe_of_somebody_else_is_not_ended() -> None:
    async with probes() as (opened, browser):
        answer = await opened.answer(ANNA, await browser.offer())
        opened.end(BEN, answer.probe)
        opened.end(ANNA, ProbeId("none"))
        await browser.connect(answer.sdp)


async def test_a_seat_tests_a_few_ways_at_once_and_another_one_as_well() -> None:
    async with probes() as (opened, browser):
        offer = await browser.offer()
        answers = [await opened.answer(ANNA, offer) for _ in range(AT_ONCE)]
        with pytest.raises(Refused) as refused:
            await opened.answer(ANNA, offer)
        assert refused.value.reason is Reason.PROBE_TOO_MANY
        await opened.answer(BEN, offer)
        opened.end(ANNA, answers[0].probe)
        await opened.answer(ANNA, offer)


async def test_who_tests_without_end_is_slowed_down() -> None:
    time = Time()
    async with probes(time) as (opened, browser):
        offer = await browser.offer()
        for _ in range(OFFERS):
            opened.end(ANNA, (await opened.answer(ANNA, offer)).probe)
        with pytest.raises(Refused) as refused:
            await opened.answer(ANNA, offer)
        assert refused.value.reason is Reason.PROBE_TOO_MANY
        time.now += OFFERS_WITHIN
        await opened.answer(ANNA, offer)


async def test_all_seats_together_test_a_bounded_number_of_lines() -> None:
    async with probes() as (opened, browser):
        offer = await browser.offer()
        for number in range(AT_ONCE_IN_ALL):
            await opened.answer(SeatId(f"seat{number // AT_ONCE}"), offer)
        with pytest.raises(Refused) as refused:
            await opened.answer(ANNA, offer)
        assert refused.value.reason is Reason.BUSY


async def test_an_offer_of_another_shape_is_refused_and_takes_no_place() -> None:
    async with probes() as (opened, browser):
        peer = SyntheticPeer()
        session = await peer.offer()
        await peer.close()
        for offer in (session, "v=0", (await browser.offer()).replace("recvonly", "sendrecv")):
            for _ in range((OFFERS - 1) // 3):  # each counts as one of its offers
                with pytest.raises(Refused) as refused:
                    await opened.answer(ANNA, offer)
                assert refused.value.reason is Reason.SDP_BAD
        await opened.answer(ANNA, await browser.offer())


async def test_closing_leaves_no_task_and_no_socket() -> None:
    before = asyncio.all_tasks()
    async with probes() as (opened, browser):
        answer = await opened.answer(ANNA, await browser.offer())
        await opened.aclose()
        assert is_free(address_of(answer.sdp))
        with pytest.raises(Refused):
            await opened.answer(ANNA, await browser.offer())
    assert asyncio.all_tasks() - before == set()
