"""What each party answered to which text. An answer is never changed; a later one stands beside it."""

from sqlalchemy import insert, select

from cases.consents import Consent, Purpose
from cases.ids import PartyId
from storage import tables as t
from storage.unit_of_work import Tx


def put(tx: Tx, party: PartyId, consent: Consent) -> None:
    tx.connection.execute(
        insert(t.consents).values(
            party_id=party,
            purpose=consent.purpose.value,
            version=consent.version,
            text_sha256=consent.text_sha256,
            given=consent.given,
            at=consent.at,
        )
    )


def of_party(tx: Tx, party: PartyId) -> dict[Purpose, Consent]:
    """Return the latest answer for each purpose that has one."""
    return {consent.purpose: consent for consent in history(tx, party)}


def history(tx: Tx, party: PartyId) -> tuple[Consent, ...]:
    """Return every answer in the order in which they were given."""
    query = select(t.consents).where(t.consents.c.party_id == party).order_by(t.consents.c.id)
    return tuple(
        Consent(Purpose(row.purpose), row.version, row.text_sha256, row.given, row.at)
        for row in tx.connection.execute(query)
    )
