"""All tables. Ids, times and states are plain; what people said or are called is encrypted (Cipher).

Times are text, UTC with microseconds (`cases.clocks.iso`): one spelling in rows and in hashes, which
sorts as time does on both databases.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

from storage.column_types import Cipher, Id, Instant, Serial, Sha256, Word

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

staff = Table(
    "staff",
    metadata,
    Column("id", Id, primary_key=True),
    Column("role", Word, nullable=False),
    Column("name", Cipher, nullable=False),
    Column("phone", Cipher, nullable=False),
    Column("phone_blind", Sha256, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("secret_hash", Sha256, primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False, index=True),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("whose_blind", Sha256, nullable=False, index=True),
    Column("at", Instant, nullable=False, index=True),
)

known_browsers = Table(
    "known_browsers",
    metadata,
    Column("secret_hash", Sha256, primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False, index=True),
    Column("expires_at", Instant, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("secret_hash", Sha256, primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False, index=True),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

counters = Table(
    "counters",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("prefix", Word, primary_key=True),
    Column("value", Integer, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", String(64), nullable=False, unique=True),
    Column("title", Cipher, nullable=False),
    Column("dispute", Word, nullable=False),
    Column("claimed_fen", BigInteger, nullable=False),
    Column("scheduled_at", Instant, nullable=False, index=True),
    Column("mediator_id", Id, ForeignKey("staff.id"), nullable=False, index=True),
    Column("opened_at", Instant, nullable=False, index=True),
    Column("closed_at", Instant, index=True),
    Column("ground", Word),
    Column("salt", Cipher, nullable=False),
)

parties = Table(
    "parties",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("role", Word, nullable=False),
    Column("name", Cipher, nullable=False),
    Column("phone", Cipher, nullable=False),
    Column("phone_blind", Sha256, nullable=False, index=True),
    Column("organisation", Cipher, nullable=False),
)

party_terms = Table(
    "party_terms",
    metadata,
    Column("party_id", Id, ForeignKey("parties.id"), primary_key=True),
    Column("term", Sha256, primary_key=True, index=True),
)

rooms = Table(
    "rooms",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("sitting", Integer, nullable=False),
    Column("opened_at", Instant),
    Column("closed_at", Instant, index=True),
    Index(None, "case_id", "sitting", unique=True),
)

seats = Table(
    "seats",
    metadata,
    Column("id", Id, primary_key=True),
    Column("room_id", Id, ForeignKey("rooms.id"), nullable=False, index=True),
    Column("party_id", Id, ForeignKey("parties.id"), index=True),
    Column("staff_id", Id, ForeignKey("staff.id"), index=True),
    Column("position", Integer, nullable=False),
    Column("role", Word, nullable=False),
    Column("place", Integer, nullable=False),
    Column("ready", Boolean, nullable=False),
    Column("recorded", Boolean, nullable=False),
    Column("mic", Boolean, nullable=False),
    Column("camera", Boolean, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("room_id", Id, ForeignKey("rooms.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("payload", Cipher, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False, index=True),
    Column("party_id", Id, ForeignKey("parties.id"), nullable=False, index=True),
    Column("secret_hash", Sha256, nullable=False, unique=True),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("used_at", Instant),
)

devices = Table(
    "devices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("seat_id", Id, ForeignKey("seats.id"), nullable=False),
    Column("secret_hash", Sha256, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Index(None, "seat_id", "secret_hash", unique=True),
)

codes = Table(
    "codes",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("person", String(96), nullable=False),
    Column("purpose", Word, nullable=False),
    Column("binding", Sha256, nullable=False),
    Column("mac", Sha256, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("used", Boolean, nullable=False),
    Index(None, "person", "purpose"),
)

failed_tries = Table(
    "failed_tries",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("person", String(96), nullable=False),
    Column("purpose", Word, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "person", "purpose"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("party_id", Id, ForeignKey("parties.id"), nullable=False, index=True),
    Column("purpose", Word, nullable=False),
    Column("version", Word, nullable=False),
    Column("text_sha256", Sha256, nullable=False),
    Column("given", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
)

segments = Table(
    "segments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("room_id", Id, ForeignKey("rooms.id"), nullable=False, index=True),
    Column("seat_id", Id, ForeignKey("seats.id"), nullable=False),
    Column("object_id", Id, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant, index=True),
    Column("cause", Word),
    Column("sha256", Sha256, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("media_ms", BigInteger, nullable=False),
    Column("tracks", String(64), nullable=False),
)

copies = Table(
    "copies",
    metadata,
    Column("segment_id", Id, ForeignKey("segments.id"), primary_key=True),
    Column("object_id", Id),
    Column("sha256", Sha256, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("figures", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("reason", Word),
)

settlements = Table(
    "settlements",
    metadata,
    Column("case_id", Id, ForeignKey("cases.id"), primary_key=True),
    Column("state", Word, nullable=False),
    Column("content", Cipher, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

offers = Table(
    "offers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False, index=True),
    Column("digest", Sha256, nullable=False),
    Column("object_id", Id, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("voided_at", Instant),
)

acts = Table(
    "acts",
    metadata,
    Column("offer_id", Id, ForeignKey("offers.id"), primary_key=True),
    Column("field", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("evidence", Cipher, nullable=False),
    Column("evidence_digest", Sha256, nullable=False),
    Column("object_id", Id, nullable=False),
)

seals = Table(
    "seals",
    metadata,
    Column("case_id", Id, ForeignKey("cases.id"), primary_key=True),
    Column("offer_id", Id, ForeignKey("offers.id"), nullable=False),
    Column("object_id", Id, nullable=False),
    Column("sha256", Sha256, nullable=False),
    Column("sealed_at", Instant, nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Id, primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("reason", Cipher, nullable=False),
    Column("granted_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "staff_id", "case_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("chain", Id, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", String(27), nullable=False),
    Column("actor", String(96), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("prev_hash", Sha256, nullable=False),
    Column("hash", Sha256, nullable=False),
)
