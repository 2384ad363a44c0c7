"""Adds staff from the command line, on the machine that holds the keys."""

import asyncio

from cases.audit import CENTRE_CHAIN, AuditEntry
from cases.clocks import steady_clock
from cases.errors import Broken
from cases.ids import StaffId, new_id
from cases.model import Role, Staff, is_mobile
from server.keys import keys_of
from server.passwords import hash_password
from server.settings import Settings
from settlements.typeface import typeface_of, unprintable
from storage import staff
from storage.columns import ColumnCipher
from storage.database import Database
from storage.unit_of_work import Tx


class StaffError(Exception):
    """Somebody could not be added; the message is for the operator."""


def add_staff(settings: Settings, role: str, name: str, phone: str, password: str) -> StaffId:
    """Add a member of staff and return their id; raise StaffError."""
    if not is_mobile(phone):
        raise StaffError("--phone must be a mobile number of 11 digits: one-time codes are sent there")
    if not name.strip() or unprintable(name, typeface_of(settings.fonts)):
        raise StaffError("--name must be a name that the settlement's font can print")
    try:
        hashed = hash_password(password)
    except ValueError as error:
        raise StaffError(str(error)) from None
    member = Staff(StaffId(new_id()), Role(role), name.strip(), phone)
    try:
        asyncio.run(_add(settings, member, hashed))
    except Broken:
        raise StaffError("nobody was added: is the data folder writable, and is the phone new?") from None
    return member.id


async def _add(settings: Settings, member: Staff, hashed: str) -> None:
    keys = keys_of(settings)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database_url, ColumnCipher([keys.columns], keys.blind), steady_clock())
    database.migrate()
    try:
        if not database.key_fits():
            raise StaffError(
                "nobody was added: HEYI_KEYS does not hold the key that this database was written with"
            )
        await database.write(keep_staff, member, hashed)
    finally:
        await database.aclose()


def keep_staff(tx: Tx, member: Staff, hashed: str) -> None:
    """Keep a member of staff and say so in the centre's chain."""
    staff.add_staff(tx, member, hashed)
    tx.audit(CENTRE_CHAIN, AuditEntry(f"staff:add:{member.role}", "operator", f"staff:{member.id}"))
