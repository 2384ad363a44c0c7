"""A look at a whole database that needs no key: its version, its chains, which objects its rows name.

For commands that run beside the server, or on a copy. Everything here blocks, changes nothing, and
reads one consistent state. What is read stands in every version of the schema, but for copies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy import inspect as look
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

    `kind` is segment, copy (whose row is that of its segment), offer, act or seal. `sha256` (hexadecimal)
    is of the content; None where rows of the kind have none (acts). `ended`, `cause`, `bytes` and
    `closed_at`, when its session closed, are a segment's; anything else has ended.
    """

    kind: str
    row: str
    object: ObjectId
    sha256: str | None
    ended: bool = True
    cause: str | None = None
    bytes: int | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """`sample` is some encrypted value, to see whether a key fits; None while nobody works here.

    `uncopied` says, of segments whose last try made no copy, why.
    """

    revision: str
    chains: Mapping[str, ChainReport]
    objects: tuple[NamedObject, ...]
    sample: str | None
    uncopied: Mapping[str, str]


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
    copied = look(connection).has_table(t.copies.name)  # not before revision 0004
    objects = (*_objects(connection), *(_copies(connection) if copied else ()))
    uncopied = _uncopied(connection) if copied else {}
    return Inspection(revision, _chains(connection), objects, encrypted_sample(connection), uncopied)


def _chains(connection: Connection) -> dict[str, ChainReport]:
    """Check every chain that is there, and those that have to be: of each case, and of the centre."""
    names = set(connection.execute(select(t.audit.c.chain).distinct()).scalars())
    names |= set(connection.execute(select(t.cases.c.id)).scalars())
    if encrypted_sample(connection) is not None:
        names.add(CENTRE_CHAIN)
    return {name: audit.verify_on(connection, name) for name in sorted(names)}


def _objects(connection: Connection) -> Iterator[NamedObject]:
    s, o, a, z = t.segments.c, t.offers.c, t.acts.c, t.seals.c
    columns = (s.id, s.object_id, s.sha256, s.ended_at, s.cause, s.bytes, t.rooms.c.closed_at)
    segments = select(*columns).join(t.rooms, t.rooms.c.id == s.room_id).order_by(s.started_at, s.id)
    for id_, object_id, sha256, ended_at, cause, size, closed_at in connection.execute(segments):
        object_ = ObjectId(object_id)
        yield NamedObject("segment", id_, object_, sha256, ended_at is not None, cause, size, closed_at)
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


def _copies(connection: Connection) -> Iterator[NamedObject]:
    c = t.copies.c
    made = select(c.segment_id, c.object_id, c.sha256).where(c.object_id.is_not(None)).order_by(c.segment_id)
    for segment, object_id, sha256 in connection.execute(made):
        yield NamedObject("copy", segment, ObjectId(object_id), sha256)


def _uncopied(connection: Connection) -> dict[str, str]:
    c = t.copies.c
    query = select(c.segment_id, c.reason).where(c.object_id.is_(None), c.reason.is_not(None))
    return {row.segment_id: row.reason for row in connection.execute(query)}
