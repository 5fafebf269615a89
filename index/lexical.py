"""Full-text search over the catalog: what SQLite's FTS5 holds, and which words are looked up.

The FTS5 table is contentless: it holds the inverted index only, and the texts stay where they are
(the passage in its document). So a row is removed by giving the values it was made of.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence

from index.stopwords import STOPWORDS

MAX_TERMS = 64  # words of a query that are looked up; more is a pasted text, not a question

# (rowid, text, title, heading) of a passage
Row = tuple[int, str, str, str]

_HOLDING = """SELECT DISTINCT document FROM passages
              WHERE id IN (SELECT rowid FROM lexical WHERE lexical MATCH ?)"""
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


def documents_with(db: sqlite3.Connection, parts: Iterable[str]) -> set[str]:
    """Return the ids of the documents that hold each of ``parts``, wherever in them.

    A part is text without white space; it is cut and stemmed as what is indexed was. One without
    a word says nothing.
    """
    found: set[str] | None = None
    for part in parts:
        phrase = " ".join(words(part)[:MAX_TERMS])
        if not phrase:
            continue
        having = {document for (document,) in db.execute(_HOLDING, (f'"{phrase}"',))}
        found = having if found is None else found & having
        if not found:
            break
    return found or set()


def words(text: str) -> list[str]:
    """Return the words of ``text`` as FTS5's unicode61 tokenizer cuts them, in lower case."""
    composed = unicodedata.normalize("NFC", text)
    return [word.lower() for word in _WORD.findall(_COMBINING.sub("", composed))]


def content_words(query: str) -> list[str]:
    """Return the words of ``query`` that are looked up: no stop words unless there is nothing else.

    Each once, and no more than ``MAX_TERMS``.
    """
    found = list(dict.fromkeys(words(query)))
    return ([word for word in found if word not in STOPWORDS] or found)[:MAX_TERMS]
