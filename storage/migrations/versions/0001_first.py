"""The first schema: every table, and the triggers that keep the audit append-only and in order.

Written out, not taken from `storage.tables`: a migration says what was true on its day.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(64)
WORD = sa.String(32)
SHA256 = sa.String(64)
CIPHER = sa.Text()
INSTANT = sa.String(27)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _staff()
    _sign_ins()
    _cases()
    _parties()
    _rooms()
    _journal()
    _access()
    _codes()
    _answers()
    _settlements()
    _acts()
    _audit()
    triggers = POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE
    for statement in triggers:
        op.get_bind().exec_driver_sql(statement)


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", ID, nullable=False),
        sa.Column("role", WORD, nullable=False),
        sa.Column("name", CIPHER, nullable=False),
        sa.Column("phone", CIPHER, nullable=False),
        sa.Column("phone_blind", SHA256, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("phone_blind", name="uq_staff_phone_blind"),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("secret_hash", SHA256, nullable=False),
        sa.Column(
            "staff_id", ID, sa.ForeignKey("staff.id", name="fk_staff_sessions_staff_id"), nullable=False
        ),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.PrimaryKeyConstraint("secret_hash", name="pk_staff_sessions"),
    )
    op.create_index("ix_staff_sessions_staff_id", "staff_sessions", ["staff_id"])


def _sign_ins() -> None:
    op.create_table(
        "sign_in_failures",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("phone_blind", SHA256, nullable=False),
        sa.Column("address_blind", SHA256, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_failures"),
    )
    op.create_index("ix_sign_in_failures_address_blind", "sign_in_failures", ["address_blind"])
    op.create_index("ix_sign_in_failures_at", "sign_in_failures", ["at"])
    op.create_index("ix_sign_in_failures_phone_blind", "sign_in_failures", ["phone_blind"])
    op.create_table(
        "tickets",
        sa.Column("secret_hash", SHA256, nullable=False),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", name="fk_tickets_staff_id"), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.PrimaryKeyConstraint("secret_hash", name="pk_tickets"),
    )
    op.create_index("ix_tickets_staff_id", "tickets", ["staff_id"])


def _cases() -> None:
    op.create_table(
        "counters",
        sa.Column("year", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("prefix", WORD, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("year", "prefix", name="pk_counters"),
    )
    op.create_table(
        "cases",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("title", CIPHER, nullable=False),
        sa.Column("dispute", WORD, nullable=False),
        sa.Column("claimed_fen", sa.BigInteger, nullable=False),
        sa.Column("scheduled_at", INSTANT, nullable=False),
        sa.Column("mediator_id", ID, sa.ForeignKey("staff.id", name="fk_cases_mediator_id"), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("ground", WORD),
        sa.Column("salt", CIPHER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("number", name="uq_cases_number"),
    )
    op.create_index("ix_cases_closed_at", "cases", ["closed_at"])
    op.create_index("ix_cases_mediator_id", "cases", ["mediator_id"])
    op.create_index("ix_cases_opened_at", "cases", ["opened_at"])
    op.create_index("ix_cases_scheduled_at", "cases", ["scheduled_at"])


def _parties() -> None:
    op.create_table(
        "parties",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, sa.ForeignKey("cases.id", name="fk_parties_case_id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("role", WORD, nullable=False),
        sa.Column("name", CIPHER, nullable=False),
        sa.Column("phone", CIPHER, nullable=False),
        sa.Column("phone_blind", SHA256, nullable=False),
        sa.Column("organisation", CIPHER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_parties"),
    )
    op.create_index("ix_parties_case_id", "parties", ["case_id"])
    op.create_index("ix_parties_phone_blind", "parties", ["phone_blind"])
    op.create_table(
        "party_terms",
        sa.Column(
            "party_id", ID, sa.ForeignKey("parties.id", name="fk_party_terms_party_id"), nullable=False
        ),
        sa.Column("term", SHA256, nullable=False),
        sa.PrimaryKeyConstraint("party_id", "term", name="pk_party_terms"),
    )
    op.create_index("ix_party_terms_term", "party_terms", ["term"])


def _rooms() -> None:
    op.create_table(
        "rooms",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, sa.ForeignKey("cases.id", name="fk_rooms_case_id"), nullable=False),
        sa.Column("sitting", sa.Integer, nullable=False),
        sa.Column("opened_at", INSTANT),
        sa.Column("closed_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_rooms"),
    )
    op.create_index("ix_rooms_case_id_sitting", "rooms", ["case_id", "sitting"], unique=True)
    op.create_index("ix_rooms_closed_at", "rooms", ["closed_at"])
    op.create_table(
        "seats",
        sa.Column("id", ID, nullable=False),
        sa.Column("room_id", ID, sa.ForeignKey("rooms.id", name="fk_seats_room_id"), nullable=False),
        sa.Column("party_id", ID, sa.ForeignKey("parties.id", name="fk_seats_party_id")),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", name="fk_seats_staff_id")),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("role", WORD, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("ready", sa.Boolean, nullable=False),
        sa.Column("recorded", sa.Boolean, nullable=False),
        sa.Column("mic", sa.Boolean, nullable=False),
        sa.Column("camera", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_seats"),
    )
    op.create_index("ix_seats_party_id", "seats", ["party_id"])
    op.create_index("ix_seats_room_id", "seats", ["room_id"])
    op.create_index("ix_seats_staff_id", "seats", ["staff_id"])


def _journal() -> None:
    op.create_table(
        "journal",
        sa.Column("room_id", ID, sa.ForeignKey("rooms.id", name="fk_journal_room_id"), nullable=False),
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("payload", CIPHER, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "seq", name="pk_journal"),
    )
    op.create_table(
        "segments",
        sa.Column("id", ID, nullable=False),
        sa.Column("room_id", ID, sa.ForeignKey("rooms.id", name="fk_segments_room_id"), nullable=False),
        sa.Column("seat_id", ID, sa.ForeignKey("seats.id", name="fk_segments_seat_id"), nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("cause", WORD),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("media_ms", sa.BigInteger, nullable=False),
        sa.Column("tracks", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_segments"),
    )
    op.create_index("ix_segments_ended_at", "segments", ["ended_at"])
    op.create_index("ix_segments_room_id", "segments", ["room_id"])


def _access() -> None:
    op.create_table(
        "links",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, sa.ForeignKey("cases.id", name="fk_links_case_id"), nullable=False),
        sa.Column("party_id", ID, sa.ForeignKey("parties.id", name="fk_links_party_id"), nullable=False),
        sa.Column("secret_hash", SHA256, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.Column("used_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint("secret_hash", name="uq_links_secret_hash"),
    )
    op.create_index("ix_links_case_id", "links", ["case_id"])
    op.create_index("ix_links_party_id", "links", ["party_id"])
    op.create_table(
        "devices",
        sa.Column("id", ID, nullable=False),
        sa.Column("seat_id", ID, sa.ForeignKey("seats.id", name="fk_devices_seat_id"), nullable=False),
        sa.Column("secret_hash", SHA256, nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
    )
    op.create_index("ix_devices_seat_id_secret_hash", "devices", ["seat_id", "secret_hash"], unique=True)


def _codes() -> None:
    op.create_table(
        "codes",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("person", sa.String(96), nullable=False),
        sa.Column("purpose", WORD, nullable=False),
        sa.Column("binding", SHA256, nullable=False),
        sa.Column("mac", SHA256, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("used", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_codes"),
    )
    op.create_index("ix_codes_person_purpose", "codes", ["person", "purpose"])
    op.create_table(
        "failed_tries",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("person", sa.String(96), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_failed_tries"),
    )
    op.create_index("ix_failed_tries_person", "failed_tries", ["person"])


def _answers() -> None:
    op.create_table(
        "consents",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("party_id", ID, sa.ForeignKey("parties.id", name="fk_consents_party_id"), nullable=False),
        sa.Column("purpose", WORD, nullable=False),
        sa.Column("version", WORD, nullable=False),
        sa.Column("text_sha256", SHA256, nullable=False),
        sa.Column("given", sa.Boolean, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_party_id", "consents", ["party_id"])
    op.create_table(
        "grants",
        sa.Column("id", ID, nullable=False),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", name="fk_grants_staff_id"), nullable=False),
        sa.Column("case_id", ID, sa.ForeignKey("cases.id", name="fk_grants_case_id"), nullable=False),
        sa.Column("reason", CIPHER, nullable=False),
        sa.Column("granted_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index("ix_grants_staff_id_case_id", "grants", ["staff_id", "case_id"])


def _settlements() -> None:
    op.create_table(
        "settlements",
        sa.Column("case_id", ID, sa.ForeignKey("cases.id", name="fk_settlements_case_id"), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("content", CIPHER, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_settlements"),
    )
    op.create_table(
        "offers",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, sa.ForeignKey("cases.id", name="fk_offers_case_id"), nullable=False),
        sa.Column("digest", SHA256, nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("voided_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_offers"),
    )
    op.create_index("ix_offers_case_id", "offers", ["case_id"])


def _acts() -> None:
    op.create_table(
        "acts",
        sa.Column("offer_id", ID, sa.ForeignKey("offers.id", name="fk_acts_offer_id"), nullable=False),
        sa.Column("field", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("evidence", CIPHER, nullable=False),
        sa.Column("evidence_digest", SHA256, nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("offer_id", "field", name="pk_acts"),
    )
    op.create_table(
        "seals",
        sa.Column("case_id", ID, sa.ForeignKey("cases.id", name="fk_seals_case_id"), nullable=False),
        sa.Column("offer_id", ID, sa.ForeignKey("offers.id", name="fk_seals_offer_id"), nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_seals"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("chain", ID, nullable=False),
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("actor", sa.String(96), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("prev_hash", SHA256, nullable=False),
        sa.Column("hash", SHA256, nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", name="pk_audit"),
    )


SQLITE = (
    """
    CREATE TRIGGER audit_refuses_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
    """
    CREATE TRIGGER audit_refuses_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
    """
    CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
    WHEN NEW.seq <> COALESCE((SELECT MAX(seq) FROM audit WHERE chain = NEW.chain), 0) + 1
      OR NEW.prev_hash <> COALESCE(
        (SELECT hash FROM audit WHERE chain = NEW.chain ORDER BY seq DESC LIMIT 1),
        '0000000000000000000000000000000000000000000000000000000000000000')
    BEGIN SELECT RAISE(ABORT, 'the audit row does not follow the last one'); END
    """,
)

POSTGRESQL = (
    """
    CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$
    """,
    """
    CREATE TRIGGER audit_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()
    """,
    """
    CREATE FUNCTION audit_follows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.seq <> COALESCE((SELECT MAX(seq) FROM audit WHERE chain = NEW.chain), 0) + 1
        OR NEW.prev_hash <> COALESCE(
          (SELECT hash FROM audit WHERE chain = NEW.chain ORDER BY seq DESC LIMIT 1), repeat('0', 64))
      THEN RAISE EXCEPTION 'the audit row does not follow the last one';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_follows()
    """,
)
