"""Where a text of the index stands: the passages that have it word for word."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from itertools import islice

from index.types import passage_id

# A text that stands in many documents is found in so many of them: more would crowd others out.
COPIES = 3


def passages_with(
    db: sqlite3.Connection, key: str, documents: Collection[str] | None = None
) -> list[str]:
    """Return ids of passages whose embedded text has ``key``: the first in each of 3 documents.

    Of more documents the first by id are taken; ``documents`` limits them to those ids.
    """
    rows = db.execute(
        """SELECT document, min(ordinal) FROM passages WHERE embedding = ?
           GROUP BY document ORDER BY document""",
        (key,),
    )
    chosen = (row for row in rows if documents is None or row[0] in documents)
    return [passage_id(document, ordinal) for document, ordinal in islice(chosen, COPIES)]


def json_list(values: Collection[str]) -> str:
    """Return ``values`` as SQLite's ``json_each`` reads them."""
    return json.dumps(sorted(values))
