"""Rows of the catalog and what they stand for; each function works inside a caller's transaction.

Names: ``document`` is a document's id, ``passage`` a passage's id, ``file`` the state of a file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from index import lexical
from index.document import Document
from index.types import (
    DocumentInfo,
    StoredPassage,
    digest,
    document_id,
    embedded_text,
    passage_id,
)

if TYPE_CHECKING:
    from index.splitter import PassageSpan

INFO = """SELECT id, title, source, metadata, content_hash, characters, pages, indexed_at, notes,
          (SELECT count(*) FROM passages WHERE document = documents.id) FROM documents"""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was when it was last read.

    ``mtime_ns`` is -1 where the time of change cannot be relied on. ``pipeline`` is the version
    of the readers and the splitter that read it.
    """

    source: str
    file_hash: str
    size: int
    mtime_ns: int
    pipeline: int


def insert_document(db: sqlite3.Connection, file: FileState, document: Document) -> None:
    """Store a document without its passages."""
    values = {
        "id": document_id(file.source),
        "source": file.source,
        "title": document.title,
        "metadata": json.dumps(document.metadata),
        "content_hash": digest(document.text),
        "characters": len(document.text),
        "file_hash": file.file_hash,
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "pages": json.dumps([astuple(page) for page in document.pages]),
        "notes": json.dumps(document.notes),
        "indexed_at": datetime.now(UTC).isoformat(),
        "pipeline": file.pipeline,
        "text": document.text,
    }
    marks = ", ".join(f":{name}" for name in values)
    db.execute(f"INSERT INTO documents ({', '.join(values)}) VALUES ({marks})", values)


def insert_passages(
    db: sqlite3.Connection, file: FileState, document: Document, spans: Sequence[PassageSpan]
) -> None:
    """Store the passages of a document that is stored, and index their words."""
    key = document_id(file.source)
    rows = []
    for span in spans:
        text = embedded_text(document.title, span.heading, document.text[span.start : span.end])
        place = (span.ordinal, span.start, span.end, span.page, span.heading)
        rows.append((key, *place, digest(text)))
    db.executemany(
        """INSERT INTO passages (document, ordinal, start, end, page, heading, embedding)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        rows,
    )
    lexical.add(db, _words_of(db, key))
    _count(db, "words")


def forget(db: sqlite3.Connection, source: str) -> None:
    """Delete all that is known of a file, the document read from it included."""
    document = document_id(source)
    if words := _words_of(db, document):
        lexical.remove(db, words)
        _count(db, "words")
    db.execute("DELETE FROM documents WHERE id = ?", (document,))
    db.execute("DELETE FROM skipped WHERE source = ?", (source,))


def count_change(db: sqlite3.Connection) -> None:
    """Let the revision grow, and note when it did."""
    _count(db, "revision")
    now = datetime.now(UTC).isoformat()
    db.execute("INSERT OR REPLACE INTO state (name, value) VALUES ('changed_at', ?)", (now,))


def column(db: sqlite3.Connection, name: str, document: str) -> str:
    """Return one column of a document; raises KeyError if there is no such document."""
    row = db.execute(f"SELECT {name} FROM documents WHERE id = ?", (document,)).fetchone()
    if row is None:
        raise KeyError(document)
    return str(row[0])


def select_passages(
    db: sqlite3.Connection, document: str, ordinals: Sequence[int]
) -> list[StoredPassage]:
    """Return passages of one document in order; those that do not exist are left out."""
    rows = db.execute(
        """SELECT ordinal, start, end, page, heading FROM passages WHERE document = ?
           AND ordinal IN (SELECT value FROM json_each(?)) ORDER BY ordinal""",
        (document, json.dumps(ordinals)),
    ).fetchall()
    text = column(db, "text", document) if rows else ""
    return [
        StoredPassage(
            id=passage_id(document, ordinal),
            document=document,
            ordinal=ordinal,
            start=start,
            end=end,
            page=page,
            heading=heading,
            text=text[start:end],
        )
        for ordinal, start, end, page, heading in rows
    ]


def parsed(passage: str) -> tuple[str, int]:
    """Return the document and the ordinal in a passage id; the ordinal is -1 in any other text."""
    document, _, ordinal = passage.rpartition(":")
    return document, int(ordinal) if ordinal.isdecimal() else -1


def document_info(row: tuple[Any, ...]) -> DocumentInfo:
    """Return what a row of ``INFO`` says; a document without a title is called by its file."""
    key, title, source, metadata, content_hash, characters, pages, indexed_at, notes, count = row
    known = json.loads(metadata)
    return DocumentInfo(
        id=key,
        title=title or PurePosixPath(source).stem,
        source=source,
        published=known.get("published"),
        author=known.get("author"),
        publisher=known.get("publisher"),
        url=known.get("url"),
        content_hash=content_hash,
        characters=characters,
        passages=count,
        pages=len(json.loads(pages)) or None,
        indexed_at=datetime.fromisoformat(indexed_at),
        notes=tuple(json.loads(notes)),
    )


def _count(db: sqlite3.Connection, name: str) -> None:
    db.execute(
        """INSERT INTO state (name, value) VALUES (?, 1)
           ON CONFLICT (name) DO UPDATE SET value = value + 1""",
        (name,),
    )


def _words_of(db: sqlite3.Connection, document: str) -> list[lexical.Row]:
    """What full-text search holds of a document; the same when it is added and removed."""
    row = db.execute("SELECT text, title FROM documents WHERE id = ?", (document,)).fetchone()
    if row is None:
        return []
    text, title = row
    passages = db.execute(
        "SELECT id, start, end, heading FROM passages WHERE document = ?", (document,)
    )
    return [(n, text[start:end], title or "", heading or "") for n, start, end, heading in passages]
