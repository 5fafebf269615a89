"""The catalog: every document's text, passages and hashes. It is the truth; Chroma follows it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from secrets import token_hex
from threading import Event
from typing import TYPE_CHECKING

from index import lexical, rows
from index.database import Database
from index.document import Document, Page
from index.postings import Postings
from index.rows import FileState
from index.types import DocumentInfo, Hit, Skipped, StoredPassage, document_id

if TYPE_CHECKING:
    from index.splitter import PassageSpan


class Catalog:
    """Documents and their passages in SQLite; every method may be called from any thread.

    Raises:
        IndexUnusable: if the file ``path`` is damaged or was made by a newer Footnote.
    """

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self._postings = Postings()

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    # Writing: a document's old text, passages and words go, and its new ones come, at once.

    def put(self, file: FileState, document: Document, spans: Sequence[PassageSpan]) -> None:
        """Store a document in place of what was stored for its source."""
        with self.database.writing() as db:
            rows.forget(db, file.source)
            rows.insert_document(db, file, document)
            rows.insert_passages(db, file, document, spans)
            rows.count_change(db)

    def rename(self, old: str, file: FileState) -> None:
        """Move the document at source ``old`` to ``file.source``; its text stays as it is."""
        with self.database.writing() as db:
            rows.forget(db, file.source)
            db.execute(
                "UPDATE documents SET id = ?, source = ?, size = ?, mtime_ns = ? WHERE source = ?",
                (document_id(file.source), file.source, file.size, file.mtime_ns, old),
            )
            rows.count_change(db)

    def remove(self, source: str) -> None:
        """Forget the file ``source`` and the document read from it."""
        with self.database.writing() as db:
            rows.forget(db, source)
            rows.count_change(db)

    def skip(self, file: FileState, reason: str, remedy: str) -> None:
        """Remember why a file cannot be read, and forget the document read from it before."""
        with self.database.writing() as db:
            rows.forget(db, file.source)
            db.execute(
                """INSERT INTO skipped (source, file_hash, size, mtime_ns, pipeline, reason, remedy)
                   VALUES (?, ?, ?, ?, ?, ?, ?)""",
                (*astuple(file), reason, remedy),
            )
            rows.count_change(db)

    def touch(self, files: Iterable[FileState]) -> None:
        """Note new sizes and times of files whose content is as it was."""
        values = [(file.size, file.mtime_ns, file.source) for file in files]
        with self.database.writing() as db:
            for table in ("documents", "skipped"):
                db.executemany(
                    f"UPDATE {table} SET size = ?, mtime_ns = ? WHERE source = ?", values
                )

    def set_state(self, name: str, value: str) -> None:
        """Keep ``value`` under ``name``."""
        with self.database.writing() as db:
            db.execute("INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)", (name, value))

    # Reading: each method sees one finished state of the catalog.

    def state(self, name: str) -> str | None:
        """Return a value kept with ``set_state``."""
        with self.database.reading() as db:
            row = db.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    @property
    def identity(self) -> str:
        """A random name of this catalog, given when it is first asked for."""
        if self.state("identity") is None:
            with self.database.writing() as db:
                db.execute("INSERT OR IGNORE INTO state VALUES ('identity', ?)", (token_hex(8),))
        return self.state("identity") or ""

    @property
    def revision(self) -> int:
        """A number that grows with every change of a document or a vector."""
        return int(self.state("revision") or 0)

    @property
    def changed_at(self) -> datetime | None:
        """When a document or a vector last changed; None before the first."""
        changed = self.state("changed_at")
        return datetime.fromisoformat(changed) if changed else None

    def files(self) -> dict[str, tuple[FileState, Skipped | None]]:
        """Return the last known state of every file by source, and why it was skipped if so."""
        columns = "source, file_hash, size, mtime_ns, pipeline"
        known: dict[str, tuple[FileState, Skipped | None]] = {}
        with self.database.reading() as db:
            for row in db.execute(f"SELECT {columns} FROM documents"):
                known[row[0]] = FileState(*row), None
            for *row, reason, remedy in db.execute(
                f"SELECT {columns}, reason, remedy FROM skipped"
            ):
                known[row[0]] = FileState(*row), Skipped(row[0], reason, remedy)
        return known

    def documents(self) -> list[DocumentInfo]:
        """Return every document, ordered by source."""
        with self.database.reading() as db:
            return [rows.document_info(row) for row in db.execute(f"{rows.INFO} ORDER BY source")]

    def document(self, document: str) -> DocumentInfo:
        """Return one document; raises KeyError if there is none with this id."""
        with self.database.reading() as db:
            row = db.execute(f"{rows.INFO} WHERE id = ?", (document,)).fetchone()
        if row is None:
            raise KeyError(document)
        return rows.document_info(row)

    def text(self, document: str) -> str:
        """Return the text of a document; raises KeyError if there is none with this id."""
        with self.database.reading() as db:
            return rows.column(db, "text", document)

    def pages(self, document: str) -> tuple[Page, ...]:
        """Return the pages of a document, () in a format without; raises KeyError."""
        with self.database.reading() as db:
            pages = json.loads(rows.column(db, "pages", document))
        return tuple(Page(*page) for page in pages)

    def passages(self, ids: Sequence[str]) -> list[StoredPassage]:
        """Return passages in the order asked; ids that are not in the index are left out."""
        wanted: dict[str, list[int]] = {}
        for document, ordinal in map(rows.parsed, ids):
            wanted.setdefault(document, []).append(ordinal)
        found: dict[str, StoredPassage] = {}
        with self.database.reading() as db:
            for document, ordinals in wanted.items():
                for passage in rows.select_passages(db, document, ordinals):
                    found[passage.id] = passage
        return [found[passage] for passage in ids if passage in found]

    def neighbours(self, passage: str, before: int, after: int) -> list[StoredPassage]:
        """Return a passage with up to ``before`` and ``after`` others around it, in order."""
        document, ordinal = rows.parsed(passage)
        around = range(max(ordinal - before, 0), ordinal + after + 1) if ordinal >= 0 else ()
        with self.database.reading() as db:
            return rows.select_passages(db, document, list(around))

    def match(self, globs: Sequence[str]) -> list[str]:
        """Return the ids of documents whose source, or file name, is or matches a glob.

        ``*`` also matches "/": ``reports/*`` is everything below that folder.
        """
        with self.database.reading() as db:
            known = db.execute("SELECT id, source FROM documents ORDER BY source").fetchall()
        return [
            document
            for document, source in known
            if any(
                name == glob or fnmatchcase(name, glob)
                for glob in globs
                for name in (source, PurePosixPath(source).name)
            )
        ]

    def search(self, query: str, k: int, documents: Collection[str] | None = None) -> list[Hit]:
        """Return the passages that best match the words of ``query``: see ``Postings.search``."""
        with self.database.reading() as db:
            return self._postings.search(db, query, k, documents)

    def read_ahead(self, stop: Event) -> None:
        """Read the words that many passages have, so that searches need not: see ``Postings``."""
        with self.database.reading() as db:
            stems = self._postings.frequent(db)
        for stem in stems:
            if stop.is_set():
                return
            with self.database.reading() as db:
                self._postings.read(db, stem)

    def document_frequency(self, terms: Sequence[str]) -> dict[str, int]:
        """Return in how many passages each term occurs: see ``lexical.document_frequency``."""
        with self.database.reading() as db:
            return lexical.document_frequency(db, terms)

    def documents_with(self, parts: Sequence[str]) -> set[str]:
        """Return the ids of documents that hold each of ``parts``: see ``lexical``."""
        with self.database.reading() as db:
            return lexical.documents_with(db, parts)

    def __len__(self) -> int:
        with self.database.reading() as db:
            (count,) = db.execute("SELECT count(*) FROM passages").fetchone()
        return int(count)
