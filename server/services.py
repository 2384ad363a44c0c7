"""What the handlers work with: made once at the start, handed down by type."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from cases.clocks import Clock
from cases.ids import CaseId, PartyId
from recordings.recorder import Recorder
from recordings.vault import Vault
from server.clerks import Clerks
from server.copies import Copies
from server.desk import Desk
from server.keys import Keys
from server.metrics import Metrics
from server.one_time import OneTimeCodes
from server.passwords import Passwords
from server.reconciling import Reconciler
from server.settings import Settings
from server.shown_once import ShownOnce
from server.sms import OutboxSms, Sms
from server.watch import Watch
from settlements.authority import LocalAuthority
from settlements.typeface import Typeface
from signaling.probe import Probes
from signaling.switchboard import Switchboard
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """`outbox` exists under demo only. `invitations`: by session and case, who is invited by which secret."""

    settings: Settings
    keys: Keys
    clock: Clock
    database: Database
    vault: Vault
    recorder: Recorder
    copies: Copies
    reconciler: Reconciler
    switchboard: Switchboard
    probes: Probes
    watch: Watch
    clerks: Clerks
    desk: Desk
    codes: OneTimeCodes
    invitations: ShownOnce[tuple[str, CaseId], tuple[PartyId, str]]
    sms: Sms
    passwords: Passwords
    authority: LocalAuthority
    typeface: Typeface
    metrics: Metrics
    outbox: OutboxSms | None = None


SERVICES: Final = web.AppKey("services", Services)


def services(request: web.Request) -> Services:
    return request.app[SERVICES]
