"""A session of the whole service, a process with websockets and UDP, that goes wrong at one step; and the time after.

`went_wrong` lets three people go through it and gives what they were told; `goes_on` brings them back afterwards.
"""

import asyncio
import shutil
import struct
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp

from cases.model import Case
from rooms.edges import Kind
from signaling.rtcp import SenderReport, sender_report
from tests.builders.calls import Caller, Session
from tests.builders.cases import NOON
from tests.builders.fault_remains import happened_in, left_of
from tests.builders.fault_scene import TRIES
from tests.builders.fault_told import Ran, facts_of
from tests.builders.faults import Do, Point
from tests.builders.http import CONSENTS
from tests.builders.peer import Stream, SyntheticPeer
from tests.builders.rtp import AUDIO_RATE, VIDEO_RATE, Cut, Encoded, Packetizer, ntp, opus, vp8
from tests.builders.service import Seats, Service, service

SPOKEN: Final = 1.3  # seconds between two commands
PING_EVERY: Final = 2.0  # seconds
REPORTED: Final = 0.2  # seconds from one sender report to the next
LOST: Final = 2.0  # seconds of media: one, and one by which a busy machine may be behind
AWAY: Final = {Do.KILL: LOST, Do.TORN: LOST, Do.POWER: LOST + 5.0}
NOTICED: Final = 1.0  # seconds from the death of a process to its being seen
RESTART: Final = 30.0  # seconds for everything after it

# Of the mediator: as the room calls it, and as the page does.
COMMANDS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("OpenSession", "open", {}),
    ("OpenCaucus", "caucus-open", {"side": "applicant"}),
    ("CloseCaucus", "caucus-close", {}),
    ("PauseRecording", "recording", {"on": False}),
    ("ResumeRecording", "recording", {"on": True}),
)


class GaveUp(Exception):
    """It could not be done, however often one asked."""


class Voice:
    """What one person sends: a tone and a moving picture that can be decoded."""

    def __init__(self, peer: SyntheticPeer) -> None:
        self._peer, self._zero = peer, asyncio.get_running_loop().time()
        self._sound, self._pictures = Packetizer(AUDIO_RATE), Packetizer(VIDEO_RATE)

    async def speak(self, note: Callable[[], None]) -> None:
        """Say something, as it comes from a browser."""
        loop = asyncio.get_running_loop()
        begun = reported = loop.time()
        frames = [(f, Kind.MIC) for f in opus(SPOKEN)] + [(f, Kind.CAMERA) for f in vp8(SPOKEN)]
        for frame, kind in sorted(frames, key=lambda one: one[0].at):
            await asyncio.sleep(max(0.0, begun + frame.at - loop.time()))
            moved = Encoded(begun - self._zero + frame.at, frame.data, frame.key)
            cuts = [self._sound.opus(moved)] if kind is Kind.MIC else self._pictures.vp8(moved)
            for cut in cuts:
                await self._peer.send(_packet(self._peer.streams[kind], cut))
            if loop.time() >= reported + REPORTED:
                reported = loop.time()
                await self._report(reported)
            note()

    async def _report(self, now: float) -> None:
        for kind, packets in ((Kind.MIC, self._sound), (Kind.CAMERA, self._pictures)):
            report = SenderReport(
                self._peer.streams[kind].ssrc, ntp(now), packets.stamp(now - self._zero), 0, 0
            )
            await self._peer.send(sender_report(report))


def _packet(stream: Stream, cut: Cut) -> bytes:
    number, time, mark, payload = cut
    payload_type = stream.transceiver._codecs[0].payloadType
    return (
        struct.pack("!BBHLL", 0x80, (0x80 if mark else 0) | payload_type, number, time, stream.ssrc) + payload
    )


class Evening:
    """Three people who go through a session; `facts` is what they were told, as `fault_scene` tells it."""

    def __init__(self, made: Session) -> None:
        self.made = made
        self.facts: list[dict[str, Any]] = []
        self._here: list[Caller] = []
        self._voices: dict[Caller, Voice] = {}

    @property
    def everybody(self) -> tuple[Caller, Caller, Caller]:
        return self.made.mediator, self.made.consumer, self.made.insurer

    async def happen(self) -> None:
        """Go through the session, until nothing is done any more that one asks for."""
        living = asyncio.create_task(self._live())
        try:
            await self._happen()
        except GaveUp as gave_up:
            self.facts.append({"gave up": str(gave_up)})
        finally:
            living.cancel()

    async def _live(self) -> None:
        """Say now and then that the pages are there, as a browser does."""
        with suppress(ConnectionError):
            while True:
                await asyncio.sleep(PING_EVERY)
                for caller in self._here:
                    await caller.say("ping")

    async def _happen(self) -> None:
        """Come in, open, go apart and back, pause and go on, withdraw a consent, leave, close."""
        made = self.made
        for caller in self.everybody:
            await made.stack.enter_async_context(caller.on_line())
            self._here.append(caller)
            await caller.until(lambda caller=caller: bool(caller.view))  # type: ignore[misc]
            if caller.view["truth"] in {"checking", "waiting"}:
                await self.ask(caller, "Knock", "knock", mic=True, camera=True)
        for party in (made.consumer, made.insurer):
            await party.until(lambda party=party: party.view["truth"] != "checking")  # type: ignore[misc]
            await self.ask(made.mediator, "Admit", "admit", seat=party.view["me"]["seat"])
        for caller in self.everybody:
            await made.connect(caller)
        for name, type_, fields in COMMANDS:
            await self.ask(made.mediator, name, type_, **fields)
            await self.speak()
        await self._withdraw()
        await self.speak()
        await self.ask(made.insurer, "Leave", "leave")
        await self.speak()
        await self.ask(made.mediator, "CloseSession", "close", ground="unwilling")

    async def ask(self, caller: Caller, name: str, type_: str, **fields: Any) -> None:
        """Ask as a person does: again, when it could not be written down."""
        for _ in range(TRIES):
            reply = await caller.ask(type_, **fields)
            if reply["type"] == "done":
                self.facts.append({"done": name})
                return
            assert reply["text"], "a refusal is said in words"
        raise GaveUp(name)

    async def speak(self) -> None:
        connected = [
            c for c in self.everybody if c.peer is not None and c.view["me"]["admission"] == "admitted"
        ]
        for caller in connected:
            if caller not in self._voices:
                assert caller.peer is not None
                self._voices[caller] = Voice(caller.peer)
        await asyncio.gather(*(self._voices[caller].speak(self._note) for caller in connected))

    async def _withdraw(self) -> None:
        browser, base = self.made.consumer.browser, self.made.consumer.base
        for _ in range(TRIES):
            await browser.get(f"{base}/consents")
            reply = await browser.post(f"{base}/consents", **CONSENTS | {"consent-recording": "no"})
            if reply.status == 303:
                return
            assert reply.status == 503, reply.text
        raise GaveUp("SetConsent")

    def _note(self) -> None:
        taped = [c.view["me"]["seat"] for c in self.everybody if c.view["recording"]]
        self.facts.append({"now": _now(), "taped": taped})

    def told(self) -> list[dict[str, Any]]:
        """Return what every page was shown."""
        return [
            {"seat": m["view"]["me"]["seat"], "truth": m["view"]["truth"]}
            for caller in self.everybody
            for m in caller.messages
            if m["type"] == "view"
        ]


async def went_wrong(at: Service, case: Case, seats: Seats, point: Point | None) -> Ran:
    """Let the session happen against a service with `point` in its way, until the service ends or is ended."""
    await at.start(point)
    evening = Evening(at.session(case, seats))
    happening = asyncio.create_task(evening.happen())
    ending = asyncio.create_task(at.ended_by_itself())
    try:
        await asyncio.wait({happening, ending}, return_when=asyncio.FIRST_COMPLETED)
        if not happening.done() or happening.exception() is not None:
            await asyncio.wait({ending}, timeout=NOTICED)  # a line may break before its end is seen
        if ending.done():
            happening.cancel()
            with suppress(
                asyncio.CancelledError, AssertionError, TimeoutError, ConnectionError, aiohttp.ClientError
            ):
                await happening
        else:
            await happening
            await at.end()
    finally:
        ending.cancel()
        with suppress(Exception):
            await evening.made.stack.aclose()
    own = facts_of(at.folder)
    died = next((fact["now"] for fact in own if "killed" in fact), None)
    facts = [f for f in evening.facts if died is None or f.get("now", 0.0) <= died]
    last = [{"now": died, "taped": _taped(facts)}] if died is not None else own[-1:]
    return Ran(at.folder, (*evening.told(), *facts, *last), died is not None)


def _taped(facts: list[dict[str, Any]]) -> list[str]:
    found: list[str] = next((fact["taped"] for fact in reversed(facts) if "taped" in fact), [])
    return found


async def goes_on(at: Service, case: Case, seats: Seats, happened: list[str]) -> list[str]:
    """Start again, bring everybody back by their cookies; return what is not as it was left."""
    await at.start()
    made = at.session(case, seats)
    try:
        async with asyncio.timeout(RESTART), made.stack:
            for caller in (made.mediator, made.consumer, made.insurer):
                await made.stack.enter_async_context(caller.on_line())
                await caller.until(lambda caller=caller: bool(caller.view))  # type: ignore[misc]
            phase = made.mediator.view["phase"]
            if phase != _phase(happened):
                return [f"the room is {phase} after {happened}"]
            inside = [c for c in (made.mediator, made.consumer) if c.view["me"]["admission"] == "admitted"]
            if phase == "open" and len(inside) == 2:
                await made.connect(*inside)
                await _heard(made.consumer, made.mediator)
    finally:
        await at.end()
    return []


async def _heard(speaker: Caller, listener: Caller) -> None:
    """Return when a listener has something of what a speaker says."""
    assert speaker.peer is not None
    peer = listener.peer
    assert peer is not None
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Voice(speaker.peer).speak(lambda: None))
        await peer.until(lambda: any(peer.heard.values()))


def _now() -> float:
    """Return the seconds since noon, by which `fault_remains` reckons."""
    return (datetime.now(UTC) - NOON).total_seconds()


def _phase(happened: list[str]) -> str:
    if "SessionClosed" in happened:
        return "closed"
    return "open" if "SessionOpened" in happened else "scheduled"


async def wrong_with(laid_out: Path, case: Case, seats: Seats, folder: Path, point: Point) -> list[str]:
    """Return everything that is wrong after `point`, at once and after the next start. `folder` is new."""
    await asyncio.to_thread(shutil.copytree, laid_out, folder / "run")
    async with service(folder / "run") as at:
        ran = await went_wrong(at, case, seats, point)
        await asyncio.to_thread(shutil.copytree, folder / "run", folder / "copy")
        copy = Ran(folder / "copy", ran.facts, ran.killed)
        found = await left_of(copy, AWAY.get(point.do, LOST))
        found += await goes_on(at, case, seats, await happened_in(folder / "copy"))
        later = Ran(folder / "run", (*ran.facts, {"now": _now()}), killed=False)
        found += await left_of(later, LOST)
        if not ran.reached and point.turn == 1:
            found.append("nothing happened")
    await asyncio.to_thread(shutil.rmtree, folder)
    return found
