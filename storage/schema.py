"""Versions of the schema: which one a database has, and which ones this program knows."""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def migrations() -> Config:
    """Return Alembic's configuration of our migrations."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def known_revisions() -> tuple[str, ...]:
    """Return the revisions that this program can read and migrate from, newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(migrations()).walk_revisions())


def revision_of(connection: Connection) -> str:
    """Return the revision of a database; empty when it never had a schema of ours."""
    return MigrationContext.configure(connection).get_current_revision() or ""
