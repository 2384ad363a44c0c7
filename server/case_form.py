"""The form of a new case: every field checked, with a sentence beside what has to be mended."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from cases.clocks import SHANGHAI
from cases.ids import CaseId, PartyId, StaffId, new_id
from cases.model import Case, Dispute, Party, Role, is_mobile
from web import form_texts as texts
from web.translating import gettext

MAX_TEXT: Final = 80
MAX_NUMBER: Final = 64
YEARS: Final = range(2000, 2101)  # of an appointed time; anything else is a slip of the hand
MAX_YUAN: Final = Decimal(10) ** 10

TEXT_FIELDS: Final = (
    "title",
    "applicant_name",
    "respondent_organisation",
    "respondent_name",
)


@dataclass(frozen=True, slots=True)
class CaseForm:
    """What was typed, checked. `scheduled` is aware; an empty `number` is to be given."""

    number: str
    title: str
    dispute: Dispute
    claimed_fen: int
    scheduled: datetime
    applicant_name: str
    applicant_phone: str
    respondent_organisation: str
    respondent_name: str
    respondent_phone: str

    def case(self, mediator: StaffId, at: datetime) -> Case:
        """Return the case with fresh ids."""
        consumer = Party(PartyId(new_id()), Role.CONSUMER, self.applicant_name, self.applicant_phone)
        insurer = Party(
            PartyId(new_id()),
            Role.INSURER,
            self.respondent_name,
            self.respondent_phone,
            self.respondent_organisation,
        )
        return Case(
            id=CaseId(new_id()),
            number=self.number,
            title=self.title,
            dispute=self.dispute,
            claimed_fen=self.claimed_fen,
            scheduled_at=self.scheduled,
            mediator=mediator,
            parties=(consumer, insurer),
            opened_at=at,
        )


def read_case_form(
    values: dict[str, str], unprintable: Callable[[str], str]
) -> tuple[CaseForm | None, dict[str, str]]:
    """Return the checked form, or None and a sentence for each field that has to be mended."""
    number = values.get("number", "")
    errors = {name: e for name in TEXT_FIELDS if (e := _text_error(values.get(name, ""), unprintable))}
    if number and (error := _text_error(number, unprintable, MAX_NUMBER)):
        errors["number"] = error
    for name in ("applicant_phone", "respondent_phone"):
        if not is_mobile(values.get(name, "")):
            errors[name] = gettext(texts.PHONE)
    if "applicant_phone" not in errors and values["applicant_phone"] == values.get("respondent_phone"):
        errors["respondent_phone"] = gettext(texts.SAME_PHONE)
    dispute = _dispute(values.get("dispute", ""))
    claimed = _fen(values.get("claimed", ""))
    scheduled = _time(values.get("scheduled", ""))
    if dispute is None:
        errors["dispute"] = gettext(texts.DISPUTE)
    if claimed is None:
        errors["claimed"] = gettext(texts.CLAIMED)
    if scheduled is None:
        errors["scheduled"] = gettext(texts.SCHEDULED)
    if errors or dispute is None or claimed is None or scheduled is None:
        return None, errors
    typed = {name: values[name] for name in (*TEXT_FIELDS, "applicant_phone", "respondent_phone")}
    form = CaseForm(number, dispute=dispute, claimed_fen=claimed, scheduled=scheduled, **typed)
    return form, {}


def _text_error(text: str, unprintable: Callable[[str], str], limit: int = MAX_TEXT) -> str:
    if not text:
        return gettext(texts.EMPTY)
    if len(text) > limit:
        return gettext(texts.TOO_LONG).format(limit=limit)
    if missing := unprintable(text):
        return gettext(texts.UNPRINTABLE).format(characters=missing)
    return ""


def _dispute(text: str) -> Dispute | None:
    try:
        return Dispute(text)
    except ValueError:
        return None


def _fen(text: str) -> int | None:
    """Read an amount in yuan, also as a Chinese keyboard writes it: ￥33，000.00."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "")
    try:
        yuan = Decimal(plain.removeprefix("¥").strip())
    except InvalidOperation:
        return None
    if not yuan.is_finite() or not 0 <= yuan < MAX_YUAN or yuan * 100 % 1:
        return None
    return int(yuan * 100)


def _time(text: str) -> datetime | None:
    """Read what a browser's date-and-time field sends: local time of Shanghai."""
    try:
        at = datetime.strptime(text[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None
    return at if at.year in YEARS else None
