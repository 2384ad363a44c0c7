"""A look at a whole database that needs no key: its version, its chains, which objects its rows name.

For commands that run beside the server, or on a copy. Everything here blocks, changes nothing, and
reads one consistent state. The columns that are read stand in every version of the schema.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from cases.audit import CENTRE_CHAIN, ChainReport
from cases.errors import Broken
from cases.ids import ObjectId
from storage import audit
from storage import tables as t
from storage.dialects import damage, database_file, open_engines
from storage.schema import revision_of


@dataclass(frozen=True, slots=True)
class NamedObject:
    """An object that a row names, and what the row says of it.

    `kind` is segment, offer, act or seal. `sha256` (hexadecimal) is of the content; None where rows of
    the kind have none (acts). `ended`, `cause` and `bytes` are a segment's; anything else has ended.
    """

    kind: str
    row: str
    object: ObjectId
    sha256: str | None
    ended: bool = True
    cause: str | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """`sample` is some encrypted value, to see whether a key fits; None while nobody works here."""

    revision: str
    chains: Mapping[str, ChainReport]
    objects: tuple[NamedObject, ...]
    sample: str | None


def inspect(url: str) -> Inspection:
    """Return what stands in the database at `url`; raise Broken when it cannot be read or is damaged."""
    file = database_file(url)
    if file is not None and not file.is_file():
        raise Broken("there is no database")  # SQLite would make one
    try:
        engines = open_engines(url)
    except (ImportError, ValueError, SQLAlchemyError) as error:
        raise Broken(f"the database cannot be used ({type(error).__name__})") from error
    try:
        with engines.reader.begin() as connection:
            return _inspected(connection)
    except SQLAlchemyError as error:
        raise Broken(f"the database cannot be read ({type(error).__name__})") from error
    finally:
        engines.dispose()


def encrypted_sample(connection: Connection) -> str | None:
    """Return one encrypted value of the database; None when it has none, for staff come first."""
    sample: str | None = connection.execute(select(t.staff.c.name).limit(1)).scalar_one_or_none()
    return sample


def _inspected(connection: Connection) -> Inspection:
    if found := damage(connection):
        raise Broken(f"the database is damaged ({found})")
    revision = revision_of(connection)
    if not revision:
        raise Broken("the database is none of this service")
    return Inspection(
        revision, _chains(connection), tuple(_objects(connection)), encrypted_sample(connection)
    )


def _chains(connection: Connection) -> dict[str, ChainReport]:
    """Check every chain that is there, and those that have to be: of each case, and of the centre."""
    names = set(connection.execute(select(t.audit.c.chain).distinct()).scalars())
    names |= set(connection.execute(select(t.cases.c.id)).scalars())
    if encrypted_sample(connection) is not None:
        names.add(CENTRE_CHAIN)
    return {name: audit.verify_on(connection, name) for name in sorted(names)}


def _objects(connection: Connection) -> Iterator[NamedObject]:
    s, o, a, z = t.segments.c, t.offers.c, t.acts.c, t.seals.c
    segments = select(s.id, s.object_id, s.sha256, s.ended_at, s.cause, s.bytes).order_by(s.started_at, s.id)
    for id_, object_id, sha256, ended_at, cause, size in connection.execute(segments):
        yield NamedObject("segment", id_, ObjectId(object_id), sha256, ended_at is not None, cause, size)
    for id_, object_id, digest in connection.execute(
        select(o.id, o.object_id, o.digest).order_by(o.made_at, o.id)
    ):
        yield NamedObject("offer", id_, ObjectId(object_id), digest)
    for id_, object_id in connection.execute(
        select(a.offer_id, a.object_id).order_by(a.offer_id, a.position)
    ):
        yield NamedObject("act", id_, ObjectId(object_id), None)
    for id_, object_id, sha256 in connection.execute(
        select(z.case_id, z.object_id, z.sha256).order_by(z.sealed_at)
    ):
        yield NamedObject("seal", id_, ObjectId(object_id), sha256)
