"""BM25 over what FTS5 has indexed, exact and many times as fast as FTS5's own ``bm25()``.

FTS5 visits every row that holds any word of a query, one at a time. Here the rows of a word are
read in one go, and kept in memory for as long as the words of the index are the same; scoring them
is a few sums over arrays. Nothing of it is on the disk, so nothing can be lost or get out of step.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from index.lexical import content_words
from index.places import json_list, passages_with
from index.types import Hit

K1, B = 1.2, 0.75  # BM25's, as FTS5 has them
_LEAST = 1e-6  # what a word counts that more than half of the passages have; FTS5's, too
_KEPT = 8_000_000  # rows of words that are kept, at 8 bytes each

# A word of the passage itself counts once, one of its title or heading half.
_ROWS = "SELECT group_concat(doc * 2 + (col = 'text')) FROM temp.postings WHERE term = ?"
_FREQUENT = "SELECT term, doc FROM temp.frequencies WHERE doc > ? ORDER BY doc DESC"
_OFTEN = 200  # one passage in so many has a frequent word
_COLUMNS = 3  # text, title and heading
_LENGTHS = """SELECT group_concat(id), group_concat(hex(sz), '')
              FROM (SELECT id, sz FROM lexical_docsize ORDER BY id)"""


class Stemmer:
    """Cuts and stems text exactly as the catalog's FTS5 does, by asking an FTS5 in memory."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._db.execute(
            """CREATE VIRTUAL TABLE words USING
               fts5(word, content='', tokenize='porter unicode61 remove_diacritics 2')"""
        )
        self._db.execute("CREATE VIRTUAL TABLE stems USING fts5vocab(words, instance)")

    def stems(self, words: Sequence[str]) -> list[str]:
        """Return the stems of ``words`` in order, as often as they occur."""
        with self._lock:
            self._db.execute("BEGIN")
            try:
                text = " ".join(words)
                self._db.execute("INSERT INTO words (rowid, word) VALUES (1, ?)", (text,))
                rows = self._db.execute("SELECT term FROM stems ORDER BY offset").fetchall()
            finally:
                self._db.execute("ROLLBACK")
        return [term for (term,) in rows]


@dataclass(slots=True)
class _Words:
    """The words of the catalog as long as ``version`` holds.

    ``rows`` are the rows of full-text search, ascending, and ``norms`` what BM25 makes of their
    lengths. ``kept`` has for each stem the places in ``rows`` that hold it, and what it adds there.
    """

    version: int | None
    rows: np.ndarray
    norms: np.ndarray
    kept: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    size: int = 0


class Postings:
    """Search by words in one catalog; any thread may use it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stemmer = Stemmer()
        self._words: _Words | None = None

    def search(
        self, db: sqlite3.Connection, query: str, k: int, documents: Collection[str] | None = None
    ) -> list[Hit]:
        """Return the ``k`` passages that best match any content word of ``query``, best first.

        Scores are BM25, so larger is better and all are positive; equal scores are ordered by
        passage. A text that stands in many places is found in a few of them only: see
        ``places.passages_with``. ``documents`` limits the search to those ids; None means all.
        """
        stems = self._stemmer.stems(content_words(query))
        if not stems or k < 1:
            return []
        words = self._current(db)
        scores = np.zeros(len(words.rows))
        for stem in stems:
            places, weights = self._posting(db, words, stem)
            scores[places] += weights
        if documents is not None:
            scores *= np.isin(words.rows, _rows_in(db, documents))
        return _hits(db, words.rows, scores, k, documents)

    def frequent(self, db: sqlite3.Connection) -> list[str]:
        """Return the stems that many passages have, the most frequent first, as far as kept."""
        most, left = len(self._current(db).rows) // _OFTEN, _KEPT
        stems = []
        for stem, rows in db.execute(_FREQUENT, (most,)):
            left -= rows
            if left < 0:
                break
            stems.append(stem)
        return stems

    def read(self, db: sqlite3.Connection, stem: str) -> None:
        """Read the rows of a stem and keep them, so that no search has to wait for that."""
        self._posting(db, self._current(db), stem)

    def _current(self, db: sqlite3.Connection) -> _Words:
        """What is known of the words that ``db`` sees."""
        row = db.execute("SELECT value FROM state WHERE name = 'words'").fetchone()
        version, words = row[0] if row else None, self._words
        if words is None or words.version != version:
            rows, lengths = _lengths(db)
            norms = K1 * (1 - B + B * lengths / max(lengths.mean(), 1e-9)) if len(rows) else lengths
            words = self._words = _Words(version, rows, norms)
        return words

    def _posting(
        self, db: sqlite3.Connection, words: _Words, stem: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """The places of ``stem`` and its weight there; those asked for last are kept."""
        with self._lock:
            found = words.kept.pop(stem, None)
            if found:
                words.kept[stem] = found
                return found
        found = _read(db, words, stem)
        with self._lock:
            if stem not in words.kept:
                words.kept[stem] = found
                words.size += len(found[0]) + 1  # a word that occurs nowhere takes room, too
            while words.size > _KEPT and len(words.kept) > 1:
                oldest = next(iter(words.kept))
                words.size -= len(words.kept.pop(oldest)[0]) + 1
        return found


def _read(db: sqlite3.Connection, words: _Words, stem: str) -> tuple[np.ndarray, np.ndarray]:
    """Read the rows that hold ``stem`` and weigh each by BM25."""
    (text,) = db.execute(_ROWS, (stem,)).fetchone()
    if not text:
        return np.empty(0, np.int32), np.empty(0, np.float32)
    codes = np.fromstring(text, dtype=np.int64, sep=",")
    rows = codes >> 1
    first = np.flatnonzero(np.diff(rows, prepend=-1))
    counts = np.add.reduceat(0.5 + 0.5 * (codes & 1), first)
    places = np.searchsorted(words.rows, rows[first])
    total, having = len(words.rows), len(places)
    idf = math.log((total - having + 0.5) / (having + 0.5))
    weights = max(idf, _LEAST) * counts * (K1 + 1) / (counts + words.norms[places])
    return places.astype(np.int32), weights.astype(np.float32)


def _lengths(db: sqlite3.Connection) -> tuple[np.ndarray, np.ndarray]:
    """The rows of full-text search, ascending, and how many words each has in its columns.

    FTS5 keeps a length as a number in base 128, all but its last digit with the high bit set.
    """
    ids, sizes = db.execute(_LENGTHS).fetchone()
    if not ids:
        return np.empty(0, np.int64), np.empty(0)
    digits = np.frombuffer(bytes.fromhex(sizes), dtype=np.uint8)
    last = np.flatnonzero(digits < 128)
    first = np.concatenate(([0], last[:-1] + 1))
    power = np.repeat(last, last - first + 1) - np.arange(len(digits))
    numbers = np.add.reduceat((digits & 127) * 128.0**power, first)
    return np.fromstring(ids, dtype=np.int64, sep=","), numbers.reshape(-1, _COLUMNS).sum(axis=1)


def _rows_in(db: sqlite3.Connection, documents: Collection[str]) -> np.ndarray:
    chosen = "SELECT id FROM passages WHERE document IN (SELECT value FROM json_each(?))"
    return np.array([row for (row,) in db.execute(chosen, (json_list(documents),))], dtype=np.int64)


def _hits(
    db: sqlite3.Connection,
    rows: np.ndarray,
    scores: np.ndarray,
    k: int,
    documents: Collection[str] | None,
) -> list[Hit]:
    """The best passages of different texts."""
    among = None if documents is None else frozenset(documents)
    limit = k
    while True:
        best = _best(scores, limit)
        keys = dict(
            db.execute(
                "SELECT id, embedding FROM passages WHERE id IN (SELECT value FROM json_each(?))",
                (str(rows[best].tolist()),),
            )
        )
        scored: dict[str, float] = {}
        for row, score in zip(rows[best].tolist(), scores[best].tolist(), strict=True):
            if row in keys:
                scored.setdefault(keys[row], score)
        hits = [
            Hit(passage, score)
            for key, score in scored.items()
            for passage in passages_with(db, key, among)
        ]
        if len(hits) >= k or len(best) < limit:
            return sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))[:k]
        limit *= 16  # many places of few texts: look further down


def _best(scores: np.ndarray, limit: int) -> np.ndarray:
    """The places of the ``limit`` largest scores above 0, best first, equal ones in order."""
    found = np.flatnonzero(scores > 0)
    if len(found) > limit:
        least = np.partition(scores[found], len(found) - limit)[len(found) - limit]
        found = found[scores[found] >= least]
    best: np.ndarray = found[np.argsort(-scores[found], kind="stable")][:limit]
    return best
