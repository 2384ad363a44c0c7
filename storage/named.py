"""Every object of the vault that a row names, whatever kind of row it is."""

from sqlalchemy import select, union_all

from cases.ids import ObjectId
from storage import tables as t
from storage.unit_of_work import Tx


def objects(tx: Tx) -> frozenset[ObjectId]:
    named = union_all(
        *(
            select(table.c.object_id).where(table.c.object_id.is_not(None))
            for table in (t.segments, t.copies, t.offers, t.acts, t.seals)
        )
    )
    return frozenset(ObjectId(id_) for id_ in tx.connection.execute(named).scalars())
