"""The catalog's SQLite file: its schema, its version, and who may read and write when.

Writers take turns; readers never wait for them and see only finished transactions (WAL). A
transaction that returned survives a power cut (``synchronous=FULL``).
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from index.types import IndexUnusable

VERSION = 1

_SCHEMA = (
    """CREATE TABLE documents (
        id TEXT PRIMARY KEY, source TEXT NOT NULL UNIQUE, title TEXT, metadata TEXT NOT NULL,
        content_hash TEXT NOT NULL, characters INTEGER NOT NULL,
        file_hash TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        pages TEXT NOT NULL, notes TEXT NOT NULL, indexed_at TEXT NOT NULL,
        pipeline INTEGER NOT NULL, text TEXT NOT NULL)""",
    """CREATE TABLE passages (
        id INTEGER PRIMARY KEY,
        document TEXT NOT NULL REFERENCES documents ON DELETE CASCADE ON UPDATE CASCADE,
        ordinal INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
        page INTEGER, heading TEXT, embedding TEXT NOT NULL, UNIQUE (document, ordinal))""",
    "CREATE INDEX passages_by_embedding ON passages (embedding)",
    """CREATE TABLE embeddings (
        model TEXT NOT NULL, key TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (model, key))""",
    """CREATE TABLE skipped (
        source TEXT PRIMARY KEY, reason TEXT NOT NULL, remedy TEXT NOT NULL,
        file_hash TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        pipeline INTEGER NOT NULL)""",
    """CREATE VIRTUAL TABLE lexical USING fts5(
        text, title, heading, content='', tokenize='porter unicode61 remove_diacritics 2')""",
    "CREATE TABLE state (name TEXT PRIMARY KEY, value)",
    "INSERT INTO state VALUES ('revision', 0)",
)


class Database:
    """One SQLite file with one writer and as many readers as there are threads.

    Raises:
        IndexUnusable: if the file is damaged or was written by a newer Footnote.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._readers: deque[sqlite3.Connection] = deque()
        self._write_lock = Lock()
        self._closed = False
        try:
            self._writer = self._prepared()
        except sqlite3.DatabaseError as error:
            raise IndexUnusable(
                f"the index in {path.parent} is damaged ({error}); delete that folder and index "
                "again: your documents are not touched"
            ) from error

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection on which every query sees the same, finished state."""
        try:
            db = self._readers.pop()
        except IndexError:
            db = self._connect()
            db.execute("PRAGMA query_only = ON")
        try:
            db.execute("BEGIN")
            yield db
        finally:
            db.execute("ROLLBACK")
            self._readers.append(db)
            if self._closed:
                self._close_readers()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection that writes; all of it is committed at the end, or none."""
        with self._write_lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

    def close(self) -> None:
        """Close every connection; one that is lent out closes when it comes back."""
        self._closed = True
        self._close_readers()
        with self._write_lock:
            self._writer.close()

    def _close_readers(self) -> None:
        while self._readers:
            self._readers.pop().close()

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise RuntimeError(f"the index in {self.path.parent} is closed")
        db = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        return db

    def _prepared(self) -> sqlite3.Connection:
        """A connection to a catalog of this version; an older one is started over."""
        db = self._connect()
        db.execute("PRAGMA journal_mode = WAL")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == VERSION:
            return db
        if version > VERSION:
            db.close()
            raise IndexUnusable(
                f"the index in {self.path.parent} was made by a newer Footnote (format {version}, "
                f"this one knows {VERSION}); update Footnote or choose another data folder"
            )
        if version:
            db.close()
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            return self._prepared()
        db.execute("BEGIN IMMEDIATE")
        for statement in (*_SCHEMA, f"PRAGMA user_version = {VERSION}"):
            db.execute(statement)
        db.execute("COMMIT")
        return db
