"""The same rooms by Debian's Janus: its videoroom with recording, NACK and RTX, over its HTTP interface.

A person has two peer connections there: one that publishes, one that receives the two others.
"""
# ruff: noqa: SLF001

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiohttp
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from bench.load import (
    Port,
    Speaker,
    asks_for_picture,
    offer_with_repair,
    payload_type,
    stream,
)
from server.rehearsal.failing import Failed

LOOPBACK: Final = "127.0.0.1"  # of the interface; its media leave loopback out
PROGRAM: Final = Path("/usr/bin/janus")
PEOPLE: Final = 3
STARTING: Final = 10.0  # seconds
ANSWERING: Final = 10.0
PLUGIN: Final = "janus.plugin.videoroom"
UNUSED: Final = (
    *("audiobridge", "duktape", "echotest", "lua", "nosip", "recordplay"),
    *("sip", "streaming", "textroom", "videocall", "voicemail"),
)
OTHER_DOORS: Final = ("mqtt", "nanomsg", "pfunix", "rabbitmq", "websockets")


class Session:
    """One session of Janus's interface, kept alive by asking for its events."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http, self._url = http, url
        self._path = ""
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}

    async def open(self) -> None:
        self._path = f"/{(await self._post('', {'janus': 'create'}))['data']['id']}"

    async def attach(self) -> int:
        """Return a new handle of the videoroom."""
        return int((await self._post(self._path, {"janus": "attach", "plugin": PLUGIN}))["data"]["id"])

    async def ask(self, handle: int, body: dict[str, Any], sdp: tuple[str, str] | None = None) -> str:
        """Send a request, with a description (type, text) if there is one; return the one that answers."""
        order: dict[str, Any] = {"janus": "message", "body": body, "transaction": secrets.token_hex(8)}
        if sdp is not None:
            order["jsep"] = {"type": sdp[0], "sdp": sdp[1]}
        answered = self._waiting[order["transaction"]] = asyncio.get_running_loop().create_future()
        try:
            found = await self._post(f"{self._path}/{handle}", order)
            if found["janus"] == "ack":
                found = await asyncio.wait_for(answered, ANSWERING)
        except TimeoutError as error:
            raise Failed(f"Janus did not answer {body['request']}.") from error
        finally:
            del self._waiting[order["transaction"]]
        said = found.get("plugindata", {}).get("data", {})
        if "error" in said:
            raise Failed(f"Janus refuses {body['request']}: {said['error']}")
        return str(found.get("jsep", {}).get("sdp", ""))

    async def _post(self, path: str, order: dict[str, Any]) -> dict[str, Any]:
        order.setdefault("transaction", secrets.token_hex(8))
        async with self._http.post(self._url + path, json=order) as answer:
            found: dict[str, Any] = await answer.json()
        if found["janus"] == "error":
            raise Failed(f"Janus: {found['error']['reason']}")
        return found

    async def listen(self) -> None:
        """Take events until cancelled."""
        while True:
            async with self._http.get(self._url + self._path, params={"maxev": "10"}) as answer:
                events = await answer.json()
            for event in events if isinstance(events, list) else [events]:
                waiting = self._waiting.get(event.get("transaction", ""))
                if event["janus"] == "event" and waiting is not None and not waiting.done():
                    waiting.set_result(event)


class Guest:
    """A person in a room of Janus; counts as `load.Talker` does."""

    def __init__(self, session: Session, room: int, seat: int, flowing: asyncio.Event) -> None:
        self._session, self._room, self._seat, self._flowing = session, room, seat, flowing
        self._up, self._down = _connection(), _connection()
        self._sending: asyncio.Task[None] | None = None
        self._outlet: Port | None = None
        self.port: Port | None = None
        self.speaker: Speaker | None = None

    @property
    def sent(self) -> int:
        return self._outlet.sent if self._outlet else 0

    @property
    def received(self) -> int:
        return self.port.received if self.port else 0

    @property
    def pictures_sent(self) -> int:
        return self.speaker.pictures if self.speaker else 0

    @property
    def pictures_received(self) -> int:
        return self.port.pictures if self.port else 0

    async def publish(self) -> None:
        """Connect microphone and camera; they send from now on, while it flows."""
        handle = await self._session.attach()
        who = {"room": self._room, "ptype": "publisher", "id": self._seat}
        await self._session.ask(handle, {"request": "join", **who})
        mic, camera = (self._up.addTransceiver(kind, "sendonly") for kind in ("audio", "video"))
        for transceiver in (mic, camera):
            offer_with_repair(transceiver)
        _quiet(self._up)
        dtls = mic.receiver.transport
        dtls._handle_rtcp_data = self._on_rtcp
        await self._up.setLocalDescription(await self._up.createOffer())
        offer = ("offer", self._up.localDescription.sdp)
        answer = await self._session.ask(handle, {"request": "publish"}, offer)
        await self._up.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        await _connected(self._up)
        self._outlet = Port(dtls, (payload_type(mic), payload_type(camera)))
        self.speaker = Speaker(self._outlet, stream(mic), stream(camera), self._flowing)
        self._sending = asyncio.create_task(self.speaker.run(), name="speaker")

    async def subscribe(self, others: list[int]) -> None:
        """Receive the others, all on one connection."""
        handle = await self._session.attach()
        wanted = {"room": self._room, "ptype": "subscriber", "streams": [{"feed": other} for other in others]}
        offer = await self._session.ask(handle, {"request": "join", **wanted})
        await self._down.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        _quiet(self._down)
        await self._down.setLocalDescription(await self._down.createAnswer())
        answer = ("answer", self._down.localDescription.sdp)
        await self._session.ask(handle, {"request": "start"}, answer)
        await _connected(self._down)
        transceivers = self._down.getTransceivers()
        sound, picture = (next(t for t in transceivers if t.kind == kind) for kind in ("audio", "video"))
        self.port = Port(transceivers[0].receiver.transport, (payload_type(sound), payload_type(picture)))
        if self.speaker is not None:
            self.speaker.hearing = self.port

    async def _on_rtcp(self, data: bytes) -> None:
        if self.speaker and asks_for_picture(data):
            self.speaker.begin_picture()

    async def close(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait([self._sending])
        await asyncio.gather(self._up.close(), self._down.close())


def _connection() -> Any:
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


def _quiet(pc: Any) -> None:
    """Let aiortc's senders and receivers start nothing."""

    async def nothing(_parameters: object) -> None:
        pass

    for transceiver in pc.getTransceivers():
        transceiver.receiver.receive = nothing
        transceiver.sender.send = nothing


async def _connected(pc: Any) -> None:
    connected = asyncio.Event()

    def look() -> None:
        if pc.connectionState == "connected":
            connected.set()

    pc.on("connectionstatechange", look)
    look()
    try:
        await asyncio.wait_for(connected.wait(), ANSWERING)
    except TimeoutError as error:
        raise Failed("A connection to Janus did not come up.") from error


class Janus:
    """A running Janus with rooms of three. `guests` are everybody, `pid` is its process."""

    def __init__(self, pid: int, session: Session, recordings: Path) -> None:
        self.pid = pid
        self.flowing = asyncio.Event()
        self.guests: list[Guest] = []
        self._session = session
        self._recordings = recordings
        self._rooms = 0

    async def fill(self, rooms: int) -> None:
        """Open rooms until there are so many."""
        while self._rooms < rooms:
            self._rooms += 1
            await self._open_room(self._rooms)

    async def _open_room(self, room: int) -> None:
        settings: dict[str, Any] = {"publishers": PEOPLE, "bitrate": 0, "notify_joining": False}
        settings |= {"audiocodec": "opus", "videocodec": "vp8"}
        settings |= {"record": True, "rec_dir": str(self._recordings)}
        await self._session.ask(await self._session.attach(), {"request": "create", "room": room, **settings})
        seats = [10 * room + number for number in range(PEOPLE)]
        guests = [Guest(self._session, room, seat, self.flowing) for seat in seats]
        self.guests += guests
        for guest in guests:
            await guest.publish()
        for guest, seat in zip(guests, seats, strict=True):
            await guest.subscribe([other for other in seats if other != seat])

    async def recorded(self) -> bool:
        """Say whether there is a file with content for everybody's sound and picture."""
        files = [file for file in self._recordings.iterdir() if file.stat().st_size]
        return len(files) >= 2 * len(self.guests)


@asynccontextmanager
async def janus(address: str) -> AsyncIterator[Janus]:
    """Run Janus on scratch folders and ports of its own; everything goes at the end. Raises Failed.

    `address` is the IPv4 address for media; Janus takes every other than loopback.
    """
    if not PROGRAM.is_file():
        raise Failed(f"The bench needs Debian's Janus ({PROGRAM}): apt-get install janus")
    with TemporaryDirectory(prefix="heyi-bench-janus-") as scratch:
        folder, recordings = Path(scratch), Path(scratch) / "recordings"
        recordings.mkdir()
        port = _configure(folder, address)
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *("-F", scratch, "-C", str(folder / "janus.jcfg")),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
                session = Session(http, f"http://{LOOPBACK}:{port}/janus")
                await _started(session)
                listening = asyncio.create_task(session.listen(), name="session")
                server = Janus(process.pid, session, recordings)
                try:
                    yield server
                finally:
                    await asyncio.gather(*(guest.close() for guest in server.guests))
                    listening.cancel()
                    await asyncio.wait([listening])
        finally:
            process.kill()
            await process.wait()


async def _started(session: Session) -> None:
    try:
        async with asyncio.timeout(STARTING):
            while True:
                try:
                    return await session.open()
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise Failed("Janus did not start.") from error


def _configure(folder: Path, address: str) -> int:
    """Write Janus's settings; return the port of its interface."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = int(probe.getsockname()[1])
    plugins = ",".join(f"libjanus_{name}.so" for name in UNUSED)
    doors = ",".join(f"libjanus_{name}.so" for name in OTHER_DOORS)
    (folder / "janus.jcfg").write_text(
        f'general: {{ configs_folder = "{folder}"; debug_level = 2; admin_secret = "{secrets.token_hex()}" }}\n'
        'media: { ipv6 = false; min_nack_queue = 500; rtp_port_range = "20000-24000" }\n'
        f'nat: {{ full_trickle = false; ice_enforce_list = "{address}" }}\n'
        f'plugins: {{ disable = "{plugins}" }}\n'
        f'transports: {{ disable = "{doors}" }}\n'
        "events: { broadcast = false }\n"
    )
    (folder / f"{PLUGIN}.jcfg").write_text("general: { }\n")
    (folder / "janus.transport.http.jcfg").write_text(
        f'general: {{ json = "compact"; http = true; port = {port}; interface = "lo"; https = false }}\n'
        "admin: { admin_http = false }\n"
    )
    return port
