"""The catalog's vectors: float16, keyed by model and by the SHA-256 of the text embedded.

A text that moves, is duplicated or comes back is found by its key and never embedded again. Equal
vectors are one *point*, named for their numbers: the vector index holds points, each once. (HNSW
cannot hold equal vectors: of 8,000 it reached 2,135, and took 20 times as long to insert them.)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from sqlite3 import Connection

import numpy as np

from index.database import Database, point_of
from index.places import json_list, passages_with
from index.rows import count_change
from index.types import Hit, embedded_text

_VALUES_PER_QUERY = 500
_BLOCK = 4096  # vectors held at once when all are compared
_DIGITS = 6  # of a cosine: the same whichever way a passage was found
_ORPHANS = "FROM embeddings WHERE model != ? OR key NOT IN (SELECT embedding FROM passages)"

Points = tuple[list[str], np.ndarray]  # names and float32 vectors, shape (n, d)


class Embeddings:
    """The vectors of one ``model`` in the catalog."""

    def __init__(self, database: Database, model: str) -> None:
        self._database = database
        self.model = model

    def dimension(self) -> int | None:
        """Return the length of the vectors, None as long as there are none."""
        with self._database.reading() as db:
            row = db.execute(
                "SELECT length(vector) FROM embeddings WHERE model = ? LIMIT 1", (self.model,)
            ).fetchone()
        return row[0] // np.dtype(np.float16).itemsize if row else None

    def other_models(self) -> list[str]:
        """Return the names of the other models that vectors are kept of."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT DISTINCT model FROM embeddings WHERE model != ?", (self.model,)
            )
            return [model for (model,) in rows]

    def missing(self) -> int:
        """Return how many different texts have no vector yet."""
        with self._database.reading() as db:
            (count,) = db.execute(
                """SELECT count(DISTINCT embedding) FROM passages WHERE NOT EXISTS
                   (SELECT 1 FROM embeddings WHERE model = ? AND key = embedding)""",
                (self.model,),
            ).fetchone()
        return int(count)

    def missing_texts(self, size: int) -> Iterator[dict[str, str]]:
        """Yield the texts without a vector by key, of at most ``size`` passages at a time.

        It goes on from where it was with what was stored meanwhile, and yields {} if that is none.
        """
        last = 0
        while True:
            with self._database.reading() as db:
                rows = db.execute(
                    """SELECT id, document, embedding, start, end, heading FROM passages
                       WHERE id > ? AND NOT EXISTS
                       (SELECT 1 FROM embeddings WHERE model = ? AND key = embedding)
                       ORDER BY id LIMIT ?""",
                    (last, self.model, size),
                ).fetchall()
                texts: dict[str, str] = {}
                for document, passages in groupby(rows, key=lambda row: row[1]):
                    title, text = db.execute(
                        "SELECT title, text FROM documents WHERE id = ?", (document,)
                    ).fetchone()
                    for _, _, key, start, end, heading in passages:
                        texts[key] = embedded_text(title, heading, text[start:end])
            last = rows[-1][0] if rows else last
            yield texts

    def store(self, keys: Sequence[str], vectors: np.ndarray) -> Points:
        """Keep ``vectors`` of shape ``(len(keys), d)``; return the points they are.

        Raises:
            ValueError: if the shape does not fit or a number is not finite.
        """
        if vectors.ndim != 2 or len(vectors) != len(keys) or not np.isfinite(vectors).all():
            raise ValueError(
                f"{self.model} gave vectors of shape {vectors.shape} for {len(keys)} texts, "
                "or numbers that are not finite"
            )
        blobs = [row.tobytes() for row in vectors.astype(np.float16)]
        points = {point_of(blob): blob for blob in blobs}
        with self._database.writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO embeddings (model, key, vector, point) VALUES (?, ?, ?, ?)",
                [
                    (self.model, key, blob, point_of(blob))
                    for key, blob in zip(keys, blobs, strict=True)
                ],
            )
            count_change(db)
        return list(points), _matrix(list(points.values()))

    def points(self) -> set[str]:
        """Return what the vector index has to hold: the points of all texts of the index."""
        with self._database.reading() as db:
            rows = db.execute(
                """SELECT DISTINCT point FROM embeddings WHERE model = ?
                   AND EXISTS (SELECT 1 FROM passages WHERE embedding = key)""",
                (self.model,),
            )
            return {point for (point,) in rows}

    def some_points(self, most: int = 8) -> list[str]:
        """Return a few of ``points``."""
        with self._database.reading() as db:
            rows = db.execute(
                """SELECT point FROM embeddings WHERE model = ?
                   AND EXISTS (SELECT 1 FROM passages WHERE embedding = key) LIMIT ?""",
                (self.model, most),
            )
            return [point for (point,) in rows]

    def vectors(self, points: Sequence[str]) -> Points:
        """Return the vectors of ``points``, in any order; points that are gone are left out."""
        found: dict[str, bytes] = {}
        with self._database.reading() as db:
            for n in range(0, len(points), _VALUES_PER_QUERY):
                some = points[n : n + _VALUES_PER_QUERY]
                found.update(
                    db.execute(
                        f"""SELECT point, vector FROM embeddings WHERE model = ?
                            AND point IN ({",".join("?" * len(some))})""",
                        (self.model, *some),
                    )
                )
        return list(found), _matrix(list(found.values()))

    def nearest(
        self, vector: np.ndarray, k: int, documents: Collection[str] | None = None
    ) -> list[str]:
        """Return the ``k`` points nearest to ``vector`` by comparing it with every one.

        ``documents`` limits the search to those ids; None means all. No more than 4,096 vectors
        are held at once.
        """
        names: list[str] = []
        scores = np.empty(0, dtype=np.float32)
        with self._database.reading() as db:
            for some, matrix in _blocks(db, self.model, documents):
                names += some
                scores = np.concatenate([scores, _cosines(matrix, vector)])
                best = np.lexsort((np.array(names), -scores))[:k]
                names, scores = [names[n] for n in best], scores[best]
        return names

    def hits(
        self,
        vector: np.ndarray,
        points: Sequence[str],
        k: int,
        documents: Collection[str] | None = None,
    ) -> list[Hit]:
        """Return the ``k`` best passages of ``points``, best first: see ``passages_with``."""
        names, matrix = self.vectors(points)
        hits: list[Hit] = []
        among = None if documents is None else frozenset(documents)
        with self._database.reading() as db:
            for point, score in zip(names, _cosines(matrix, vector), strict=True):
                keys = db.execute(  # +key: or SQLite walks all of a model's keys in their order
                    """SELECT key FROM embeddings WHERE model = ? AND point = ?
                       ORDER BY +key LIMIT ?""",
                    (self.model, point, k),
                ).fetchall()
                rounded = round(min(1.0, float(score)), _DIGITS)
                for (key,) in keys:
                    hits += [Hit(name, rounded) for name in passages_with(db, key, among)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))[:k]

    def orphans(self) -> int:
        """Return how many vectors ``drop_orphans`` would forget."""
        with self._database.reading() as db:
            (count,) = db.execute(f"SELECT count(*) {_ORPHANS}", (self.model,)).fetchone()
        return int(count)

    def drop_orphans(self) -> None:
        """Forget vectors of other models and of texts that no passage has any more.

        It looks for them only where the catalog has changed since it last did.
        """
        with self._database.reading() as db:
            values = dict(db.execute("SELECT name, value FROM state"))
        if values.get("swept") == values["revision"] and not self.other_models():
            return
        with self._database.writing() as db:
            db.execute(f"DELETE {_ORPHANS}", (self.model,))
            db.execute("INSERT OR REPLACE INTO state VALUES ('swept', ?)", (values["revision"],))


def _blocks(
    db: Connection, model: str, documents: Collection[str] | None
) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yield all points of the index, or of some documents, a block at a time."""
    chosen = "" if documents is None else "WHERE document IN (SELECT value FROM json_each(?))"
    rows = db.execute(
        f"""SELECT point, vector FROM embeddings WHERE model = ?
            AND key IN (SELECT embedding FROM passages {chosen}) GROUP BY point""",
        (model,) if documents is None else (model, json_list(documents)),
    )
    while block := rows.fetchmany(_BLOCK):
        yield [point for point, _ in block], _matrix([blob for _, blob in block])


def _matrix(blobs: Sequence[bytes]) -> np.ndarray:
    """The vectors of ``blobs`` as float32 rows; shape (0, 0) if there are none."""
    if not blobs:
        return np.empty((0, 0), dtype=np.float32)
    numbers = np.frombuffer(b"".join(blobs), dtype=np.float16)
    return numbers.reshape(len(blobs), -1).astype(np.float32)


def _cosines(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    if not len(matrix):
        return np.empty(0, dtype=np.float32)
    lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(vector)
    cosines: np.ndarray = (matrix @ vector) / np.maximum(lengths, 1e-12)
    return cosines
