"""What comes to the port of a call, from strangers and under a person's own address; real UDP on loopback."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Self

import psutil
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.ids import SeatId
from tests.builders.hostile import datagrams
from tests.builders.peer import SyntheticPeer
from tests.builders.profiles import MORE
from tests.builders.sitting import ROOM, Sitting, flush, sitting, two

ANNA: Final = SeatId("anna")
AT_ONCE: Final = 60
FLOOD: Final = 12_000 if MORE == 1 else 1_000_000  # as quick as the server reads them
PAUSE: Final = 32  # datagrams; the server reads 64 a turn, and beyond its buffer the kernel drops anybody's
SPOKEN: Final = 400  # packets of sound meanwhile
GROWTH: Final = 24 * 2**20  # bytes; a queue of all that came would take more than the allocator keeps


def usernames(peer: SyntheticPeer) -> tuple[bytes, ...]:
    """Return what stands in checks of a peer's browser: anybody on the way can read it."""
    request = peer.check()
    size = int.from_bytes(request[22:24], "big")
    return (request[24 : 24 + size], b"x:y", b"", b"\xff" * 20)


class Attacked:
    """A call of two, with somebody at the server's port who was not asked."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self._sitting = sitting()
        self.held: Sitting = self.runner.run(self._sitting.__aenter__())
        self.anna, self.ben = self.runner.run(two(self.held))
        self.anna.keep_line()
        self.stranger = self.anna.stranger()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stranger.close()
        self.runner.run(self._sitting.__aexit__(None, None, None))
        self.runner.close()

    async def by_the_stranger(self, sent: Sequence[bytes]) -> list[bytes]:
        """Return what the server answers."""
        for datagram in sent:
            self.stranger.send(datagram)
        await flush(self.anna, self.ben)  # the server reads its socket in the order of arrival
        answers = []
        while True:
            try:
                answers.append(self.stranger.recv(4096))
            except BlockingIOError:
                return answers

    async def under_annas_address(self, sent: Sequence[bytes]) -> None:
        for datagram in sent:
            self.anna.throw(datagram)
        await flush(self.anna, self.ben)

    async def still_hear(self) -> None:
        for speaker, listener, slot in ((self.anna, self.ben, "audio0"), (self.ben, self.anna, "audio0")):
            before = len(listener.heard[slot])
            await speaker.audio(b"first", b"second")
            await listener.until(lambda n=before, who=listener, at=slot: len(who.heard[at]) > n)  # type: ignore[misc]
        assert self.held.presence == [(ANNA, True), (SeatId("ben"), True)]


def test_a_stranger_is_answered_nothing_and_disturbs_nobody() -> None:
    with Attacked() as call:

        @settings(max_examples=40 * MORE)
        @given(st.lists(datagrams(usernames(call.anna)), max_size=AT_ONCE))
        def attacked(sent: list[bytes]) -> None:
            assert call.runner.run(call.by_the_stranger(sent)) == []
            call.runner.run(call.still_hear())

        attacked()


def test_what_is_forged_under_somebodys_address_ends_no_call() -> None:
    with Attacked() as call:

        @settings(max_examples=40 * MORE)
        @given(st.lists(datagrams(usernames(call.anna)), max_size=AT_ONCE))
        def attacked(sent: list[bytes]) -> None:
            call.runner.run(call.under_annas_address(sent))
            call.runner.run(call.still_hear())

        attacked()


def test_a_flood_of_strangers_costs_the_call_no_hundredth_and_leaves_nothing_behind() -> None:
    with Attacked() as call:
        noise = some_noise(random.Random(2025), usernames(call.anna))
        call.runner.run(_flooded(call, noise[:500], 20))  # what is made once
        process = psutil.Process()
        before = process.memory_info().rss
        held = call.runner.run(_things())
        lost = call.runner.run(_flooded(call, [noise[n % len(noise)] for n in range(FLOOD)], SPOKEN))
        assert lost <= SPOKEN // 100
        assert call.runner.run(_things()) == held
        assert process.memory_info().rss - before < GROWTH
        dropped = call.held.switchboard.dropped(ROOM, ANNA)
        assert sum(dropped.values()) > FLOOD // 10  # what a full socket drops, nobody counts
        assert {"foreign", "unsigned", "unknown"} <= set(dropped)
        call.runner.run(call.still_hear())


def some_noise(dice: random.Random, names: Sequence[bytes]) -> list[bytes]:
    """Return a mixture of ClientHellos, checks with wrong credentials, what looks like media, and noise."""
    hello = b"\x16\xfe\xfd" + bytes(8) + (76).to_bytes(2, "big") + b"\x01" + bytes(75)
    found = []
    for _ in range(500):
        digest = b"\x00\x08\x00\x14" + dice.randbytes(20)
        name = b"\x00\x06" + len(names[0]).to_bytes(2, "big") + names[0] + bytes(-len(names[0]) % 4)
        head = b"\x00\x01" + (len(name) + len(digest)).to_bytes(2, "big") + b"\x21\x12\xa4\x42"
        found += [hello, head + dice.randbytes(12) + name + digest]
        found += [b"\x80\x6f" + dice.randbytes(100), b"\xff" + dice.randbytes(60)]
    return found


async def _flooded(call: Attacked, sent: Sequence[bytes], spoken: int) -> int:
    """Return how many packets of Anna's sound did not come while all this was sent."""
    before, every = len(call.ben.heard["audio0"]), max(1, len(sent) // spoken)
    said = 0
    for number, datagram in enumerate(sent):
        with suppress(BlockingIOError):
            call.stranger.send(datagram)
        if number % every == 0:
            await call.anna.audio(b"said")
            said += 1
        if number % PAUSE == 0:
            await asyncio.sleep(0)
    await flush(call.anna, call.ben)
    return said - (len(call.ben.heard["audio0"]) - before)


async def _things() -> tuple[int, int]:
    """Return how many tasks there are, and how many files are open."""
    return len(asyncio.all_tasks()), psutil.Process().num_fds()
