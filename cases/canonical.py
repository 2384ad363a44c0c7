"""One spelling of JSON for everything that is hashed or signed (RFC 8785)."""

import json
from collections.abc import Mapping


def canonical_json(body: Mapping[str, object]) -> bytes:
    """Return `body` as RFC 8785 JSON in UTF-8; raise UnicodeEncodeError for half a character.

    `body` may hold objects of ASCII keys, lists, strings, integers, booleans and null. Of these sorted
    keys and no spaces are exactly RFC 8785: its rules for floats never apply, and its order of keys by
    UTF-16 units is that of ASCII.
    """
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
