"""One-time codes: decided by `cases.codes`, kept in the database, sent by SMS."""

import unicodedata
from dataclasses import dataclass

from cases import codes as rules
from cases.audit import AuditEntry, salted
from cases.codes import Code, CodePurpose
from cases.errors import Refused
from cases.ids import CaseId
from server.sms import Sms
from storage import cases, codes
from storage.database import Database
from storage.unit_of_work import Tx
from web.messages import CODES
from web.translating import gettext


@dataclass(frozen=True, slots=True)
class Person:
    """Who gets a code: a party or a member of staff, in a case."""

    key: str  # party:<id> or staff:<id>
    case: CaseId
    phone: str


class OneTimeCodes:
    def __init__(self, database: Database, sms: Sms, key: bytes) -> None:
        self._database, self._sms, self._key = database, sms, key

    async def send(self, person: Person, purpose: CodePurpose, digest: str = "", short: str = "") -> None:
        """Send a fresh code; raise Refused (too many, too soon, not sent). An older code ends.

        A code that the gateway did not take counts for nothing: the next click may send another.
        """
        digits = rules.new_digits()
        text = gettext(CODES[purpose]).format(digits=digits, short=short)
        bound_to = rules.binding(person.case, person.phone, digest)
        mac = rules.code_mac(self._key, purpose, bound_to, digits)
        await self._database.write(_issue, person, purpose, bound_to, mac)
        try:
            await self._sms.send(person.phone, "code", text)
        except Refused:
            await self._database.write(_take_back, person, purpose, mac)
            raise

    async def confirm(self, person: Person, purpose: CodePurpose, digits: str, digest: str = "") -> None:
        """Use up the code; raise Refused. A wrong try is kept before anybody hears of it."""
        bound_to = rules.binding(person.case, person.phone, digest)
        mac = rules.code_mac(self._key, purpose, bound_to, plain_digits(digits))
        refused = await self._database.write(_try, person, purpose, bound_to, mac)
        if refused is not None:
            raise refused


def plain_digits(typed: str) -> str:
    """Return the ASCII digits of what somebody typed: keyboards give wide ones, and people add spaces."""
    return "".join(c for c in unicodedata.normalize("NFKC", typed) if c.isascii() and c.isdigit())


def _issue(tx: Tx, person: Person, purpose: CodePurpose, bound_to: str, mac: str) -> None:
    last = codes.latest(tx, person.key, purpose)
    rules.decide_issue(codes.history(tx, person.key, purpose), last, tx.now)
    codes.put(tx, person.key, Code(purpose, bound_to, mac, tx.now))
    tx.audit(person.case, AuditEntry(f"code:{purpose}:sent", person.key, "", _phone(tx, person)))


def _take_back(tx: Tx, person: Person, purpose: CodePurpose, mac: str) -> None:
    codes.forget(tx, person.key, mac)
    tx.audit(person.case, AuditEntry(f"code:{purpose}:not-sent", person.key))


def _try(tx: Tx, person: Person, purpose: CodePurpose, bound_to: str, mac: str) -> Refused | None:
    code = codes.latest(tx, person.key, purpose)
    try:
        tried, refused = rules.decide_try(code, codes.history(tx, person.key, purpose), mac, bound_to, tx.now)
    except Refused as refusal:
        tx.audit(person.case, AuditEntry(f"code:{purpose}:refused", person.key, refusal.reason))
        return refusal
    codes.replace_latest(tx, person.key, tried)
    if refused is not None:
        codes.note_failed_try(tx, person.key, purpose)
        tx.audit(person.case, AuditEntry(f"code:{purpose}:wrong", person.key))
    else:
        tx.audit(person.case, AuditEntry(f"code:{purpose}:confirmed", person.key, "", _phone(tx, person)))
    return refused


def _phone(tx: Tx, person: Person) -> str:
    return salted(cases.salt(tx, person.case), person.phone)
