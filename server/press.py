"""The press: makes the files of a settlement and keeps each in the vault. Everything here blocks."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from cases.ids import ObjectId
from recordings.vault import Vault
from settlements.authority import LocalAuthority
from settlements.document import Terms
from settlements.pdf import RenderedOffer, render
from settlements.sealing import SignerFacts, approve, seal
from settlements.typeface import Typeface


@dataclass(frozen=True, slots=True)
class Press:
    """The centre's keys, its name and its font. To be used in a thread."""

    vault: Vault
    authority: LocalAuthority
    centre: str
    typeface: Typeface

    def read(self, object_id: ObjectId) -> bytes:
        with self.vault.open(object_id) as reader:
            return reader.read(0, reader.size)

    def render(self, terms: Terms) -> tuple[RenderedOffer, ObjectId]:
        rendered = render(terms, self.typeface)
        return rendered, self.vault.put(rendered.pdf)

    def approve(self, before: ObjectId, facts: SignerFacts) -> ObjectId:
        pdf = approve(self.read(before), facts, self.authority, self.typeface)
        return self.vault.put(pdf)

    def seal(self, before: ObjectId, at: datetime) -> tuple[ObjectId, str]:
        pdf = seal(self.read(before), self.authority, at, self.typeface)
        return self.vault.put(pdf), hashlib.sha256(pdf).hexdigest()
