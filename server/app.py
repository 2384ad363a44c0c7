"""The composition root: makes the parts, wires them, and takes them down in order."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from cases.clocks import Clock, steady_clock
from cases.errors import HeyiError
from cases.ids import CaseId
from recordings.copyist import Copyist
from recordings.model import EndCause
from recordings.recorder import Recorder
from recordings.vault import Vault
from server.clerks import Clerks
from server.copies import Copies
from server.deck import RecorderDeck
from server.desk import Desk, Tell
from server.keys import Keys, keys_of
from server.logs import keep_requests_out
from server.metrics import Metrics
from server.one_time import OneTimeCodes
from server.passwords import Passwords
from server.press import Press
from server.reconciling import Reconciler
from server.register import DatabaseRegister
from server.responses import in_words, set_headers
from server.routes import add_routes
from server.services import SERVICES, Services
from server.settings import Settings, SettingsError
from server.shown_once import ShownOnce
from server.sms import HttpSms, OutboxSms, Sms
from server.taking_up import take_up
from server.watch import GIB, Disk, Load, Watch
from settlements.authority import LocalAuthority
from settlements.typeface import characters, typeface_of
from signaling.ice import IceSettings
from signaling.pins import check_pins
from signaling.probe import Probes
from signaling.switchboard import Switchboard
from storage import rooms
from storage.columns import ColumnCipher
from storage.database import Database

log = logging.getLogger(__name__)

SEAL_AGAIN: Final = 60.0  # s
MAX_BODY: Final = 512 * 1024  # bytes of a posted form or JSON


def build_app(settings: Settings, *, outbox: bool = False, clock: Clock | None = None) -> web.Application:
    """Return the application. `outbox` is for demo: text messages stay here, for loopback to read.

    Raises SettingsError. Blocks while keys are made and the schema is brought up to date.
    """
    keep_requests_out()
    # What is compressed is left so: no browser compresses, and a body that cannot be taken apart ends the
    # connection in aiohttp before anybody could answer in words.
    app = web.Application(
        middlewares=[in_words], client_max_size=MAX_BODY, handler_args={"auto_decompress": False}
    )
    clock = clock or steady_clock()
    keys = keys_of(settings)
    database = open_database(settings, keys, clock)
    box = OutboxSms(clock) if outbox else None
    sms: Sms = box or HttpSms(settings.sms_url, settings.sms_secret, clock)
    app[SERVICES] = _wired(settings, keys, database, sms, clock, box)
    app.cleanup_ctx.append(_running)
    app.on_shutdown.append(_say_goodbye)
    app.on_response_prepare.append(set_headers)
    add_routes(app)
    return app


def open_database(settings: Settings, keys: Keys, clock: Clock) -> Database:
    """Return the database with its schema of this version; raise SettingsError when it cannot be used."""
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"HEYI_DATA: {settings.data} cannot be used: {error.strerror}") from None
    try:
        database = Database(settings.database_url, ColumnCipher([keys.columns], keys.blind), clock)
        database.migrate()
        fits = database.key_fits()
    except (SQLAlchemyError, ImportError, ValueError) as error:
        raise SettingsError(
            f"HEYI_DATABASE_URL: the database cannot be used ({type(error).__name__})"
        ) from None
    if not fits:  # serving would end each open recording as unreadable, and write what no other key reads
        raise SettingsError(
            f"HEYI_KEYS: the master.key in {settings.keys} is not the one that this database was written with"
        )
    return database


def _authority(settings: Settings, clock: Clock) -> LocalAuthority:
    try:
        return LocalAuthority.open_or_create(settings.keys, settings.centre, clock())
    except (OSError, ValueError, TypeError):
        raise SettingsError(f"HEYI_KEYS: {settings.keys / 'authority'} does not hold an authority") from None


def _wired(
    settings: Settings, keys: Keys, database: Database, sms: Sms, clock: Clock, box: OutboxSms | None
) -> Services:
    vault = Vault(settings.data / "objects", keys.objects)
    authority = _authority(settings, clock)
    typeface = typeface_of(settings.fonts)
    recorder = Recorder(vault, DatabaseRegister(database), clock)
    ice = IceSettings(
        settings.ice_addresses, settings.ice_announced, settings.ice_loopback, settings.ice_ports
    )
    switchboard = Switchboard(ice, RecorderDeck(recorder))
    watch = Watch(Load(settings.cpu_limit / 100), Disk(settings.data, settings.disk_warn * GIB))
    clerks = Clerks(database, switchboard, recorder, watch.load, clock)
    copyist = Copyist(settings.data / "objects", keys.objects)
    copies = Copies(database, vault, copyist, watch.disk, lambda: switchboard.connected > 0, clock)
    reconciler = Reconciler(database, settings.data / "objects", copies, clock)
    watch.disk.low = clerks.disk_low
    desk = Desk(database, Press(vault, authority, settings.centre, typeface), clock)
    switchboard.on_presence = clerks.media_changed
    switchboard.on_health = clerks.line_changed
    recorder.on_fault = clerks.recording_failed
    clerks.settlements_of = desk.views
    desk.changed = _tell_room(database, clerks, desk)
    probes = Probes(ice)
    return Services(
        settings=settings,
        keys=keys,
        clock=clock,
        database=database,
        vault=vault,
        recorder=recorder,
        copies=copies,
        reconciler=reconciler,
        switchboard=switchboard,
        probes=probes,
        watch=watch,
        clerks=clerks,
        desk=desk,
        codes=OneTimeCodes(database, sms, keys.codes),
        invitations=ShownOnce(clock),
        sms=sms,
        passwords=Passwords(),
        authority=authority,
        typeface=typeface,
        metrics=Metrics(clerks, switchboard, probes, recorder, database, reconciler),
        outbox=box,
    )


def _tell_room(database: Database, clerks: Clerks, desk: Desk) -> Tell:
    async def tell(case: CaseId) -> None:
        clerk = clerks.live(await database.read(rooms.room_of_case, case))
        if clerk is not None:
            clerk.tell_settlement(await desk.views(case))

    return tell


async def _running(app: web.Application) -> AsyncIterator[None]:
    """Take up what a crash left, and close everything at the end: tapes before the database."""
    check_pins()
    parts = app[SERVICES]
    await take_up(parts.vault, parts.database, parts.recorder.gaps, parts.clock())
    try:
        await parts.copies.take_up()
    except HeyiError:
        log.exception("what is to be copied could not be looked up at the start, and will be later")
    await parts.desk.take_up_seals()
    await asyncio.to_thread(characters, parts.typeface)  # reading the font takes 0.2 s: not in a handler
    await asyncio.to_thread(parts.watch.disk.look)
    tasks = [
        asyncio.create_task(_keep_sealing(parts.desk), name="sealing"),
        asyncio.create_task(parts.watch.run(), name="watch"),
        asyncio.create_task(parts.copies.run(), name="copies"),
        asyncio.create_task(parts.reconciler.run(), name="reconciler"),
    ]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await parts.switchboard.aclose()
    await parts.probes.aclose()
    await parts.recorder.aclose(EndCause.SHUTDOWN)
    await parts.sms.aclose()
    await parts.database.aclose()


async def _keep_sealing(desk: Desk) -> None:
    """Take up again what could not be sealed: the disk may have been full for a while."""
    while True:
        await asyncio.sleep(SEAL_AGAIN)
        try:
            await desk.take_up_seals()
        except HeyiError:
            log.exception("what waits for its seal could not be looked up")


async def _say_goodbye(app: web.Application) -> None:
    """Silence every room and tell its pages to come back; then close what was recorded, which a disk may hold up.

    The other way round people would be shown a recording that had ended, for as long as that takes.
    """
    await app[SERVICES].clerks.aclose()
    await app[SERVICES].recorder.aclose(EndCause.SHUTDOWN)
