"""The catalog's SQLite file: its schema, its version, and who may read and write when.

Writers take turns; readers never wait for them and see only finished transactions (WAL). A
transaction that returned survives a power cut (``synchronous=FULL``).
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from threading import Lock

from index.types import IndexUnusable

# What brings a catalog from each format to the next; a new one goes through all of them.
_STEPS = (
    (
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
            model TEXT NOT NULL, key TEXT NOT NULL, vector BLOB NOT NULL,
            PRIMARY KEY (model, key))""",
        """CREATE TABLE skipped (
            source TEXT PRIMARY KEY, reason TEXT NOT NULL, remedy TEXT NOT NULL,
            file_hash TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
            pipeline INTEGER NOT NULL)""",
        """CREATE VIRTUAL TABLE lexical USING fts5(
            text, title, heading, content='', tokenize='porter unicode61 remove_diacritics 2')""",
        "CREATE TABLE state (name TEXT PRIMARY KEY, value)",
        "INSERT INTO state VALUES ('revision', 0)",
    ),
    (  # 2: a vector is known by its numbers, so that equal vectors are one in Chroma
        "DROP INDEX passages_by_embedding",
        "CREATE INDEX passages_by_embedding ON passages (embedding, document, ordinal)",
        "ALTER TABLE embeddings ADD COLUMN point TEXT NOT NULL DEFAULT ''",
        "UPDATE embeddings SET point = point_of(vector)",
        "CREATE INDEX embeddings_by_point ON embeddings (model, point)",
    ),
)
VERSION = len(_STEPS)
_READER = (  # what a connection that reads has besides: views of what FTS5 holds
    "PRAGMA temp_store = MEMORY",
    "CREATE VIRTUAL TABLE temp.postings USING fts5vocab(main, lexical, instance)",
    "CREATE VIRTUAL TABLE temp.frequencies USING fts5vocab(main, lexical, row)",
    "PRAGMA query_only = ON",
)


class Database:
    """One SQLite file with one writer and as many readers as there are threads.

    Raises:
        IndexUnusable: if the file is damaged, cannot be written (a full disk), or was made by a
            newer Footnote; the methods raise it too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._absolute = path.absolute()  # the process may change its folder
        self._readers: deque[sqlite3.Connection] = deque()
        self._write_lock = Lock()
        self._closed = False
        try:
            self._writer = self._prepared()
            self._file = _file(self._absolute)
        except sqlite3.Error as error:
            raise explained(error, path) from error

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection on which every query sees the same, finished state."""
        self._check_in_place()
        try:
            db = self._readers.pop()
        except IndexError:
            db = self._reader()
        try:
            db.execute("BEGIN")
            yield db
        except sqlite3.Error as error:
            raise explained(error, self.path) from error
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
            self._readers.append(db)
            if self._closed:
                self._close_readers()

    def _reader(self) -> sqlite3.Connection:
        """A new connection that only reads."""
        try:
            db = self._connect()
        except sqlite3.Error as error:
            raise explained(error, self.path) from error
        try:
            for statement in _READER:
                db.execute(statement)
        except sqlite3.Error as error:
            db.close()
            raise explained(error, self.path) from error
        return db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection that writes; all of it is committed at the end, or none."""
        with self._write_lock:
            self._check_in_place()
            db = self._writer
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
            except sqlite3.Error as error:
                raise explained(error, self.path) from error
            finally:
                if db.in_transaction:  # a full disk may have ended it already
                    db.execute("ROLLBACK")

    def close(self) -> None:
        """Close every connection; one that is lent out closes when it comes back."""
        self._closed = True
        self._close_readers()
        with self._write_lock:
            self._writer.close()

    def _check_in_place(self) -> None:
        """What another process has set aside must not be written to, nor answered from."""
        if _file(self._absolute) != self._file and not self._closed:
            raise IndexUnusable(
                f"the index in {self.path.parent} was set aside or replaced; start Footnote again"
            )

    def _close_readers(self) -> None:
        while self._readers:
            self._readers.pop().close()

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise RuntimeError(f"the index in {self.path.parent} is closed")
        db = sqlite3.connect(
            self._absolute, timeout=60, isolation_level=None, check_same_thread=False
        )
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        return db

    def _prepared(self) -> sqlite3.Connection:
        """A connection to a catalog of this format; an older one is brought to it."""
        db = self._connect()
        try:
            db.execute("PRAGMA journal_mode = WAL")
            if _version(db) != VERSION:
                self._upgrade(db)
        except BaseException:
            db.close()
            raise
        return db

    def _upgrade(self, db: sqlite3.Connection) -> None:
        """Take the steps that are missing, all of them or none."""
        db.create_function("point_of", 1, point_of, deterministic=True)
        db.execute("BEGIN IMMEDIATE")  # another process may have done it meanwhile
        version = _version(db)
        if version > VERSION:
            raise IndexUnusable(
                f"the index in {self.path.parent} was made by a newer Footnote (format {version}, "
                f"this one knows {VERSION}); update Footnote or choose another data folder"
            )
        for step in _STEPS[version:]:
            for statement in step:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")


def point_of(vector: bytes) -> str:
    """Return the name of a vector: equal numbers, equal name."""
    return blake2b(vector, digest_size=16).hexdigest()


def _file(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one of the same name; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the error says that the file is damaged, or none of SQLite's."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def explained(error: sqlite3.Error, path: Path) -> Exception:
    """Return the error as its reader can act on it; a program's mistake stays as it is."""
    code = _code(error)
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return IndexUnusable(
            f"the index in {path.parent} cannot be written ({error}); free space on its disk and "
            "index again: nothing that was indexed is lost"
        )
    if code == sqlite3.SQLITE_READONLY:
        return IndexUnusable(f"the index in {path.parent} is read-only; change its permissions")
    if code == sqlite3.SQLITE_BUSY:
        return IndexUnusable(
            f"another program keeps the index in {path.parent} busy; try again in a moment"
        )
    if is_damage(error):
        return IndexUnusable(
            f"the index in {path.parent} is damaged ({error}); `footnote doctor --rebuild` sets it "
            "aside, then index again: your documents are not touched"
        )
    return error


def _code(error: sqlite3.Error) -> int:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
