"""Under which blind terms a person is found, without their name standing in the database.

A person is found by the beginning of their name, an organisation by any part of its name, from two
characters on. A longer query is looked up by all its windows of LONGEST characters.
"""

from typing import Final

from cases.model import Party
from storage.columns import ColumnCipher, folded

SHORTEST: Final = 2
LONGEST: Final = 8
MAX_QUERY: Final = 64  # characters


def terms_of(party: Party, columns: ColumnCipher) -> frozenset[str]:
    """Return the blind terms to store for `party`."""
    name, organisation = folded(party.name), folded(party.organisation)
    plain = {name[:n] for n in range(SHORTEST, LONGEST + 1)} | _windows(name, LONGEST)
    for n in range(SHORTEST, LONGEST + 1):
        plain |= _windows(organisation, n)
    return frozenset(columns.blind(text) for text in plain if len(text) >= SHORTEST)


def wanted_terms(query: str, columns: ColumnCipher) -> frozenset[str]:
    """Return the blind terms that one person must all have to be found; none for too short a query."""
    text = folded(query)[:MAX_QUERY]
    if len(text) < SHORTEST:
        return frozenset()
    plain = {text} if len(text) <= LONGEST else _windows(text, LONGEST)
    return frozenset(columns.blind(part) for part in plain)


def _windows(text: str, n: int) -> set[str]:
    return {text[i : i + n] for i in range(len(text) - n + 1)}
