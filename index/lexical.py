"""Full-text search over the catalog: SQLite FTS5, ranked by BM25.

The FTS5 table is contentless: it holds the inverted index only, and the texts stay where they are
(the passage in its document). So a row is removed by giving the values it was made of.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from index.places import json_list, passages_with
from index.stopwords import STOPWORDS
from index.types import Hit

# Weights of the columns text, title and heading: a word in the passage itself counts most.
BM25_WEIGHTS = (1.0, 0.5, 0.5)
MAX_TERMS = 64  # words of a query that are looked up; more is a pasted text, not a question

# (rowid, text, title, heading) of a passage
Row = tuple[int, str, str, str]

_WORD = re.compile(r"[^\W_]+")
_COMBINING = re.compile("[\u0300-\u036f]")


def add(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Index the passages ``rows``."""
    db.executemany("INSERT INTO lexical (rowid, text, title, heading) VALUES (?, ?, ?, ?)", rows)


def remove(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Take passages out; ``rows`` must equal what was added."""
    db.executemany(
        "INSERT INTO lexical (lexical, rowid, text, title, heading) VALUES ('delete', ?, ?, ?, ?)",
        rows,
    )


def search(
    db: sqlite3.Connection, query: str, k: int, documents: Collection[str] | None = None
) -> list[Hit]:
    """Return the ``k`` passages that best match any content word of ``query``, best first.

    Scores are BM25 with the sign flipped, so larger is better and all are positive; equal scores
    are ordered by passage. A text that stands in many places is found in a few of them only: see
    ``places.passages_with``. ``documents`` limits the search to those ids; None means all.
    """
    expression = match_expression(query)
    if not expression or k < 1:
        return []
    chosen = "" if documents is None else "AND document IN (SELECT value FROM json_each(?))"
    ids = () if documents is None else (json_list(documents),)
    among = None if documents is None else frozenset(documents)
    limit = k
    while True:
        rows = db.execute(
            f"""SELECT embedding, -bm25(lexical, ?, ?, ?) AS score
                FROM lexical JOIN passages ON passages.id = lexical.rowid
                WHERE lexical MATCH ? {chosen}
                ORDER BY score DESC, document, ordinal LIMIT ?""",
            (*BM25_WEIGHTS, expression, *ids, limit),
        ).fetchall()
        hits = _hits(db, rows, among)
        if len(hits) >= k or len(rows) < limit:
            return hits[:k]
        limit *= 16  # many places of few texts: look further down


def _hits(
    db: sqlite3.Connection, rows: Sequence[tuple[str, float]], documents: Collection[str] | None
) -> list[Hit]:
    """The passages of the different texts in ``rows``, which are texts' keys and scores."""
    best: dict[str, float] = {}
    for key, score in rows:
        best.setdefault(key, score)
    hits = [
        Hit(passage, score)
        for key, score in best.items()
        for passage in passages_with(db, key, documents)
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))


def document_frequency(db: sqlite3.Connection, terms: Sequence[str]) -> dict[str, int]:
    """Return for each term in how many passages (text, title or heading) its stem occurs.

    A term of several words ("oil-for-doctors") counts where they follow each other.
    """
    count = "SELECT count(*) FROM lexical WHERE lexical MATCH ?"
    found = {}
    for term in terms:
        phrase = " ".join(words(term)[:MAX_TERMS])
        found[term] = db.execute(count, (f'"{phrase}"',)).fetchone()[0] if phrase else 0
    return found


def words(text: str) -> list[str]:
    """Return the words of ``text`` as FTS5's unicode61 tokenizer cuts them, in lower case."""
    composed = unicodedata.normalize("NFC", text)
    return [word.lower() for word in _WORD.findall(_COMBINING.sub("", composed))]


def match_expression(query: str) -> str:
    """Return an FTS5 expression that matches any content word of ``query``; "" if it has none.

    Stop words are left out unless the query holds nothing else.
    """
    found = list(dict.fromkeys(words(query)))
    content = [word for word in found if word not in STOPWORDS] or found
    return " OR ".join(f'"{word}"' for word in content[:MAX_TERMS])
